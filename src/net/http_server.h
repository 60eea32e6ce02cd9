// An HTTP/1.1 server: routes, requests under limits, responses from memory, files and streams, a token, and safe
// defaults.
//
// One thread per connection, so handlers may block; at most `connections_most` at a time. When few are free, a new one
// takes the place of that which has been without a request the longest, so that nobody keeps others out by holding
// connections: only requests that are let in keep theirs. A quarter of them are for others than event streams. A
// handler gets a request and fills a response; what it returns as an error is answered as a problem document (RFC 9457)
// with the error's field. Requests live as long as the handler runs; responses hold what they need until they are sent.
//
// Who is let in. With a token, every route but the open ones (HTTP_ROUTE_OPEN) wants `Authorization: Bearer <token>`
// (or the header that `key_header` names, with the token), or the session cookie that http_response_start_session()
// sets after a person has given the token on a login page: pictures, videos and event streams in a browser cannot send
// headers, and a token in a URL would end up in logs and histories. The cookie is HttpOnly and SameSite=Strict and
// holds a digest of the token, not the token. Against other web pages: a request that changes something and carries an
// Origin must come from the same origin or a listed one, and on a loopback address the Host header must name the
// loopback or a listed host (DNS rebinding).
//
// Thread rule: routes are added before http_server_start(); everything else is safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "base/strbuf.h"
#include "net/http.h"
#include "os/cancel.h"

struct http_server;
struct http_request;
struct http_response;

struct http_server_options {
    const char *address;    // "127.0.0.1", "::1", "0.0.0.0"; NULL: 127.0.0.1
    uint16_t port;          // 0: the kernel chooses
    const char *token;      // NULL: none; required unless the address is a loopback one; at least 16 characters
    const char *key_header; // a header that may carry the token instead ("Api-Key"); NULL: none
    const char *const *allowed_hosts;   // further Host names, without port, NULL-terminated; may be NULL
    const char *const *allowed_origins; // further origins, for CORS too, NULL-terminated; may be NULL
    unsigned connections_most;          // 0: 256
    int64_t idle_timeout_ms;            // of a connection on which nothing, or next to nothing, moves; 0: 60 s
    int64_t header_timeout_ms;          // for a request's headers, or the body of a refused one, to arrive; 0: 15 s
    size_t header_bytes_most;           // all headers and the request line; 0: 32 KiB
    size_t body_bytes_most;             // of routes that say nothing else; 0: 1 MiB
    size_t bodies_bytes_most;           // of all bodies in memory together; 0: 256 MiB
    const char *upload_directory;       // where bodies of HTTP_ROUTE_BODY_FILE go; NULL: such routes are refused
    struct log *log;                    // NULL: none
    struct metrics *metrics;            // NULL: none
};

typedef enum err_code (*http_handler)(
    void *context, struct http_request *request, struct http_response *response, struct err *err);
typedef enum err_code (*http_check)(void *context, struct http_request *request, struct err *err);

enum http_route_flags {
    HTTP_ROUTE_OPEN = 1 << 0,      // no token wanted
    HTTP_ROUTE_BODY_FILE = 1 << 1, // the body goes to a file, not to memory
    HTTP_ROUTE_SLASHES = 1 << 2,   // {names} may hold a '/', sent as %2F: they are names, never parts of a file's path
};

struct http_route {
    enum http_method method; // a route for GET answers HEAD too
    // "/api/v1/videos/{v}/frames": each {name} takes one whole segment, not empty; a last "{name...}" takes the rest of
    // the path, which may be empty. Fixed segments win over names, whatever the order of adding.
    const char *pattern;
    http_handler handler;
    void *context;
    unsigned flags;
    uint64_t body_bytes_most; // 0: the server's; for a file, what the body may be at most
    // Looks at path, query and headers before the body is taken; an error is the answer. NULL: none.
    http_check check;
};

