// Journals: lists of a project whose entries begin with sixteen bytes, when (microseconds, little-endian) and who
// asked.
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "meta_store/meta_redis_internal.h"

#define TIME_BYTES 8
#define HEAD_BYTES 16

static int64_t read_time(const char *bytes)
{
    uint64_t time_us = 0;
    for (int i = 0; i < TIME_BYTES; i++)
        time_us |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return (int64_t)time_us;
}

enum err_code meta_redis_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    unsigned char *entry = arena_alloc(call.pipeline.arena, HEAD_BYTES + size);
    int64_t now_us = meta_redis_now_us(call.self);
    for (int i = 0; i < TIME_BYTES; i++)
        entry[i] = (unsigned char)((uint64_t)now_us >> (8 * i));
    randombytes_buf(entry + TIME_BYTES, HEAD_BYTES - TIME_BYTES);
    if (size > 0)
        memcpy(entry + HEAD_BYTES, value, size);
    meta_redis_add_script(&call, &redis_script_append_journal, 3, project);
    redis_add_text(&call.pipeline, meta_redis_journal_key(call.self, project, journal).text);
    meta_redis_add_key(&call, project, "journals");
    redis_add_int(&call.pipeline, expected);
    redis_add_borrowed(&call.pipeline, entry, HEAD_BYTES + size);
    redis_add_text(&call.pipeline, journal);
    // An entry for a certain place is not appended twice; one for any place could be.
    if (expected < 0)
        redis_send_once(&call.pipeline);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        int64_t place = redis_items(answer) == 2 ? redis_int(redis_item(answer, 1)) : 0;
        if (redis_is(answer, "NONE"))
            code = meta_no_project(project, err);
        else if (redis_items(answer) != 2)
            code = meta_redis_strange(call.self, "append_journal", err);
        else if (redis_is(redis_item(answer, 0), "MOVED"))
            code = meta_journal_moved(project, journal, expected, place, err);
        else
            *position = place;
    }
    meta_redis_end(&call);
    return code;
}

// Runs list_journal.lua; the answer has the length and the time of the first entry, then entries.
static enum err_code ask(struct meta_redis_call *call, const char *project, const char *journal, int64_t from,
    size_t limit, const redisReply **answer, struct err *err)
{
    meta_redis_add_script(call, &redis_script_list_journal, 2, project);
    redis_add_text(&call->pipeline, meta_redis_journal_key(call->self, project, journal).text);
    redis_add_int(&call->pipeline, from);
    redis_add_int(&call->pipeline, (int64_t)limit);
    redis_add_int(&call->pipeline, (int64_t)(META_JOURNAL_PAGE_BYTES + limit * HEAD_BYTES));
    enum err_code code = meta_redis_run(call, err);
    if (code != ERR_NONE)
        return code;
    *answer = redis_answer(&call->pipeline, 0);
    if (redis_is(*answer, "NONE"))
        return meta_no_project(project, err);
    return redis_items(*answer) < 2 ? meta_redis_strange(call->self, "list_journal", err) : ERR_NONE;
}

enum err_code meta_redis_get_journal(
    struct meta_store *store, const char *project, const char *journal, struct meta_journal_info *info, struct err *err)
{
    const redisReply *answer = NULL;
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    enum err_code code = ask(&call, project, journal, 0, 0, &answer, err);
    if (code == ERR_NONE) {
        const redisReply *begun = redis_item(answer, 1);
        info->length = redis_int(redis_item(answer, 0));
        info->begun_us = begun->type == REDIS_REPLY_STRING && begun->len == TIME_BYTES ? read_time(begun->str) : 0;
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "EXISTS", meta_redis_key(call.self, project, NULL).text);
    redis_begin(&call.pipeline, "SMEMBERS", meta_redis_key(call.self, project, "journals").text);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_int(redis_answer(&call.pipeline, 0)) == 0)
        code = meta_no_project(project, err);
    if (code == ERR_NONE)
        meta_redis_take_texts(redis_answer(&call.pipeline, 1), "", SIZE_MAX, names, count);
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_list_journal(struct meta_store *store, const char *project, const char *journal, int64_t after,
    size_t limit, struct meta_journal_page *page, struct err *err)
{
    const redisReply *answer = NULL;
    struct meta_redis_call call;
    size_t bytes = 0;
    meta_redis_begin(store, &call);
    enum err_code code = ask(&call, project, journal, after + 1, limit, &answer, err);
    for (size_t i = 2; code == ERR_NONE && i < redis_items(answer); i++) {
        const redisReply *entry = redis_item(answer, i);
        if (entry->type != REDIS_REPLY_STRING || entry->len < HEAD_BYTES)
            code = err_set(err, ERR_CORRUPT, "the journal %s of project %s has a damaged entry", journal, project);
        else if (!meta_journal_page_add(page, after + (int64_t)i - 1, read_time(entry->str), entry->str + HEAD_BYTES,
                     entry->len - HEAD_BYTES, &bytes))
            break;
    }
    meta_redis_end(&call);
    if (code != ERR_NONE)
        meta_journal_page_release(page);
    return code;
}
