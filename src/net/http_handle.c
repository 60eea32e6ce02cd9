#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_server_internal.h"

// So much of the body of a refused request is read and dropped, so that the client gets to read the answer; with more
// to come the answer is sent at once and the connection closed.
#define DISCARD_BYTES_MOST ((uint64_t)4 << 20)

// What a body must bring at the least, beyond the time for which a connection may be silent: that alone would let one
// byte now and then hold a connection for good.
#define BODY_BYTES_PER_S 1024

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static void read_remote(struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        inet_ntop(AF_INET, &in.sin_addr, request->remote, sizeof(request->remote));
        request->is_loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        inet_ntop(AF_INET6, &in6.sin6_addr, request->remote, sizeof(request->remote));
        bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
        request->is_loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) || (is_mapped && in6.sin6_addr.s6_addr[12] == 127);
    }
}

// Keeps the answer for when the body has gone by.
static void refuse(struct http_request *request, int status, const struct err *err)
{
    if (request->response == NULL)
        request->response = http_response_new(request);
    http_response_problem_status(request->response, status, err);
}

static void refuse_code(struct http_request *request, const struct err *err)
{
    refuse(request, err_http_status(err->code), err);
}

// A browser asking whether a page of another origin may send what it wants to send.
static void answer_preflight(struct http_request *request, const char *allow)
{
    request->response = http_response_new(request);
    http_response_header(request->response, "Access-Control-Allow-Methods", allow);
    http_response_header(
        request->response, "Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
    http_response_header(request->response, "Access-Control-Max-Age", "600");
}

static bool find_route(struct http_request *request)
{
    struct strbuf allow;
    strbuf_init(&allow);
    struct err err = ERR_INIT;
    request->route = http_route_find(request, &allow);
    bool is_preflight = request->method == HTTP_OPTIONS && http_access_cross_origin(request) != NULL;
    if (request->route == NULL && allow.size > 0 && is_preflight) {
        answer_preflight(request, allow.data);
    } else if (request->route == NULL) {
        // Whoever has no token does not learn which paths there are.
        int status = 404;
        if (http_access_check(request, &status, &err) == ERR_NONE && allow.size > 0) {
            err_set(&err, ERR_INVALID, "%s is not allowed here: %s", http_method_name(request->method), allow.data);
            refuse(request, 405, &err);
            http_response_header(request->response, "Allow", allow.data);
        } else {
            if (err.code == ERR_NONE)
                err_set(&err, ERR_NOT_FOUND, "there is nothing at %.200s", request->path);
            refuse(request, status, &err);
        }
    }
    strbuf_release(&allow);
    return request->route != NULL;
}

static enum err_code check_slashes(const struct http_request *request, struct err *err)
{
    if (!request->has_slash || (request->route->route.flags & HTTP_ROUTE_SLASHES) != 0)
        return ERR_NONE;
    return err_set(err, ERR_INVALID, "the path has a segment that is not allowed");
}

// What the route itself says of the request before its body is taken.
static enum err_code check_route(struct http_request *request, struct err *err)
{
    const struct http_route *route = &request->route->route;
    return route->check != NULL ? route->check(route->context, request, err) : ERR_NONE;
}

// Judges the request by its headers; `response` is set if it is refused.
static void begin(struct http_request *request, const char *method)
{
    struct err err = ERR_INIT;
    int status = 400;
    request->begun = true;
    request->judged_ms = now_ms();
    read_remote(request);
    if (http_framing_check(request, &status, &err) != ERR_NONE) {
        request->is_ambiguous = true;
        refuse(request, status, &err);
        return;
    }
    if (!http_method_from_name(method, &request->method)) {
        err_set(&err, ERR_INVALID, "the method %.16s is not known here", method);
        refuse(request, 501, &err);
        return;
    }
    if (atomic_load(&request->server->stopping)) {
        err_set(&err, ERR_UNAVAILABLE, "the server is stopping");
        refuse_code(request, &err);
        return;
    }
    if (http_request_parse_target(request, &err) != ERR_NONE) {
        refuse_code(request, &err);
        return;
    }
    if (!find_route(request))
        return;
    if (http_access_check(request, &status, &err) != ERR_NONE)
        refuse(request, status, &err);
    else if (check_slashes(request, &err) != ERR_NONE || check_route(request, &err) != ERR_NONE)
        refuse_code(request, &err);
    else if (http_request_begin_body(request, &err) != ERR_NONE)
        refuse_code(request, &err);
    else if (request->is_authorised)
        http_peer_keep(request->server, request->peer);
}

static void measure(const struct http_request *request)
{
    struct metrics *metrics = request->server->metrics;
    if (metrics == NULL)
        return;
    const char *route = request->route != NULL ? request->route->pattern : "none";
    const char *method = http_method_name(request->method);
    char status[16];
    snprintf(status, sizeof(status), "%d", request->status);
    metric_add(metrics_counter(metrics, "framehound_http_requests_total", "Requests answered.",
                   METRIC_LABELS({"route", route}, {"method", method}, {"status", status})),
        1);
    double seconds = (double)(now_ms() - request->started_ms) / 1000;
    metric_observe(metrics_histogram(metrics, "framehound_http_request_seconds",
                       "Time from a request's first line to the beginning of its answer.", METRICS_SECONDS_BUCKETS,
                       METRIC_LABELS({"route", route}, {"method", method})),
        seconds);
}

static enum MHD_Result queue(struct http_request *request)
{
    enum MHD_Result result = http_response_queue(request->response);
    measure(request);
    return result;
}

static enum err_code check_streams(const struct http_response *response, struct err *err)
{
    struct http_server *server = response->request->server;
    unsigned most = http_event_streams_most(server);
    if (response->kind != HTTP_BODY_STREAM || !response->is_events || atomic_load(&server->event_streams) < most)
        return ERR_NONE;
    return err_set(
        err, ERR_UNAVAILABLE, "%u follow the events here already, and no more can: close pages that do", most);
}

// The request is complete: the handler's turn.
static void answer(struct http_request *request)
{
    struct err err = ERR_INIT;
    const struct http_route *route = &request->route->route;
    struct http_response *response = http_response_new(request);
    request->response = response;
    if (http_request_end_body(request, &err) == ERR_NONE &&
        route->handler(route->context, request, response, &err) == ERR_NONE &&
        check_streams(response, &err) == ERR_NONE)
        return;
    // What was prepared for a success does not belong to the error.
    http_response_clear(response);
    response->header_count = 0;
    refuse_code(request, &err);
    if (err.code == ERR_INTERNAL || err.code == ERR_CORRUPT)
        log_error(request->server->log, "%s %s: %s", http_method_name(request->method), request->path, err.message);
}

// Whether a refused request's answer must not wait for its body.
static bool is_answered_at_once(const struct http_request *request)
{
    uint64_t announced;
    const char *expect = http_request_header(request, "Expect");
    if (request->is_ambiguous)
        return true;
    if (http_request_announced(request, &announced) && announced > DISCARD_BYTES_MOST)
        return true;
    // The client waits to hear whether it should send the body at all.
    return expect != NULL && strcasecmp(expect, "100-continue") == 0;
}

// The rest of a refused request is not waited for longer than the headers were.
static void expect_body(const struct http_request *request)
{
    const struct http_server *server = request->server;
    int64_t until_ms = request->response != NULL
        ? request->judged_ms + server->header_timeout_ms
        : request->judged_ms + server->idle_timeout_ms + (int64_t)(request->body_size * 1000 / BODY_BYTES_PER_S);
    http_peer_expect(request->server, request->peer, until_ms);
}

enum MHD_Result http_handle(void *arg, struct MHD_Connection *connection, const char *target, const char *method,
    const char *version, const char *bytes, size_t *size, void **context)
{
    struct http_server *server = arg;
    struct http_request *request = *context;
    (void)connection;
    (void)target;
    if (request == NULL)
        return MHD_NO;
    if (!request->begun) {
        request->is_old = strcmp(version, "HTTP/1.0") == 0;
        begin(request, method);
        expect_body(request);
        return request->response != NULL && is_answered_at_once(request) ? queue(request) : MHD_YES;
    }
    if (*size > 0) {
        struct err err = ERR_INIT;
        if (request->response == NULL && http_request_add_body(request, bytes, *size, &err) != ERR_NONE)
            refuse_code(request, &err);
        else if (request->response != NULL)
            request->discarded += *size;
        *size = 0;
        expect_body(request);
        return request->discarded <= DISCARD_BYTES_MOST ? MHD_YES : MHD_NO;
    }
    if (request->answered)
        return MHD_YES;
    http_peer_expect(server, request->peer, INT64_MAX);
    if (request->response == NULL)
        answer(request);
    return queue(request);
}
