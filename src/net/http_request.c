#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/options.h"
#include "net/http_server_internal.h"
#include "os/file.h"

// So often the room on the disk is looked at while the upload comes: others fill the disk as well, and not every upload
// says its size.
#define LOOK_BYTES ((uint64_t)16 << 20)

struct http_request *http_request_new(struct http_server *server, struct MHD_Connection *connection, const char *target)
{
    struct http_request *request = mem_calloc(1, sizeof(*request));
    request->server = server;
    request->connection = connection;
    request->arena = arena_new();
    request->target = arena_strdup(request->arena, target);
    request->body_fd = -1;
    request->started_ms = clock_monotonic_us(clock_system()) / 1000;
    return request;
}

static void drop_body(struct http_request *request)
{
    strbuf_release(&request->body);
    atomic_fetch_sub(&request->server->bodies_bytes, request->body_counted);
    request->body_counted = 0;
}

void http_request_free(struct http_request *request)
{
    if (request->response != NULL)
        http_response_clear(request->response);
    drop_body(request);
    if (request->body_fd >= 0)
        close(request->body_fd);
    if (request->body_path != NULL)
        unlink(request->body_path);
    free(request->body_path);
    arena_free(request->arena);
    free(request);
}

static enum err_code parse_path(struct http_request *request, char *path, struct err *err)
{
    request->path = arena_strdup(request->arena, path);
    if (path[0] != '/')
        return err_set(err, ERR_INVALID, "the request's target must be a path");
    char *rest = path + 1;
    char *segment;
    while ((segment = strsep(&rest, "/")) != NULL) {
        if (request->segment_count >= HTTP_SEGMENTS_MAX)
            return err_set(err, ERR_INVALID, "the path has more than %d segments", HTTP_SEGMENTS_MAX);
        if (!http_url_decode(segment, false))
            return err_set(
                err, ERR_INVALID, "the path is not well encoded: UTF-8 as percent escapes, without control characters");
        // Nobody means these, and they are how one gets out of a folder: empty ones too, as what begins with two
        // slashes would leave a whole path of the file system for "{name...}".
        bool is_empty_inside = segment[0] == '\0' && rest != NULL;
        if (is_empty_inside || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return err_set(err, ERR_INVALID, "the path has a segment that is not allowed");
        request->has_slash = request->has_slash || strchr(segment, '/') != NULL;
        request->segments[request->segment_count++] = segment;
    }
    return ERR_NONE;
}

static enum err_code parse_query(struct http_request *request, char *query, struct err *err)
{
    char *field;
    size_t most = 1;
    for (const char *c = query; *c != '\0'; c++)
        most += *c == '&';
    if (most > HTTP_QUERY_MAX)
        most = HTTP_QUERY_MAX;
    request->query = arena_alloc_array(request->arena, most, sizeof(*request->query));
    while ((field = strsep(&query, "&")) != NULL) {
        if (field[0] == '\0')
            continue;
        if (request->query_count >= most)
            return err_set(err, ERR_INVALID, "the query has more than %d fields", HTTP_QUERY_MAX);
        char *value = strchr(field, '=');
        if (value != NULL)
            *value++ = '\0';
        else
            value = field + strlen(field);
        if (!http_url_decode(field, true) || !http_url_decode(value, true))
            return err_set(err, ERR_INVALID,
                "the query is not well encoded: UTF-8 as percent escapes, without control characters");
        request->query[request->query_count++] = (struct http_header){field, value};
    }
    return ERR_NONE;
}

enum err_code http_request_parse_target(struct http_request *request, struct err *err)
{
    char *target = arena_strdup(request->arena, request->target);
    // A proxy's form, "http://host/path": the host is judged by its header all the same.
    if (strncasecmp(target, "http://", 7) == 0) {
        char *slash = strchr(target + 7, '/');
        target = slash != NULL ? slash : arena_strdup(request->arena, "/");
    }
    char *query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    enum err_code code = parse_path(request, target, err);
    return code == ERR_NONE && query != NULL ? parse_query(request, query, err) : code;
}

bool http_request_announced(const struct http_request *request, uint64_t *size)
{
    const char *text = http_request_header(request, "Content-Length");
    *size = 0;
    if (text == NULL)
        return false;
    errno = 0;
    *size = strtoull(text, NULL, 10);
    return errno == 0;
}

static enum err_code too_large(const struct http_request *request, struct err *err)
{
    return err_set(
        err, ERR_LIMIT, "the request's body is larger than %llu bytes", (unsigned long long)request->body_most);
}

static enum err_code open_body_file(struct http_request *request, uint64_t announced, struct err *err)
{
    const char *directory = request->server->upload_directory;
    if (directory == NULL)
        return err_set(err, ERR_INVALID, "uploads are not taken here");
    uint64_t usable = disk_usable(directory);
    if (announced > usable)
        return err_set(err, ERR_FULL, "the upload has %llu bytes, and only %llu can still be stored on the disk",
            (unsigned long long)announced, (unsigned long long)usable);
    request->body_path = mem_sprintf("%s/upload-XXXXXX", directory);
    request->body_fd = mkostemp(request->body_path, O_CLOEXEC);
    if (request->body_fd >= 0) {
        sha256_init(&request->body_hash);
        return ERR_NONE;
    }
    enum err_code code = err_set_errno(err, errno, "cannot store the upload");
    free(request->body_path);
    request->body_path = NULL;
    return code;
}

enum err_code http_request_begin_body(struct http_request *request, struct err *err)
{
    uint64_t announced = 0;
    http_request_announced(request, &announced);
    const struct http_route *route = &request->route->route;
    request->body_most = route->body_bytes_most > 0 ? route->body_bytes_most : request->server->body_bytes_most;
    if (announced > request->body_most)
        return too_large(request, err);
    if ((route->flags & HTTP_ROUTE_BODY_FILE) != 0)
        return open_body_file(request, announced, err);
    strbuf_init(&request->body);
    return ERR_NONE;
}

// Each body has its limit, but there are many connections.
static enum err_code keep_in_memory(struct http_request *request, const void *bytes, size_t size, struct err *err)
{
    struct http_server *server = request->server;
    request->body_counted += size;
    if (atomic_fetch_add(&server->bodies_bytes, size) + size > server->bodies_bytes_most) {
        drop_body(request);
        return err_set(err, ERR_UNAVAILABLE,
            "the bodies of other requests take the memory that is kept for them: try again later, or fewer at once");
    }
    strbuf_add(&request->body, bytes, size);
    return ERR_NONE;
}

enum err_code http_request_add_body(struct http_request *request, const void *bytes, size_t size, struct err *err)
{
    if (size > request->body_most - request->body_size)
        return too_large(request, err);
    request->body_size += size;
    if (request->body_fd < 0)
        return keep_in_memory(request, bytes, size, err);
    if (request->body_size >= request->body_looked + LOOK_BYTES) {
        request->body_looked = request->body_size;
        if (disk_usable(request->server->upload_directory) < LOOK_BYTES)
            return err_set(err, ERR_FULL, "the disk is full: %llu bytes of the upload had come",
                (unsigned long long)request->body_size);
    }
    sha256_update(&request->body_hash, bytes, size);
    return file_write_all(request->body_fd, bytes, size, "the upload", err);
}

enum err_code http_request_end_body(struct http_request *request, struct err *err)
{
    if (request->body_fd < 0)
        return ERR_NONE;
    unsigned char digest[SHA256_SIZE];
    sha256_final(&request->body_hash, digest);
    sha256_hex(digest, request->body_hex);
    int failed = close(request->body_fd);
    request->body_fd = -1;
    return failed != 0 ? err_set_errno(err, errno, "cannot store the upload") : ERR_NONE;
}

enum http_method http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_path(const struct http_request *request)
{
    return request->path;
}

const char *http_request_pattern(const struct http_request *request)
{
    return request->route != NULL ? request->route->pattern : "";
}

const char *http_request_param(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->param_count; i++) {
        if (strcmp(request->params[i].name, name) == 0)
            return request->params[i].value;
    }
    return NULL;
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, name) == 0)
            return request->query[i].value;
    }
    return NULL;
}

