#include "net/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "net/http_client_harness.h"
#include "os/cancel.h"

static void an_answer_comes_with_status_headers_and_body(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const answers[] = {
        "HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nX-Two:  words here \r\n"
        "Content-Length: 24\r\n\r\n{\"detail\":\"no video\"}   ",
        NULL};
    struct script script = {.answers = answers};
    struct http_client *client = client_make(true);
    script_start(&script);
    struct http_answer answer;
    const struct http_header headers[] = {{"X-Mine", "1"}, {"X-Empty", ""}};
    const struct http_call call = {
        .method = HTTP_GET, .url = url_at(script.port, "/a?b=c"), .headers = headers, .header_count = 2};
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.status, 404);
    assert_int_equal(answer.body_size, 24);
    assert_string_equal(http_answer_header(&answer, "x-two"), "words here");
    assert_null(http_answer_header(&answer, "x-three"));
    assert_code(http_answer_check(&answer, call.url, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/a?… answered 404: no video"));
    assert_non_null(strstr(script.last_request, "GET /a?b=c HTTP/1.1\r\n"));
    assert_non_null(strstr(script.last_request, "X-Mine: 1\r\n"));
    assert_non_null(strstr(script.last_request, "X-Empty:\r\n"));
    http_answer_release(&answer);
    http_client_free(client);
    script_stop(&script);
}

static void small_bodies_are_sent_without_asking(void **state)
{
    (void)state;
    enum { LARGE = 2 << 20 };
    struct err err = ERR_INIT;
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = answers};
    struct http_client *client = client_make(true);
    char *large = mem_calloc(1, LARGE);
    script_start(&script);
    for (size_t size = 3; size <= LARGE; size += LARGE - 3) {
        struct http_answer answer;
        const struct http_call call = {
            .method = HTTP_POST, .url = url_at(script.port, "/"), .body = large, .body_size = size};
        // The script does not read the body of the large one: what comes of that call is not looked at.
        (void)!http_client_send(client, &call, NULL, &answer, &err);
        assert_true((strstr(script.last_request, "Expect: 100-continue\r\n") != NULL) == (size == LARGE));
        http_answer_release(&answer);
    }
    free(large);
    http_client_free(client);
    script_stop(&script);
}

static enum err_code send_to(struct http_client *client, const char *url, struct err *err)
{
    struct http_answer answer;
    const struct http_call call = {.method = HTTP_GET, .url = url, .redirects = 5};
    enum err_code code = http_client_send(client, &call, NULL, &answer, err);
    http_answer_release(&answer);
    return code;
}

static void a_guarded_client_reaches_no_private_address(void **state)
{
    (void)state;
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = answers};
    struct http_client *client = client_make(false);
    script_start(&script);
    struct err err = ERR_INIT;
    static const char *const hosts[] = {"127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "127.1", "2130706433",
        "0x7f000001", "0", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char url[128];
        snprintf(url, sizeof(url), "http://%s:%u/", hosts[i], (unsigned)script.port);
        if (send_to(client, url, &err) != ERR_DENIED)
            fail_msg("%s: %s", url, err.message);
    }
    // A name that resolves to a private address: the machine's own, from its hosts file.
    char name[256];
    if (gethostname(name, sizeof(name)) == 0) {
        char url[512];
        snprintf(url, sizeof(url), "http://%s:%u/", name, (unsigned)script.port);
        assert_code(send_to(client, url, &err) == ERR_NONE ? ERR_NONE : ERR_DENIED, ERR_DENIED);
    }
    assert_int_equal(atomic_load(&script.served), 0);
    http_client_free(client);
    script_stop(&script);
}

static void the_environments_proxy_does_not_get_round_the_guard(void **state)
{
    (void)state;
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = answers};
    struct err err = ERR_INIT;
    script_start(&script);
    setenv("http_proxy", url_at(script.port, ""), 1);
    struct http_client *guarded = client_make(false);
    assert_code(send_to(guarded, "http://192.168.7.7/", &err), ERR_DENIED);
    assert_code(send_to(guarded, "http://framehound.invalid/", &err), ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&script.served), 0);
    http_client_free(guarded);
    // Without the guard it is used, as everywhere.
    struct http_client *free_one = client_make(true);
    assert_ok(send_to(free_one, "http://framehound.invalid/", &err), &err);
    assert_int_equal(atomic_load(&script.served), 1);
    http_client_free(free_one);
    unsetenv("http_proxy");
    script_stop(&script);
}

