#include "base/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ingest/fetch.h"
#include "ingest/fetch_internal.h"
#include "ingest/guard_proxy.h"
#include "ingest/source.h"
#include "net/http_server.h"
#include "os/child.h"
#include "os/file.h"

#define CLIP_BYTES 100000
#define WHOLE_BYTES ((size_t)17 << 20)

static struct {
    struct http_server *server;
    char dir[FILE_PATH_MAX];
    char clip[FILE_PATH_MAX + 16];
    char *whole;
    atomic_int requests;
} web;

// ---- a web server on loopback

static enum err_code serve_clip(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    web.requests++;
    int fd = open(web.clip, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "no clip");
    http_response_file(response, "video/mp4", fd, 0, CLIP_BYTES, "v1", 0);
    return ERR_NONE;
}

static enum err_code serve_page(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    web.requests++;
    http_response_bytes(response, 200, "text/html; charset=utf-8", context, strlen(context));
    return ERR_NONE;
}

static enum err_code serve_redirect(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    web.requests++;
    http_response_header(response, "Location", context);
    http_response_bytes(response, 302, "text/plain", "", 0);
    return ERR_NONE;
}

// Has no ranges and is larger than an answer usually may be.
static enum err_code serve_whole(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    http_response_bytes(response, 200, "video/mp4", context, WHOLE_BYTES);
    return ERR_NONE;
}

static enum err_code serve_nothing(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    http_response_bytes(response, 200, "video/mp4", "", 0);
    return ERR_NONE;
}

// Never says how much there is, and never ends.
static bool add_more(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    static const char bytes[1000];
    (void)arg;
    strbuf_add(out, bytes, sizeof(bytes));
    return !cancel_wait(cancel, wait_ms < 20 ? wait_ms : 20);
}

static enum err_code serve_live(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    const struct http_stream stream = {.next = add_more};
    http_response_stream(response, 200, "video/mp4", &stream);
    return ERR_NONE;
}

static char page_with_video[] = "<!DOCTYPE html><html><head><title>A walk</title></head><body>"
                                "<video src=\"/clip.mp4\"></video></body></html>";
static char page_without_video[] = "<!DOCTYPE html><html><head><title>Words</title></head><body>words</body></html>";

static int open_web(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char bytes[CLIP_BYTES];
    const struct http_server_options options = {.log = log_none()};
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 7 + i / 251);
    assert_ok(dir_make_temporary(NULL, "framehound-fetch-", web.dir, &err), &err);
    snprintf(web.clip, sizeof(web.clip), "%s/clip.mp4", web.dir);
    assert_ok(file_write(web.clip, bytes, sizeof(bytes), FILE_SYNC_NONE, &err), &err);
    web.whole = mem_calloc(1, WHOLE_BYTES);
    assert_ok(http_server_new(&options, &web.server, &err), &err);
    const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/clip.mp4", .handler = serve_clip},
        {.method = HTTP_GET, .pattern = "/whole.mp4", .handler = serve_whole, .context = web.whole},
        {.method = HTTP_GET, .pattern = "/page", .handler = serve_page, .context = page_with_video},
        {.method = HTTP_GET, .pattern = "/words", .handler = serve_page, .context = page_without_video},
        {.method = HTTP_GET, .pattern = "/empty.mp4", .handler = serve_nothing},
        {.method = HTTP_GET, .pattern = "/live", .handler = serve_live},
        {.method = HTTP_GET, .pattern = "/moved", .handler = serve_redirect, .context = "/clip.mp4"},
        {.method = HTTP_GET, .pattern = "/loop", .handler = serve_redirect, .context = "/loop"},
    };
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        http_server_add(web.server, &routes[i]);
    assert_ok(http_server_start(web.server, &err), &err);
    return 0;
}

static int close_web(void **state)
{
    (void)state;
    http_server_free(web.server);
    free(web.whole);
    return dir_remove_tree(web.dir, NULL) == ERR_NONE ? 0 : -1;
}

// ---- fetching

struct attempt {
    struct fetched fetched;
    struct err err;
    char dir[FILE_PATH_MAX];
};

static enum err_code fetch_as(
    const struct fetch_settings *settings, const char *canonical, bool remote, struct attempt *attempt)
{
    struct fetch *fetch = NULL;
    *attempt = (struct attempt){.err = ERR_INIT};
    assert_ok(fetch_new(settings, log_none(), &fetch, &attempt->err), &attempt->err);
    assert_ok(dir_make_temporary(web.dir, "try-", attempt->dir, &attempt->err), &attempt->err);
    const struct fetch_request request = {.source = canonical, .remote = remote, .dir = attempt->dir};
    enum err_code code = fetch_source(fetch, &request, NULL, &attempt->fetched, &attempt->err);
    fetch_free(fetch);
    return code;
}