size_t http_request_query_all(const struct http_request *request, const char *name, const char **values, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < request->query_count; i++) {
        if (strcmp(request->query[i].name, name) != 0)
            continue;
        if (count < most)
            values[count] = request->query[i].value;
        count++;
    }
    return count;
}

enum err_code http_request_query_int64(const struct http_request *request, const char *name, int64_t least,
    int64_t most, int64_t fallback, int64_t *out, struct err *err)
{
    const char *text = http_request_query(request, name);
    *out = fallback;
    if (text == NULL)
        return ERR_NONE;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool is_number = end != text && *end == '\0' && errno == 0 && strchr(" \t", text[0]) == NULL;
    if (is_number && number >= least && number <= most) {
        *out = number;
        return ERR_NONE;
    }
    if (least != INT64_MIN && most != INT64_MAX)
        err_set(err, ERR_INVALID, "%s must be a whole number between %lld and %lld, not \"%.64s\"", name,
            (long long)least, (long long)most, text);
    else if (least != INT64_MIN)
        err_set(err, ERR_INVALID, "%s must be a whole number of at least %lld, not \"%.64s\"", name, (long long)least,
            text);
    else
        err_set(err, ERR_INVALID, "%s must be a whole number, not \"%.64s\"", name, text);
    return err_of_field(err, ERR_INVALID, name);
}

