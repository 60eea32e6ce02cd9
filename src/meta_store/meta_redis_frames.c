// Frames and the objects in them.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/frame_value.h"
#include "meta_store/meta_redis_internal.h"
#include "meta_store/redis_frame.h"

// Buckets that are read, or removed, in one round.
#define BUCKETS_READ_AT_ONCE 8
#define BUCKETS_REMOVED_AT_ONCE 100

// ---- buckets

void meta_redis_buckets_init(struct meta_redis_buckets *buckets, size_t most)
{
    *buckets = (struct meta_redis_buckets){.numbers = mem_calloc(most + 1, sizeof(int32_t))};
}

void meta_redis_buckets_release(struct meta_redis_buckets *buckets)
{
    free(buckets->numbers);
}

size_t meta_redis_buckets_find(const struct meta_redis_buckets *buckets, int32_t index)
{
    // From the end: frames mostly come in order.
    size_t at = buckets->count;
    while (at > 0 && buckets->numbers[at - 1] != redis_bucket_of(index))
        at--;
    return at > 0 ? at - 1 : buckets->count;
}

void meta_redis_buckets_add(struct meta_redis_buckets *buckets, int32_t index)
{
    if (meta_redis_buckets_find(buckets, index) == buckets->count)
        buckets->numbers[buckets->count++] = redis_bucket_of(index);
}

void meta_redis_buckets_add_keys(
    struct meta_redis_call *call, const char *video, const struct meta_redis_buckets *buckets)
{
    for (size_t i = 0; i < buckets->count; i++) {
        char name[REDIS_BUCKET_NAME_SIZE];
        redis_bucket_name(buckets->numbers[i], name);
        redis_add_text(&call->pipeline, meta_redis_bucket_key(call->self, video, name).text);
    }
}

// ---- storing

// The first keys of put_frames.lua and put_objects.lua, before those of the buckets.
#define KEYS_BEFORE_BUCKETS 3

static void begin_put(struct meta_redis_call *call, const struct redis_script *script, const char *id,
    const struct meta_redis_buckets *buckets)
{
    meta_redis_add_script(call, script, KEYS_BEFORE_BUCKETS + buckets->count, id);
    meta_redis_add_key(call, id, "times");
    meta_redis_add_key(call, id, "emitted");
    meta_redis_buckets_add_keys(call, id, buckets);
    redis_add_int(&call->pipeline, meta_redis_now_us(call->self));
}

// Where a frame lies: the number of its bucket's key, the bucket, its index, time and segment.
static void add_frame_place(
    struct meta_redis_call *call, const struct meta_redis_buckets *buckets, const struct meta_frame *frame)
{
    char name[REDIS_BUCKET_NAME_SIZE];
    redis_bucket_name(redis_bucket_of(frame->index), name);
    redis_add_int(&call->pipeline, (int64_t)(KEYS_BEFORE_BUCKETS + 1 + meta_redis_buckets_find(buckets, frame->index)));
    redis_add_text(&call->pipeline, name);
    redis_add_int(&call->pipeline, frame->index);
    redis_add_int(&call->pipeline, frame->pts_us);
    redis_add_int(&call->pipeline, frame->segment);
}

static enum err_code put_emitted(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, const struct meta_redis_buckets *buckets, struct err *err)
{
    struct strbuf value;
    struct meta_redis_call call;
    strbuf_init(&value);
    meta_redis_begin(store, &call);
    begin_put(&call, &redis_script_put_frames, id, buckets);
    for (size_t i = 0; i < count; i++) {
        struct meta_frame emitted = frames[i];
        emitted.state = FRAME_EMITTED;
        emitted.objects = NULL;
        emitted.object_count = 0;
        strbuf_reset(&value);
        redis_frame_encode(&emitted, &value);
        add_frame_place(&call, buckets, &emitted);
        redis_add_bytes(&call.pipeline, value.data, value.size);
    }
    strbuf_release(&value);
    return meta_redis_finish(&call, id, err);
}

// What a frame was when it was last looked at; nothing (size 0) before.
struct seen {
    char *bytes;
    size_t size;
};

