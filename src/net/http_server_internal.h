// Inside the HTTP server: what its files share. Not for other modules.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "net/http_server.h"

#define HTTP_SEGMENTS_MAX 24
#define HTTP_PARAMS_MAX 8
#define HTTP_QUERY_MAX 1024
#define HTTP_RESPONSE_HEADERS_MAX 32
#define HTTP_SESSION_COOKIE "framehound_session"

// A route, taken apart.
struct http_route_entry {
    struct http_route route;
    char *pattern;
    char *parts[HTTP_SEGMENTS_MAX];    // a name without its braces, or a fixed text
    char kinds[HTTP_SEGMENTS_MAX + 1]; // 'f' fixed, 'p' parameter, 'r' the rest: smaller is more specific
    size_t part_count;
    struct http_route_entry *next;
};

struct http_server {
    char *address;
    uint16_t port;
    char *token;
    char *key_header;
    char session[SHA256_HEX_SIZE]; // what the cookie of a session holds
    char **allowed_hosts;
    char **allowed_origins;
    bool on_loopback;
    unsigned connections_most;
    int64_t idle_timeout_ms;
    int64_t header_timeout_ms;
    size_t header_bytes_most;
    size_t body_bytes_most;
    size_t bodies_bytes_most;
    atomic_size_t bodies_bytes; // of bodies in memory
    char *upload_directory;
    struct log *log;
    struct metrics *metrics;
    struct metric_gauge *active_gauge;
    struct metric_gauge *connections_gauge;
    struct http_route_entry *routes;
    struct MHD_Daemon *daemon;
    struct cancel *cancel;         // for handlers
    struct cancel *streams_cancel; // for streams, which end first
    atomic_bool stopping;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned active; // requests between their first line and the end of their answer
    struct http_peer *peers;
    unsigned peer_count; // without those that are cut
    atomic_uint event_streams;
    struct thread *watchdog;
};

// A connection, as the watchdog sees it.
struct http_peer {
    int fd;
    int64_t end_ms;  // when the request's headers, or its body, must be further; INT64_MAX while a request is handled
    int64_t idle_ms; // since when it has had no request
    struct http_request *request; // under way
    bool is_busy;                 // with a request of somebody who is let in
    bool is_cut;
    struct http_peer *prev;
    struct http_peer *next;
};

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct arena *arena;
    struct http_peer *peer;
    enum http_method method;
    const char *target; // raw, with the query
    const char *path;
    const char *segments[HTTP_SEGMENTS_MAX];
    size_t segment_count;
    bool has_slash;            // in a segment, escaped: only some routes take that
    struct http_header *query; // the arena's
    size_t query_count;
    const struct http_route_entry *route;
    struct http_header params[HTTP_PARAMS_MAX];
    size_t param_count;
    char remote[64];
    bool is_loopback;
    bool is_authorised;
    bool is_old; // HTTP/1.0
    int64_t started_ms;
    int64_t judged_ms;
    bool begun;        // the headers have been judged
    bool is_ambiguous; // where it ends: nothing after it may be read as another request
    bool answered;     // a response is queued
    int status;

    uint64_t body_most;
    uint64_t body_size;
    size_t body_counted;  // of it in the server's bodies_bytes
    uint64_t body_looked; // at so many bytes the room on the disk was looked at
    uint64_t discarded;
    struct strbuf body;
    int body_fd; // -1: none
    char *body_path;
    struct sha256 body_hash;
    char body_hex[SHA256_HEX_SIZE];

    struct http_response *response; // set early when the request is refused
};

enum http_body_kind { HTTP_BODY_NONE, HTTP_BODY_MEMORY, HTTP_BODY_FILE, HTTP_BODY_READER, HTTP_BODY_STREAM };

struct http_response {
    struct http_request *request;
    int status;
    enum http_body_kind kind;
    struct http_header headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t header_count;
    const char *type;
    const char *etag;
    int64_t modified_us;
    void *bytes;
    size_t size;
    void (*release)(void *);
    bool borrowed;
    int fd;
    uint64_t offset;
    uint64_t size_bytes;
    struct http_reader reader;
    struct http_stream stream;
    bool is_events;
    int64_t retry_ms;
    int64_t keep_alive_ms;
};

