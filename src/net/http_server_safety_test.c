#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/http_server_harness.h"

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
        cmocka_unit_test(malformed_requests_harm_nobody),
        cmocka_unit_test(a_token_is_wanted_when_there_is_one),
        cmocka_unit_test(logging_in_gives_a_cookie_that_lets_in),
        cmocka_unit_test(other_sites_pages_are_kept_out),
        cmocka_unit_test(stopping_asks_handlers_to_end),
        cmocka_unit_test(a_request_that_does_not_get_complete_is_cut),
        cmocka_unit_test(wrong_settings_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
