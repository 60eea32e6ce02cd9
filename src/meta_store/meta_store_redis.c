#include "meta_store/meta_store_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "meta_store/meta_redis_internal.h"
#include "os/cancel.h"

// Of what is kept in Redis; a newer program may write another.
#define FORMAT 1
#define PING_TIMEOUT_MS 2000
#define LOADING_MOST_MS (30 * 60 * 1000)
#define LOADING_PAUSE_MS 500
#define LOADING_SAY_MS 10000

// ---- keys: all their parts are of bounded length

struct meta_redis_key meta_redis_key(const struct meta_redis *self, const char *tag, const char *part)
{
    struct meta_redis_key key;
    snprintf(key.text, sizeof(key.text), "%s:{%s}%s%s", self->prefix, tag, part != NULL ? ":" : "",
        part != NULL ? part : "");
    return key;
}

struct meta_redis_key meta_redis_bucket_key(const struct meta_redis *self, const char *video, const char *bucket)
{
    struct meta_redis_key key;
    snprintf(key.text, sizeof(key.text), "%s:{%s}:f:%s", self->prefix, video, bucket);
    return key;
}

struct meta_redis_key meta_redis_journal_key(const struct meta_redis *self, const char *project, const char *journal)
{
    struct meta_redis_key key;
    snprintf(key.text, sizeof(key.text), "%s:{%s}:j:%s", self->prefix, project, journal);
    return key;
}

struct meta_redis_key meta_redis_common_key(const struct meta_redis *self, const char *part)
{
    struct meta_redis_key key;
    snprintf(key.text, sizeof(key.text), "%s:%s", self->prefix, part);
    return key;
}

void meta_redis_nonce(char out[META_REDIS_NONCE_SIZE])
{
    unsigned char bytes[(META_REDIS_NONCE_SIZE - 1) / 2];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(out, META_REDIS_NONCE_SIZE, bytes, sizeof(bytes));
}

// ---- running

void meta_redis_begin(struct meta_store *store, struct meta_redis_call *call)
{
    call->self = meta_redis_of(store);
    redis_pipeline_init(&call->pipeline);
}

enum err_code meta_redis_run(struct meta_redis_call *call, struct err *err)
{
    return redis_client_run(call->self->client, &call->pipeline, err);
}

void meta_redis_end(struct meta_redis_call *call)
{
    redis_pipeline_release(&call->pipeline);
}

void meta_redis_add_script(
    struct meta_redis_call *call, const struct redis_script *script, size_t key_count, const char *tag)
{
    redis_begin_script(&call->pipeline, script, key_count, meta_redis_key(call->self, tag, NULL).text);
}

void meta_redis_add_key(struct meta_redis_call *call, const char *tag, const char *part)
{
    redis_add_text(&call->pipeline, meta_redis_key(call->self, tag, part).text);
}

enum err_code meta_redis_strange(const struct meta_redis *self, const char *what, struct err *err)
{
    return err_set(err, ERR_INTERNAL, "the Redis server %s gives an answer to %s that makes no sense",
        redis_client_label(self->client), what);
}

