#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/http_client.h"
#include "net/http_server_harness.h"
#include "os/thread.h"

static void paths_lead_to_their_handlers_with_decoded_parts(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/api/videos/a%20b?q=x+y%2Bz&q=second", "", answer);
    assert_status(answer, 200);
    assert_says(answer, "{\"v\":\"a b\",\"rest\":null,\"q\":\"x y+z\",\"pattern\":\"/api/videos/{v}\"}");
    assert_says(answer, "Content-Type: application/json\r\n");
    assert_says(answer, "X-Content-Type-Options: nosniff\r\n");
    assert_says(answer, "Cache-Control: no-store\r\n");
    get(fixture, "/api/videos/newest", "", answer);
    assert_says(answer, "\"pattern\":\"/api/videos/newest\"");
    get(fixture, "/api/videos/x/frames", "", answer);
    assert_says(answer, "\"pattern\":\"/api/videos/{v}/frames\"");
    get(fixture, "/web/", "", answer);
    assert_says(answer, "\"rest\":\"\"");
    get(fixture, "/web/assets/index.js", "", answer);
    assert_says(answer, "\"rest\":\"assets/index.js\"");
    get(fixture, "/", "", answer);
    assert_status(answer, 200);
    stop(fixture);
}

static void unknown_paths_and_methods_are_told_apart(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/api/nothing", "", answer);
    assert_status(answer, 404);
    assert_says(answer, "\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is nothing at /api/nothing\"");
    get(fixture, "/api/videos/", "", answer);
    assert_status(answer, 404);
    ask(fixture, "DELETE /api/videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 405);
    assert_says(answer, "Allow: GET, HEAD, POST\r\n");
    ask(fixture, "BREW /api/videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 501);
    stop(fixture);
}

static void errors_become_problem_documents(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    ask(fixture, "DELETE /api/missing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 404);
    assert_says(answer, "Content-Type: application/problem+json\r\n");
    assert_says(answer,
        "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
        "\"detail\":\"no video \\\"abc\\\"\",\"code\":\"not_found\"}");
    assert_null(strstr(answer, "X-Of-Success"));
    stop(fixture);
}

static void query_fields_are_checked(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/api/videos?limit=500&score=-0.5", "", answer);
    assert_says(answer, "{\"limit\":500,\"score\":-0.5}");
    get(fixture, "/api/videos", "", answer);
    assert_says(answer, "{\"limit\":50,\"score\":0.5}");
    get(fixture, "/api/videos?limit=0", "", answer);
    assert_status(answer, 400);
    assert_says(answer,
        "limit must be a whole number between 1 and 500, not \\\"0\\\"\",\"code\":\"invalid\",\"field\":\"limit\"}");
    get(fixture, "/api/videos?limit=ten", "", answer);
    assert_status(answer, 400);
    get(fixture, "/api/videos?score=nan", "", answer);
    assert_status(answer, 400);
    assert_says(answer, "\"field\":\"score\"");
    get(fixture, "/api/videos?limt=3", "", answer);
    assert_says(answer, "unknown query field \\\"limt\\\": did you mean \\\"limit\\\"?");
    assert_says(answer, "\"field\":\"limt\"");
    stop(fixture);
}

static void json_bodies_are_read_under_limits(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    post(fixture, "/api/videos", "Content-Type: application/json; charset=utf-8\r\n", "{\"source\":\"x\"}");
    assert_status(answer, 202);
    assert_says(answer, "\r\n\r\n{\"source\":\"x\"}");
    post(fixture, "/api/videos", AS_JSON, "{\"source\":");
    assert_status(answer, 400);
    assert_says(answer, "malformed JSON");
    post(fixture, "/api/videos", "Content-Type: text/plain\r\n", "{}");
    assert_status(answer, 400);
    char big[1500];
    memset(big, ' ', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    post(fixture, "/api/videos", AS_JSON, big);
    assert_status(answer, 413);
    assert_says(answer, "larger than 1000 bytes");
    // In chunks, so that the size is not known before.
    char chunked[2048];
    snprintf(chunked, sizeof(chunked),
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" AS_JSON
        "\r\n5db\r\n%.1499s\r\n0\r\n\r\n",
        big);
    ask(fixture, chunked, answer);
    assert_status(answer, 413);
    stop(fixture);
}

static void uploads_go_to_a_file_and_are_hashed(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fixture *fixture = start(NULL);
    struct http_client *client = NULL;
    assert_ok(http_client_new(&(struct http_client_options){.allow_private = true}, &client, &err), &err);
    size_t size = 3 << 20;
    char *body = calloc(1, size);
    char hex[SHA256_HEX_SIZE], url[128];
    sha256_of(body, size, hex);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/api/uploads/clip.mp4", (unsigned)fixture->port);
    struct http_answer got;
    const struct http_call call = {.method = HTTP_PUT, .url = url, .body = body, .body_size = size};
    assert_ok(http_client_send(client, &call, NULL, &got, &err), &err);
    assert_int_equal(got.status, 201);
    assert_says(got.body, hex);
    assert_says(got.body, "\"size\":3145728");
    http_answer_release(&got);
    http_client_free(client);
    free(body);
    stop(fixture);
    // Nobody kept it, so it is gone.
    assert_int_equal(dir_size_bytes(upload_dir), 0);
}

static void an_upload_that_breaks_off_leaves_nothing(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int fd = dial(fixture);
    say(fd, "PUT /api/uploads/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\npart");
    close(fd);
    get(fixture, "/", "", answer);
    assert_status(answer, 200);
    stop(fixture);
    assert_int_equal(dir_size_bytes(upload_dir), 0);
    assert_int_equal(rmdir(upload_dir), 0);
    assert_int_equal(mkdir(upload_dir, 0700), 0);
}

static void ranges_of_files_are_answered(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/media", "", answer);
    assert_status(answer, 200);
    assert_says(answer, "\r\n\r\n0123456789");
    assert_says(answer, "Accept-Ranges: bytes\r\n");
    assert_says(answer, "ETag: \"tag-1\"\r\n");
    assert_says(answer, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    assert_says(answer, "Cache-Control: private, max-age=60\r\n");
    static const struct {
        const char *headers;
        int status;
        const char *says;
    } cases[] = {
        {"Range: bytes=2-4\r\n", 206, "\r\n\r\n234"},
        {"Range: bytes=2-4\r\n", 206, "Content-Range: bytes 2-4/10\r\n"},
        {"Range: bytes=7-\r\n", 206, "\r\n\r\n789"},
        {"Range: bytes=-2\r\n", 206, "Content-Range: bytes 8-9/10\r\n"},
        {"Range: bytes=-20\r\n", 206, "Content-Range: bytes 0-9/10\r\n"},
        {"Range: bytes=8-99\r\n", 206, "\r\n\r\n89"},
        {"Range: bytes=10-\r\n", 416, "Content-Range: bytes */10\r\n"},
        {"Range: bytes=-0\r\n", 416, "Content-Range: bytes */10\r\n"},
        {"Range: bytes=4-2\r\n", 200, "\r\n\r\n0123456789"},
        {"Range: bytes=0-1,4-5\r\n", 200, "\r\n\r\n0123456789"},
        {"Range: lines=1-2\r\n", 200, "\r\n\r\n0123456789"},
        {"Range: bytes=99999999999999999999999-\r\n", 200, "\r\n\r\n0123456789"},
        {"Range: bytes=2-4\r\nIf-Range: \"tag-1\"\r\n", 206, "\r\n\r\n234"},
        {"Range: bytes=2-4\r\nIf-Range: \"tag-0\"\r\n", 200, "\r\n\r\n0123456789"},
        {"Range: bytes=2-4\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 206, "\r\n\r\n234"},
        {"If-None-Match: \"other\", W/\"tag-1\"\r\n", 304, "ETag: \"tag-1\"\r\n"},
        {"If-None-Match: \"other\"\r\n", 200, "0123456789"},
        {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304, "ETag"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        get(fixture, "/media", cases[i].headers, answer);
        assert_status(answer, cases[i].status);
        assert_says(answer, cases[i].says);
    }
    ask(fixture, "HEAD /media HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_status(answer, 200);
    assert_says(answer, "Content-Length: 10\r\n");
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    get(fixture, "/picture", "If-None-Match: \"picture\"\r\n", answer);
    assert_status(answer, 304);
    stop(fixture);
}

// The client tells a body that was cut off from one that ended.
static enum err_code fetch(const struct fixture *fixture, const char *path, struct http_answer *got, struct err *err)
{
    struct http_client *client = NULL;
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", (unsigned)fixture->port, path);
    assert_ok(http_client_new(&(struct http_client_options){.allow_private = true, .proxy = ""}, &client, err), err);
    const struct http_call call = {.url = url};
    enum err_code code = http_client_send(client, &call, NULL, got, err);
    http_client_free(client);
    return code;
}

static void bytes_from_elsewhere_are_answered_as_files_are(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    struct http_answer got;
    struct err err = ERR_INIT;
    int before = streams_released();
    assert_ok(fetch(fixture, "/digits", &got, &err), &err);
    assert_int_equal(got.body_size, 1000000);
    for (size_t i = 0; i < got.body_size; i++)
        assert_int_equal(got.body[i], '0' + i % 10);
    http_answer_release(&got);

    get(fixture, "/digits", "Range: bytes=300007-300009\r\n", answer);
    assert_status(answer, 206);
    assert_says(answer, "Content-Type: video/mp4\r\n");
    assert_says(answer, "Content-Range: bytes 300007-300009/1000000\r\n");
    assert_says(answer, "\r\n\r\n789");
    get(fixture, "/digits", "Range: bytes=-3\r\n", answer);
    assert_says(answer, "\r\n\r\n789");
    get(fixture, "/digits", "Range: bytes=1000000-\r\n", answer);
    assert_status(answer, 416);
    get(fixture, "/digits", "If-None-Match: \"tag-2\"\r\n", answer);
    assert_status(answer, 304);
    ask(fixture, "HEAD /digits HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer);
    assert_says(answer, "Content-Length: 1000000\r\n");

    // Half of it comes, then nothing: no client may take that for the whole.
    assert_code(fetch(fixture, "/half", &got, &err), ERR_UNAVAILABLE);
    http_answer_release(&got);
    stop(fixture);
    assert_int_equal(streams_released() - before, 7);
}

// A browser that asks whether there is something, and then for it on the same connection, must not read the rest of the
// first answer as the second one.
static void nothing_follows_the_headers_of_a_stream_on_its_connection(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int fd = dial(fixture);
    say(fd, "HEAD /parts/whole HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear(fd, answer, "\r\n\r\n");
    assert_status(answer, 200);
    assert_says(answer, "Connection: close\r\n");
    close(fd);
    stop(fixture);
}

static void a_redirect_says_where_and_for_how_long(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    get(fixture, "/elsewhere", "", answer);
    assert_status(answer, 307);
    assert_says(answer, "Location: https://elsewhere.example/a?b=c\r\n");
    assert_says(answer, "Cache-Control: private, max-age=300\r\n");
    stop(fixture);
}

static void requests_follow_each_other_on_one_connection(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int fd = dial(fixture);
    // All at once: answers come in order.
    say(fd,
        "GET /api/videos/one HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "POST /api/videos HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n" AS_JSON "\r\n[2]"
        "GET /media HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /api/videos/four HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_true(hear(fd, answer, NULL));
    const char *one = strstr(answer, "\"v\":\"one\"");
    const char *two = strstr(answer, "\r\n\r\n[2]");
    const char *three = strstr(answer, "0123456789");
    const char *four = strstr(answer, "\"v\":\"four\"");
    assert_true(one != NULL && two != NULL && three != NULL && four != NULL);
    assert_true(one < two && two < three && three < four);
    close(fd);
    stop(fixture);
}

static void events_are_sent_as_browsers_read_them(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int before = streams_released();
    get(fixture, "/events", "Last-Event-ID: 41\r\n", answer);
    assert_status(answer, 200);
    assert_says(answer, "Content-Type: text/event-stream\r\n");
    assert_says(answer, "X-Resumed-After: 41\r\n");
    assert_says(answer, "retry: 2000\n\n");
    assert_says(answer, "id: 7\nevent: tick\ndata: line\ndata: 1\n\n");
    assert_says(answer, "data: 3\n\n");
    stop(fixture);
    assert_int_equal(streams_released(), before + 1);
}

static void a_quiet_stream_stays_alive_and_ends_with_the_server(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int before = streams_released();
    int fd = dial(fixture);
    say(fd, "GET /silence HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The comments that keep it alive, after the first line.
    hear(fd, answer, ":\n\n");
    http_server_stop(fixture->server, PATIENCE_MS);
    // It ends as it should: with an empty chunk, not with a cut.
    hear(fd, answer, NULL);
    assert_says(answer, "0\r\n\r\n");
    close(fd);
    stop(fixture);
    assert_int_equal(streams_released(), before + 1);
}

static void a_stream_ends_when_its_client_leaves(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int before = streams_released();
    int fd = dial(fixture);
    say(fd, "GET /silence HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear(fd, answer, ":\n\n");
    close(fd);
    for (int i = 0; i < PATIENCE_MS && streams_released() == before; i++)
        cancel_wait(NULL, 1);
    assert_int_equal(streams_released(), before + 1);
    stop(fixture);
}

static void a_stream_that_breaks_off_is_cut_and_no_client_takes_it_for_whole(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int before = streams_released();
    get(fixture, "/parts/whole", "", answer);
    assert_says(answer, "part\n\r\n5\r\npart\n");
    assert_says(answer, "\r\n0\r\n\r\n");
    get(fixture, "/parts/broken", "", answer);
    assert_status(answer, 200);
    assert_null(strstr(answer, "\r\n0\r\n\r\n"));

    struct http_client *client = NULL;
    struct err err = ERR_INIT;
    struct http_answer got = {0};
    char url[64];
    assert_ok(http_client_new(&(struct http_client_options){.allow_private = true, .proxy = ""}, &client, &err), &err);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/parts/broken", fixture->port);
    assert_code(http_client_send(client, &(struct http_call){.url = url}, NULL, &got, &err), ERR_UNAVAILABLE);
    http_answer_release(&got);
    http_client_free(client);
    stop(fixture);
    assert_int_equal(streams_released(), before + 3);
}

static void a_stream_under_way_is_cut_when_the_server_stops(void **state)
{
    (void)state;
    struct fixture *fixture = start(NULL);
    int fd = dial(fixture);
    say(fd, "GET /parts/endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hear(fd, answer, "part\n");
    http_server_stop(fixture->server, PATIENCE_MS);
    hear(fd, answer, NULL);
    assert_null(strstr(answer, "\r\n0\r\n\r\n"));
    close(fd);
    stop(fixture);
}

#define CLIENTS 6
#define REQUESTS_EACH 40

struct crowd {
    struct http_client *client;
    uint16_t port;
    atomic_int good;
};

static void ask_often(void *arg)
{
    struct crowd *crowd = arg;
    char url[128];
    for (int i = 0; i < REQUESTS_EACH; i++) {
        struct http_answer got;
        struct err err = ERR_INIT;
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", (unsigned)crowd->port,
            i % 3 == 0       ? "media"
                : i % 3 == 1 ? "api/videos/x"
                             : "events");
        const struct http_call call = {.method = HTTP_GET, .url = url};
        if (http_client_send(crowd->client, &call, NULL, &got, &err) == ERR_NONE && got.status == 200)
            atomic_fetch_add(&crowd->good, 1);
        http_answer_release(&got);
    }
}

static void many_clients_are_served_at_a_time_and_counted(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct fixture *fixture = start(NULL);
    struct crowd crowd = {.port = fixture->port};
    struct thread *threads[CLIENTS];
    assert_ok(http_client_new(&(struct http_client_options){.allow_private = true}, &crowd.client, &err), &err);
    for (int i = 0; i < CLIENTS; i++)
        assert_ok(thread_start("client", ask_often, &crowd, &threads[i], &err), &err);
    for (int i = 0; i < CLIENTS; i++)
        thread_join(threads[i]);
    assert_int_equal(atomic_load(&crowd.good), CLIENTS * REQUESTS_EACH);
    struct metric_counter *events = metrics_counter(fixture->metrics, "framehound_http_requests_total",
        "Requests answered.", METRIC_LABELS({"route", "/events"}, {"method", "GET"}, {"status", "200"}));
    assert_int_equal(metric_count(events), CLIENTS * (REQUESTS_EACH / 3));
    http_client_free(crowd.client);
    stop(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_lead_to_their_handlers_with_decoded_parts),
        cmocka_unit_test(unknown_paths_and_methods_are_told_apart),
        cmocka_unit_test(errors_become_problem_documents),
        cmocka_unit_test(query_fields_are_checked),
        cmocka_unit_test(json_bodies_are_read_under_limits),
        cmocka_unit_test(uploads_go_to_a_file_and_are_hashed),
        cmocka_unit_test(an_upload_that_breaks_off_leaves_nothing),
        cmocka_unit_test(ranges_of_files_are_answered),
        cmocka_unit_test(bytes_from_elsewhere_are_answered_as_files_are),
        cmocka_unit_test(nothing_follows_the_headers_of_a_stream_on_its_connection),
        cmocka_unit_test(a_redirect_says_where_and_for_how_long),
        cmocka_unit_test(requests_follow_each_other_on_one_connection),
        cmocka_unit_test(events_are_sent_as_browsers_read_them),
        cmocka_unit_test(a_quiet_stream_stays_alive_and_ends_with_the_server),
        cmocka_unit_test(a_stream_ends_when_its_client_leaves),
        cmocka_unit_test(a_stream_that_breaks_off_is_cut_and_no_client_takes_it_for_whole),
        cmocka_unit_test(a_stream_under_way_is_cut_when_the_server_stops),
        cmocka_unit_test(many_clients_are_served_at_a_time_and_counted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
