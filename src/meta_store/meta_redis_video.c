// Videos: made, read, listed and changed as a whole.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "meta_store/meta_fields.h"
#include "meta_store/meta_redis_internal.h"

#define LIST_AT_ONCE 200

// ---- fields

static void add_field(struct meta_redis_call *call, const struct meta_field *field, const struct meta_video *video,
    struct strbuf *scratch)
{
    strbuf_reset(scratch);
    meta_field_format(field, video, scratch);
    redis_add_text(&call->pipeline, field->name);
    redis_add_bytes(&call->pipeline, scratch->data, scratch->size);
}

// Besides the fields of a video, the number under which it is listed.
void meta_redis_ask_video(struct meta_redis_call *call, const char *id)
{
    redis_begin(&call->pipeline, "HMGET", meta_redis_key(call->self, id, NULL).text);
    for (size_t i = 0; i < meta_field_count; i++)
        redis_add_text(&call->pipeline, meta_fields[i].name);
    redis_add_text(&call->pipeline, "number");
}

// Fields that every video has; any other that is not there is of a newer program than the one that wrote the video: it
// is zero. NULL: it has these.
static const char *find_missing(const redisReply *reply)
{
    static const char *const needed[] = {"id", "project", "state"};
    for (size_t i = 0; i < meta_field_count; i++) {
        for (size_t k = 0; k < sizeof(needed) / sizeof(needed[0]); k++) {
            if (redis_is_nil(redis_item(reply, i)) && strcmp(meta_fields[i].name, needed[k]) == 0)
                return needed[k];
        }
    }
    return redis_is_nil(redis_item(reply, meta_field_count)) ? "number" : NULL;
}

static bool is_there(const redisReply *reply)
{
    bool found = false;
    for (size_t i = 0; i < redis_items(reply); i++)
        found = found || !redis_is_nil(redis_item(reply, i));
    return found && redis_items(reply) == meta_field_count + 1;
}

enum err_code meta_redis_read_video(
    const redisReply *reply, const char *id, bool *found, struct meta_video *video, struct err *err)
{
    *found = is_there(reply);
    if (!*found)
        return ERR_NONE;
    const char *missing = find_missing(reply);
    if (missing != NULL)
        return err_set(err, ERR_CORRUPT, "the stored video %.40s is damaged: its field %s is missing", id, missing);
    *video = (struct meta_video){0};
    for (size_t i = 0; i < meta_field_count; i++) {
        const redisReply *value = redis_item(reply, i);
        if (!redis_is_nil(value) && !meta_field_parse(&meta_fields[i], value->str, value->len, video))
            return err_set(
                err, ERR_CORRUPT, "the stored video %s is damaged: its field %s is wrong", id, meta_fields[i].name);
    }
    if (meta_video_check(video, err) == ERR_NONE)
        return ERR_NONE;
    return err_context(err, "the stored video %.40s is damaged", id);
}

// ---- making

static void add_new_video(
    struct meta_redis_call *call, const struct meta_video *video, const char *incarnation, int64_t number)
{
    struct strbuf scratch;
    strbuf_init(&scratch);
    meta_redis_add_script(call, &redis_script_create_video, 2, video->id);
    meta_redis_add_key(call, video->id, "fence");
    redis_add_text(&call->pipeline, incarnation);
    redis_add_int(&call->pipeline, number);
    for (size_t i = 0; i < meta_field_count; i++)
        add_field(call, &meta_fields[i], video, &scratch);
    strbuf_release(&scratch);
}

void meta_redis_add_listing(
    struct meta_redis_call *call, const char *project, const char *incarnation, const char *video, const char *number)
{
    redis_begin_script(
        &call->pipeline, &redis_script_list_video, 2, meta_redis_key(call->self, project, "videos").text);
    meta_redis_add_key(call, project, NULL);
    redis_add_text(&call->pipeline, video);
    redis_add_text(&call->pipeline, number);
    redis_add_text(&call->pipeline, incarnation);
    redis_begin_script(&call->pipeline, &redis_script_list_video, 1, meta_redis_common_key(call->self, "videos").text);
    redis_add_text(&call->pipeline, video);
    redis_add_text(&call->pipeline, number);
}

