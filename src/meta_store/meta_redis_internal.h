// What the files of the Redis meta store share.
#pragma once

#include "meta_store/meta_store_backend.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/redis_client.h"

struct meta_redis {
    struct meta_store store;
    struct redis_client *client;
    const struct clock *clock;
    char prefix[META_REDIS_PREFIX_MAX + 1];
};

#define META_REDIS_LEAST_VERSION 7

// A store that nothing was asked of the server for yet; ERR_INVALID for settings that are wrong.
enum err_code meta_redis_new(const struct meta_redis_options *options, const struct clock *clock,
    struct meta_redis **out, struct err *err) ERR_MUST_CHECK;
void meta_redis_free(struct meta_redis *self); // NULL is harmless
// What INFO says of a name, up to the end of the line; "" if nothing.
void meta_redis_info_value(const char *info, const char *name, char *out, size_t out_size);

static inline struct meta_redis *meta_redis_of(struct meta_store *store)
{
    return (struct meta_redis *)store;
}

static inline int64_t meta_redis_now_us(const struct meta_redis *self)
{
    return clock_wall_us(self->clock);
}

// How often something is tried that others may change meanwhile; each round somebody gets on.
#define META_REDIS_ROUNDS_MAX 1000

// ---- keys

struct meta_redis_key {
    char text[META_REDIS_PREFIX_MAX + PROJECT_NAME_SIZE + META_JOURNAL_NAME_MAX + 16];
};
// PREFIX:{TAG}, with ":PART" unless part is NULL. The tag is a video or a project.
struct meta_redis_key meta_redis_key(const struct meta_redis *self, const char *tag, const char *part);
struct meta_redis_key meta_redis_bucket_key(const struct meta_redis *self, const char *video, const char *bucket);
struct meta_redis_key meta_redis_journal_key(const struct meta_redis *self, const char *project, const char *journal);
// PREFIX:PART
struct meta_redis_key meta_redis_common_key(const struct meta_redis *self, const char *part);

#define META_REDIS_NONCE_SIZE 17
// Who asks: random, 16 hex digits.
void meta_redis_nonce(char out[META_REDIS_NONCE_SIZE]);

// ---- running

// A pipeline for one call.
struct meta_redis_call {
    struct meta_redis *self;
    struct redis_pipeline pipeline;
};
void meta_redis_begin(struct meta_store *store, struct meta_redis_call *call);
enum err_code meta_redis_run(struct meta_redis_call *call, struct err *err) ERR_MUST_CHECK;
void meta_redis_end(struct meta_redis_call *call);

// Begins a script whose first key is the video itself; further keys are added with meta_redis_add_key.
void meta_redis_add_script(
    struct meta_redis_call *call, const struct redis_script *script, size_t key_count, const char *tag);
void meta_redis_add_key(struct meta_redis_call *call, const char *tag, const char *part);
// Runs a call of one script about a video and ends it. Its answers: OK, NONE (ERR_NOT_FOUND).
enum err_code meta_redis_finish(struct meta_redis_call *call, const char *video, struct err *err) ERR_MUST_CHECK;
// The texts of a list that come after `after`, sorted, at most `limit`; for meta_strings_free.
void meta_redis_take_texts(const redisReply *list, const char *after, size_t limit, char ***texts, size_t *count);
// The items of a video's sorted set `part` whose score is above `after`, in its order, at most `limit`: an array of
// items of `item_size` bytes, which `read` fills one by one; to be freed, NULL if there are none. ERR_NOT_FOUND without
// the video, and what `read` says.
typedef enum err_code meta_redis_read_item(const char *video, const redisReply *text, void *item, struct err *err);
enum err_code meta_redis_list_items(struct meta_store *store, const char *video, const char *part, int64_t after,
    size_t limit, size_t item_size, meta_redis_read_item *read, void **items, size_t *count,
    struct err *err) ERR_MUST_CHECK;
// An answer that no script gives.
enum err_code meta_redis_strange(const struct meta_redis *self, const char *what, struct err *err);

// ---- videos

