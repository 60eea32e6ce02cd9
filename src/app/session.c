#include "app/session.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/json.h"
#include "base/mem.h"
#include "os/signals.h"

#define CALL_TIMEOUT_MS (10 * 60 * 1000)
#define FILE_TIMEOUT_MS (24 * 60 * 60 * 1000)
#define ANSWER_BYTES_MAX ((size_t)256 * 1024 * 1024)

static bool is_loopback_url(const char *url)
{
    static const char *const starts[] = {"http://127.", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (strncmp(url, starts[i], strlen(starts[i])) == 0)
            return true;
    }
    return false;
}

static enum err_code use_server(struct session *s, const struct options *options, const char *url, struct err *err)
{
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    s->url = mem_strndup(url, length);
    enum err_code code = settings_token(options, &s->token, err);
    // A server that wants a token trusts nobody for coming from its own machine.
    s->local = is_loopback_url(s->url) && s->token == NULL;
    return code;
}

static enum err_code use_data_dir(struct session *s, const struct options *options, unsigned parts, struct err *err)
{
    char dir[FILE_PATH_MAX];
    char *url = NULL;
    struct err why = ERR_INIT;
    enum err_code code = settings_data_dir(options, dir, err);
    if (code != ERR_NONE)
        return code;
    struct instance_config config = {.dir = dir,
        .options = parts != 0 ? options : NULL,
        .servers = options,
        .parts = parts | PART_QUERY,
        .alone = true,
        .must_exist = parts == 0,
        .private_server = true,
        .log = s->log,
        .cancel = s->cancel};
    code = instance_start(&config, &s->instance, err);
    if (code == ERR_NONE) {
        s->url = mem_strdup(instance_url(s->instance));
        s->token = mem_strdup(instance_token(s->instance));
        s->local = true;
        return ERR_NONE;
    }
    // Somebody else has the folder: is it a server?
    if (code == ERR_CONFLICT && instance_find_server(dir, &url, &why) == ERR_NONE)
        code = use_server(s, options, url, err);
    free(url);
    return code;
}

enum err_code session_open(const struct options *options, unsigned parts, struct session *session, struct err *err)
{
    const char *server = options_string(options, "server");
    *session = (struct session){.log = settings_log(options, LOG_WARN), .cancel = cancel_new(NULL)};
    enum err_code code = signals_start(session->cancel, session->log, &session->signals, err);
    if (code == ERR_NONE && server != NULL)
        code = use_server(session, options, server, err);
    else if (code == ERR_NONE && options_is_set(options, "data"))
        code = use_data_dir(session, options, parts, err);
    else if (code == ERR_NONE)
        code = use_server(session, options, SESSION_SERVER_DEFAULT, err);
    if (code == ERR_NONE)
        code = http_client_new(
            &(struct http_client_options){.allow_private = true, .proxy = is_loopback_url(session->url) ? "" : NULL},
            &session->client, err);
    if (code != ERR_NONE)
        session_close(session);
    return code;
}

void session_close(struct session *session)
{
    http_client_free(session->client);
    instance_stop(session->instance);
    signals_stop(session->signals);
    cancel_free(session->cancel);
    log_free(session->log);
    free(session->url);
    free(session->token);
    *session = (struct session){0};
}

// The server's own sentence, without the address it was asked at, which may be one that nobody chose.
static enum err_code check_answer(struct session *s, const struct http_answer *got, const char *url, struct err *err)
{
    json_t *problem = NULL;
    const char *detail = NULL;
    enum err_code code = http_answer_check(got, url, err);
    if (code == ERR_NONE)
        return code;
    if (json_parse(got->body, got->body_size, NULL, &problem, NULL) == ERR_NONE)
        detail = json_string_value(json_object_get(problem, "detail"));
    s->is_told = json_is_string(json_object_get(problem, "code"));
    if (detail != NULL)
        code = err_set(err, code, "%s", detail);
    json_decref(problem);
    return code;
}

// What to do comes last, where it is read, and the reason without the address that it begins with.
static enum err_code no_server(const char *url, struct err *err)
{
    char *why = mem_strdup(err->message);
    const char *reason = strstr(why, ": ");
    enum err_code code = err_set(err, ERR_UNAVAILABLE,
        "no server answers at %s (%s): start one with \"framehound up\", or name a data folder with --data", url,
        reason != NULL ? reason + 2 : why);
    free(why);
    return code;
}

