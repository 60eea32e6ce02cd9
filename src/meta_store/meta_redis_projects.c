// Projects: made, listed with what their videos hold, and removed without leaving a video behind.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/meta_redis_internal.h"

// Longer than any call takes (REDIS_TIMEOUT_MAX_MS), so that what was begun before a fence has ended when it falls.
#define FENCE_SECONDS 3600
// Videos asked about in one round.
#define VIDEOS_AT_ONCE 500

// ---- making

static void add_create(struct meta_redis_call *call, const char *name, const char *nonce)
{
    meta_redis_add_script(call, &redis_script_create_project, 2, name);
    meta_redis_add_key(call, name, "videos");
    redis_add_text(&call->pipeline, nonce);
    redis_add_int(&call->pipeline, meta_redis_now_us(call->self));
}

// The list has a name before the project is there, so that no crash hides a project.
static void add_to_list(struct meta_redis_call *call, const char *how, const char *name, const char *incarnation)
{
    redis_begin(&call->pipeline, how, meta_redis_common_key(call->self, "projects").text);
    redis_add_text(&call->pipeline, name);
    redis_add_text(&call->pipeline, incarnation);
}

// What create_project.lua says; `incarnation` is the project's.
static enum err_code read_created(const struct meta_redis_call *call, size_t n, const char *name,
    char incarnation[META_REDIS_NONCE_SIZE], struct err *err)
{
    const redisReply *answer = redis_answer(&call->pipeline, n);
    if (redis_items(answer) != 2 || redis_item(answer, 1)->type != REDIS_REPLY_STRING ||
        redis_item(answer, 1)->len >= META_REDIS_NONCE_SIZE)
        return meta_redis_strange(call->self, "create_project", err);
    if (redis_is(redis_item(answer, 0), "DELETING"))
        return meta_project_deleting(name, err);
    memcpy(incarnation, redis_item(answer, 1)->str, redis_item(answer, 1)->len + 1);
    return ERR_NONE;
}

enum err_code meta_redis_create_project(struct meta_store *store, const char *name, bool *created, struct err *err)
{
    char nonce[META_REDIS_NONCE_SIZE];
    char incarnation[META_REDIS_NONCE_SIZE];
    struct meta_redis_call call;
    meta_redis_nonce(nonce);
    *created = false;
    meta_redis_begin(store, &call);
    add_to_list(&call, "HSETNX", name, nonce);
    add_create(&call, name, nonce);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        code = read_created(&call, 1, name, incarnation, err);
    if (code == ERR_NONE) {
        *created = strcmp(incarnation, nonce) == 0;
        redis_pipeline_reset(&call.pipeline);
        add_to_list(&call, "HSET", name, incarnation);
        code = meta_redis_run(&call, err);
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_enter_video(struct meta_store *store, const char *project, const char *video, int64_t number,
    char incarnation[META_REDIS_NONCE_SIZE], struct err *err)
{
    char nonce[META_REDIS_NONCE_SIZE];
    struct meta_redis_call call;
    meta_redis_nonce(nonce);
    meta_redis_begin(store, &call);
    add_to_list(&call, "HSETNX", project, nonce);
    add_create(&call, project, nonce);
    redis_add_text(&call.pipeline, video);
    redis_add_int(&call.pipeline, number);
    redis_begin(&call.pipeline, "ZADD", meta_redis_common_key(call.self, "videos").text);
    redis_add_text(&call.pipeline, "NX");
    redis_add_int(&call.pipeline, number);
    redis_add_text(&call.pipeline, video);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        code = read_created(&call, 1, project, incarnation, err);
    if (code == ERR_NONE && strcmp(incarnation, nonce) == 0) {
        redis_pipeline_reset(&call.pipeline);
        add_to_list(&call, "HSET", project, incarnation);
        code = meta_redis_run(&call, err);
    }
    meta_redis_end(&call);
    return code;
}

// ---- looking

// The ids a project's list names; some may be gone. `ids` is freed by the caller.
static enum err_code list_ids(
    struct meta_store *store, const char *name, char (**ids)[VIDEO_ID_SIZE], size_t *count, struct err *err)
{
    struct meta_redis_call call;
    *ids = NULL;
    *count = 0;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "ZRANGE", meta_redis_key(call.self, name, "videos").text);
    redis_add_text(&call.pipeline, "0");
    redis_add_text(&call.pipeline, "-1");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        *ids = mem_calloc(redis_items(answer) + 1, sizeof(**ids));
        for (size_t i = 0; i < redis_items(answer); i++) {
            const redisReply *id = redis_item(answer, i);
            if (id->len == VIDEO_ID_LENGTH)
                memcpy((*ids)[(*count)++], id->str, VIDEO_ID_SIZE);
        }
    }
    meta_redis_end(&call);
    return code;
}

