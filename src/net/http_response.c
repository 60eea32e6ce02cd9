#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/http_server_internal.h"

// What a page of the web application may do: its own scripts, styles and media, nothing from elsewhere.
#define CONTENT_POLICY                                                                                                 \
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "       \
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

struct http_response *http_response_new(struct http_request *request)
{
    struct http_response *response = arena_alloc(request->arena, sizeof(*response));
    response->request = request;
    response->status = 204;
    response->fd = -1;
    return response;
}

void http_response_clear(struct http_response *response)
{
    if (response->kind == HTTP_BODY_MEMORY && !response->borrowed && response->release != NULL)
        response->release(response->bytes);
    if (response->kind == HTTP_BODY_FILE && response->fd >= 0)
        close(response->fd);
    if (response->kind == HTTP_BODY_READER && response->reader.release != NULL)
        response->reader.release(response->reader.arg);
    if (response->kind == HTTP_BODY_STREAM && response->stream.release != NULL)
        response->stream.release(response->stream.arg);
    response->kind = HTTP_BODY_NONE;
    response->bytes = NULL;
    response->size = 0;
    response->fd = -1;
    response->etag = NULL;
    response->modified_us = 0;
    response->status = 204;
}

bool http_response_has_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcasecmp(response->headers[i].name, name) == 0)
            return true;
    }
    return false;
}

void http_response_header(struct http_response *response, const char *name, const char *value)
{
    assert(response->header_count < HTTP_RESPONSE_HEADERS_MAX);
    struct arena *arena = response->request->arena;
    char *copy = arena_strdup(arena, value);
    // A line break would let a value forge further headers.
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    }
    response->headers[response->header_count++] = (struct http_header){arena_strdup(arena, name), copy};
}

void http_response_owned(
    struct http_response *response, int status, const char *type, void *bytes, size_t size, void (*release)(void *))
{
    http_response_clear(response);
    response->kind = HTTP_BODY_MEMORY;
    response->status = status;
    response->type = arena_strdup(response->request->arena, type);
    response->bytes = bytes;
    response->size = size;
    response->release = release;
    response->borrowed = release == NULL;
}

void http_response_bytes(struct http_response *response, int status, const char *type, const void *bytes, size_t size)
{
    http_response_owned(response, status, type, mem_dup(bytes, size), size, free);
}

void http_response_strbuf(struct http_response *response, int status, const char *type, struct strbuf *text)
{
    size_t size;
    char *bytes = strbuf_detach(text, &size);
    http_response_owned(response, status, type, bytes, size, free);
}

void http_response_json(struct http_response *response, int status, json_t *value)
{
    struct strbuf text;
    strbuf_init(&text);
    json_dump(value, &text);
    json_decref(value);
    http_response_strbuf(response, status, "application/json", &text);
    strbuf_release(&text);
}

static json_t *shape_problem(int status, const struct err *err)
{
    json_t *problem = json_object();
    json_set_string(problem, "type", "about:blank");
    json_set_string(problem, "title", http_status_text(status));
    json_set_int64(problem, "status", status);
    json_set_string(problem, "detail", err->message);
    json_set_string(problem, "code", err_code_name(err->code));
    // Where the fault is the server's, the field is one of its own documents.
    if (err->field[0] != '\0' && status < 500)
        json_set_string(problem, "field", err->field);
    return problem;
}

void http_response_problem_status(struct http_response *response, int status, const struct err *err)
{
    http_response_json(response, status, shape_problem(status, err));
    response->type = "application/problem+json";
}

void http_response_problem_members(struct http_response *response, const struct err *err, json_t *members)
{
    int status = err_http_status(err->code);
    json_t *problem = shape_problem(status, err);
    // None of its own is replaced.
    json_object_update_missing(problem, members);
    json_decref(members);
    http_response_json(response, status, problem);
    response->type = "application/problem+json";
}

void http_response_problem(struct http_response *response, enum err_code code, const char *format, ...)
{
    struct err err = ERR_INIT;
    va_list args;
    va_start(args, format);
    err_setv(&err, code, format, args);
    va_end(args);
    http_response_problem_status(response, err_http_status(code), &err);
}

void http_response_etag(struct http_response *response, const char *etag)
{
    response->etag = arena_strdup(response->request->arena, etag);
}

void http_response_file(struct http_response *response, const char *type, int fd, uint64_t offset, uint64_t size_bytes,
    const char *etag, int64_t modified_us)
{
    http_response_clear(response);
    response->kind = HTTP_BODY_FILE;
    response->status = 200;
    response->type = arena_strdup(response->request->arena, type);
    response->fd = fd;
    response->offset = offset;
    response->size_bytes = size_bytes;
    response->etag = etag != NULL ? arena_strdup(response->request->arena, etag) : NULL;
    response->modified_us = modified_us;
}

void http_response_reader(struct http_response *response, const char *type, const struct http_reader *reader,
    uint64_t size_bytes, const char *etag, int64_t modified_us)
{
    http_response_clear(response);
    response->kind = HTTP_BODY_READER;
    response->status = 200;
    response->type = arena_strdup(response->request->arena, type);
    response->reader = *reader;
    response->offset = 0;
    response->size_bytes = size_bytes;
    response->etag = etag != NULL ? arena_strdup(response->request->arena, etag) : NULL;
    response->modified_us = modified_us;
}