// Sends the call and turns what is no success into the server's sentence.
static enum err_code send_call(
    struct session *s, struct http_call *call, const char *type, json_t **answer, struct err *err)
{
    struct http_header headers[2];
    struct http_answer got = {0};
    char *bearer = s->token != NULL ? mem_sprintf("Bearer %s", s->token) : NULL;
    if (type != NULL)
        headers[call->header_count++] = (struct http_header){"Content-Type", type};
    if (bearer != NULL)
        headers[call->header_count++] = (struct http_header){"Authorization", bearer};
    s->is_told = false;
    call->headers = headers;
    call->low_speed_ms = call->timeout_ms;
    // What takes it piece by piece knows itself when it is too much.
    call->answer_limit_bytes = call->on_body != NULL ? UINT64_MAX : ANSWER_BYTES_MAX;
    enum err_code code = http_client_send(s->client, call, s->cancel, &got, err);
    // It has answered where what takes the answer has failed.
    if (code == ERR_UNAVAILABLE && s->instance == NULL && got.status == 0)
        code = no_server(s->url, err);
    if (code == ERR_NONE)
        code = check_answer(s, &got, call->url, err);
    if (code == ERR_NONE && answer != NULL) {
        struct json_limits limits = {.size_bytes = ANSWER_BYTES_MAX, .depth = 64};
        code = json_parse(got.body, got.body_size, &limits, answer, err);
        if (code != ERR_NONE)
            err_context(err, "%s does not answer as a Framehound server does", s->url);
    }
    http_answer_release(&got);
    free(bearer);
    return code;
}

enum err_code session_call(struct session *session, enum http_method method, const char *path, const json_t *body,
    json_t **answer, struct err *err)
{
    struct strbuf text;
    char *url = mem_sprintf("%s%s", session->url, path);
    struct http_call call = {
        .method = method, .url = url, .timeout_ms = session->timeout_ms > 0 ? session->timeout_ms : CALL_TIMEOUT_MS};
    strbuf_init(&text);
    if (body != NULL) {
        json_dump(body, &text);
        call.body = text.data;
        call.body_size = text.size;
    }
    enum err_code code = send_call(session, &call, body != NULL ? "application/json" : NULL, answer, err);
    strbuf_release(&text);
    free(url);
    return code;
}

void session_add_option(struct strbuf *path, const struct options *options, const char *option)
{
    if (options_is_set(options, option))
        http_url_add_query(path, option, options_string(options, option));
}

enum err_code session_download(
    struct session *session, const char *path, session_sink *sink, void *context, struct err *err)
{
    char *url = mem_sprintf("%s%s", session->url, path);
    struct http_call call = {
        .method = HTTP_GET, .url = url, .timeout_ms = FILE_TIMEOUT_MS, .on_body = sink, .body_arg = context};
    enum err_code code = send_call(session, &call, NULL, NULL, err);
    free(url);
    return code;
}

enum err_code session_upload(struct session *session, enum http_method method, const char *path, const char *file,
    json_t **answer, struct err *err)
{
    struct file_info info;
    enum err_code code = file_stat(file, &info, err);
    if (code != ERR_NONE)
        return code;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "%s cannot be read", file);
    char *url = mem_sprintf("%s%s", session->url, path);
    struct http_call call = {
        .method = method, .url = url, .body_fd = fd, .body_size = info.size_bytes, .timeout_ms = FILE_TIMEOUT_MS};
    code = send_call(session, &call, "application/octet-stream", answer, err);
    close(fd);
    free(url);
    return code;
}

enum err_code session_each(
    struct session *session, const char *path, const char *list, session_visit *visit, void *context, struct err *err)
{
    char *cursor = NULL;
    enum err_code code = ERR_NONE;
    do {
        json_t *page = NULL;
        struct strbuf target;
        strbuf_init(&target);
        strbuf_adds(&target, path);
        http_url_add_query(&target, "limit", "1000");
        if (cursor != NULL)
            http_url_add_query(&target, "cursor", cursor);
        code = session_get(session, target.data, &page, err);
        strbuf_release(&target);
        free(cursor);
        cursor = NULL;
        size_t count = json_array_size(json_object_get(page, list));
        for (size_t i = 0; i < count && code == ERR_NONE; i++)
            code = visit(context, json_array_get(json_object_get(page, list), i), err);
        if (code == ERR_NONE)
            cursor = mem_strdup(json_string_value(json_object_get(page, "next_cursor")));
        json_decref(page);
    } while (cursor != NULL && code == ERR_NONE);
    free(cursor);
    return code;
}