static enum err_code fetch_canonical(
    const char *canonical, bool remote, int64_t limit, const char *yt_dlp, struct attempt *attempt)
{
    struct fetch_settings settings;
    fetch_settings_default(&settings);
    settings.size_limit_bytes = limit;
    settings.timeout_ms = 60000;
    if (yt_dlp != NULL)
        settings.yt_dlp = yt_dlp;
    return fetch_as(&settings, canonical, remote, attempt);
}

#define URL_SIZE 128

static void url_on_web(const char *path, char url[URL_SIZE])
{
    snprintf(url, URL_SIZE, "http://127.0.0.1:%u%s", (unsigned)http_server_port(web.server), path);
}

static enum err_code fetch_from_web(
    const char *path, bool remote, int64_t limit, const char *yt_dlp, struct attempt *attempt)
{
    char url[URL_SIZE];
    url_on_web(path, url);
    return fetch_canonical(url, remote, limit, yt_dlp, attempt);
}

static void expect_clip(const struct attempt *attempt)
{
    char is[SHA256_HEX_SIZE], should_be[SHA256_HEX_SIZE];
    assert_ok(file_sha256(web.clip, NULL, should_be, NULL, NULL), &attempt->err);
    assert_ok(file_sha256(attempt->fetched.path, NULL, is, NULL, NULL), &attempt->err);
    assert_string_equal(is, should_be);
    assert_int_equal(attempt->fetched.size_bytes, CLIP_BYTES);
    assert_true(attempt->fetched.owned);
}

static void a_direct_file_is_downloaded(void **state)
{
    (void)state;
    struct attempt attempt;
    assert_ok(fetch_from_web("/clip.mp4", false, 1 << 20, NULL, &attempt), &attempt.err);
    expect_clip(&attempt);
    assert_ok(fetch_from_web("/moved", false, 1 << 20, NULL, &attempt), &attempt.err);
    expect_clip(&attempt);
}

static void a_large_file_is_downloaded_from_a_server_without_ranges(void **state)
{
    (void)state;
    struct attempt attempt;
    assert_ok(fetch_from_web("/whole.mp4", false, 1 << 30, NULL, &attempt), &attempt.err);
    assert_int_equal(attempt.fetched.size_bytes, WHOLE_BYTES);
}

static void what_cannot_be_downloaded_says_why(void **state)
{
    (void)state;
    struct attempt attempt;
    assert_code(fetch_from_web("/nothing", false, 1 << 20, NULL, &attempt), ERR_NOT_FOUND);
    assert_code(fetch_from_web("/clip.mp4", false, 1000, NULL, &attempt), ERR_LIMIT);
    assert_non_null(strstr(attempt.err.message, "1000 bytes that --max-download allows"));
    assert_code(fetch_from_web("/loop", false, 1 << 20, NULL, &attempt), ERR_INVALID);
    assert_code(fetch_from_web("/page", false, 1 << 20, "", &attempt), ERR_INVALID);
    assert_non_null(strstr(attempt.err.message, "yt-dlp"));
}

// To begin again would not bring its end nearer. On a slow machine nothing may have come in the shortest times.
static void a_stream_without_an_end_is_not_tried_again(void **state)
{
    (void)state;
    struct fetch_settings settings;
    struct attempt attempt;
    enum err_code code = ERR_TIMEOUT;
    char url[URL_SIZE];
    fetch_settings_default(&settings);
    url_on_web("/live", url);
    for (settings.timeout_ms = 400; code == ERR_TIMEOUT && settings.timeout_ms < 60000; settings.timeout_ms *= 2)
        code = fetch_as(&settings, url, false, &attempt);
    assert_int_equal(code, ERR_LIMIT);
    assert_non_null(strstr(attempt.err.message, "a live stream has no end"));
}

