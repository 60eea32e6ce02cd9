#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http_server_harness.h"
#include "net/http_server_internal.h"

static void paths_that_lead_out_or_are_broken_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"/web/../secret", "/web/%2e%2e/secret", "/web/a%2Fb", "/web/%00", "/web/%zz",
        "/web/a%0d%0ab", "/web/%ff", "/web/.", "/api/videos/x?q=%zz", "//etc/passwd", "///etc/passwd",
        "/web//etc/passwd", "/web/a//b", "//"};
    struct fixture *fixture = start(NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        get(fixture, bad[i], "", answer);
        assert_status(answer, 400);
        assert_says(answer, "application/problem+json");
    }
    stop(fixture);
}

static void a_name_may_hold_a_slash_only_where_it_is_no_path(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/api/names/AC%2FDC%20%2F", "", answer);
    assert_status(answer, 200);
    assert_says(answer, "\"v\":\"AC/DC /\"");
    static const char *const bad[] = {"/api/names/%2E%2E", "/api/names/%2e", "/api/names/a%00b", "/api/names/%2F%ff",
        "/api/videos/a%2Fb", "/api/videos/a%2Fb/frames", "/web/a/%2F/b", "/web/%2F..%2Fsecret"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        get(fixture, bad[i], "", answer);
        assert_status(answer, 400);
    }
    // An escaped slash does not part a path.
    get(fixture, "/api%2Fvideos", "", answer);
    assert_status(answer, 404);
    stop(fixture);
}

static void a_body_that_is_far_too_big_is_refused_before_it_is_sent(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    ask(fixture,
        "PUT /api/uploads/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n",
        answer);
    assert_status(answer, 413);
    ask(fixture,
        "PUT /api/uploads/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3145729\r\nExpect: 100-continue\r\n\r\n",
        answer);
    assert_status(answer, 413);
    stop(fixture);
}