enum err_code http_server_new(
    const struct http_server_options *options, struct http_server **out, struct err *err) ERR_MUST_CHECK;
// The strings are copied.
void http_server_add(struct http_server *server, const struct http_route *route);
// ERR_CONFLICT if the port is taken, ERR_DENIED if it may not be used, ERR_INVALID for an address that is none.
enum err_code http_server_start(struct http_server *server, struct err *err) ERR_MUST_CHECK;
uint16_t http_server_port(const struct http_server *server);
// Stops accepting, ends streams, and waits up to `drain_ms` for the requests under way; then asks those that are left
// to end (their cancel), and cuts what does not within two seconds.
void http_server_stop(struct http_server *server, int64_t drain_ms);
// Stops if that was not done. NULL is harmless.
void http_server_free(struct http_server *server);

// --- The request ---

enum http_method http_request_method(const struct http_request *request);
const char *http_request_path(const struct http_request *request);    // raw, as sent, without the query
const char *http_request_pattern(const struct http_request *request); // of the route
// A segment of the path by its name in the pattern, decoded: valid UTF-8 without control characters, never "." or "..",
// without '/' (but on routes of HTTP_ROUTE_SLASHES, and in "{name...}", where it is a clean relative path: it does
// not begin with a '/', and none of its segments but the last is empty).
const char *http_request_param(const struct http_request *request, const char *name);
// The first value of a query field, decoded; NULL if absent.
const char *http_request_query(const struct http_request *request, const char *name);
// All values of a query field that occurs several times, in their order, at most `most`; returns how many there are.
size_t http_request_query_all(const struct http_request *request, const char *name, const char **values, size_t most);
// The same as a number: `fallback` if absent; ERR_INVALID with a sentence if it is none or out of bounds.
enum err_code http_request_query_int64(const struct http_request *request, const char *name, int64_t least,
    int64_t most, int64_t fallback, int64_t *out, struct err *err) ERR_MUST_CHECK;
enum err_code http_request_query_double(const struct http_request *request, const char *name, double least, double most,
    double fallback, double *out, struct err *err) ERR_MUST_CHECK;
// ERR_INVALID, naming it, if there is a query field that is not among the NULL-terminated `allowed`.
enum err_code http_request_check_query(
    const struct http_request *request, const char *const *allowed, struct err *err) ERR_MUST_CHECK;
const char *http_request_header(const struct http_request *request, const char *name); // NULL if absent
// Whether Accept-Encoding names the coding, or everything, and does not refuse it by "q=0".
bool http_request_accepts_coding(const struct http_request *request, const char *coding);
const char *http_request_remote(const struct http_request *request); // "127.0.0.1"
bool http_request_is_loopback(const struct http_request *request);   // it came from this machine
// It seems to come through a proxy: it says so, or it is of the old kind that proxies still send and programs do not.
bool http_request_is_proxied(const struct http_request *request);
// "Bearer" or cookie was right, or no token is wanted.
bool http_request_is_authorised(const struct http_request *request);
struct arena *http_request_arena(const struct http_request *request);
// Requested when the server stops; to be passed to everything that blocks.
struct cancel *http_request_cancel(const struct http_request *request);
struct log *http_request_log(const struct http_request *request);

// The body in memory, NUL-terminated.
const char *http_request_body(const struct http_request *request, size_t *size);
// The body as JSON: ERR_INVALID if the type is not application/json or the text is none, ERR_LIMIT for more than
// HTTP_JSON_VALUES_MAX values: a small text may need a hundred times its size. The caller owns `*value`.
#define HTTP_JSON_VALUES_MAX 100000
enum err_code http_request_json(const struct http_request *request, json_t **value, struct err *err) ERR_MUST_CHECK;
// Of a HTTP_ROUTE_BODY_FILE route: where the body lies, its size and the hex of its SHA-256. The file is removed when
// the request ends: move or link it to keep it.
const char *http_request_body_path(const struct http_request *request, uint64_t *size_bytes, const char **sha256_hex);

