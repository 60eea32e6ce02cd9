// Segments.
#include <inttypes.h>
#include <stdio.h>

#include "meta_store/meta_redis_internal.h"

enum err_code meta_redis_put_segment(
    struct meta_store *store, const char *id, const struct meta_segment *segment, struct err *err)
{
    char places[160];
    struct meta_redis_call call;
    snprintf(places, sizeof(places), "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, segment->start_us,
        segment->end_us, segment->prev_pts_us, segment->first_frame_number, segment->source_frames);
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_put_segment, 2, id);
    meta_redis_add_key(&call, id, "segments");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    redis_add_int(&call.pipeline, segment->index);
    redis_add_text(&call.pipeline, places);
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_finish_split(struct meta_store *store, const char *id, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err)
{
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {{"split_done", 1}, {"segments", segments}, {"frames_expected", frames_expected},
        {"source_incomplete", source_incomplete}, {"duration_us", duration_us}};
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_finish_split, 1, id);
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        redis_add_text(&call.pipeline, fields[i].name);
        redis_add_int(&call.pipeline, fields[i].value);
    }
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_finish_segment(
    struct meta_store *store, const char *id, int32_t segment, int64_t frames, bool failed, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_finish_segment, 3, id);
    meta_redis_add_key(&call, id, "segments");
    meta_redis_add_key(&call, id, "emitted");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    redis_add_int(&call.pipeline, segment);
    redis_add_int(&call.pipeline, frames);
    redis_add_text(&call.pipeline, failed ? "1" : "0");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
        else if (redis_is(answer, "NOSEGMENT"))
            code = meta_no_segment(id, segment, err);
    }
    meta_redis_end(&call);
    return code;
}

static enum err_code read_segment(const char *id, const redisReply *text, void *item, struct err *err)
{
    struct meta_segment *segment = item;
    int done;
    int failed;
    int fields =
        sscanf(text->str, "%" SCNd32 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %d %d %" SCNd64,
            &segment->index, &segment->start_us, &segment->end_us, &segment->prev_pts_us, &segment->first_frame_number,
            &segment->source_frames, &done, &failed, &segment->frames);
    if (fields != 9)
        return err_set(err, ERR_CORRUPT, "the video %s has a damaged segment: \"%.80s\"", id, text->str);
    segment->done = done != 0;
    segment->failed = failed != 0;
    return ERR_NONE;
}

enum err_code meta_redis_list_segments(struct meta_store *store, const char *id, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    void *found = NULL;
    enum err_code code = meta_redis_list_items(
        store, id, "segments", after, limit, sizeof(**segments), read_segment, &found, count, err);
    if (code == ERR_NONE)
        *segments = found;
    return code;
}
