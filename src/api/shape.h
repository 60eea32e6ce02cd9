// The JSON shapes of the HTTP interface (api/openapi.yaml): what is stored, as
// clients see it. All return a new reference; nothing here fails. Safe from all
// threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "meta_store/meta_store.h"
#include "queue/queue.h"
#include "search/search.h"

json_t *shape_project(const struct meta_project *project);
// `errors` may be NULL with count 0.
json_t *shape_video(const struct meta_video *video, bool has_thumbnail, char *const *errors, size_t error_count);
json_t *shape_segment(const struct meta_segment *segment);
json_t *shape_frame(const char *video, const struct meta_frame *frame);
// One object of a frame.
json_t *shape_object(const char *video, int32_t frame_index, int32_t k, const struct meta_object *object);
json_t *shape_object_info(const char *id, const struct object_info *info);
json_t *shape_hit(const struct search_hit *hit);
json_t *shape_hits(const struct search_result *result);
json_t *shape_dead_letter(const struct queue_dead_letter *letter);