static enum err_code count_videos(
    struct meta_store *store, char (*ids)[VIDEO_ID_SIZE], size_t count, struct meta_project *project, struct err *err)
{
    struct meta_redis_call call;
    enum err_code code = ERR_NONE;
    meta_redis_begin(store, &call);
    for (size_t from = 0; from < count && code == ERR_NONE; from += VIDEOS_AT_ONCE) {
        redis_pipeline_reset(&call.pipeline);
        for (size_t i = from; i < count && i < from + VIDEOS_AT_ONCE; i++) {
            redis_begin(&call.pipeline, "HMGET", meta_redis_key(call.self, ids[i], NULL).text);
            redis_add_text(&call.pipeline, "frames_emitted");
            redis_add_text(&call.pipeline, "objects");
        }
        code = meta_redis_run(&call, err);
        for (size_t i = 0; i < call.pipeline.count && code == ERR_NONE; i++) {
            const redisReply *answer = redis_answer(&call.pipeline, i);
            if (redis_items(answer) != 2 || redis_is_nil(redis_item(answer, 0)))
                continue;
            project->videos++;
            project->frames += redis_int(redis_item(answer, 0));
            project->objects += redis_int(redis_item(answer, 1));
        }
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err)
{
    char(*ids)[VIDEO_ID_SIZE] = NULL;
    size_t count = 0;
    struct meta_redis_call call;
    *project = (struct meta_project){0};
    memcpy(project->name, name, strlen(name) + 1);
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HMGET", meta_redis_key(call.self, name, NULL).text);
    redis_add_text(&call.pipeline, "created_us");
    redis_add_text(&call.pipeline, "deleting");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_items(answer) != 2 || redis_is_nil(redis_item(answer, 0)))
            code = meta_no_project(name, err);
        else
            project->created_us = redis_int(redis_item(answer, 0));
        project->deleting = code == ERR_NONE && redis_int(redis_item(answer, 1)) != 0;
    }
    meta_redis_end(&call);
    if (code == ERR_NONE)
        code = list_ids(store, name, &ids, &count, err);
    if (code == ERR_NONE)
        code = count_videos(store, ids, count, project, err);
    free(ids);
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The names in the list that come after `after`, sorted, borrowed from the answer; the array is to be freed.
static const char **names_after(const redisReply *list, const char *after, size_t *count)
{
    const char **names = mem_calloc(redis_items(list) + 1, sizeof(*names));
    *count = 0;
    for (size_t i = 0; i < redis_items(list); i++) {
        const redisReply *name = redis_item(list, i);
        if (project_name_check(name->str, NULL) == ERR_NONE && strcmp(name->str, after) > 0)
            names[(*count)++] = name->str;
    }
    qsort(names, *count, sizeof(*names), compare_names);
    return names;
}

enum err_code meta_redis_list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HKEYS", meta_redis_common_key(call.self, "projects").text);
    enum err_code code = meta_redis_run(&call, err);
    size_t listed = 0;
    const char **names = code == ERR_NONE ? names_after(redis_answer(&call.pipeline, 0), after, &listed) : NULL;
    struct meta_project *found = mem_calloc(limit, sizeof(*found));
    size_t found_count = 0;
    for (size_t i = 0; i < listed && found_count < limit && code == ERR_NONE; i++) {
        code = meta_redis_get_project(store, names[i], &found[found_count], err);
        if (code == ERR_NONE)
            found_count++;
        else if (code == ERR_NOT_FOUND)
            code = ERR_NONE;
    }
    free(names);
    meta_redis_end(&call);
    if (code != ERR_NONE || found_count == 0) {
        free(found);
        return code;
    }
    *projects = found;
    *count = found_count;
    return ERR_NONE;
}

// ---- removing

enum err_code meta_redis_mark_project_deleting(struct meta_store *store, const char *name, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_mark_deleting, 1, name);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_is(redis_answer(&call.pipeline, 0), "NONE"))
        code = meta_no_project(name, err);
    meta_redis_end(&call);
    return code;
}

// Fences the videos that are listed but not there; *live is how many are.
static enum err_code fence_videos(struct meta_store *store, const char *incarnation, char (*ids)[VIDEO_ID_SIZE],
    size_t count, int64_t *live, struct err *err)
{
    struct meta_redis_call call;
    enum err_code code = ERR_NONE;
    *live = 0;
    meta_redis_begin(store, &call);
    for (size_t from = 0; from < count && code == ERR_NONE; from += VIDEOS_AT_ONCE) {
        redis_pipeline_reset(&call.pipeline);
        for (size_t i = from; i < count && i < from + VIDEOS_AT_ONCE; i++) {
            meta_redis_add_script(&call, &redis_script_fence_video, 2, ids[i]);
            meta_redis_add_key(&call, ids[i], "fence");
            redis_add_text(&call.pipeline, incarnation);
            redis_add_int(&call.pipeline, FENCE_SECONDS);
        }
        code = meta_redis_run(&call, err);
        for (size_t i = 0; i < call.pipeline.count && code == ERR_NONE; i++)
            *live += redis_int(redis_answer(&call.pipeline, i)) != 0;
    }
    meta_redis_end(&call);
    return code;
}