static void add_objects(struct meta_redis_call *call, const struct meta_frame *frame, const struct meta_object *objects,
    const struct seen *seen, struct strbuf *scratch)
{
    const unsigned char count[2] = {
        (unsigned char)(frame->object_count & 0xFF), (unsigned char)(frame->object_count >> 8)};
    strbuf_reset(scratch);
    redis_frame_encode_place(frame, scratch);
    redis_add_bytes(&call->pipeline, scratch->data, scratch->size);
    redis_add_bytes(&call->pipeline, count, sizeof(count));
    strbuf_reset(scratch);
    frame_value_encode(objects, frame->object_count, scratch);
    redis_add_bytes(&call->pipeline, scratch->data, scratch->size);
    redis_add_bytes(&call->pipeline, seen->bytes, seen->size);
}

static void add_indexed_frame(
    struct meta_redis_call *call, const struct meta_frame *frame, const struct seen *seen, struct strbuf *scratch)
{
    if (seen->size == 0 || frame->object_count == 0) {
        add_objects(call, frame, frame->objects, seen, scratch);
        return;
    }
    struct meta_frame before = {0};
    struct err ignored = ERR_INIT;
    struct meta_object *objects = mem_dup(frame->objects, frame->object_count * sizeof(*objects));
    // A value that is damaged has no tracks to keep, and is replaced.
    if (redis_frame_decode(seen->bytes, seen->size, &before, &ignored) == ERR_NONE)
        meta_keep_tracks(before.objects, before.object_count, objects, frame->object_count);
    add_objects(call, frame, objects, seen, scratch);
    free(before.objects);
    free(objects);
}

// Keeps what the script showed of frames that had objects; false if it makes no sense.
static bool take_seen(const redisReply *answer, struct seen *seen, size_t count)
{
    size_t items = redis_items(answer);
    for (size_t i = 0; i + 1 < items; i += 2) {
        int64_t at = redis_int(redis_item(answer, i));
        const redisReply *value = redis_item(answer, i + 1);
        if (at < 0 || (uint64_t)at >= count || value->type != REDIS_REPLY_STRING)
            return false;
        free(seen[at].bytes);
        seen[at] = (struct seen){.bytes = mem_dup(value->str, value->len), .size = value->len};
    }
    return items > 0;
}

static enum err_code put_indexed(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, const struct meta_redis_buckets *buckets, struct err *err)
{
    struct seen *seen = mem_calloc(count + 1, sizeof(*seen));
    struct strbuf scratch;
    struct meta_redis_call call;
    enum err_code code = ERR_NONE;
    bool again = true;
    strbuf_init(&scratch);
    meta_redis_begin(store, &call);
    for (int round = 0; round < META_REDIS_ROUNDS_MAX && again && code == ERR_NONE; round++) {
        redis_pipeline_reset(&call.pipeline);
        begin_put(&call, &redis_script_put_objects, id, buckets);
        for (size_t i = 0; i < count; i++) {
            add_frame_place(&call, buckets, &frames[i]);
            add_indexed_frame(&call, &frames[i], &seen[i], &scratch);
        }
        code = meta_redis_run(&call, err);
        if (code != ERR_NONE)
            break;
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        again = !redis_is(answer, "OK");
        if (redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
        else if (again && !take_seen(answer, seen, count))
            code = meta_redis_strange(call.self, "put_objects", err);
    }
    meta_redis_end(&call);
    strbuf_release(&scratch);
    for (size_t i = 0; i < count; i++)
        free(seen[i].bytes);
    free(seen);
    return code;
}

enum err_code meta_redis_put_frames(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    struct meta_redis_buckets buckets;
    meta_redis_buckets_init(&buckets, count);
    for (size_t i = 0; i < count; i++)
        meta_redis_buckets_add(&buckets, frames[i].index);
    enum err_code code = indexed ? put_indexed(store, id, frames, count, &buckets, err)
                                 : put_emitted(store, id, frames, count, &buckets, err);
    meta_redis_buckets_release(&buckets);
    return code;
}

enum err_code meta_redis_fail_frame(
    struct meta_store *store, const char *id, int32_t index, bool failed, struct err *err)
{
    const char from = (char)(failed ? FRAME_EMITTED : FRAME_FAILED);
    const char to = (char)(failed ? FRAME_FAILED : FRAME_EMITTED);
    char name[REDIS_BUCKET_NAME_SIZE];
    struct meta_redis_call call;
    redis_bucket_name(redis_bucket_of(index), name);
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_fail_frame, 2, id);
    redis_add_text(&call.pipeline, meta_redis_bucket_key(call.self, id, name).text);
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    redis_add_int(&call.pipeline, index);
    redis_add_bytes(&call.pipeline, &from, 1);
    redis_add_bytes(&call.pipeline, &to, 1);
    redis_add_int(&call.pipeline, failed ? 1 : -1);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
        else if (redis_is(answer, "NOFRAME"))
            code = meta_no_frame(id, index, err);
    }
    meta_redis_end(&call);
    return code;
}