// --- http_server.c ---
// When the connection is cut unless it is heard of again; INT64_MAX: never. `peer` may be NULL.
void http_peer_expect(struct http_server *server, struct http_peer *peer, int64_t until_ms);
// From now on the connection makes room for no other until its request is over. `peer` may be NULL.
void http_peer_keep(struct http_server *server, struct http_peer *peer);
// How many connections may be event streams, so that others are answered too.
unsigned http_event_streams_most(const struct http_server *server);

// --- http_router.c ---
struct http_route_entry *http_route_make(const struct http_route *route);
void http_route_free(struct http_route_entry *entry);
// Finds the most specific route for the request's path and method; NULL with status 404 or 405, and for that the
// methods there are in `allow` ("GET, HEAD, POST"; empty for 404).
const struct http_route_entry *http_route_find(struct http_request *request, struct strbuf *allow);

// --- http_request.c ---
struct http_request *http_request_new(
    struct http_server *server, struct MHD_Connection *connection, const char *target);
void http_request_free(struct http_request *request);
// Takes the target apart; ERR_INVALID for what is no clean path.
enum err_code http_request_parse_target(struct http_request *request, struct err *err) ERR_MUST_CHECK;
// Before, while and after the body comes.
enum err_code http_request_begin_body(struct http_request *request, struct err *err) ERR_MUST_CHECK;
enum err_code http_request_add_body(
    struct http_request *request, const void *bytes, size_t size, struct err *err) ERR_MUST_CHECK;
enum err_code http_request_end_body(struct http_request *request, struct err *err) ERR_MUST_CHECK;
// What Content-Length announces; false without it.
bool http_request_announced(const struct http_request *request, uint64_t *size);

// --- http_framing.c ---
// ERR_INVALID, with the response's status, for a request whose end others may see elsewhere.
enum err_code http_framing_check(const struct http_request *request, int *status, struct err *err) ERR_MUST_CHECK;

// --- http_access.c ---
void http_access_make_session(const char *token, char out[SHA256_HEX_SIZE]);
// Host, origin and token; ERR_DENIED with the response's status set to 401, 403 or 421.
enum err_code http_access_check(struct http_request *request, int *status, struct err *err) ERR_MUST_CHECK;
// The request's origin if it is a listed one; NULL otherwise.
const char *http_access_cross_origin(const struct http_request *request);

// --- http_response.c ---
struct http_response *http_response_new(struct http_request *request);
void http_response_clear(struct http_response *response);
void http_response_problem_status(struct http_response *response, int status, const struct err *err);
// Hands the response to the connection; MHD_NO closes it.
enum MHD_Result http_response_queue(struct http_response *response);
bool http_response_has_header(const struct http_response *response, const char *name);

// --- http_range.c ---
enum http_range_kind { HTTP_RANGE_ALL, HTTP_RANGE_PART, HTTP_RANGE_NONE };
// One range of a body of `size` bytes (RFC 9110, 14): all of it if there is no range, several, or one of another unit;
// HTTP_RANGE_NONE if it lies beyond the end.
enum http_range_kind http_range_parse(const char *text, uint64_t size, uint64_t *first, uint64_t *length);
bool http_etag_matches(const char *list, const char *etag, bool weakly);
// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
#define HTTP_DATE_SIZE 40
void http_date_format(int64_t wall_us, char out[HTTP_DATE_SIZE]);
// The body of a file response after all conditions; may change status, kind and headers.
void http_range_apply(struct http_response *response);
bool http_response_is_fresh(const struct http_response *response);

// --- http_coding.c ---
// Makes JSON in memory smaller where it is long and the client takes gzip.
void http_response_compress(struct http_response *response);

// --- http_reader.c ---
struct MHD_Response *http_reader_response(struct http_response *response);

// --- http_stream.c ---
struct MHD_Response *http_stream_response(struct http_response *response);

// --- http_handle.c ---
// The library's access handler: called when the headers are there, for each piece of the body, and at its end.
enum MHD_Result http_handle(void *arg, struct MHD_Connection *connection, const char *target, const char *method,
    const char *version, const char *bytes, size_t *size, void **context);