enum err_code http_request_query_double(const struct http_request *request, const char *name, double least, double most,
    double fallback, double *out, struct err *err)
{
    const char *text = http_request_query(request, name);
    *out = fallback;
    if (text == NULL)
        return ERR_NONE;
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    // Also refuses what is not a number, in both senses.
    if (end != text && *end == '\0' && errno == 0 && number >= least && number <= most) {
        *out = number;
        return ERR_NONE;
    }
    err_set(err, ERR_INVALID, "%s must be a number between %g and %g, not \"%.64s\"", name, least, most, text);
    return err_of_field(err, ERR_INVALID, name);
}

enum err_code http_request_check_query(const struct http_request *request, const char *const *allowed, struct err *err)
{
    for (size_t i = 0; i < request->query_count; i++) {
        const char *name = request->query[i].name;
        size_t n = 0;
        while (allowed[n] != NULL && strcmp(allowed[n], name) != 0)
            n++;
        if (allowed[n] != NULL)
            continue;
        const char *nearest = text_nearest(name, allowed);
        if (nearest != NULL)
            err_set(err, ERR_INVALID, "unknown query field \"%.64s\": did you mean \"%s\"?", name, nearest);
        else
            err_set(err, ERR_INVALID, "unknown query field \"%.64s\"", name);
        return err_of_field(err, ERR_INVALID, name);
    }
    return ERR_NONE;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_remote(const struct http_request *request)
{
    return request->remote;
}

bool http_request_is_loopback(const struct http_request *request)
{
    return request->is_loopback;
}

bool http_request_is_proxied(const struct http_request *request)
{
    static const char *const headers[] = {"Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host",
        "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server"};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (http_request_header(request, headers[i]) != NULL)
            return true;
    }
    return request->is_old;
}

bool http_request_is_authorised(const struct http_request *request)
{
    return request->is_authorised;
}

struct arena *http_request_arena(const struct http_request *request)
{
    return request->arena;
}

struct cancel *http_request_cancel(const struct http_request *request)
{
    return request->server->cancel;
}

struct log *http_request_log(const struct http_request *request)
{
    return request->server->log;
}

const char *http_request_body(const struct http_request *request, size_t *size)
{
    if (size != NULL)
        *size = request->body.size;
    return request->body.data != NULL ? request->body.data : "";
}

enum err_code http_request_json(const struct http_request *request, json_t **value, struct err *err)
{
    *value = NULL;
    const char *type = http_request_header(request, "Content-Type");
    size_t length = type != NULL ? strcspn(type, "; ") : 0;
    if (length != 16 || strncasecmp(type, "application/json", 16) != 0)
        return err_set(err, ERR_INVALID, "the request's body must be JSON, with Content-Type: application/json");
    struct json_limits limits = JSON_LIMITS_DEFAULT;
    limits.values = HTTP_JSON_VALUES_MAX;
    if (limits.size_bytes < request->body_most)
        limits.size_bytes = (size_t)request->body_most;
    return json_parse(request->body.data, request->body.size, &limits, value, err);
}

const char *http_request_body_path(const struct http_request *request, uint64_t *size_bytes, const char **sha256_hex)
{
    if (size_bytes != NULL)
        *size_bytes = request->body_size;
    if (sha256_hex != NULL)
        *sha256_hex = request->body_hex;
    return request->body_path;
}

const char *http_request_last_event_id(const struct http_request *request)
{
    const char *id = http_request_header(request, "Last-Event-ID");
    return id != NULL ? id : http_request_query(request, "last_event_id");
}
