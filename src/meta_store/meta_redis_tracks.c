// Tracks, and which one each object belongs to.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_store/meta_redis_internal.h"
#include "meta_store/redis_frame.h"
#include "meta_store/value_bytes.h"

#define TRACKS_AT_ONCE 1000
// How long tracks that were laid down by a call that ended before its end stay.
#define LAID_DOWN_SECONDS 3600
#define KEYS_BEFORE_BUCKETS 1

// ---- in the frames

// Adds the change of a frame to the script, if there is one to make. A frame that is not there or has other objects by
// now is passed over.
static enum err_code add_swap(struct meta_redis_call *change, const char *id, const struct meta_redis_buckets *buckets,
    const redisReply *value, const struct meta_frame_tracks *given, size_t *changes, struct err *err)
{
    struct meta_frame frame = {.index = given->frame};
    if (redis_is_nil(value))
        return ERR_NONE;
    enum err_code code = redis_frame_decode(value->str, value->len, &frame, err);
    if (code != ERR_NONE)
        return err_context(err, "the video %s, frame %d", id, given->frame);
    if (frame.object_count == given->count && meta_take_tracks(frame.objects, given)) {
        struct strbuf bytes;
        strbuf_init(&bytes);
        redis_frame_encode(&frame, &bytes);
        redis_add_int(
            &change->pipeline, (int64_t)(KEYS_BEFORE_BUCKETS + 1 + meta_redis_buckets_find(buckets, given->frame)));
        redis_add_int(&change->pipeline, given->frame);
        redis_add_bytes(&change->pipeline, value->str, value->len);
        redis_add_bytes(&change->pipeline, bytes.data, bytes.size);
        strbuf_release(&bytes);
        ++*changes;
    }
    free(frame.objects);
    return ERR_NONE;
}

static enum err_code ask_frames(
    struct meta_redis_call *look, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    redis_begin(&look->pipeline, "HGET", meta_redis_key(look->self, id, NULL).text);
    redis_add_text(&look->pipeline, "state");
    for (size_t i = 0; i < count; i++) {
        char name[REDIS_BUCKET_NAME_SIZE];
        redis_bucket_name(redis_bucket_of(frames[i].frame), name);
        redis_begin(&look->pipeline, "HGET", meta_redis_bucket_key(look->self, id, name).text);
        redis_add_int(&look->pipeline, frames[i].frame);
    }
    enum err_code code = meta_redis_run(look, err);
    if (code != ERR_NONE)
        return code;
    const redisReply *state = redis_answer(&look->pipeline, 0);
    return redis_is_nil(state) || redis_int(state) == VIDEO_DELETING ? meta_no_video(id, err) : ERR_NONE;
}