enum err_code meta_redis_finish(struct meta_redis_call *call, const char *video, struct err *err)
{
    enum err_code code = meta_redis_run(call, err);
    if (code == ERR_NONE) {
        size_t last = call->pipeline.count - 1;
        const redisReply *answer = redis_answer(&call->pipeline, last);
        if (redis_is(answer, "NONE"))
            code = meta_no_video(video, err);
        else if (!redis_is(answer, "OK"))
            code = meta_redis_strange(call->self, call->pipeline.commands[last].script->name, err);
    }
    meta_redis_end(call);
    return code;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void meta_redis_take_texts(const redisReply *list, const char *after, size_t limit, char ***texts, size_t *count)
{
    char **found = mem_calloc(redis_items(list) + 1, sizeof(*found));
    size_t found_count = 0;
    for (size_t i = 0; i < redis_items(list); i++) {
        const redisReply *text = redis_item(list, i);
        if (text->type == REDIS_REPLY_STRING && strcmp(text->str, after) > 0)
            found[found_count++] = mem_strdup(text->str);
    }
    qsort(found, found_count, sizeof(*found), compare_texts);
    for (; found_count > limit; found_count--)
        free(found[found_count - 1]);
    *texts = found;
    *count = found_count;
}

enum err_code meta_redis_list_items(struct meta_store *store, const char *video, const char *part, int64_t after,
    size_t limit, size_t item_size, meta_redis_read_item *read, void **items, size_t *count, struct err *err)
{
    char from[32];
    struct meta_redis_call call;
    snprintf(from, sizeof(from), "(%" PRId64, after);
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "EXISTS", meta_redis_key(call.self, video, NULL).text);
    redis_begin(&call.pipeline, "ZRANGEBYSCORE", meta_redis_key(call.self, video, part).text);
    redis_add_text(&call.pipeline, from);
    redis_add_text(&call.pipeline, "+inf");
    redis_add_text(&call.pipeline, "LIMIT");
    redis_add_text(&call.pipeline, "0");
    redis_add_int(&call.pipeline, (int64_t)limit);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE && redis_int(redis_answer(&call.pipeline, 0)) == 0)
        code = meta_no_video(video, err);
    const redisReply *list = code == ERR_NONE ? redis_answer(&call.pipeline, 1) : NULL;
    size_t found_count = list != NULL ? redis_items(list) : 0;
    char *found = found_count > 0 ? mem_calloc(found_count, item_size) : NULL;
    for (size_t i = 0; i < found_count && code == ERR_NONE; i++)
        code = read(video, redis_item(list, i), found + i * item_size, err);
    meta_redis_end(&call);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *items = found;
    *count = found_count;
    return ERR_NONE;
}

// ---- settings, and the server itself

static enum err_code remove_setting(struct meta_store *store, const char *key, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HDEL", meta_redis_common_key(call.self, "settings").text);
    redis_add_text(&call.pipeline, key);
    enum err_code code = meta_redis_run(&call, err);
    meta_redis_end(&call);
    return code;
}

static enum err_code put_setting(struct meta_store *store, const char *key, const char *value, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HSET", meta_redis_common_key(call.self, "settings").text);
    redis_add_text(&call.pipeline, key);
    redis_add_text(&call.pipeline, value);
    enum err_code code = meta_redis_run(&call, err);
    meta_redis_end(&call);
    return code;
}

static enum err_code get_setting(struct meta_store *store, const char *key, char **value, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HGET", meta_redis_common_key(call.self, "settings").text);
    redis_add_text(&call.pipeline, key);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 0);
        if (redis_is_nil(answer))
            code = meta_no_setting(key, err);
        else
            *value = mem_strndup(answer->str, answer->len);
    }
    meta_redis_end(&call);
    return code;
}

static enum err_code keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    struct meta_redis_key name = meta_redis_common_key(call.self, "settings");
    redis_begin(&call.pipeline, "HSETNX", name.text);
    redis_add_text(&call.pipeline, key);
    redis_add_text(&call.pipeline, value);
    redis_begin(&call.pipeline, "HGET", name.text);
    redis_add_text(&call.pipeline, key);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE) {
        const redisReply *answer = redis_answer(&call.pipeline, 1);
        *kept = redis_is_nil(answer) ? mem_strdup("") : mem_strndup(answer->str, answer->len);
    }
    meta_redis_end(&call);
    return code;
}

static enum err_code list_settings(
    struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "HKEYS", meta_redis_common_key(call.self, "settings").text);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        meta_redis_take_texts(redis_answer(&call.pipeline, 0), after, limit, names, count);
    meta_redis_end(&call);
    return code;
}

static enum err_code ping(struct meta_store *store, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    redis_begin(&call.pipeline, "GET", meta_redis_common_key(call.self, "format").text);
    enum err_code code = redis_client_try(call.self->client, &call.pipeline, PING_TIMEOUT_MS, err);
    meta_redis_end(&call);
    return code;
}

void meta_redis_free(struct meta_redis *self)
{
    if (self == NULL)
        return;
    redis_client_free(self->client);
    free(self);
}

static void redis_free(struct meta_store *store)
{
    meta_redis_free(meta_redis_of(store));
}