// yt-dlp by its own words, and a file that an earlier try left.
static void the_file_that_yt_dlp_names_is_taken(void **state)
{
    (void)state;
    static const char script[] = "#!/bin/sh\nprintf old > video.f136.webm\nprintf newer > video.mp4\n"
                                 "echo \"framehound-file $PWD/video.mp4\"\n";
    struct attempt attempt;
    struct err err = ERR_INIT;
    char program[FILE_PATH_MAX];
    snprintf(program, sizeof(program), "%.4000s/pretended-yt-dlp", web.dir);
    assert_ok(file_write(program, script, sizeof(script) - 1, FILE_SYNC_NONE, &err), &err);
    assert_int_equal(chmod(program, 0700), 0);
    assert_ok(fetch_from_web("/page", false, 1 << 20, program, &attempt), &attempt.err);
    assert_non_null(strstr(attempt.fetched.path, "/video.mp4"));
    assert_int_equal(attempt.fetched.size_bytes, 5);
}

static void words_of_yt_dlp_say_what_to_do(void **state)
{
    (void)state;
    static const char script[] =
        "#!/bin/sh\n"
        "echo 'WARNING: [youtube] No supported JavaScript runtime could be found. Only deno is enabled' >&2\n"
        "echo 'ERROR: [youtube] timeout-removed: Requested format is not available. Use --list-formats' >&2\n"
        "exit 1\n";
    struct attempt attempt;
    struct err err = ERR_INIT;
    char program[FILE_PATH_MAX];
    snprintf(program, sizeof(program), "%.4000s/failing-yt-dlp", web.dir);
    assert_ok(file_write(program, script, sizeof(script) - 1, FILE_SYNC_NONE, &err), &err);
    assert_int_equal(chmod(program, 0700), 0);
    assert_code(fetch_from_web("/page", false, 1 << 20, program, &attempt), ERR_INVALID);
    assert_non_null(strstr(attempt.err.message, "found no Deno here"));
    assert_null(strstr(attempt.err.message, "--list-formats"));
}

static void need_yt_dlp(void)
{
    struct fetch_settings settings;
    fetch_settings_default(&settings);
    char *program = child_find_program(settings.yt_dlp);
    bool found = program != NULL;
    free(program);
    if (!found)
        skip_because("yt-dlp is not installed");
}

static void expect_no_secret(const char *path, int64_t limit, const char *yt_dlp, const char *words)
{
    struct attempt attempt;
    assert_int_not_equal(fetch_from_web(path, false, limit, yt_dlp, &attempt), ERR_NONE);
    if (strstr(attempt.err.message, words) == NULL || strstr(attempt.err.message, "TOPSECRET") != NULL)
        fail_msg("\"%s\" does not say \"%s\", or tells the secret", attempt.err.message, words);
}

// Errors go to the log, the activity and the dead letters, where others may read them.
static void an_error_does_not_tell_the_secret_of_an_address(void **state)
{
    (void)state;
    expect_no_secret("/empty.mp4?X-Amz-Signature=TOPSECRET", 1 << 20, NULL, "/empty.mp4?… is empty");
    expect_no_secret("/clip.mp4?token=TOPSECRET", 1000, NULL, "/clip.mp4?… is larger than");
    expect_no_secret("/nothing?token=TOPSECRET", 1 << 20, NULL, "404");
    expect_no_secret("/loop?token=TOPSECRET", 1 << 20, NULL, "/loop");
    expect_no_secret("/page?token=TOPSECRET", 1 << 20, "", "/page?… is a web page");
}

static void an_error_of_yt_dlp_does_not_tell_it_either(void **state)
{
    (void)state;
    need_yt_dlp();
    expect_no_secret("/words?token=TOPSECRET", 1 << 20, NULL, "Unsupported URL");
    expect_no_secret("/page?token=TOPSECRET", 1000, NULL, "found no video on the page");
}

// Notes what it is started with and what is in the file of addresses, and fails.
static const char noting_program[] = "#!/bin/sh\n"
                                     "printf '%s\\n' \"$@\" >\"$0.arguments\"\n"
                                     "while [ \"$1\" != --batch-file ]; do shift; done\n"
                                     "cp \"$2\" \"$0.address\"\n"
                                     "exit 1\n";

static char *read_beside(const char *path, const char *ending)
{
    struct err err = ERR_INIT;
    char *text = NULL;
    size_t size = 0;
    char *file = mem_sprintf("%s.%s", path, ending);
    assert_ok(file_read(file, 65536, &text, &size, &err), &err);
    free(file);
    return text;
}

