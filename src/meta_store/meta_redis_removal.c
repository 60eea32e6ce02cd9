// The removal of videos, of damaged ones too.
#include <stdlib.h>

#include "base/mem.h"
#include "meta_store/meta_redis_internal.h"

// The lists come last: while the video is there, an interrupted removal is found by them. `number` is what the video
// has itself, `listed_number` what it is listed under.
static enum err_code finish_removal(struct meta_store *store, const char *id, const char *project, const char *number,
    const char *listed_number, struct err *err)
{
    static const char *const parts[] = {"times", "segments", "emitted", "tracks", "digests", "sentences"};
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_finish_removal, 1 + sizeof(parts) / sizeof(parts[0]), id);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        meta_redis_add_key(&call, id, parts[i]);
    redis_add_text(&call.pipeline, number);
    enum err_code code = meta_redis_run(&call, err);
    redis_pipeline_reset(&call.pipeline);
    const struct meta_redis_key lists[] = {
        meta_redis_key(call.self, project, "videos"), meta_redis_common_key(call.self, "videos")};
    for (size_t i = 0; i < 2; i++) {
        redis_begin_script(&call.pipeline, &redis_script_forget_video, 1, lists[i].text);
        redis_add_text(&call.pipeline, id);
        redis_add_text(&call.pipeline, listed_number);
    }
    if (code == ERR_NONE)
        code = meta_redis_run(&call, err);
    meta_redis_end(&call);
    return code;
}

// Of a video that does not say it itself; "" where no list names it.
static enum err_code find_listed_number(struct meta_store *store, const char *id, char **number, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "ZSCORE", meta_redis_common_key(call.self, "videos").text);
    redis_add_text(&call.pipeline, id);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *score = redis_answer(&call.pipeline, 0);
        *number = mem_strdup(redis_is_nil(score) ? "" : score->str);
    }
    meta_redis_end(&call);
    return code;
}

// Marks the video. *number: what it has, "" where that is missing; NULL: there is no video. *project, where it says a
// name that can be one.
static enum err_code begin_removal(
    struct meta_store *store, const char *id, char **project, char **number, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_begin_removal, 1, id);
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_items(answer) == 2) {
            *number = mem_strdup(redis_item(answer, 1)->str);
            if (project_name_is_valid(redis_item(answer, 0)->str))
                *project = mem_strdup(redis_item(answer, 0)->str);
        } else if (!redis_is(answer, "NONE")) {
            code = meta_redis_strange(call.self, "begin_removal", err);
        }
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_remove_listed_video(
    struct meta_store *store, const char *id, const char *listed, struct err *err)
{
    char *project = NULL;
    char *number = NULL;
    char *listed_number = NULL;
    enum err_code code = begin_removal(store, id, &project, &number, err);
    bool is_there = code == ERR_NONE && number != NULL;
    const char *of = listed != NULL ? listed : project;
    if (is_there && of == NULL)
        code = err_set(err, ERR_CORRUPT, "the stored video %.40s is damaged: its field project is wrong", id);
    if (is_there && code == ERR_NONE && number[0] == '\0')
        code = find_listed_number(store, id, &listed_number, err);
    if (is_there && code == ERR_NONE)
        code = meta_redis_remove_frames(store, id, number, err);
    if (is_there && code == ERR_NONE)
        code = finish_removal(store, id, of, number, listed_number != NULL ? listed_number : number, err);
    free(project);
    free(number);
    free(listed_number);
    return code;
}

enum err_code meta_redis_remove_video(struct meta_store *store, const char *id, struct err *err)
{
    return meta_redis_remove_listed_video(store, id, NULL, err);
}