static enum err_code next_number(struct meta_store *store, int64_t *number, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "INCR", meta_redis_common_key(call.self, "number").text);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        *number = redis_int(redis_answer(&call.pipeline, 0));
    meta_redis_end(&call);
    return code;
}

// Makes the video itself, or reads what is there.
static enum err_code make_or_read(struct meta_store *store, struct meta_video *video, const char *incarnation,
    int64_t number, bool *created, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    add_new_video(&call, video, incarnation, number);
    meta_redis_ask_video(&call, video->id);
    redis_begin(&call.pipeline, "HGET", meta_redis_key(call.self, video->id, NULL).text);
    redis_add_text(&call.pipeline, "number");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        const redisReply *found_number = redis_answer(&call.pipeline, 2);
        char id[VIDEO_ID_SIZE];
        char project[PROJECT_NAME_SIZE];
        bool found = true;
        memcpy(id, video->id, sizeof(id));
        memcpy(project, video->project, sizeof(project));
        *created = redis_is(answer, "CREATED");
        if (redis_is(answer, "DELETING"))
            code = meta_video_deleting(id, err);
        else if (redis_is(answer, "FENCED"))
            code = meta_project_deleting(project, err);
        else if (redis_is(answer, "FOUND"))
            code = meta_redis_read_video(redis_answer(&call.pipeline, 1), id, &found, video, err);
        if (code == ERR_NONE && (!found || found_number->type != REDIS_REPLY_STRING))
            // It was removed in the moment between the two.
            code = meta_video_deleting(id, err);
        if (code == ERR_NONE) {
            char *place = mem_strdup(found_number->str);
            redis_pipeline_reset(&call.pipeline);
            meta_redis_add_listing(&call, project, incarnation, id, place);
            free(place);
            code = meta_redis_run(&call, err);
        }
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err)
{
    char incarnation[META_REDIS_NONCE_SIZE];
    int64_t number = 0;
    struct meta_video made = *video;
    *created = false;
    meta_video_init_new(&made, meta_redis_now_us(meta_redis_of(store)));
    enum err_code code = next_number(store, &number, err);
    if (code == ERR_NONE)
        code = meta_redis_enter_video(store, video->project, video->id, number, incarnation, err);
    if (code == ERR_NONE)
        code = make_or_read(store, &made, incarnation, number, created, err);
    if (code == ERR_NONE)
        *video = made;
    return code;
}

// ---- reading

enum err_code meta_redis_get_video(struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    struct meta_redis_call call;
    bool found = false;
    meta_redis_begin(store, &call);
    meta_redis_ask_video(&call, id);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        code = meta_redis_read_video(redis_answer(&call.pipeline, 0), id, &found, video, err);
    if (code == ERR_NONE && !found)
        code = meta_no_video(id, err);
    meta_redis_end(&call);
    return code;
}

// The number under which a video is listed.
static enum err_code get_number(struct meta_store *store, const char *id, char out[32], struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HGET", meta_redis_key(call.self, id, NULL).text);
    redis_add_text(&call.pipeline, "number");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_is_nil(redis_answer(&call.pipeline, 0)))
        code = meta_no_video(id, err);
    if (code == ERR_NONE)
        snprintf(out, 32, "(%" PRId64, redis_int(redis_answer(&call.pipeline, 0)));
    meta_redis_end(&call);
    return code;
}

// Who is told of what cannot be right; nobody: NULL.
struct wrong {
    meta_wrong_visit *visit;
    void *context;
};