static void wrong_urls_are_refused_with_a_sentence(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct http_client *client = client_make(true);
    static const char *const bad[] = {"", "clip.mp4", "ftp://example.com/x", "file:///etc/passwd", "http://",
        "gopher://127.0.0.1/", "http://exa mple.com/", "http://example.com/a\r\nX: y", "http://[::1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_code(send_to(client, bad[i], &err), ERR_INVALID);
    assert_code(send_to(client, "http://user:secret@framehound.invalid/x?token=y", &err), ERR_UNAVAILABLE);
    assert_string_equal(err.message, "http://framehound.invalid/x?…: the host name cannot be resolved");
    assert_code(send_to(client, "http://127.0.0.1:1/", &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "http://127.0.0.1:1/: cannot connect"));
    http_client_free(client);
}

static void redirects_are_followed_without_credentials_for_strangers(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const there[] = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere", NULL};
    struct script target = {.answers = there};
    script_start(&target);
    char moved[512];
    snprintf(moved, sizeof(moved), "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
        url_at(target.port, "/there"));
    const char *const here[] = {moved, NULL};
    struct script first = {.answers = here};
    script_start(&first);
    struct http_client *client = client_make(true);
    const struct http_header headers[] = {
        {"Authorization", "Bearer secret"}, {"Api-Key", "secret"}, {"X-Plain", "kept"}};
    struct http_call call = {
        .method = HTTP_GET, .url = url_at(first.port, "/here"), .headers = headers, .header_count = 3, .redirects = 3};
    struct http_answer answer;
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "there");
    assert_string_equal(answer.url, url_at(target.port, "/there"));
    assert_non_null(strstr(first.last_request, "Api-Key: secret"));
    assert_null(strstr(target.last_request, "secret"));
    assert_non_null(strstr(target.last_request, "X-Plain: kept"));
    http_answer_release(&answer);
    // Not asked to follow.
    call.redirects = 0;
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.status, 302);
    http_answer_release(&answer);
    http_client_free(client);
    script_stop(&first);
    script_stop(&target);
}

static void redirects_that_lead_nowhere_are_ended(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct http_client *client = client_make(true);
    const char *const circle[] = {"HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = circle};
    script_start(&script);
    assert_code(send_to(client, url_at(script.port, "/"), &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "the redirects go in a circle"));
    script_stop(&script);
    const char *const deeper[] = {"HTTP/1.1 301 Moved\r\nLocation: a/\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script endless = {.answers = deeper};
    script_start(&endless);
    assert_code(send_to(client, url_at(endless.port, "/"), &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "more than 5 redirects"));
    assert_int_equal(atomic_load(&endless.served), 6);
    script_stop(&endless);
    const char *const away[] = {
        "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script leaving = {.answers = away};
    script_start(&leaving);
    assert_code(send_to(client, url_at(leaving.port, "/"), &err), ERR_INVALID);
    script_stop(&leaving);
    http_client_free(client);
}

static void headers_without_end_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const size_t size = 400000;
    char *answer = mem_alloc(size + 64);
    int begin = snprintf(answer, 64, "HTTP/1.1 200 OK\r\nX-Long: ");
    memset(answer + begin, 'a', size);
    snprintf(answer + begin + size, 32, "\r\n\r\n");
    struct script script = {.answers = (const char *const[]){answer, NULL}};
    struct http_client *client = client_make(true);
    script_start(&script);
    assert_code(send_to(client, url_at(script.port, "/"), &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "headers that are too large"));
    http_client_free(client);
    script_stop(&script);
    free(answer);
}

static void failures_that_pass_are_tried_again(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const answers[] = {"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        "", // the connection just breaks
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL};
    struct script script = {.answers = answers};
    struct http_client *client = client_make(true);
    script_start(&script);
    struct http_answer answer;
    struct http_call call = {.method = HTTP_GET, .url = url_at(script.port, "/"), .retry = &quick};
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.attempts, 3);
    assert_string_equal(answer.body, "ok");
    http_answer_release(&answer);
    // A POST is not, unless the caller knows that it may be.
    atomic_store(&script.served, 0);
    call.method = HTTP_POST;
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.status, 503);
    http_answer_release(&answer);
    atomic_store(&script.served, 0);
    call.repeatable = true;
    assert_ok(http_client_send(client, &call, NULL, &answer, &err), &err);
    assert_int_equal(answer.status, 200);
    http_answer_release(&answer);
    http_client_free(client);
    script_stop(&script);
}