// Arguments are for all users of a machine to see.
static void the_address_is_no_argument_of_yt_dlp(void **state)
{
    (void)state;
    struct attempt attempt = {.err = ERR_INIT};
    char *program = mem_sprintf("%s/noting", web.dir);
    assert_ok(file_write(program, noting_program, strlen(noting_program), FILE_SYNC_NONE, &attempt.err), &attempt.err);
    assert_int_equal(chmod(program, 0700), 0);
    assert_int_not_equal(fetch_from_web("/words?token=TOPSECRET", false, 1 << 20, program, &attempt), ERR_NONE);
    char *arguments = read_beside(program, "arguments");
    char *address = read_beside(program, "address");
    assert_non_null(strstr(arguments, "--max-filesize"));
    assert_null(strstr(arguments, "TOPSECRET"));
    assert_non_null(strstr(address, "/words?token=TOPSECRET"));
    free(arguments);
    free(address);
    free(program);
}

static void remote_users_do_not_reach_this_machine(void **state)
{
    (void)state;
    struct attempt attempt;
    web.requests = 0;
    assert_code(fetch_from_web("/clip.mp4", true, 1 << 20, NULL, &attempt), ERR_DENIED);
    assert_code(fetch_from_web("/page", true, 1 << 20, NULL, &attempt), ERR_DENIED);
    assert_code(fetch_canonical("http://169.254.169.254/latest", true, 1 << 20, NULL, &attempt), ERR_DENIED);
    assert_int_equal(web.requests, 0);
}

static void the_video_of_a_page_is_fetched(void **state)
{
    (void)state;
    struct attempt attempt;
    need_yt_dlp();
    assert_ok(fetch_from_web("/page", false, 1 << 20, NULL, &attempt), &attempt.err);
    expect_clip(&attempt);
    assert_int_equal(strncmp(attempt.fetched.title, "A walk", 6), 0);
}

static void a_page_without_a_video_says_so(void **state)
{
    (void)state;
    struct attempt attempt;
    need_yt_dlp();
    assert_code(fetch_from_web("/words", false, 1 << 20, NULL, &attempt), ERR_INVALID);
    assert_non_null(strstr(attempt.err.message, "Unsupported URL"));
}

// Past the first look, which would refuse it already: what yt-dlp itself asks for goes through the guard.
static void what_a_page_leads_to_does_not_reach_this_machine_either(void **state)
{
    (void)state;
    struct fetch_settings settings;
    struct fetch *fetch = NULL;
    struct fetched fetched = {0};
    struct err err = ERR_INIT;
    char url[128];
    char dir[FILE_PATH_MAX];
    need_yt_dlp();
    fetch_settings_default(&settings);
    settings.timeout_ms = 60000;
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/page", (unsigned)http_server_port(web.server));
    assert_ok(fetch_new(&settings, log_none(), &fetch, &err), &err);
    assert_ok(dir_make_temporary(web.dir, "try-", dir, &err), &err);
    const struct fetch_request request = {.source = url, .remote = true, .dir = dir};
    web.requests = 0;
    assert_code(fetch_page(fetch, &request, url, NULL, &fetched, &err), ERR_DENIED);
    assert_non_null(strstr(err.message, "private networks"));
    assert_int_equal(web.requests, 0);
    fetch_free(fetch);
}

static void a_file_that_changed_after_it_was_submitted_is_not_taken(void **state)
{
    (void)state;
    struct attempt attempt;
    struct source source;
    char path[FILE_PATH_MAX + 16];
    struct err err = ERR_INIT;
    snprintf(path, sizeof(path), "%s/own.mp4", web.dir);
    assert_ok(file_write(path, "first", 5, FILE_SYNC_NONE, &err), &err);
    assert_ok(source_resolve(path, false, false, NULL, &source, &err), &err);
    assert_ok(fetch_canonical(source.canonical, false, 1 << 20, NULL, &attempt), &attempt.err);
    assert_false(attempt.fetched.owned);
    assert_code(fetch_canonical(source.canonical, true, 1 << 20, NULL, &attempt), ERR_DENIED);
    assert_code(fetch_canonical(source.canonical, false, 3, NULL, &attempt), ERR_LIMIT);
    assert_ok(file_write(path, "other", 5, FILE_SYNC_NONE, &err), &err);
    assert_code(fetch_canonical(source.canonical, false, 1 << 20, NULL, &attempt), ERR_CONFLICT);
    assert_ok(file_remove(path, &err), &err);
    assert_code(fetch_canonical(source.canonical, false, 1 << 20, NULL, &attempt), ERR_NOT_FOUND);
}

// ---- the guard