// Reads the videos that a page of a list names, passing over those that are gone or cannot be right.
static enum err_code read_listed(struct meta_store *store, const redisReply *ids, size_t limit,
    const struct wrong *wrong, struct meta_video *videos, size_t *count, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    for (size_t i = 0; i < redis_items(ids); i += 2)
        meta_redis_ask_video(&call, redis_item(ids, i)->str);
    enum err_code code = call.pipeline.count > 0 ? meta_redis_run(&call, err) : ERR_NONE;
    for (size_t i = 0; code == ERR_NONE && i < call.pipeline.count && *count < limit; i++) {
        bool found = false;
        struct err why = ERR_INIT;
        bool is_right = meta_redis_read_video(redis_answer(&call.pipeline, i), redis_item(ids, 2 * i)->str, &found,
                            &videos[*count], &why) == ERR_NONE;
        *count += found && is_right;
        if (!is_right && wrong != NULL)
            wrong->visit(wrong->context, why.message);
    }
    meta_redis_end(&call);
    return code;
}

// The ids of a list from `before` down, "+inf" at first, which goes on to what comes after them; borrowed from the
// call.
static enum err_code ask_page(struct meta_redis_call *call, const struct meta_redis_key *key, char before[32],
    size_t limit, const redisReply **ids, bool *more, struct err *err)
{
    redis_pipeline_reset(&call->pipeline);
    redis_begin(&call->pipeline, "ZREVRANGEBYSCORE", key->text);
    redis_add_text(&call->pipeline, before);
    redis_add_text(&call->pipeline, "-inf");
    redis_add_text(&call->pipeline, "WITHSCORES");
    redis_add_text(&call->pipeline, "LIMIT");
    redis_add_text(&call->pipeline, "0");
    redis_add_int(&call->pipeline, (int64_t)limit);
    enum err_code code = meta_redis_run(call, err);
    if (code != ERR_NONE)
        return code;
    *ids = redis_answer(&call->pipeline, 0);
    *more = redis_items(*ids) == 2 * limit;
    if (*more)
        snprintf(before, 32, "(%.30s", redis_item(*ids, 2 * limit - 1)->str);
    return ERR_NONE;
}

enum err_code meta_redis_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err)
{
    char before[32] = "+inf";
    struct meta_redis_call call;
    enum err_code code = after != NULL ? get_number(store, after, before, err) : ERR_NONE;
    struct meta_video *found = mem_calloc(limit, sizeof(*found));
    size_t found_count = 0;
    bool more = true;
    meta_redis_begin(store, &call);
    struct meta_redis_key key =
        project != NULL ? meta_redis_key(call.self, project, "videos") : meta_redis_common_key(call.self, "videos");
    while (code == ERR_NONE && more && found_count < limit) {
        size_t left = limit - found_count < LIST_AT_ONCE ? limit - found_count : LIST_AT_ONCE;
        const redisReply *ids = NULL;
        code = ask_page(&call, &key, before, left, &ids, &more, err);
        if (code == ERR_NONE)
            code = read_listed(store, ids, limit, NULL, found, &found_count, err);
    }
    meta_redis_end(&call);
    if (code != ERR_NONE || found_count == 0) {
        free(found);
        return code;
    }
    *videos = found;
    *count = found_count;
    return ERR_NONE;
}

enum err_code meta_redis_find_wrong(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    const struct wrong wrong = {.visit = visit, .context = context};
    char before[32] = "+inf";
    struct meta_redis_call call;
    struct meta_video *videos = mem_calloc(LIST_AT_ONCE, sizeof(*videos));
    bool more = true;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HKEYS", meta_redis_common_key(call.self, "projects").text);
    enum err_code code = meta_redis_run(&call, err);
    for (size_t i = 0; code == ERR_NONE && i < redis_items(redis_answer(&call.pipeline, 0)); i++) {
        struct err why = ERR_INIT;
        if (project_name_check(redis_item(redis_answer(&call.pipeline, 0), i)->str, &why) != ERR_NONE)
            visit(context, why.message);
    }
    struct meta_redis_key key = meta_redis_common_key(call.self, "videos");
    while (code == ERR_NONE && more) {
        const redisReply *ids = NULL;
        size_t count = 0;
        code = ask_page(&call, &key, before, LIST_AT_ONCE, &ids, &more, err);
        if (code == ERR_NONE)
            code = read_listed(store, ids, LIST_AT_ONCE, &wrong, videos, &count, err);
    }
    meta_redis_end(&call);
    free(videos);
    return code;
}

