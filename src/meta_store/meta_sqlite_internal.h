// What the files of the SQLite meta store share.
#pragma once

#include "db/db.h"
#include "meta_store/meta_store_backend.h"

struct meta_sqlite {
    struct meta_store store;
    struct db *db;
    const struct clock *clock;
};

static inline struct meta_sqlite *meta_sqlite_of(struct meta_store *store)
{
    return (struct meta_sqlite *)store;
}

static inline struct db *meta_sqlite_db(struct meta_store *store)
{
    return meta_sqlite_of(store)->db;
}

static inline int64_t meta_sqlite_now_us(struct meta_store *store)
{
    const struct clock *clock = meta_sqlite_of(store)->clock;
    return clock_wall_us(clock);
}

extern const char *const meta_sqlite_migrations[];
extern const size_t meta_sqlite_migration_count;

// Fails a transaction with a sentence of meta_rules.c.
void meta_sqlite_fail(struct db_tx *tx, const struct err *sentence);

// Reads the number, state, counts, and the times of its end and tracks of a video that is to be changed; fails the
// transaction with ERR_NOT_FOUND if it is not there or is being deleted.
void meta_sqlite_load_counts(struct db_tx *tx, const char *id, int64_t *number, struct meta_video *video);
void meta_sqlite_store_counts(struct db_tx *tx, int64_t number, const struct meta_video *video);
// The video's number, for reading; ERR_NOT_FOUND if it is not there.
int64_t meta_sqlite_find_video(struct db_tx *tx, const char *id);
// Ends the transaction with what the statement's first column says; for meta_strings_free.
enum err_code meta_sqlite_end_texts(
    struct db_tx *tx, struct db_stmt *stmt, char ***texts, size_t *count, struct err *err) ERR_MUST_CHECK;
// Makes the project unless it is there; ERR_CONFLICT while it is being deleted. True if it is new.
bool meta_sqlite_add_project(struct db_tx *tx, const char *name, int64_t now_us);

// Frames of video n have the row ids n * 2^32 + index, so that a video's frames lie together in the order of their
// indices, without a second index.
static inline int64_t meta_sqlite_frame_row(int64_t number, int64_t index)
{
    return (number << 32) + index;
}

// The objects of a frame's row, to be freed; NULL for none. ERR_NOT_FOUND, or ERR_CORRUPT with a sentence.
enum err_code meta_sqlite_load_objects(
    struct db_tx *tx, int64_t row, struct meta_object **objects, size_t *count, struct err *err);

enum err_code meta_sqlite_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err);
enum err_code meta_sqlite_get_video(
    struct meta_store *store, const char *id, struct meta_video *video, struct err *err);
enum err_code meta_sqlite_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err);
enum err_code meta_sqlite_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err);
enum err_code meta_sqlite_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err);
enum err_code meta_sqlite_set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err);
enum err_code meta_sqlite_set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err);
enum err_code meta_sqlite_settle_video(struct meta_store *store, const char *id, bool *settled, struct err *err);

enum err_code meta_sqlite_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err);
enum err_code meta_sqlite_clear_video_errors(struct meta_store *store, const char *id, struct err *err);
enum err_code meta_sqlite_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err);
enum err_code meta_sqlite_remove_video(struct meta_store *store, const char *id, struct err *err);

// Of meta_store_find_wrong: the videos.
void meta_sqlite_find_wrong_videos(struct db_tx *tx, meta_wrong_visit *visit, void *context);
// Removes what can be no video from a project that is to go, if nothing else is in it.
enum err_code meta_sqlite_remove_wrong_videos(
    struct meta_store *store, const char *project, struct err *err) ERR_MUST_CHECK;

enum err_code meta_sqlite_put_segment(
    struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err);
enum err_code meta_sqlite_finish_split(struct meta_store *store, const char *video, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err);
enum err_code meta_sqlite_finish_segment(
    struct meta_store *store, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err);
enum err_code meta_sqlite_list_segments(struct meta_store *store, const char *video, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err);

enum err_code meta_sqlite_put_frames(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err);
enum err_code meta_sqlite_fail_frame(
    struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err);
enum err_code meta_sqlite_list_frames(struct meta_store *store, const char *video, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err);

enum err_code meta_sqlite_put_frame_tracks(
    struct meta_store *store, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err);
enum err_code meta_sqlite_put_tracks(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err);
enum err_code meta_sqlite_list_tracks(struct meta_store *store, const char *id, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err);

enum err_code meta_sqlite_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err);
enum err_code meta_sqlite_get_journal(struct meta_store *store, const char *project, const char *journal,
    struct meta_journal_info *info, struct err *err);
enum err_code meta_sqlite_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err);
enum err_code meta_sqlite_list_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t after, size_t limit, struct meta_journal_page *page, struct err *err);