// Looks at the frames and changes them if nobody did in between.
static enum err_code put_once(struct meta_store *store, const char *id, const struct meta_redis_buckets *buckets,
    const struct meta_frame_tracks *frames, size_t count, bool *again, struct err *err)
{
    struct meta_redis_call look;
    struct meta_redis_call change;
    size_t changes = 0;
    *again = false;
    meta_redis_begin(store, &look);
    meta_redis_begin(store, &change);
    enum err_code code = ask_frames(&look, id, frames, count, err);
    meta_redis_add_script(&change, &redis_script_swap_frames, KEYS_BEFORE_BUCKETS + buckets->count, id);
    meta_redis_buckets_add_keys(&change, id, buckets);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = add_swap(&change, id, buckets, redis_answer(&look.pipeline, i + 1), &frames[i], &changes, err);
    if (code == ERR_NONE && changes > 0) {
        code = meta_redis_run(&change, err);
        const redisReply *answer = code == ERR_NONE ? redis_answer(&change.pipeline, 0) : NULL;
        *again = answer != NULL && redis_is(answer, "AGAIN");
        if (answer != NULL && redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
    }
    meta_redis_end(&change);
    meta_redis_end(&look);
    return code;
}

enum err_code meta_redis_put_frame_tracks(
    struct meta_store *store, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    struct meta_redis_buckets buckets;
    enum err_code code = ERR_NONE;
    bool again = true;
    meta_redis_buckets_init(&buckets, count);
    for (size_t i = 0; i < count; i++)
        meta_redis_buckets_add(&buckets, frames[i].frame);
    for (int round = 0; round < META_REDIS_ROUNDS_MAX && again && code == ERR_NONE; round++)
        code = put_once(store, id, &buckets, frames, count, &again, err);
    meta_redis_buckets_release(&buckets);
    return code;
}

// ---- the tracks themselves

// The number comes first, so that no two tracks are the same value.
static void encode_track(const struct meta_track *track, struct strbuf *out)
{
    value_put_int(out, track->n);
    value_put_bytes(out, track->class_name, strnlen(track->class_name, META_CLASS_SIZE - 1));
    value_put_float(out, track->score);
    value_put_int(out, track->first_frame);
    value_put_int(out, track->last_frame);
    value_put_int(out, track->first_us);
    value_put_int(out, track->last_us);
    value_put_int(out, track->objects);
    value_put_int(out, track->best_frame);
    value_put_int(out, track->best_k);
    value_put_int(out, track->typical_frame);
    value_put_int(out, track->typical_k);
}

// Lays the tracks down beside those that are there, and then puts them in their place in one step: however many there
// are, nobody sees a part of them, and the server is never busy with them for long.
static enum err_code put_tracks_once(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, bool *again, struct err *err)
{
    char nonce[META_REDIS_NONCE_SIZE];
    char part[META_REDIS_NONCE_SIZE + 8];
    struct strbuf value;
    struct meta_redis_call call;
    meta_redis_nonce(nonce);
    snprintf(part, sizeof(part), "new:%s", nonce);
    strbuf_init(&value);
    meta_redis_begin(store, &call);
    struct meta_redis_key key = meta_redis_key(call.self, id, part);
    for (size_t i = 0; i < count; i++) {
        if (i % TRACKS_AT_ONCE == 0)
            redis_begin(&call.pipeline, "ZADD", key.text);
        strbuf_reset(&value);
        encode_track(&tracks[i], &value);
        redis_add_int(&call.pipeline, tracks[i].n);
        redis_add_bytes(&call.pipeline, value.data, value.size);
    }
    redis_begin(&call.pipeline, "EXPIRE", key.text);
    redis_add_int(&call.pipeline, LAID_DOWN_SECONDS);
    meta_redis_add_script(&call, &redis_script_put_tracks, 3, id);
    meta_redis_add_key(&call, id, "tracks");
    redis_add_text(&call.pipeline, key.text);
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    redis_add_int(&call.pipeline, (int64_t)count);
    redis_add_int(&call.pipeline, track_steps);
    strbuf_release(&value);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, call.pipeline.count - 1);
        *again = redis_is(answer, "AGAIN");
        if (redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_put_tracks(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err)
{
    // What was laid down may be gone when it is to be put in place: it was, and only the answer was lost, or the server
    // has lost it.
    bool again = true;
    enum err_code code = ERR_NONE;
    for (int round = 0; round < META_REDIS_ROUNDS_MAX && again && code == ERR_NONE; round++)
        code = put_tracks_once(store, id, tracks, count, track_steps, &again, err);
    return code;
}

static enum err_code read_track(const char *id, const redisReply *bytes, void *item, struct err *err)
{
    struct meta_track *track = item;
    struct value_reader reader;
    value_reader_init(&reader, bytes->str, bytes->len);
    track->n = value_take_int_in(&reader, 0, INT64_MAX);
    value_take_text(&reader, track->class_name, sizeof(track->class_name));
    track->score = value_take_float(&reader);
    track->first_frame = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    track->last_frame = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    track->first_us = value_take_int(&reader);
    track->last_us = value_take_int(&reader);
    track->objects = value_take_int(&reader);
    track->best_frame = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    track->best_k = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    track->typical_frame = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    track->typical_k = (int32_t)value_take_int_in(&reader, INT32_MIN, INT32_MAX);
    return value_reader_is_done(&reader) ? ERR_NONE : err_set(err, ERR_CORRUPT, "the video %s has a damaged track", id);
}

enum err_code meta_redis_list_tracks(struct meta_store *store, const char *id, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    void *found = NULL;
    enum err_code code =
        meta_redis_list_items(store, id, "tracks", after, limit, sizeof(**tracks), read_track, &found, count, err);
    if (code == ERR_NONE)
        *tracks = found;
    return code;
}