// ---- changing

enum err_code meta_redis_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err)
{
    char nonce[META_REDIS_NONCE_SIZE];
    struct meta_redis_call call;
    meta_redis_nonce(nonce);
    meta_redis_begin(store, &call);
    int64_t now_us = meta_redis_now_us(call.self);
    meta_redis_add_script(&call, &redis_script_set_state, 1, id);
    redis_add_int(&call.pipeline, from);
    redis_add_int(&call.pipeline, to);
    redis_add_int(&call.pipeline, now_us);
    redis_add_int(&call.pipeline, video_state_is_final(to) ? now_us : 0);
    redis_add_text(&call.pipeline, nonce);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_is(answer, "NONE"))
            code = meta_no_video(id, err);
        else if (!redis_is(answer, "OK"))
            code = meta_wrong_state(id, (enum video_state)redis_int(answer), to, err);
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err)
{
    struct meta_video video = {.media = *media};
    struct strbuf scratch;
    struct meta_redis_call call;
    strbuf_init(&scratch);
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_set_fields, 1, id);
    for (size_t i = 0; i < meta_field_count; i++) {
        if (meta_fields[i].of_media)
            add_field(&call, &meta_fields[i], &video, &scratch);
    }
    redis_add_text(&call.pipeline, "updated_us");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    strbuf_release(&scratch);
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_set_fields, 1, id);
    redis_add_text(&call.pipeline, "detector");
    redis_add_bytes(&call.pipeline, detector, strnlen(detector, sizeof(((struct meta_video *)0)->detector) - 1));
    redis_add_text(&call.pipeline, "embedder");
    redis_add_bytes(&call.pipeline, embedder, strnlen(embedder, sizeof(((struct meta_video *)0)->embedder) - 1));
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_set_fields, 1, id);
    redis_add_text(&call.pipeline, "name");
    redis_add_text(&call.pipeline, name);
    redis_add_text(&call.pipeline, "updated_us");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    return meta_redis_finish(&call, id, err);
}

// ---- settling

// What decides whether a video settles, besides the number of failed segments.
static const char *const deciding[] = {"state", "split_done", "source_incomplete", "segments", "segments_done",
    "frames_emitted", "frames_indexed", "frames_failed", "segments_failed"};
#define DECIDING (sizeof(deciding) / sizeof(deciding[0]))