static void too_large_an_answer_is_refused_told_or_not(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    enum { BODY_SIZE = 300000 };
    struct http_client *client = client_make(true);
    char *body = mem_calloc(1, BODY_SIZE);
    const char *const told[] = {"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", NULL};
    const char *const untold[] = {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", NULL};
    const char *const *const both[] = {told, untold};
    for (int i = 0; i < 2; i++) {
        struct script script = {.answers = both[i], .body = body, .body_size = BODY_SIZE};
        script_start(&script);
        struct http_answer answer;
        const struct http_call call = {
            .method = HTTP_GET, .url = url_at(script.port, "/"), .answer_limit_bytes = 299999, .retry = &quick};
        assert_code(http_client_send(client, &call, NULL, &answer, &err), ERR_LIMIT);
        assert_int_equal(atomic_load(&script.served), 1);
        http_answer_release(&answer);
        script_stop(&script);
    }
    free(body);
    http_client_free(client);
}

// Nobody accepts there: no request is ever answered.
static int listen_only(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void deadlines_and_cancel_end_a_call(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    uint16_t port;
    int fd = listen_only(&port);
    struct http_client *client = client_make(true);
    struct http_answer answer;
    struct http_call call = {.method = HTTP_GET, .url = url_at(port, "/"), .timeout_ms = 50};
    assert_code(http_client_send(client, &call, NULL, &answer, &err), ERR_TIMEOUT);
    http_answer_release(&answer);
    struct cancel *cancel = cancel_new(NULL);
    cancel_request(cancel);
    call.timeout_ms = 600000;
    assert_code(http_client_send(client, &call, cancel, &answer, &err), ERR_CANCELLED);
    http_answer_release(&answer);
    cancel_free(cancel);
    http_client_free(client);
    close(fd);
}

static void a_page_that_is_no_https_is_explained(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = answers};
    struct http_client *client = client_make(true);
    script_start(&script);
    char url[64];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", (unsigned)script.port);
    script_stop(&script);
    assert_code(send_to(client, url, &err), ERR_UNAVAILABLE);
    http_client_free(client);
}

static void silence_upon_a_greeting_of_tls_is_told(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    uint16_t port;
    char url[64];
    int fd = listen_only(&port);
    struct http_client *client = NULL;
    const struct http_client_options options = {.allow_private = true, .connect_timeout_ms = 100};
    assert_ok(http_client_new(&options, &client, &err), &err);
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", (unsigned)port);
    assert_code(send_to(client, url, &err), ERR_TIMEOUT);
    assert_err_says(&err, "does it speak TLS there?");
    http_client_free(client);
    close(fd);
}

static void tls_where_there_is_none_is_told_and_not_tried_again(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    // What Go's server says to a greeting of TLS; another would be answered well.
    const char *const answers[] = {"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script script = {.answers = answers, .answers_anything = true};
    struct http_client *client = client_make(true);
    script_start(&script);
    char url[64];
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/", (unsigned)script.port);
    struct http_answer answer;
    const struct http_call call = {.url = url, .retry = &quick};
    assert_code(http_client_send(client, &call, NULL, &answer, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "it does not speak TLS there");
    assert_true(answer.lacks_tls && answer.is_final);
    assert_int_equal(answer.attempts, 1);
    http_answer_release(&answer);
    http_client_free(client);
    script_stop(&script);
}

static void a_server_that_wants_tls_is_understood(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const bodies[] = {"Client sent an HTTP request to an HTTPS server.\n",
        "<center>The plain HTTP request was sent to HTTPS port</center>",
        "You're speaking plain HTTP to an SSL-enabled server port."};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const struct http_answer answer = {
            .status = 400, .body = (char *)(uintptr_t)bodies[i], .body_size = strlen(bodies[i])};
        assert_true(http_answer_wants_tls(&answer));
        assert_code(http_answer_check(&answer, "http://127.0.0.1/", &err), ERR_INVALID);
        assert_err_says(&err, "it speaks TLS there; https:// may be meant");
    }
    const struct http_answer another = {.status = 400, .body = (char *)(uintptr_t) "Bad Request", .body_size = 11};
    assert_false(http_answer_wants_tls(&another));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_with_status_headers_and_body),
        cmocka_unit_test(small_bodies_are_sent_without_asking),
        cmocka_unit_test(a_guarded_client_reaches_no_private_address),
        cmocka_unit_test(the_environments_proxy_does_not_get_round_the_guard),
        cmocka_unit_test(wrong_urls_are_refused_with_a_sentence),
        cmocka_unit_test(redirects_are_followed_without_credentials_for_strangers),
        cmocka_unit_test(redirects_that_lead_nowhere_are_ended),
        cmocka_unit_test(headers_without_end_are_refused),
        cmocka_unit_test(failures_that_pass_are_tried_again),
        cmocka_unit_test(too_large_an_answer_is_refused_told_or_not),
        cmocka_unit_test(deadlines_and_cancel_end_a_call),
        cmocka_unit_test(a_page_that_is_no_https_is_explained),
        cmocka_unit_test(silence_upon_a_greeting_of_tls_is_told),
        cmocka_unit_test(tls_where_there_is_none_is_told_and_not_tried_again),
        cmocka_unit_test(a_server_that_wants_tls_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