// ---- reading

static enum err_code read_frame(
    const char *id, const redisReply *value, int32_t index, struct meta_frame *frame, struct err *err)
{
    *frame = (struct meta_frame){.index = index};
    enum err_code code = redis_frame_decode(value->str, value->len, frame, err);
    return code == ERR_NONE ? code : err_context(err, "the video %s, frame %d", id, index);
}

static bool in_range(const struct meta_frame *frame, const struct meta_frame_range *range)
{
    return frame->index > range->after && frame->pts_us >= range->from_us && frame->pts_us < range->to_us &&
        (range->state_mask == 0 || (range->state_mask & (1u << frame->state)) != 0);
}

static int compare_frames(const void *a, const void *b)
{
    const struct meta_frame *one = a;
    const struct meta_frame *other = b;
    return (one->index > other->index) - (one->index < other->index);
}

// Appends the frames of a bucket that are asked for, sorted, as many as are wanted still.
static enum err_code take_bucket(const char *id, const redisReply *bucket, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    struct meta_frame *found = mem_calloc(redis_items(bucket) / 2 + 1, sizeof(*found));
    size_t count = 0;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i + 1 < redis_items(bucket) && code == ERR_NONE; i += 2) {
        int64_t index = redis_int(redis_item(bucket, i));
        if (index <= range->after)
            continue;
        code = read_frame(id, redis_item(bucket, i + 1), (int32_t)index, &found[count], err);
        if (code == ERR_NONE && !in_range(&found[count], range))
            free(found[count].objects);
        else
            count += code == ERR_NONE;
    }
    qsort(found, count, sizeof(*found), compare_frames);
    size_t wanted = code == ERR_NONE ? range->limit - frames->count : 0;
    size_t taken = count < wanted ? count : wanted;
    for (size_t i = taken; i < count; i++)
        free(found[i].objects);
    if (taken > 0) {
        frames->items = mem_realloc_array(frames->items, frames->count + taken, sizeof(*frames->items));
        memcpy(frames->items + frames->count, found, taken * sizeof(*found));
        frames->count += taken;
    }
    free(found);
    return code;
}

// Asks for a single frame by its index, which is most of what is asked for.
static enum err_code find_one(
    struct meta_store *store, const char *id, int32_t index, struct meta_frames *frames, struct err *err)
{
    char name[REDIS_BUCKET_NAME_SIZE];
    struct meta_redis_call call;
    redis_bucket_name(redis_bucket_of(index), name);
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "EXISTS", meta_redis_key(call.self, id, NULL).text);
    redis_begin(&call.pipeline, "HGET", meta_redis_bucket_key(call.self, id, name).text);
    redis_add_int(&call.pipeline, index);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_int(redis_answer(&call.pipeline, 0)) == 0)
        code = meta_no_video(id, err);
    if (code == ERR_NONE && !redis_is_nil(redis_answer(&call.pipeline, 1))) {
        struct meta_frame frame;
        code = read_frame(id, redis_answer(&call.pipeline, 1), index, &frame, err);
        if (code == ERR_NONE) {
            frames->items = mem_dup(&frame, sizeof(frame));
            frames->count = 1;
        }
    }
    meta_redis_end(&call);
    return code;
}

// The next buckets to read, from `first` on; names and times alternate.
static enum err_code find_buckets(
    struct meta_redis_call *call, const char *id, const struct meta_frame_range *range, int32_t first, struct err *err)
{
    char name[REDIS_BUCKET_NAME_SIZE];
    redis_bucket_name(first, name);
    redis_pipeline_reset(&call->pipeline);
    meta_redis_add_script(call, &redis_script_find_buckets, 2, id);
    meta_redis_add_key(call, id, "times");
    redis_add_int(&call->pipeline, range->from_us);
    redis_add_text(&call->pipeline, name);
    redis_add_int(&call->pipeline, BUCKETS_READ_AT_ONCE);
    enum err_code code = meta_redis_run(call, err);
    if (code == ERR_NONE && redis_is(redis_answer(&call->pipeline, 0), "NONE"))
        code = meta_no_video(id, err);
    return code;
}