// Removes what no list shows to whoever removes videos, if nothing else is there. *again: it was so.
static enum err_code remove_wrong_videos(
    struct meta_store *store, const char *name, char (*ids)[VIDEO_ID_SIZE], size_t count, bool *again, struct err *err)
{
    struct meta_video *other = NULL;
    size_t others = 0;
    enum err_code code = meta_redis_list_videos(store, name, NULL, 1, &other, &others, err);
    free(other);
    for (size_t i = 0; i < count && others == 0 && code == ERR_NONE; i++)
        code = meta_redis_remove_listed_video(store, ids[i], name, err);
    *again = code == ERR_NONE && others == 0;
    return code;
}

// Removes the project itself, with its journals. *again: it is not as it was.
static enum err_code remove_itself(struct meta_store *store, const char *name, const char *incarnation,
    char (*fenced)[VIDEO_ID_SIZE], size_t fenced_count, bool *again, struct err *err)
{
    struct meta_redis_call names;
    struct meta_redis_call call;
    meta_redis_begin(store, &names);
    meta_redis_begin(store, &call);
    redis_begin(&names.pipeline, "SMEMBERS", meta_redis_key(names.self, name, "journals").text);
    enum err_code code = meta_redis_run(&names, err);
    if (code == ERR_NONE) {
        const redisReply *journals = redis_answer(&names.pipeline, 0);
        meta_redis_add_script(&call, &redis_script_remove_project, 3 + redis_items(journals), name);
        meta_redis_add_key(&call, name, "videos");
        meta_redis_add_key(&call, name, "journals");
        for (size_t i = 0; i < redis_items(journals); i++)
            redis_add_text(&call.pipeline, meta_redis_journal_key(call.self, name, redis_item(journals, i)->str).text);
        redis_add_text(&call.pipeline, incarnation);
        for (size_t i = 0; i < fenced_count; i++)
            redis_add_text(&call.pipeline, fenced[i]);
        code = meta_redis_run(&call, err);
    }
    *again = code == ERR_NONE && redis_is(redis_answer(&call.pipeline, 0), "AGAIN");
    if (code == ERR_NONE && !*again) {
        redis_pipeline_reset(&call.pipeline);
        redis_begin_script(
            &call.pipeline, &redis_script_forget_project, 1, meta_redis_common_key(call.self, "projects").text);
        redis_add_text(&call.pipeline, name);
        redis_add_text(&call.pipeline, incarnation);
        code = meta_redis_run(&call, err);
    }
    meta_redis_end(&call);
    meta_redis_end(&names);
    return code;
}

// "" if the project is not there.
static enum err_code get_incarnation(
    struct meta_store *store, const char *name, char incarnation[META_REDIS_NONCE_SIZE], struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HGET", meta_redis_key(call.self, name, NULL).text);
    redis_add_text(&call.pipeline, "incarnation");
    enum err_code code = meta_redis_run(&call, err);
    incarnation[0] = '\0';
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (answer->type == REDIS_REPLY_STRING && answer->len < META_REDIS_NONCE_SIZE)
            memcpy(incarnation, answer->str, answer->len + 1);
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_remove_project(struct meta_store *store, const char *name, struct err *err)
{
    bool again = true;
    enum err_code code = ERR_NONE;
    for (int round = 0; round < META_REDIS_ROUNDS_MAX && again && code == ERR_NONE; round++) {
        char incarnation[META_REDIS_NONCE_SIZE];
        char(*ids)[VIDEO_ID_SIZE] = NULL;
        size_t count = 0;
        int64_t live = 0;
        again = false;
        code = get_incarnation(store, name, incarnation, err);
        if (code != ERR_NONE || incarnation[0] == '\0')
            return code;
        code = list_ids(store, name, &ids, &count, err);
        if (code == ERR_NONE)
            code = fence_videos(store, incarnation, ids, count, &live, err);
        if (code == ERR_NONE && live > 0)
            code = remove_wrong_videos(store, name, ids, count, &again, err);
        if (code == ERR_NONE && live > 0 && !again)
            code = meta_project_has_videos(name, live, err);
        if (code == ERR_NONE && live == 0)
            code = remove_itself(store, name, incarnation, ids, count, &again, err);
        free(ids);
    }
    return code != ERR_NONE || !again
        ? code
        : err_set(err, ERR_UNAVAILABLE, "the project %s does not stand still long enough to be removed", name);
}