// Sends a request to the proxy and reads the status of its answer; 0 if it just closes.
static int ask_guard(const struct guard_proxy *guard, const char *request, bool authorised)
{
    const char *url = guard_proxy_url(guard);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
    char pair[128], encoded[256] = "", answer[512] = "";
    snprintf(pair, sizeof(pair), "%.*s", (int)strcspn(url + 7, "@"), url + 7);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;
    for (size_t i = 0, length = strlen(pair); i < length; i += 3) {
        unsigned block = 0;
        for (size_t k = 0; k < 3; k++)
            block = block << 8 | (i + k < length ? (unsigned char)pair[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            encoded[n++] = i + k > length ? '=' : digits[block >> (18 - 6 * k) & 63];
    }
    struct strbuf text;
    strbuf_init(&text);
    strbuf_adds(&text, request);
    if (authorised)
        strbuf_addf(&text, "Proxy-Authorization: Basic %s\r\n", encoded);
    strbuf_adds(&text, "\r\n");
    assert_int_equal(send(fd, text.data, text.size, MSG_NOSIGNAL), (ssize_t)text.size);
    strbuf_release(&text);
    int status = 0;
    if (recv(fd, answer, sizeof(answer) - 1, 0) > 0)
        sscanf(answer, "HTTP/1.1 %d", &status);
    close(fd);
    return status;
}

static void the_guard_connects_to_public_addresses_only(void **state)
{
    (void)state;
    struct guard_proxy *guard = NULL;
    struct err err = ERR_INIT;
    char request[256];
    unsigned port = http_server_port(web.server);
    assert_ok(guard_proxy_start(log_none(), &guard, &err), &err);
    web.requests = 0;
    snprintf(request, sizeof(request), "GET http://127.0.0.1:%u/clip.mp4 HTTP/1.1\r\nHost: x\r\n", port);
    assert_int_equal(ask_guard(guard, request, false), 407);
    assert_int_equal(ask_guard(guard, request, true), 403);
    snprintf(request, sizeof(request), "CONNECT 127.0.0.1:%u HTTP/1.1\r\n", port);
    assert_int_equal(ask_guard(guard, request, true), 403);
    snprintf(request, sizeof(request), "CONNECT localhost:%u HTTP/1.1\r\n", port);
    assert_int_equal(ask_guard(guard, request, true), 403);
    snprintf(request, sizeof(request), "CONNECT [::ffff:127.0.0.1]:%u HTTP/1.1\r\n", port);
    assert_int_equal(ask_guard(guard, request, true), 403);
    assert_int_equal(ask_guard(guard, "CONNECT 10.0.0.1:80 HTTP/1.1\r\n", true), 403);
    assert_int_equal(ask_guard(guard, "GET http://169.254.169.254/ HTTP/1.1\r\n", true), 403);
    assert_int_equal(ask_guard(guard, "GET /origin-form HTTP/1.1\r\n", true), 400);
    assert_int_equal(ask_guard(guard, "CONNECT nowhere HTTP/1.1\r\n", true), 400);
    assert_int_equal(ask_guard(guard, "GET http://user@127.0.0.1/ HTTP/1.1\r\n", true), 400);
    assert_int_equal(ask_guard(guard, "CONNECT name.invalid:80 HTTP/1.1\r\n", true), 502);
    assert_int_equal(web.requests, 0);
    guard_proxy_stop(guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_direct_file_is_downloaded),
        cmocka_unit_test(a_large_file_is_downloaded_from_a_server_without_ranges),
        cmocka_unit_test(what_cannot_be_downloaded_says_why),
        cmocka_unit_test(an_error_does_not_tell_the_secret_of_an_address),
        cmocka_unit_test(an_error_of_yt_dlp_does_not_tell_it_either),
        cmocka_unit_test(the_address_is_no_argument_of_yt_dlp),
        cmocka_unit_test(remote_users_do_not_reach_this_machine),
        cmocka_unit_test(a_stream_without_an_end_is_not_tried_again),
        cmocka_unit_test(the_file_that_yt_dlp_names_is_taken),
        cmocka_unit_test(words_of_yt_dlp_say_what_to_do),
        cmocka_unit_test(the_video_of_a_page_is_fetched),
        cmocka_unit_test(a_page_without_a_video_says_so),
        cmocka_unit_test(what_a_page_leads_to_does_not_reach_this_machine_either),
        cmocka_unit_test(a_file_that_changed_after_it_was_submitted_is_not_taken),
        cmocka_unit_test(the_guard_connects_to_public_addresses_only),
    };
    return cmocka_run_group_tests(tests, open_web, close_web);
}