// Asks for all fields of a video; the answer is read by meta_redis_read_video: false if there is none. Damaged fields
// are ERR_CORRUPT.
void meta_redis_ask_video(struct meta_redis_call *call, const char *id);
enum err_code meta_redis_read_video(
    const redisReply *reply, const char *id, bool *found, struct meta_video *video, struct err *err) ERR_MUST_CHECK;
// Places a video's frames are in.
enum err_code meta_redis_remove_frames(
    struct meta_store *store, const char *id, const char *number, struct err *err) ERR_MUST_CHECK;
// Lists a video where it belongs, under a number it has.
void meta_redis_add_listing(
    struct meta_redis_call *call, const char *project, const char *incarnation, const char *video, const char *number);

enum err_code meta_redis_create_project(
    struct meta_store *store, const char *name, bool *created, struct err *err) ERR_MUST_CHECK;
// Makes the project unless it is there, and enters the video into its list and that of all. ERR_CONFLICT while it is
// being deleted.
enum err_code meta_redis_enter_video(struct meta_store *store, const char *project, const char *video, int64_t number,
    char incarnation[META_REDIS_NONCE_SIZE], struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_mark_project_deleting(
    struct meta_store *store, const char *name, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_remove_project(struct meta_store *store, const char *name, struct err *err) ERR_MUST_CHECK;

enum err_code meta_redis_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_get_video(
    struct meta_store *store, const char *id, struct meta_video *video, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_find_wrong(
    struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_set_video_models(struct meta_store *store, const char *id, const char *detector,
    const char *embedder, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_set_video_name(
    struct meta_store *store, const char *id, const char *name, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_settle_video(
    struct meta_store *store, const char *id, bool *settled, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_clear_video_errors(struct meta_store *store, const char *id, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_remove_video(struct meta_store *store, const char *id, struct err *err) ERR_MUST_CHECK;
// `listed`: the project whose list names it, where what the video says itself may be damaged; NULL: as it says.
enum err_code meta_redis_remove_listed_video(
    struct meta_store *store, const char *id, const char *listed, struct err *err) ERR_MUST_CHECK;

enum err_code meta_redis_put_segment(
    struct meta_store *store, const char *video, const struct meta_segment *segment, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_finish_split(struct meta_store *store, const char *video, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_finish_segment(struct meta_store *store, const char *video, int32_t segment, int64_t frames,
    bool failed, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_segments(struct meta_store *store, const char *video, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err) ERR_MUST_CHECK;

enum err_code meta_redis_put_frames(struct meta_store *store, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_fail_frame(
    struct meta_store *store, const char *video, int32_t index, bool failed, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_frames(struct meta_store *store, const char *video, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err) ERR_MUST_CHECK;

enum err_code meta_redis_put_frame_tracks(struct meta_store *store, const char *video,
    const struct meta_frame_tracks *frames, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_put_tracks(struct meta_store *store, const char *video, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_tracks(struct meta_store *store, const char *video, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err) ERR_MUST_CHECK;

enum err_code meta_redis_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_get_journal(struct meta_store *store, const char *project, const char *journal,
    struct meta_journal_info *info, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err) ERR_MUST_CHECK;
enum err_code meta_redis_list_journal(struct meta_store *store, const char *project, const char *journal, int64_t after,
    size_t limit, struct meta_journal_page *page, struct err *err) ERR_MUST_CHECK;

// ---- frames that a change is about, grouped by bucket

// The distinct buckets of `count` frames whose indices `index_of` gives.
struct meta_redis_buckets {
    int32_t *numbers;
    size_t count;
};
void meta_redis_buckets_init(struct meta_redis_buckets *buckets, size_t most);
void meta_redis_buckets_add(struct meta_redis_buckets *buckets, int32_t index);
void meta_redis_buckets_release(struct meta_redis_buckets *buckets);
// Which of them a frame's is.
size_t meta_redis_buckets_find(const struct meta_redis_buckets *buckets, int32_t index);
// Adds them as keys.
void meta_redis_buckets_add_keys(
    struct meta_redis_call *call, const char *video, const struct meta_redis_buckets *buckets);