static const struct meta_store_ops redis_ops = {
    .name = "redis",
    .free = redis_free,
    .create_project = meta_redis_create_project,
    .get_project = meta_redis_get_project,
    .list_projects = meta_redis_list_projects,
    .mark_project_deleting = meta_redis_mark_project_deleting,
    .remove_project = meta_redis_remove_project,
    .create_video = meta_redis_create_video,
    .get_video = meta_redis_get_video,
    .list_videos = meta_redis_list_videos,
    .set_video_state = meta_redis_set_video_state,
    .set_video_media = meta_redis_set_video_media,
    .set_video_models = meta_redis_set_video_models,
    .set_video_name = meta_redis_set_video_name,
    .add_video_error = meta_redis_add_video_error,
    .clear_video_errors = meta_redis_clear_video_errors,
    .video_errors = meta_redis_video_errors,
    .remove_video = meta_redis_remove_video,
    .put_segment = meta_redis_put_segment,
    .finish_split = meta_redis_finish_split,
    .finish_segment = meta_redis_finish_segment,
    .list_segments = meta_redis_list_segments,
    .put_frames = meta_redis_put_frames,
    .fail_frame = meta_redis_fail_frame,
    .list_frames = meta_redis_list_frames,
    .put_frame_tracks = meta_redis_put_frame_tracks,
    .put_tracks = meta_redis_put_tracks,
    .list_tracks = meta_redis_list_tracks,
    .settle_video = meta_redis_settle_video,
    .append_journal = meta_redis_append_journal,
    .get_journal = meta_redis_get_journal,
    .list_journals = meta_redis_list_journals,
    .list_journal = meta_redis_list_journal,
    .put_setting = put_setting,
    .remove_setting = remove_setting,
    .keep_setting = keep_setting,
    .get_setting = get_setting,
    .list_settings = list_settings,
    .find_wrong = meta_redis_find_wrong,
    .ping = ping,
};

// ---- opening