// One look, and the change if there is one to make. *again: somebody changed the video in between.
static enum err_code settle_once(
    struct meta_store *store, const char *id, const char *nonce, bool *settled, bool *again, struct err *err)
{
    struct meta_redis_call call;
    struct meta_video video = {0};
    enum video_state state;
    *again = false;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HMGET", meta_redis_key(call.self, id, NULL).text);
    for (size_t i = 0; i < DECIDING; i++)
        redis_add_text(&call.pipeline, deciding[i]);
    enum err_code code = meta_redis_run(&call, err);
    const redisReply *values = code == ERR_NONE ? redis_answer(&call.pipeline, 0) : NULL;
    if (code == ERR_NONE && (redis_items(values) != DECIDING || redis_is_nil(redis_item(values, 0)))) {
        code = meta_no_video(id, err);
    } else if (code == ERR_NONE) {
        video.state = (enum video_state)redis_int(redis_item(values, 0));
        video.split_done = redis_int(redis_item(values, 1)) != 0;
        video.source_incomplete = redis_int(redis_item(values, 2)) != 0;
        video.segments = redis_int(redis_item(values, 3));
        video.segments_done = redis_int(redis_item(values, 4));
        video.frames_emitted = redis_int(redis_item(values, 5));
        video.frames_indexed = redis_int(redis_item(values, 6));
        video.frames_failed = redis_int(redis_item(values, 7));
        if (video.state == VIDEO_DELETING)
            code = meta_no_video(id, err);
    }
    if (code == ERR_NONE && meta_video_settles(&video, redis_int(redis_item(values, 8)), &state)) {
        struct meta_redis_call change;
        meta_redis_begin(store, &change);
        meta_redis_add_script(&change, &redis_script_settle, 1, id);
        redis_add_int(&change.pipeline, state);
        redis_add_int(&change.pipeline, meta_redis_now_us(change.self));
        redis_add_text(&change.pipeline, nonce);
        for (size_t i = 0; i < DECIDING; i++) {
            redis_add_text(&change.pipeline, deciding[i]);
            redis_add_text(&change.pipeline, redis_item(values, i)->str);
        }
        code = meta_redis_run(&change, err);
        if (code == ERR_NONE) {
            const redisReply *answer = redis_answer(&change.pipeline, 0);
            *settled = redis_is(answer, "OK");
            *again = redis_is(answer, "AGAIN");
            if (redis_is(answer, "NONE"))
                code = meta_no_video(id, err);
        }
        meta_redis_end(&change);
    }
    meta_redis_end(&call);
    return code;
}

enum err_code meta_redis_settle_video(struct meta_store *store, const char *id, bool *settled, struct err *err)
{
    char nonce[META_REDIS_NONCE_SIZE];
    bool again = true;
    enum err_code code = ERR_NONE;
    meta_redis_nonce(nonce);
    *settled = false;
    for (int round = 0; round < META_REDIS_ROUNDS_MAX && again && code == ERR_NONE; round++)
        code = settle_once(store, id, nonce, settled, &again, err);
    return code;
}

// ---- errors

enum err_code meta_redis_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err)
{
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];
    struct meta_redis_call call;
    sha256_init(&hash);
    sha256_update(&hash, sentence, strlen(sentence));
    sha256_final(&hash, digest);
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_add_error, 3, id);
    meta_redis_add_key(&call, id, "digests");
    meta_redis_add_key(&call, id, "sentences");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    redis_add_bytes(&call.pipeline, digest, SHA256_SIZE / 2);
    redis_add_text(&call.pipeline, sentence);
    redis_add_int(&call.pipeline, META_VIDEO_ERRORS_COUNTED_MAX);
    redis_add_int(&call.pipeline, META_VIDEO_ERRORS_MAX);
    redis_add_int(&call.pipeline, is_final);
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_clear_video_errors(struct meta_store *store, const char *id, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    meta_redis_add_script(&call, &redis_script_clear_errors, 3, id);
    meta_redis_add_key(&call, id, "digests");
    meta_redis_add_key(&call, id, "sentences");
    redis_add_int(&call.pipeline, meta_redis_now_us(call.self));
    return meta_redis_finish(&call, id, err);
}

enum err_code meta_redis_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "EXISTS", meta_redis_key(call.self, id, NULL).text);
    redis_begin(&call.pipeline, "LRANGE", meta_redis_key(call.self, id, "sentences").text);
    redis_add_text(&call.pipeline, "0");
    redis_add_text(&call.pipeline, "-1");
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_int(redis_answer(&call.pipeline, 0)) == 0)
        code = meta_no_video(id, err);
    if (code == ERR_NONE) {
        const redisReply *list = redis_answer(&call.pipeline, 1);
        *sentences = mem_calloc(redis_items(list) + 1, sizeof(char *));
        for (size_t i = 0; i < redis_items(list); i++)
            (*sentences)[(*count)++] = mem_strndup(redis_item(list, i)->str, redis_item(list, i)->len);
    }
    meta_redis_end(&call);
    return code;
}
