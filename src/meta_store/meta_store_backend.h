// What a meta store's backend provides, and the rules that backends share. Included by backends and meta_store.c only.
#pragma once

#include "base/clock.h"
#include "meta_store/meta_store.h"

// Called after meta_store.c has checked the arguments; the contracts are those of meta_store.h.
struct meta_store_ops {
    const char *name;
    void (*free)(struct meta_store *store);

    enum err_code (*create_project)(struct meta_store *store, const char *name, bool *created, struct err *err);
    enum err_code (*get_project)(
        struct meta_store *store, const char *name, struct meta_project *project, struct err *err);
    enum err_code (*list_projects)(struct meta_store *store, const char *after, size_t limit,
        struct meta_project **projects, size_t *count, struct err *err);
    enum err_code (*mark_project_deleting)(struct meta_store *store, const char *name, struct err *err);
    enum err_code (*remove_project)(struct meta_store *store, const char *name, struct err *err);

    enum err_code (*create_video)(struct meta_store *store, struct meta_video *video, bool *created, struct err *err);
    enum err_code (*get_video)(struct meta_store *store, const char *id, struct meta_video *video, struct err *err);
    enum err_code (*list_videos)(struct meta_store *store, const char *project, const char *after, size_t limit,
        struct meta_video **videos, size_t *count, struct err *err);
    enum err_code (*set_video_state)(
        struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err);
    enum err_code (*set_video_media)(
        struct meta_store *store, const char *id, const struct meta_media *media, struct err *err);
    enum err_code (*set_video_models)(
        struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err);
    enum err_code (*set_video_name)(struct meta_store *store, const char *id, const char *name, struct err *err);
    enum err_code (*add_video_error)(
        struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err);
    enum err_code (*clear_video_errors)(struct meta_store *store, const char *id, struct err *err);
    enum err_code (*video_errors)(
        struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err);
    enum err_code (*remove_video)(struct meta_store *store, const char *id, struct err *err);

    enum err_code (*put_segment)(
        struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err);
    enum err_code (*finish_split)(struct meta_store *store, const char *video, int64_t segments,
        int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err);
    // `failed`: fail_segment, where `frames` means nothing.
    enum err_code (*finish_segment)(
        struct meta_store *store, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err);
    enum err_code (*list_segments)(struct meta_store *store, const char *video, int32_t after, size_t limit,
        struct meta_segment **segments, size_t *count, struct err *err);

    // `indexed`: put_objects.
    enum err_code (*put_frames)(struct meta_store *store, const char *video, const struct meta_frame *frames,
        size_t count, bool indexed, struct err *err);
    enum err_code (*fail_frame)(
        struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err);
    // The range's limit is 1 … META_LIST_MAX and to_us is never -1.
    enum err_code (*list_frames)(struct meta_store *store, const char *video, const struct meta_frame_range *range,
        struct meta_frames *frames, struct err *err);
    enum err_code (*put_frame_tracks)(struct meta_store *store, const char *video,
        const struct meta_frame_tracks *frames, size_t count, struct err *err);
    enum err_code (*put_tracks)(struct meta_store *store, const char *video, const struct meta_track *tracks,
        size_t count, int64_t track_steps, struct err *err);
    enum err_code (*list_tracks)(struct meta_store *store, const char *video, int64_t after, size_t limit,
        struct meta_track **tracks, size_t *count, struct err *err);
    enum err_code (*settle_video)(struct meta_store *store, const char *video, bool *settled, struct err *err);

    enum err_code (*append_journal)(struct meta_store *store, const char *project, const char *journal,
        int64_t expected, const void *value, size_t size, int64_t *position, struct err *err);
    enum err_code (*get_journal)(struct meta_store *store, const char *project, const char *journal,
        struct meta_journal_info *info, struct err *err);
    enum err_code (*list_journals)(
        struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err);
    enum err_code (*list_journal)(struct meta_store *store, const char *project, const char *journal, int64_t after,
        size_t limit, struct meta_journal_page *page, struct err *err);

    enum err_code (*put_setting)(struct meta_store *store, const char *key, const char *value, struct err *err);
    enum err_code (*remove_setting)(struct meta_store *store, const char *key, struct err *err);
    enum err_code (*keep_setting)(
        struct meta_store *store, const char *key, const char *value, char **kept, struct err *err);
    enum err_code (*get_setting)(struct meta_store *store, const char *key, char **value, struct err *err);
    enum err_code (*list_settings)(
        struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err);
    enum err_code (*find_wrong)(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err);
    enum err_code (*ping)(struct meta_store *store, struct err *err);
};

struct meta_store {
    const struct meta_store_ops *ops;
};

// Distinct sentences counted per video; further ones change nothing.
#define META_VIDEO_ERRORS_COUNTED_MAX 10000
// Bytes of a sentence that are kept.
#define META_ERROR_SIZE 1024

// ---- rules that are the same for every backend

// What becomes of a running video whose counts are these, now; false: nothing yet.
bool meta_video_settles(const struct meta_video *video, int64_t segments_failed, enum video_state *state);
// Once every segment is done, what was expected is what came.
void meta_video_update_expected(struct meta_video *video);
// A video as meta_store_create_video stores it: queued, counts at zero.
void meta_video_init_new(struct meta_video *video, int64_t now_us);
// When a video was tracked, or settled, for one that happens now. Which of the two was later decides whether its tracks
// are of its last state, and that they are others than before is seen by their time: however the clocks of machines
// differ or are set, what comes later is not earlier.
int64_t meta_video_tracked_at(const struct meta_video *video, int64_t now_us);
int64_t meta_video_settled_at(const struct meta_video *video, int64_t now_us);
// Whether a stored video can be one; ERR_CORRUPT. Counts and times are taken as they are.
enum err_code meta_video_check(const struct meta_video *video, struct err *err);
// Objects without a track that are where those in their places were get their tracks.
void meta_keep_tracks(const struct meta_object *before, size_t before_count, struct meta_object *objects, size_t count);
// Gives as many objects their tracks; false where they had them.
bool meta_take_tracks(struct meta_object *objects, const struct meta_frame_tracks *given);
// Copies an entry to the end of a page that has room for it; false when it would make the page too large.
bool meta_journal_page_add(
    struct meta_journal_page *page, int64_t position, int64_t at_us, const void *value, size_t size, size_t *bytes);

// The sentences.
enum err_code meta_no_project(const char *name, struct err *err);
enum err_code meta_project_deleting(const char *name, struct err *err);
enum err_code meta_no_video(const char *id, struct err *err);
enum err_code meta_video_deleting(const char *id, struct err *err);
enum err_code meta_wrong_state(const char *id, enum video_state found, enum video_state wanted, struct err *err);
enum err_code meta_no_segment(const char *video, int32_t segment, struct err *err);
enum err_code meta_no_frame(const char *video, int32_t index, struct err *err);
enum err_code meta_no_track(const char *video, int64_t n, struct err *err);
enum err_code meta_no_setting(const char *key, struct err *err);
enum err_code meta_journal_moved(
    const char *project, const char *journal, int64_t expected, int64_t found, struct err *err);
enum err_code meta_project_has_videos(const char *name, int64_t videos, struct err *err);
