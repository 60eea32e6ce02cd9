// What the files of the meta store in memory share.
#pragma once

#include <pthread.h>

#include "base/hash.h"
#include "meta_store/meta_store_backend.h"

struct memory_journal {
    char *name;
    struct meta_journal_entry *entries;
    size_t count;
};

struct memory_project {
    char name[PROJECT_NAME_SIZE];
    int64_t created_us;
    bool deleting;
    struct memory_journal *journals;
    size_t journal_count;
};

struct memory_segment {
    struct meta_segment segment;
    bool failed;
};

struct memory_sentence {
    char digest[SHA256_HEX_SIZE];
    char *text; // NULL beyond META_VIDEO_ERRORS_MAX
};

struct memory_video {
    struct meta_video meta;
    struct memory_segment *segments; // ascending by index
    size_t segment_count;
    struct meta_frame *frames; // ascending by index; objects are owned
    size_t frame_count;
    struct meta_track *tracks; // meta.tracks of them
    struct memory_sentence *errors;
};

struct memory_setting {
    char *key, *value;
};

struct meta_memory {
    struct meta_store store;
    const struct clock *clock;
    pthread_mutex_t mutex;           // guards all below
    struct memory_project *projects; // ascending by name
    size_t project_count;
    struct memory_video **videos; // oldest first
    size_t video_count;
    struct memory_setting *settings; // ascending by key
    size_t setting_count;
};

static inline int64_t meta_memory_now_us(const struct meta_memory *self)
{
    return clock_wall_us(self->clock);
}

struct meta_memory *meta_memory_lock(struct meta_store *store);
// Returns `code`, so that leaving reads well.
enum err_code meta_memory_unlock(struct meta_memory *self, enum err_code code);
// Makes room for one more item at `at` of an array of `*count`; returns the array.
void *meta_memory_insert(void *items, size_t *count, size_t at, size_t size);
struct memory_project *meta_memory_find_project(const struct meta_memory *self, const char *name);
// NULL and ERR_NOT_FOUND if there is none.
struct memory_video *meta_memory_find(const struct meta_memory *self, const char *id, struct err *err);
// The same for changes, which a video that is being deleted takes no more.
struct memory_video *meta_memory_find_to_change(const struct meta_memory *self, const char *id, struct err *err);
// A change of counts is done.
void meta_memory_touch(const struct meta_memory *self, struct memory_video *video);

enum err_code meta_memory_put_segment(
    struct meta_store *store, const char *id, const struct meta_segment *given, struct err *err);
enum err_code meta_memory_finish_split(struct meta_store *store, const char *id, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err);
enum err_code meta_memory_finish_segment(
    struct meta_store *store, const char *id, int32_t index, int64_t frames, bool failed, struct err *err);
enum err_code meta_memory_list_segments(struct meta_store *store, const char *id, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err);
enum err_code meta_memory_put_frames(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err);
enum err_code meta_memory_fail_frame(
    struct meta_store *store, const char *id, int32_t index, bool failed, struct err *err);
enum err_code meta_memory_list_frames(struct meta_store *store, const char *id, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err);
enum err_code meta_memory_put_frame_tracks(
    struct meta_store *store, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err);
enum err_code meta_memory_put_tracks(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err);
enum err_code meta_memory_list_tracks(struct meta_store *store, const char *id, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err);

enum err_code meta_memory_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err);
enum err_code meta_memory_get_journal(struct meta_store *store, const char *project, const char *journal,
    struct meta_journal_info *info, struct err *err);
enum err_code meta_memory_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err);
enum err_code meta_memory_list_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t after, size_t limit, struct meta_journal_page *page, struct err *err);
void meta_memory_free_journals(struct memory_project *project);