void http_response_redirect(struct http_response *response, const char *url, int64_t remember_s)
{
    http_response_clear(response);
    response->status = 307;
    http_response_header(response, "Location", url);
    http_response_header(response, "Cache-Control",
        arena_sprintf(response->request->arena, "private, max-age=%lld", (long long)remember_s));
}

void http_response_stream(
    struct http_response *response, int status, const char *type, const struct http_stream *stream)
{
    http_response_clear(response);
    response->kind = HTTP_BODY_STREAM;
    response->status = status;
    response->type = arena_strdup(response->request->arena, type);
    response->stream = *stream;
    response->is_events = false;
}

void http_response_events(
    struct http_response *response, int64_t retry_ms, int64_t keep_alive_ms, const struct http_stream *stream)
{
    http_response_stream(response, 200, "text/event-stream", stream);
    response->is_events = true;
    response->retry_ms = retry_ms;
    response->keep_alive_ms = keep_alive_ms;
    // For proxies that would hold events back.
    http_response_header(response, "X-Accel-Buffering", "no");
}

static void add_default(struct http_response *response, const char *name, const char *value)
{
    if (!http_response_has_header(response, name))
        http_response_header(response, name, value);
}

static void add_defaults(struct http_response *response)
{
    const char *origin = http_access_cross_origin(response->request);
    add_default(response, "X-Content-Type-Options", "nosniff");
    add_default(response, "X-Frame-Options", "DENY");
    add_default(response, "Referrer-Policy", "same-origin");
    add_default(response, "Content-Security-Policy", CONTENT_POLICY);
    add_default(response, "Cross-Origin-Resource-Policy", origin != NULL ? "cross-origin" : "same-origin");
    add_default(response, "Cache-Control", "no-store");
    if (response->status == 401)
        add_default(response, "WWW-Authenticate", "Bearer realm=\"framehound\"");
    if (origin != NULL) {
        add_default(response, "Access-Control-Allow-Origin", origin);
        // Beside what else the answer depends on.
        http_response_header(response, "Vary", "Origin");
    }
}

static void add_validators(struct http_response *response)
{
    if (response->etag != NULL)
        http_response_header(response, "ETag", arena_sprintf(response->request->arena, "\"%s\"", response->etag));
    if (response->modified_us > 0) {
        char date[HTTP_DATE_SIZE];
        http_date_format(response->modified_us, date);
        http_response_header(response, "Last-Modified", date);
    }
}

// Answers conditions and ranges: afterwards the response is what goes out.
static void settle(struct http_response *response)
{
    bool has_validators = response->status == 200 && (response->etag != NULL || response->modified_us > 0);
    if (has_validators)
        add_validators(response);
    if (has_validators && http_response_is_fresh(response)) {
        http_response_clear(response);
        response->type = NULL;
        response->status = 304;
        return;
    }
    if (response->kind == HTTP_BODY_FILE || response->kind == HTTP_BODY_READER)
        http_range_apply(response);
    http_response_compress(response);
}

static struct MHD_Response *empty_response(void)
{
    return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
}

// The body changes hands here: what was taken is no longer the response's.
static struct MHD_Response *make_body(struct http_response *response)
{
    struct MHD_Response *made = NULL;
    switch (response->kind) {
    case HTTP_BODY_NONE:
        return empty_response();
    case HTTP_BODY_MEMORY:
        if (response->borrowed)
            made = MHD_create_response_from_buffer(response->size, response->bytes, MHD_RESPMEM_PERSISTENT);
        else
            made =
                MHD_create_response_from_buffer_with_free_callback(response->size, response->bytes, response->release);
        break;
    case HTTP_BODY_FILE:
        if (response->size_bytes == 0) {
            close(response->fd);
            made = empty_response();
        } else {
            made = MHD_create_response_from_fd_at_offset64(response->size_bytes, response->fd, response->offset);
        }
        break;
    case HTTP_BODY_READER:
        made = http_reader_response(response);
        response->reader.release = NULL;
        break;
    case HTTP_BODY_STREAM:
        made = http_stream_response(response);
        response->stream.release = NULL;
        break;
    }
    if (made != NULL)
        response->kind = HTTP_BODY_NONE;
    return made;
}

enum MHD_Result http_response_queue(struct http_response *response)
{
    struct http_request *request = response->request;
    settle(response);
    add_defaults(response);
    bool has_body = response->kind != HTTP_BODY_NONE;
    // The library ends a body in chunks although HEAD has none: what it sends after the headers would be read as the
    // beginning of the next answer, so there is none on this connection.
    bool is_head_of_stream = response->kind == HTTP_BODY_STREAM && request->method == HTTP_HEAD;
    struct MHD_Response *made = make_body(response);
    if (made == NULL)
        return MHD_NO;
    if (has_body && response->type != NULL)
        MHD_add_response_header(made, "Content-Type", response->type);
    for (size_t i = 0; i < response->header_count; i++)
        MHD_add_response_header(made, response->headers[i].name, response->headers[i].value);
    if (atomic_load(&request->server->stopping) || request->is_ambiguous || is_head_of_stream)
        MHD_add_response_header(made, "Connection", "close");
    request->status = response->status;
    request->answered = true;
    enum MHD_Result queued = MHD_queue_response(request->connection, (unsigned)response->status, made);
    MHD_destroy_response(made);
    return queued;
}