// A request and one behind it on the same connection: the second must not be answered where the first's end is unclear.
static void a_request_whose_end_is_unclear_ends_the_connection(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
    } bad[] = {
        {"Content-Length: 2\r\nContent-Length: 0\r\n", 400},
        {"Content-Length: 2\r\nContent-Length: 2\r\n", 400},
        {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
        {"Transfer-Encoding : chunked\r\n", 400},
        {"Transfer-Encoding: gzip, chunked\r\n", 501},
        {"Transfer-Encoding: xchunked\r\n", 501},
        {"Host: localhost\r\nContent-Length: 2\r\n", 400},
        {"X-Note: a\rb\r\nContent-Length: 2\r\n", 400},
        {"X(Note): a\r\nContent-Length: 2\r\n", 400},
    };
    struct fixture *fixture = start(NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char request[512];
        snprintf(request, sizeof(request),
            "POST /api/videos HTTP/1.1\r\nHost: localhost\r\n" AS_JSON "%s\r\n{}"
            "GET /api/videos/behind HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            bad[i].headers);
        ask(fixture, request, answer);
        assert_status(answer, bad[i].status);
        assert_says(answer, "Connection: close");
        assert_null(strstr(answer, "behind"));
    }
    stop(fixture);
}

static void malformed_requests_harm_nobody(void **state)
{
    (void)state;
    static const char *const bad[] = {"\r\n\r\n\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "\x16\x03\x01\x02",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\nno colon here\r\n\r\n"};
    struct fixture *fixture = start(NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int fd = dial(fixture);
        say(fd, bad[i]);
        shutdown(fd, SHUT_WR);
        hear(fd, answer, NULL);
        close(fd);
    }
    char *huge = malloc(200000);
    memset(huge, 'a', 199999);
    huge[199999] = '\0';
    memcpy(huge, "GET /", 5);
    int fd = dial(fixture);
    ssize_t sent = send(fd, huge, 199999, MSG_NOSIGNAL);
    assert_true(sent > 0);
    hear(fd, answer, NULL);
    close(fd);
    free(huge);
    get(fixture, "/", "", answer);
    assert_status(answer, 200);
    stop(fixture);
}

static void a_token_is_wanted_when_there_is_one(void **state)
{
    (void)state;
    struct fixture *fixture = start(TOKEN);
    get(fixture, "/media", "", answer);
    assert_status(answer, 401);
    assert_says(answer, "WWW-Authenticate: Bearer");
    get(fixture, "/nothing", "", answer);
    assert_status(answer, 401);
    get(fixture, "/media", "Authorization: Bearer " TOKEN "x\r\n", answer);
    assert_status(answer, 401);
    get(fixture, "/media?access_token=" TOKEN, "", answer);
    assert_status(answer, 401);
    get(fixture, "/media", "Cookie: framehound_session=" TOKEN "\r\n", answer);
    assert_status(answer, 401);
    get(fixture, "/media", "Authorization: Bearer " TOKEN "\r\n", answer);
    assert_status(answer, 200);
    get(fixture, "/", "", answer);
    assert_status(answer, 200);
    stop(fixture);
}

static void logging_in_gives_a_cookie_that_lets_in(void **state)
{
    (void)state;
    struct fixture *fixture = start(TOKEN);
    post(fixture, "/login", AS_JSON, "{\"token\":\"wrong\"}");
    assert_status(answer, 403);
    assert_null(strstr(answer, "Set-Cookie"));
    post(fixture, "/login", AS_JSON, "{\"token\":\"" TOKEN "\"}");
    assert_status(answer, 204);
    assert_says(answer, "; Path=/; HttpOnly; SameSite=Strict");
    assert_null(strstr(answer, TOKEN));
    const char *cookie = strstr(answer, "framehound_session=");
    assert_non_null(cookie);
    char header[256];
    snprintf(header, sizeof(header), "Cookie: %.*s\r\n", (int)strcspn(cookie, ";"), cookie);
    get(fixture, "/media", header, answer);
    assert_status(answer, 200);
    stop(fixture);
}

static void other_sites_pages_are_kept_out(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    start_with(&fixture,
        (struct http_server_options){.allowed_hosts = (const char *const[]){"framehound.local", NULL},
            .allowed_origins = (const char *const[]){"https://friend.example", NULL}});
    // A name that was made to point here.
    ask(&fixture, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 421);
    ask(&fixture, "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 421);
    ask(&fixture, "GET / HTTP/1.1\r\nHost: framehound.local:8080\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 200);
    ask(&fixture, "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 200);
    post(&fixture, "/api/videos", AS_JSON "Origin: http://evil.example\r\n", "{}");
    assert_status(answer, 403);
    post(&fixture, "/api/videos", AS_JSON "Origin: null\r\n", "{}");
    assert_status(answer, 403);
    post(&fixture, "/api/videos", AS_JSON "Origin: http://localhost\r\n", "{}");
    assert_status(answer, 202);
    assert_null(strstr(answer, "Access-Control"));
    post(&fixture, "/api/videos", AS_JSON "Origin: https://friend.example\r\n", "{}");
    assert_status(answer, 202);
    assert_says(answer, "Access-Control-Allow-Origin: https://friend.example\r\n");
    ask(&fixture,
        "OPTIONS /api/videos HTTP/1.1\r\nHost: localhost\r\nOrigin: https://friend.example\r\nConnection: "
        "close\r\n\r\n",
        answer);
    assert_status(answer, 204);
    assert_says(answer, "Access-Control-Allow-Methods: GET, HEAD, POST\r\n");
    stop(&fixture);
}

static void stopping_asks_handlers_to_end(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fixture *fixture = start(NULL);
    int fd = dial(fixture);
    void *item = NULL;
    say(fd, "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_ok(bounded_queue_pop(fixture->waiting, PATIENCE_MS, NULL, &item, &err), &err);
    http_server_stop(fixture->server, 0);
    hear(fd, answer, NULL);
    assert_status(answer, 499);
    assert_says(answer, "Connection: close\r\n");
    close(fd);
    stop(fixture);
}

static void a_request_that_does_not_get_complete_is_cut(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    start_with(&fixture, (struct http_server_options){.header_timeout_ms = 50});
    int fd = dial(&fixture);
    say(fd, "GET / HTTP/1.1\r\nHost: local");
    assert_true(hear(fd, answer, NULL));
    close(fd);
    stop(&fixture);
}

static void the_body_of_a_refused_request_is_not_waited_for(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    start_with(&fixture, (struct http_server_options){.token = TOKEN, .header_timeout_ms = 50});
    int fd = dial(&fixture);
    say(fd, "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
    assert_true(hear(fd, answer, NULL));
    close(fd);
    stop(&fixture);
}

// Bytes that come one by one keep a connection from being silent; they must not keep it for good.
static void a_body_that_hardly_moves_is_cut(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    start_with(&fixture, (struct http_server_options){.idle_timeout_ms = 1000});
    struct cancel *cancel = cancel_new(NULL);
    int fd = dial(&fixture);
    say(fd, "POST /api/videos HTTP/1.1\r\nHost: localhost\r\n" AS_JSON "Content-Length: 1000\r\n\r\n");
    size_t sent = 0;
    while (sent < 1000 && send(fd, " ", 1, MSG_NOSIGNAL) == 1) {
        sent++;
        cancel_wait(cancel, 20);
    }
    assert_in_range(sent, 1, 999);
    close(fd);
    cancel_free(cancel);
    stop(&fixture);
}

static int64_t patience_end_us(void)
{
    return clock_monotonic_us(clock_system()) + (int64_t)PATIENCE_MS * 1000;
}

static void wait_for_none_active(const struct fixture *fixture)
{
    int64_t end_us = patience_end_us();
    bool is_none = false;
    while (!is_none && clock_monotonic_us(clock_system()) < end_us) {
        struct strbuf text;
        strbuf_init(&text);
        metrics_show(fixture->metrics, &text);
        is_none = strstr(text.data, "framehound_http_requests_active 0\n") != NULL;
        strbuf_release(&text);
        sched_yield();
    }
    if (!is_none)
        fail_msg("a request is said to be under way that has ended");
}

// Connections may come faster than others can be cut: whoever asks again gets in.
static void get_in_the_end(const struct fixture *fixture, const char *target, const char *headers)
{
    int64_t end_us = patience_end_us();
    do
        get(fixture, target, headers, answer);
    while (answer[0] == '\0' && clock_monotonic_us(clock_system()) < end_us);
    assert_status(answer, 200);
}

// More than there may be, which ask for nothing, begin to ask, or were answered; none of them has the token.
static void held_connections_keep_nobody_out(void **state)
{
    (void)state;
    enum { MOST = 32, HELD = 3 * MOST };
    static const char *const says[] = {
        "", "GET / HTTP/1.1\r\nHost: local", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"};
    struct fixture fixture = {0};
    start_with(&fixture,
        (struct http_server_options){
            .token = TOKEN, .connections_most = MOST, .header_timeout_ms = 600000, .idle_timeout_ms = 600000});
    int busy = dial(&fixture);
    say(busy, "GET /silence HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " TOKEN "\r\n\r\n");
    assert_false(hear(busy, answer, "\r\n\r\n"));
    int held[HELD];
    for (int i = 0; i < HELD; i++) {
        held[i] = dial(&fixture);
        // The server may have refused it already.
        (void)!send(held[i], says[i % 3], strlen(says[i % 3]), MSG_NOSIGNAL);
        get_in_the_end(&fixture, "/", "");
    }
    get_in_the_end(&fixture, "/api/way", "Authorization: Bearer " TOKEN "\r\n");
    // Who was let in stays: an end would be read at once.
    char byte;
    while (recv(busy, &byte, 1, MSG_DONTWAIT) > 0)
        continue;
    assert_int_equal(recv(busy, &byte, 1, MSG_DONTWAIT), -1);
    for (int i = 0; i < HELD; i++)
        close(held[i]);
    close(busy);
    stop(&fixture);
}

// What the library gives up before it hands it over: it takes no token, and must not stay in memory, where it would
// keep the server from stopping too.
static void a_request_that_is_not_handed_over_leaves_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *before, *item, *after;
    } cases[] = {{"GET /?", "x=&", " HTTP/1.1\r\nHost: localhost\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ", "a=b; ", "\r\n\r\n"},
        {"GET / HTTP/1.1\r\nHost: localhost\r\n", "a: b\r\n", "Host: local"}};
    struct fixture *fixture = start(TOKEN);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf request;
        strbuf_init(&request);
        strbuf_adds(&request, cases[i].before);
        for (int n = 0; n < 4000; n++)
            strbuf_adds(&request, cases[i].item);
        strbuf_adds(&request, cases[i].after);
        int fd = dial(fixture);
        (void)!send(fd, request.data, request.size, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        hear(fd, answer, NULL);
        close(fd);
        wait_for_none_active(fixture);
        strbuf_release(&request);
    }
    stop(fixture);
}

static void event_streams_leave_connections_to_others(void **state)
{
    (void)state;
    enum { MOST = 32, STREAMS = MOST - MOST / 4 };
    struct fixture fixture = {0};
    int streams[STREAMS];
    start_with(&fixture, (struct http_server_options){.connections_most = MOST});
    for (int i = 0; i < STREAMS; i++) {
        streams[i] = dial(&fixture);
        say(streams[i], "GET /silence HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_false(hear(streams[i], answer, "\r\n\r\n"));
    }
    get(&fixture, "/silence", "", answer);
    assert_status(answer, 503);
    assert_says(answer, "24 follow the events here already");
    get(&fixture, "/", "", answer);
    assert_status(answer, 200);
    for (int i = 0; i < STREAMS; i++)
        close(streams[i]);
    stop(&fixture);
}

static enum err_code refuse_by_name(void *context, struct http_request *request, struct err *err)
{
    (void)context;
    return strcmp(http_request_param(request, "name"), "unwanted") == 0 ? err_set(err, ERR_INVALID, "not that one")
                                                                        : ERR_NONE;
}

static enum err_code never_reached(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)response;
    *(bool *)context = true;
    return err_set(err, ERR_INTERNAL, "reached");
}

static void a_route_may_refuse_before_the_body_has_come(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    bool reached = false;
    struct http_server *server = NULL;
    assert_ok(http_server_new(&(struct http_server_options){.upload_directory = upload_dir}, &server, &err), &err);
    http_server_add(server,
        &(struct http_route){.method = HTTP_PUT,
            .pattern = "/{name}",
            .handler = never_reached,
            .context = &reached,
            .flags = HTTP_ROUTE_BODY_FILE,
            .body_bytes_most = 1 << 20,
            .check = refuse_by_name});
    assert_ok(http_server_start(server, &err), &err);
    struct fixture fixture = {.server = server, .port = http_server_port(server)};
    ask(&fixture, "PUT /unwanted HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        answer);
    assert_status(answer, 400);
    assert_says(answer, "not that one");
    assert_false(reached);
    http_server_free(server);
}

// A body that does not end yet, and others that come when what there is of it is kept: if it came while another one is,
// it would be the one to be refused.
static void bodies_of_all_requests_together_have_a_limit(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    static const char spaces[] = "                                                                                ";
    start_with(&fixture, (struct http_server_options){.bodies_bytes_most = 150});
    int fd = dial(&fixture);
    say(fd,
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\n" AS_JSON "Connection: close\r\nContent-Length: 82\r\n\r\n{");
    say(fd, spaces);
    assert_in_the_end(atomic_load(&fixture.server->bodies_bytes) == strlen(spaces) + 1);
    char body[128];
    snprintf(body, sizeof(body), "{%s}", spaces);
    post(&fixture, "/api/videos", AS_JSON, body);
    assert_status(answer, 503);
    assert_says(answer, "the bodies of other requests take the memory");
    post(&fixture, "/api/videos", AS_JSON, "{}");
    assert_status(answer, 202);
    say(fd, "}");
    hear(fd, answer, NULL);
    assert_status(answer, 202);
    close(fd);
    // A body is let go after its answer.
    assert_in_the_end(atomic_load(&fixture.server->bodies_bytes) == 0);
    post(&fixture, "/api/videos", AS_JSON, body);
    assert_status(answer, 202);
    stop(&fixture);
}

static void who_comes_through_a_proxy_is_known(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/api/way", "", answer);
    assert_says(answer, "\"proxied\":false");
    static const char *const signs[] = {"Via: 1.1 x\r\n", "Forwarded: for=1.2.3.4\r\n", "X-Forwarded-Host: a\r\n"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        get(fixture, "/api/way", signs[i], answer);
        assert_says(answer, "\"proxied\":true");
    }
    // What nginx sends where nobody told it otherwise.
    ask(fixture, "GET /api/way HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_says(answer, "\"proxied\":true");
    stop(fixture);
}

static void wrong_settings_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct http_server *server = NULL;
    assert_code(http_server_new(&(struct http_server_options){.address = "0.0.0.0"}, &server, &err), ERR_INVALID);
    assert_string_equal(err.message, "listening on 0.0.0.0 needs a token: only loopback addresses go without");
    assert_code(http_server_new(&(struct http_server_options){.token = "short"}, &server, &err), ERR_INVALID);
    assert_code(http_server_new(&(struct http_server_options){.address = "example.com"}, &server, &err), ERR_INVALID);
    struct fixture *fixture = start(NULL);
    assert_ok(http_server_new(&(struct http_server_options){.port = fixture->port}, &server, &err), &err);
    assert_code(http_server_start(server, &err), ERR_CONFLICT);
    http_server_free(server);
    stop(fixture);
    http_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_may_hold_a_slash_only_where_it_is_no_path),
        cmocka_unit_test(paths_that_lead_out_or_are_broken_are_refused),
        cmocka_unit_test(a_body_that_is_far_too_big_is_refused_before_it_is_sent),
        cmocka_unit_test(a_request_whose_end_is_unclear_ends_the_connection),
        cmocka_unit_test(malformed_requests_harm_nobody),
        cmocka_unit_test(a_token_is_wanted_when_there_is_one),
        cmocka_unit_test(logging_in_gives_a_cookie_that_lets_in),
        cmocka_unit_test(other_sites_pages_are_kept_out),
        cmocka_unit_test(stopping_asks_handlers_to_end),
        cmocka_unit_test(a_request_that_does_not_get_complete_is_cut),
        cmocka_unit_test(the_body_of_a_refused_request_is_not_waited_for),
        cmocka_unit_test(a_body_that_hardly_moves_is_cut),
        cmocka_unit_test(a_route_may_refuse_before_the_body_has_come),
        cmocka_unit_test(held_connections_keep_nobody_out),
        cmocka_unit_test(a_request_that_is_not_handed_over_leaves_nothing),
        cmocka_unit_test(event_streams_leave_connections_to_others),
        cmocka_unit_test(bodies_of_all_requests_together_have_a_limit),
        cmocka_unit_test(who_comes_through_a_proxy_is_known),
        cmocka_unit_test(wrong_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