// --- The response: one of these, the last one counts; 204 without any ---

void http_response_header(struct http_response *response, const char *name, const char *value);
// Takes over the caller's reference. What is long goes out compressed to clients that take gzip.
void http_response_json(struct http_response *response, int status, json_t *value);
// Copies the bytes.
void http_response_bytes(struct http_response *response, int status, const char *type, const void *bytes, size_t size);
// Takes the bytes over, to be freed with `release(bytes)` (NULL: they are borrowed for good, as literals are).
void http_response_owned(
    struct http_response *response, int status, const char *type, void *bytes, size_t size, void (*release)(void *));
// Takes the string over and leaves it empty.
void http_response_strbuf(struct http_response *response, int status, const char *type, struct strbuf *text);
void http_response_problem(struct http_response *response, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// An error as a problem document, with further members of its own (RFC 9457, 3.2), which it takes over.
void http_response_problem_members(struct http_response *response, const struct err *err, json_t *members);
// `size_bytes` bytes of a file from `offset` on; takes over `fd`. Answers HEAD, Range (one range), If-Range,
// If-None-Match and If-Modified-Since. `etag` without quotes; NULL: none. `modified_us` 0: not said.
void http_response_file(struct http_response *response, const char *type, int fd, uint64_t offset, uint64_t size_bytes,
    const char *etag, int64_t modified_us);
// The same with bytes that a function brings, for what lies elsewhere. `read` puts bytes from `offset` of the whole on
// into the buffer: all of `size`, or *got fewer if it likes; none, or an error, cuts the answer off. It is called on
// the connection's thread, when the bytes are really sent, and looks at the request's cancel itself; then
// `release(arg)` once (may be NULL).
struct http_reader {
    enum err_code (*read)(void *arg, uint64_t offset, void *buffer, size_t size, size_t *got, struct err *err);
    void (*release)(void *arg);
    void *arg;
};
void http_response_reader(struct http_response *response, const char *type, const struct http_reader *reader,
    uint64_t size_bytes, const char *etag, int64_t modified_us);
// 307 to another address, which clients may remember for so many seconds.
void http_response_redirect(struct http_response *response, const char *url, int64_t remember_s);
// For responses from memory: If-None-Match is answered with 304.
void http_response_etag(struct http_response *response, const char *etag);

// A body that comes bit by bit. `next` appends what there is to `out`, waiting for up to `wait_ms` if there is nothing
// (it should look at `cancel` while waiting), and returns false when that was the last of it. It is called on the
// connection's thread until the end, the client's leaving, or the server's stop; then `release(arg)` once (may be
// NULL).
struct http_stream {
    bool (*next)(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out);
    void (*release)(void *arg);
    // Whether what `next` ended is all there should be. If it is not, or the server stops in the middle, the connection
    // is cut instead of the body being ended, so that no client takes a part for the whole. NULL: any end is a good
    // one.
    bool (*is_whole)(void *arg);
    void *arg;
};
void http_response_stream(
    struct http_response *response, int status, const char *type, const struct http_stream *stream);
// Server-sent events: the same with the right headers, a first `retry:` (0: none), and a comment whenever
// `keep_alive_ms` pass without output (0: 15 s). `next` appends events with http_event_append().
void http_response_events(
    struct http_response *response, int64_t retry_ms, int64_t keep_alive_ms, const struct http_stream *stream);
// One event; `id` and `event` may be NULL; line breaks in `data` are handled.
void http_event_append(struct strbuf *out, const char *id, const char *event, const char *data);
// The browser's Last-Event-ID header, or the query field last_event_id; NULL if neither.
const char *http_request_last_event_id(const struct http_request *request);

// Sets the session cookie if `token` is the server's, and returns whether it is. `secure` for HTTPS in front.
bool http_response_start_session(
    struct http_response *response, const struct http_request *request, const char *token, bool secure);
void http_response_end_session(struct http_response *response);