// Reads one round of buckets. *first becomes the bucket to go on with, or -1 at the end.
static enum err_code read_buckets(struct meta_store *store, const char *id, const struct meta_frame_range *range,
    int32_t *first, struct meta_frames *frames, struct err *err)
{
    struct meta_redis_call places;
    struct meta_redis_call contents;
    meta_redis_begin(store, &places);
    meta_redis_begin(store, &contents);
    enum err_code code = find_buckets(&places, id, range, *first, err);
    const redisReply *list = code == ERR_NONE ? redis_answer(&places.pipeline, 0) : NULL;
    size_t items = list != NULL ? redis_items(list) : 0;
    bool more = items == (size_t)2 * BUCKETS_READ_AT_ONCE;
    for (size_t i = 0; i + 1 < items; i += 2) {
        if (strtod(redis_item(list, i + 1)->str, NULL) >= (double)range->to_us) {
            more = false;
            break;
        }
        const char *name = redis_item(list, i)->str;
        *first = (int32_t)strtol(name, NULL, 10) + 1;
        redis_begin(&contents.pipeline, "HGETALL", meta_redis_bucket_key(contents.self, id, name).text);
    }
    if (code == ERR_NONE && contents.pipeline.count > 0)
        code = meta_redis_run(&contents, err);
    for (size_t i = 0; i < contents.pipeline.count && code == ERR_NONE && frames->count < range->limit; i++)
        code = take_bucket(id, redis_answer(&contents.pipeline, i), range, frames, err);
    if (!more)
        *first = -1;
    meta_redis_end(&contents);
    meta_redis_end(&places);
    return code;
}

enum err_code meta_redis_list_frames(struct meta_store *store, const char *id, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (range->limit == 1 && range->from_us == INT64_MIN && range->to_us == INT64_MAX && range->state_mask == 0 &&
        range->after < FRAME_INDEX_MAX) {
        code = find_one(store, id, range->after + 1, frames, err);
        if (code != ERR_NONE || frames->count == 1)
            return code;
    }
    int32_t first = redis_bucket_of(range->after + 1);
    while (code == ERR_NONE && first >= 0 && frames->count < range->limit)
        code = read_buckets(store, id, range, &first, frames, err);
    if (code != ERR_NONE)
        meta_frames_release(frames);
    return code;
}

// ---- removing

enum err_code meta_redis_remove_frames(struct meta_store *store, const char *id, const char *number, struct err *err)
{
    struct meta_redis_call list;
    struct meta_redis_call call;
    enum err_code code = ERR_NONE;
    bool more = true;
    meta_redis_begin(store, &list);
    meta_redis_begin(store, &call);
    while (code == ERR_NONE && more) {
        redis_pipeline_reset(&list.pipeline);
        redis_pipeline_reset(&call.pipeline);
        redis_begin(&list.pipeline, "ZRANGE", meta_redis_key(list.self, id, "times").text);
        redis_add_text(&list.pipeline, "0");
        redis_add_int(&list.pipeline, BUCKETS_REMOVED_AT_ONCE - 1);
        code = meta_redis_run(&list, err);
        if (code != ERR_NONE)
            break;
        const redisReply *names = redis_answer(&list.pipeline, 0);
        size_t count = redis_items(names);
        more = count > 0;
        if (!more)
            break;
        meta_redis_add_script(&call, &redis_script_remove_buckets, 2 + count, id);
        meta_redis_add_key(&call, id, "times");
        for (size_t i = 0; i < count; i++)
            redis_add_text(&call.pipeline, meta_redis_bucket_key(call.self, id, redis_item(names, i)->str).text);
        redis_add_text(&call.pipeline, number);
        for (size_t i = 0; i < count; i++)
            redis_add_text(&call.pipeline, redis_item(names, i)->str);
        code = meta_redis_run(&call, err);
        more = code == ERR_NONE && !redis_is(redis_answer(&call.pipeline, 0), "GONE");
    }
    meta_redis_end(&call);
    meta_redis_end(&list);
    return code;
}
