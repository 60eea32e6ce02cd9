// Segments.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
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

static bool read_segment(const char *text, struct meta_segment *segment)
{
    int done;
    int failed;
    *segment = (struct meta_segment){0};
    int fields = sscanf(text, "%" SCNd32 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %d %d %" SCNd64,
        &segment->index, &segment->start_us, &segment->end_us, &segment->prev_pts_us, &segment->first_frame_number,
        &segment->source_frames, &done, &failed, &segment->frames);
    segment->done = fields == 9 && done != 0;
    segment->failed = fields == 9 && failed != 0;
    return fields == 9;
}

enum err_code meta_redis_list_segments(struct meta_store *store, const char *id, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    char from[16];
    struct meta_redis_call call;
    snprintf(from, sizeof(from), "(%" PRId32, after);
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "EXISTS", meta_redis_key(call.self, id, NULL).text);
    redis_begin(&call.pipeline, "ZRANGEBYSCORE", meta_redis_key(call.self, id, "segments").text);
    redis_add_text(&call.pipeline, from);
    redis_add_text(&call.pipeline, "+inf");
    redis_add_text(&call.pipeline, "LIMIT");
    redis_add_text(&call.pipeline, "0");
    redis_add_int(&call.pipeline, (int64_t)limit);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_int(redis_answer(&call.pipeline, 0)) == 0)
        code = meta_no_video(id, err);
    const redisReply *list = code == ERR_NONE ? redis_answer(&call.pipeline, 1) : NULL;
    size_t found_count = list != NULL ? redis_items(list) : 0;
    struct meta_segment *found = found_count > 0 ? mem_calloc(found_count, sizeof(*found)) : NULL;
    for (size_t i = 0; i < found_count && code == ERR_NONE; i++) {
        if (!read_segment(redis_item(list, i)->str, &found[i]))
            code = err_set(
                err, ERR_CORRUPT, "the video %s has a damaged segment: \"%.80s\"", id, redis_item(list, i)->str);
    }
    meta_redis_end(&call);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *segments = found;
    *count = found_count;
    return ERR_NONE;
}