void meta_redis_info_value(const char *info, const char *name, char *out, size_t out_size)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "\n%s:", name);
    const char *at = strstr(info, wanted);
    at = at != NULL ? at + strlen(wanted) : "";
    snprintf(out, out_size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

// A server that has just been started may need minutes to load what it holds.
static enum err_code look_when_loaded(const struct meta_redis *self, struct log *log, char **info, struct err *err)
{
    char value[64];
    int64_t waited_ms = 0;
    enum err_code code = redis_client_look(self->client, info, err);
    while (code == ERR_NONE && waited_ms < LOADING_MOST_MS) {
        meta_redis_info_value(*info, "loading", value, sizeof(value));
        if (strcmp(value, "1") != 0)
            break;
        meta_redis_info_value(*info, "loading_eta_seconds", value, sizeof(value));
        if (waited_ms % LOADING_SAY_MS == 0)
            log_info(log, "waiting for the Redis server %s, which is still loading its data (about %s s)",
                redis_client_label(self->client), value);
        cancel_wait(NULL, LOADING_PAUSE_MS);
        waited_ms += LOADING_PAUSE_MS;
        free(*info);
        *info = NULL;
        code = redis_client_look(self->client, info, err);
    }
    return code;
}

static enum err_code check_server(const struct meta_redis *self, const char *info, struct log *log, struct err *err)
{
    char value[64];
    const char *label = redis_client_label(self->client);
    meta_redis_info_value(info, "redis_version", value, sizeof(value));
    if (value[0] != '\0' && atoi(value) < META_REDIS_LEAST_VERSION)
        return err_set(err, ERR_INVALID,
            "the Redis server %s is of version %s; Framehound needs Redis 7.0 or newer, or Valkey: see --meta-store",
            label, value);
    meta_redis_info_value(info, "maxmemory_policy", value, sizeof(value));
    if (strncmp(value, "allkeys-", 8) == 0)
        return err_set(err, ERR_INVALID,
            "the Redis server %s throws data away when its memory is full (maxmemory-policy %s), and what is kept here "
            "must not be lost: set its maxmemory-policy to noeviction, or name another server with --meta-store",
            label, value);
    meta_redis_info_value(info, "aof_enabled", value, sizeof(value));
    if (strcmp(value, "0") == 0)
        log_warn(log,
            "the Redis server %s keeps no append-only file: what was stored since its last snapshot is lost when it "
            "ends; set its appendonly to yes",
            label);
    return ERR_NONE;
}

// The format of what is there; 0: nothing is. A new one is marked only then, so that a server whose memory is full can
// still be read.
static enum err_code read_format(struct meta_store *store, bool mark, int64_t *found, struct err *err)
{
    struct meta_redis_call call;
    meta_redis_begin(store, &call);
    struct meta_redis_key key = meta_redis_common_key(call.self, "format");
    if (mark) {
        redis_begin(&call.pipeline, "SETNX", key.text);
        redis_add_int(&call.pipeline, FORMAT);
    }
    redis_begin(&call.pipeline, "GET", key.text);
    enum err_code code = meta_redis_run(&call, err);
    if (code == ERR_NONE)
        *found = redis_int(redis_answer(&call.pipeline, mark ? 1 : 0));
    meta_redis_end(&call);
    return code;
}

static enum err_code check_format(struct meta_store *store, struct err *err)
{
    const struct meta_redis *self = meta_redis_of(store);
    int64_t found = 0;
    enum err_code code = read_format(store, false, &found, err);
    if (code == ERR_NONE && found == 0)
        code = read_format(store, true, &found, err);
    if (code == ERR_NONE && found != FORMAT)
        code = err_set(err, found > FORMAT ? ERR_CONFLICT : ERR_CORRUPT,
            "the Redis server %s holds data of format %" PRId64 " under the prefix \"%s\", and this program knows %d: "
            "upgrade this program, or choose another --redis-prefix",
            redis_client_label(self->client), found, self->prefix, FORMAT);
    if (code == ERR_NONE)
        redis_client_require(self->client, meta_redis_common_key(self, "format").text);
    return code;
}

static enum err_code take_prefix(struct meta_redis *self, const char *prefix, struct err *err)
{
    prefix = prefix != NULL ? prefix : META_REDIS_PREFIX_DEFAULT;
    size_t length = strspn(prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");
    if (length < 1 || length > META_REDIS_PREFIX_MAX || prefix[length] != '\0')
        return err_set(err, ERR_INVALID, "--redis-prefix \"%.60s\" is no prefix: 1 to %d of A-Z, a-z, 0-9, ._:-",
            prefix, META_REDIS_PREFIX_MAX);
    memcpy(self->prefix, prefix, length + 1);
    return ERR_NONE;
}

enum err_code meta_redis_new(
    const struct meta_redis_options *options, const struct clock *clock, struct meta_redis **out, struct err *err)
{
    const struct redis_client_options client = {
        .address = options->address,
        .user = options->user,
        .password = options->password,
        .tls = {.ca_file = options->ca_file, .cert_file = options->cert_file, .key_file = options->key_file},
        .connections_most = options->connections_most > 0 ? options->connections_most : REDIS_CONNECTIONS_DEFAULT,
        .timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : REDIS_TIMEOUT_DEFAULT_MS,
        .log = options->log,
        .metrics = options->metrics,
    };
    struct meta_redis *self = mem_calloc(1, sizeof(*self));
    *out = NULL;
    self->store.ops = &redis_ops;
    self->clock = clock;
    enum err_code code = take_prefix(self, options->prefix, err);
    if (code == ERR_NONE)
        code = redis_client_new(&client, &self->client, err);
    if (code != ERR_NONE) {
        meta_redis_free(self);
        return code;
    }
    *out = self;
    return ERR_NONE;
}

enum err_code meta_store_redis_open(
    const struct meta_redis_options *options, const struct clock *clock, struct meta_store **store, struct err *err)
{
    struct meta_redis *self;
    struct log *log = options->log != NULL ? options->log : log_none();
    char *info = NULL;
    *store = NULL;
    enum err_code code = meta_redis_new(options, clock, &self, err);
    if (code == ERR_NONE)
        code = look_when_loaded(self, log, &info, err);
    if (code == ERR_NONE)
        code = check_server(self, info, log, err);
    if (code == ERR_NONE)
        code = check_format(&self->store, err);
    free(info);
    if (code != ERR_NONE) {
        meta_redis_free(self);
        return code;
    }
    *store = &self->store;
    return ERR_NONE;
}
