#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "net/http_client.h"
#include "net/http_client_harness.h"
#include "net/http_server.h"
#include "os/file.h"

#define CONTENT_SIZE ((size_t)300000)

static char folder[FILE_PATH_MAX];

static const char *in_folder(const char *name)
{
    static char path[FILE_PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void count_progress(void *arg, uint64_t done, uint64_t total)
{
    uint64_t *seen = arg;
    assert_true(done >= *seen && (total == 0 || done <= total));
    *seen = done;
}

static char *content_make(void)
{
    char *content = mem_alloc(CONTENT_SIZE);
    for (size_t i = 0; i < CONTENT_SIZE; i++)
        content[i] = (char)(i * 31 + i / 251);
    return content;
}

static void assert_file_is(const char *path, const char *content)
{
    struct err err = ERR_INIT;
    char hex[SHA256_HEX_SIZE], expected[SHA256_HEX_SIZE];
    assert_ok(file_sha256(path, NULL, hex, NULL, &err), &err);
    sha256_of(content, CONTENT_SIZE, expected);
    assert_string_equal(hex, expected);
}

// A file that is served with ranges.
struct served_file {
    const char *path;
    char etag[16];
    atomic_int ranges; // how often a range was asked for
};

static enum err_code give_file(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    struct served_file *served = context;
    (void)err;
    if (http_request_header(request, "Range") != NULL)
        atomic_fetch_add(&served->ranges, 1);
    FILE *file = fopen(served->path, "r");
    http_response_header(
        response, "Content-Disposition", "attachment; filename=\"a;b.mp4\"; filename*=UTF-8''%C3%A9.mp4");
    http_response_file(response, "video/mp4", dup(fileno(file)), 0, CONTENT_SIZE, served->etag, 0);
    fclose(file);
    return ERR_NONE;
}

static void a_download_ends_up_whole_under_its_name(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *content = content_make();
    struct served_file served = {.path = mem_strdup(in_folder("source")), .etag = "v1"};
    assert_ok(file_write(served.path, content, CONTENT_SIZE, FILE_SYNC_NONE, &err), &err);
    struct http_server *server = NULL;
    assert_ok(http_server_new(&(struct http_server_options){0}, &server, &err), &err);
    http_server_add(server,
        &(struct http_route){.method = HTTP_GET, .pattern = "/clip.mp4", .handler = give_file, .context = &served});
    assert_ok(http_server_start(server, &err), &err);
    struct http_client *client = client_make(true);
    struct http_downloaded result;
    uint64_t seen = 0;
    char *path = mem_strdup(in_folder("loaded"));
    struct http_download download = {.url = url_at(http_server_port(server), "/clip.mp4"),
        .path = path,
        .limit_bytes = CONTENT_SIZE,
        .retry = &quick,
        .resume = true,
        .on_progress = count_progress,
        .progress_arg = &seen};
    assert_ok(http_client_download(client, &download, NULL, &result, &err), &err);
    assert_int_equal(result.size_bytes, CONTENT_SIZE);
    assert_int_equal(seen, CONTENT_SIZE);
    assert_string_equal(result.content_type, "video/mp4");
    assert_string_equal(result.file_name, "\xC3\xA9.mp4");
    assert_file_is(path, content);
    assert_false(file_exists(in_folder("loaded.part")));
    assert_false(file_exists(in_folder("loaded.part.info")));

    // What an earlier try left is continued …
    char info[512];
    snprintf(info, sizeof(info), "{\"url\":\"%s\",\"validator\":\"\\\"v1\\\"\"}", download.url);
    assert_ok(file_write(in_folder("loaded.part"), content, 1000, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_write(in_folder("loaded.part.info"), info, strlen(info), FILE_SYNC_NONE, &err), &err);
    seen = 0;
    assert_ok(http_client_download(client, &download, NULL, &result, &err), &err);
    assert_int_equal(result.resumed_bytes, 1000);
    assert_int_equal(atomic_load(&served.ranges), 1);
    assert_file_is(path, content);

    // … also when it was complete already …
    assert_ok(file_write(in_folder("loaded.part"), content, CONTENT_SIZE, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_write(in_folder("loaded.part.info"), info, strlen(info), FILE_SYNC_NONE, &err), &err);
    seen = 0;
    assert_ok(http_client_download(client, &download, NULL, &result, &err), &err);
    assert_file_is(path, content);

    // … but not when the source has changed.
    snprintf(served.etag, sizeof(served.etag), "v2");
    assert_ok(file_write(in_folder("loaded.part"), "stale", 5, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_write(in_folder("loaded.part.info"), info, strlen(info), FILE_SYNC_NONE, &err), &err);
    seen = 0;
    assert_ok(http_client_download(client, &download, NULL, &result, &err), &err);
    assert_int_equal(result.resumed_bytes, 0);
    assert_file_is(path, content);

    download.limit_bytes = CONTENT_SIZE - 1;
    assert_code(http_client_download(client, &download, NULL, &result, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "has 300000 bytes; at most 299999 are allowed"));
    assert_false(file_exists(in_folder("loaded.part")));
    http_client_free(client);
    http_server_free(server);
    free(path);
    free((char *)served.path);
    free(content);
}

static void a_download_that_breaks_off_goes_on_where_it_was(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *content = content_make();
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 300000\r\n\r\n",
        "HTTP/1.1 206 Partial\r\nContent-Range: bytes 100000-299999/300000\r\nContent-Length: 200000\r\n\r\n", NULL};
    struct script script = {.answers = answers, .body = content, .body_size = CONTENT_SIZE, .cut_after = 100000};
    script_start(&script);
    struct http_client *client = client_make(true);
    struct http_downloaded result;
    char *path = mem_strdup(in_folder("broken"));
    const struct http_download download = {
        .url = url_at(script.port, "/x"), .path = path, .limit_bytes = 1 << 20, .retry = &quick};
    assert_ok(http_client_download(client, &download, NULL, &result, &err), &err);
    assert_int_equal(result.size_bytes, CONTENT_SIZE);
    assert_file_is(path, content);
    assert_non_null(strstr(script.last_request, "Range: bytes=100000-\r\n"));
    assert_non_null(strstr(script.last_request, "If-Range: \"x\"\r\n"));
    assert_int_equal(atomic_load(&script.served), 2);
    script_stop(&script);

    const char *const missing[] = {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", NULL};
    struct script none = {.answers = missing};
    script_start(&none);
    const struct http_download of_none = {
        .url = url_at(none.port, "/x.mp4"), .path = path, .limit_bytes = 1 << 20, .retry = &quick};
    assert_code(http_client_download(client, &of_none, NULL, &result, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/x.mp4 answered 404 Not Found"));
    assert_int_equal(atomic_load(&none.served), 1);
    script_stop(&none);
    http_client_free(client);
    free(path);
    free(content);
}

// Sends a byte in a while, or none at all, and has no end.
static bool add_byte(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    const bool *silent = arg;
    if (!*silent)
        strbuf_add(out, "x", 1);
    return !cancel_wait(cancel, wait_ms < 5 ? wait_ms : 5);
}

static enum err_code give_endless(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    const struct http_stream stream = {.next = add_byte, .arg = context};
    http_response_stream(response, 200, "video/mp4", &stream);
    return ERR_NONE;
}

// To go on makes sense after a silence, and not where all the time that was allowed did not bring the end.
static void a_download_tells_the_end_of_its_time_from_a_silence(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    static const struct retry_policy once = {.attempts = 1};
    bool silent = false;
    struct http_server *server = NULL;
    assert_ok(http_server_new(&(struct http_server_options){0}, &server, &err), &err);
    http_server_add(server,
        &(struct http_route){.method = HTTP_GET, .pattern = "/live", .handler = give_endless, .context = &silent});
    assert_ok(http_server_start(server, &err), &err);
    struct http_client *client = client_make(true);
    struct http_downloaded result;
    char *path = mem_strdup(in_folder("live"));
    struct http_download download = {.path = path, .limit_bytes = 1 << 20, .retry = &quick};
    // The time ends at any part of a millisecond.
    for (download.timeout_ms = 1; download.timeout_ms <= 40; download.timeout_ms++) {
        download.url = url_at(http_server_port(server), "/live");
        assert_code(http_client_download(client, &download, NULL, &result, &err), ERR_TIMEOUT);
        assert_true(result.time_is_up);
    }
    silent = true;
    download.url = url_at(http_server_port(server), "/live");
    download.timeout_ms = 600000;
    download.low_speed_ms = 1000;
    download.retry = &once;
    assert_code(http_client_download(client, &download, NULL, &result, &err), ERR_TIMEOUT);
    assert_false(result.time_is_up);
    http_client_free(client);
    http_server_free(server);
    free(path);
}

static int make_folder(void **state)
{
    (void)state;
    return dir_make_temporary(NULL, "framehound-download-", folder, NULL) == ERR_NONE ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return dir_remove_tree(folder, NULL) == ERR_NONE ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_download_ends_up_whole_under_its_name),
        cmocka_unit_test(a_download_that_breaks_off_goes_on_where_it_was),
        cmocka_unit_test(a_download_tells_the_end_of_its_time_from_a_silence),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
