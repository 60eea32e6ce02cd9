// The JSON shapes of the HTTP interface (api/openapi.yaml): what is stored, as
// clients see it. All return a new reference; nothing here fails. Safe from all
// threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "ingest/track_corrections.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"
#include "search/labels.h"
#include "search/search.h"

json_t *shape_project(const struct meta_project *project);
// `errors` may be NULL with count 0.
json_t *shape_video(const struct meta_video *video, bool has_thumbnail, char *const *errors, size_t error_count);
json_t *shape_segment(const struct meta_segment *segment);
// `labels` has one for each object of the frame.
json_t *shape_frame(const char *video, const struct meta_frame *frame, const struct object_label *labels);
json_t *shape_object_info(const char *id, const struct object_info *info, const struct object_label *label);
// A track's id; null for n < 0.
void shape_set_track(json_t *object, const char *field, const char *video, int64_t n);
// An object of a track, with its frame.
json_t *shape_track_object(const char *video, const struct meta_frame *frame, int32_t k);
// A box of a track at a time; k is -1 where it is not that of an object.
json_t *shape_track_box(
    const char *video, int64_t pts_us, const struct meta_object *box, int32_t frame_index, int32_t k);
json_t *shape_track(const char *video, const struct meta_track *track, const struct object_label *label);
// In how many pictures it was seen, from when to when.
json_t *shape_followed(int64_t objects, int64_t first_us, int64_t last_us);
// `confidence` below 0: none is said.
json_t *shape_hit(const struct search_hit *hit, const struct object_label *label, float confidence);
json_t *shape_label_list(const struct label_list *list);
json_t *shape_label_change(const struct label_change *change);
json_t *shape_label_step(const struct label_step *step);
json_t *shape_track_step(const char *video, const struct track_step *step);
// With "version", "step", "removed", "undo" and "redo"; the tracks are for the caller to add.
json_t *shape_correction(const char *video, const struct correction *correction);
json_t *shape_correction_list(const char *video, const struct correction_list *list);
// An RFC 3339 time; null for 0.
void shape_set_time(json_t *object, const char *field, int64_t wall_us);
json_t *shape_dead_letter(const struct queue_dead_letter *letter);
