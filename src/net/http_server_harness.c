#include "net/http_server_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

// --- What the server under test does ---

char upload_dir[FILE_PATH_MAX];
static char media_path[FILE_PATH_MAX + 16];
static atomic_int released;
char answer[ANSWER_MAX];

static enum err_code echo_params(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)err;
    json_t *object = json_object();
    json_set_string(object, "v", http_request_param(request, "v"));
    json_set_string(object, "rest", http_request_param(request, "rest"));
    json_set_string(object, "q", http_request_query(request, "q"));
    json_set_string(object, "pattern", http_request_pattern(request));
    http_response_json(response, 200, object);
    return ERR_NONE;
}

static enum err_code tell_the_way(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)err;
    json_t *object = json_object();
    json_set_bool(object, "proxied", http_request_is_proxied(request));
    http_response_json(response, 200, object);
    return ERR_NONE;
}

static enum err_code fail_with(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    http_response_header(response, "X-Of-Success", "1");
    http_response_bytes(response, 200, "text/plain", "x", 1);
    return err_set(err, *(enum err_code *)context, "no video \"%s\"", "abc");
}

static enum err_code take_json(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    json_t *value = NULL;
    enum err_code code = http_request_json(request, &value, err);
    if (code == ERR_NONE)
        http_response_json(response, 202, value);
    return code;
}

static enum err_code take_limit(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    static const char *const allowed[] = {"limit", "score", NULL};
    int64_t limit = 0;
    double score = 0;
    (void)context;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "limit", 1, 500, 50, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "score", -1, 1, 0.5, &score, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, json_pack("{s:I,s:f}", "limit", (json_int_t)limit, "score", score));
    return code;
}

static enum err_code take_upload(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    uint64_t size = 0;
    const char *hex = NULL;
    (void)context;
    (void)err;
    const char *path = http_request_body_path(request, &size, &hex);
    assert_true(file_exists(path));
    json_t *object = json_object();
    json_set_int64(object, "size", (int64_t)size);
    json_set_string(object, "sha256", hex);
    http_response_json(response, 201, object);
    return ERR_NONE;
}

static enum err_code give_media(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    // Ten bytes that do not begin at the file's start.
    int fd = open(media_path, O_RDONLY | O_CLOEXEC);
    http_response_header(response, "Cache-Control", "private, max-age=60");
    http_response_file(response, "video/mp4", fd, 5, 10, "tag-1", 784111777000000);
    return ERR_NONE;
}

static void count_release(void *arg)
{
    free(arg);
    atomic_fetch_add(&released, 1);
}

static enum err_code read_digits(void *arg, uint64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    uint64_t end = *(const uint64_t *)arg;
    (void)err;
    if (offset >= end)
        return err_set(err, ERR_UNAVAILABLE, "nothing more comes");
    *got = size < end - offset ? size : (size_t)(end - offset);
    for (size_t i = 0; i < *got; i++)
        ((char *)buffer)[i] = (char)('0' + (offset + i) % 10);
    return ERR_NONE;
}

// A million digits from elsewhere, of which as many come as the context says.
static enum err_code give_digits(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    const struct http_reader reader = {
        .read = read_digits, .release = count_release, .arg = mem_dup(context, sizeof(uint64_t))};
    http_response_reader(response, "video/mp4", &reader, 1000000, "tag-2", 784111777000000);
    return ERR_NONE;
}

static enum err_code give_redirect(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    http_response_redirect(response, "https://elsewhere.example/a?b=c", 300);
    return ERR_NONE;
}

static enum err_code give_picture(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    http_response_owned(response, 200, "image/jpeg", (void *)(uintptr_t) "jpeg", 4, NULL);
    http_response_etag(response, "picture");
    return ERR_NONE;
}

static bool count_to_three(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    int *n = arg;
    char data[32];
    (void)wait_ms;
    (void)cancel;
    snprintf(data, sizeof(data), "line\n%d", ++*n);
    http_event_append(out, "7", "tick", data);
    return *n < 3;
}

static bool say_nothing(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    (void)arg;
    (void)out;
    cancel_wait(cancel, wait_ms);
    return true;
}

static enum err_code give_events(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)err;
    if (http_request_last_event_id(request) != NULL)
        http_response_header(response, "X-Resumed-After", http_request_last_event_id(request));
    const struct http_stream stream = {.next = context != NULL ? say_nothing : count_to_three,
        .release = count_release,
        .arg = calloc(1, sizeof(int))};
    http_response_events(response, 2000, context != NULL ? 20 : 0, &stream);
    return ERR_NONE;
}

// Three parts; what becomes of them says the path.
static bool add_part(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    int *n = arg;
    bool is_endless = *n < 0;
    if (is_endless)
        cancel_wait(cancel, wait_ms);
    else
        ++*n;
    strbuf_adds(out, "part\n");
    return is_endless || *n < 3;
}

static bool all_parts(void *arg)
{
    return *(int *)arg == 3;
}

static bool no_parts(void *arg)
{
    (void)arg;
    return false;
}

static enum err_code give_parts(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)err;
    const char *how = http_request_param(request, "how");
    int *n = calloc(1, sizeof(*n));
    assert_non_null(n);
    if (strcmp(how, "endless") == 0)
        *n = -1;
    const struct http_stream stream = {.next = add_part,
        .release = count_release,
        .is_whole = strcmp(how, "broken") == 0 ? no_parts : all_parts,
        .arg = n};
    http_response_stream(response, 200, "text/plain", &stream);
    return ERR_NONE;
}

static enum err_code log_in(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    json_t *value = NULL;
    const char *token = NULL;
    (void)context;
    enum err_code code = http_request_json(request, &value, err);
    if (code == ERR_NONE)
        code = json_get_string(value, "token", &token, err);
    if (code == ERR_NONE && !http_response_start_session(response, request, token, false))
        code = err_set(err, ERR_DENIED, "the token is wrong");
    json_decref(value);
    return code;
}

static enum err_code wait_for_stop(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    static int under_way;
    (void)response;
    // Tells the test that the request is under way.
    if (bounded_queue_push(context, &under_way, 0, NULL, err) != ERR_NONE)
        return err->code;
    cancel_wait(http_request_cancel(request), PATIENCE_MS);
    return cancel_check(http_request_cancel(request), err);
}

static void add(struct http_server *server, enum http_method method, const char *pattern, http_handler handler,
    void *context, unsigned flags, uint64_t body_most)
{
    http_server_add(server,
        &(struct http_route){.method = method,
            .pattern = pattern,
            .handler = handler,
            .context = context,
            .flags = flags,
            .body_bytes_most = body_most});
}

static void add_routes(struct fixture *fixture)
{
    static enum err_code not_found = ERR_NOT_FOUND;
    static int silent;
    static uint64_t all_digits = 1000000;
    static uint64_t half_of_them = 500000;
    struct http_server *server = fixture->server;
    add(server, HTTP_GET, "/", echo_params, NULL, HTTP_ROUTE_OPEN, 0);
    add(server, HTTP_GET, "/api/videos/{v}", echo_params, NULL, 0, 0);
    add(server, HTTP_GET, "/api/videos/newest", echo_params, NULL, 0, 0);
    add(server, HTTP_GET, "/api/videos/{v}/frames", echo_params, NULL, 0, 0);
    add(server, HTTP_GET, "/api/names/{v}", echo_params, NULL, HTTP_ROUTE_SLASHES, 0);
    add(server, HTTP_GET, "/api/way", tell_the_way, NULL, 0, 0);
    add(server, HTTP_GET, "/web/{rest...}", echo_params, NULL, 0, 0);
    add(server, HTTP_POST, "/api/videos", take_json, NULL, 0, 1000);
    add(server, HTTP_GET, "/api/videos", take_limit, NULL, 0, 0);
    add(server, HTTP_DELETE, "/api/missing", fail_with, &not_found, 0, 0);
    add(server, HTTP_PUT, "/api/uploads/{name}", take_upload, NULL, HTTP_ROUTE_BODY_FILE, 3 << 20);
    add(server, HTTP_GET, "/media", give_media, NULL, 0, 0);
    add(server, HTTP_GET, "/digits", give_digits, &all_digits, 0, 0);
    add(server, HTTP_GET, "/half", give_digits, &half_of_them, 0, 0);
    add(server, HTTP_GET, "/elsewhere", give_redirect, NULL, 0, 0);
    add(server, HTTP_GET, "/picture", give_picture, NULL, 0, 0);
    add(server, HTTP_GET, "/events", give_events, NULL, 0, 0);
    add(server, HTTP_GET, "/silence", give_events, &silent, 0, 0);
    add(server, HTTP_GET, "/parts/{how}", give_parts, NULL, 0, 0);
    add(server, HTTP_POST, "/login", log_in, NULL, HTTP_ROUTE_OPEN, 0);
    add(server, HTTP_GET, "/wait", wait_for_stop, fixture->waiting, 0, 0);
}

void start_with(struct fixture *fixture, struct http_server_options options)
{
    struct err err = ERR_INIT;
    fixture->metrics = metrics_new();
    fixture->waiting = bounded_queue_new(64);
    options.metrics = fixture->metrics;
    options.upload_directory = upload_dir;
    assert_ok(http_server_new(&options, &fixture->server, &err), &err);
    add_routes(fixture);
    assert_ok(http_server_start(fixture->server, &err), &err);
    fixture->port = http_server_port(fixture->server);
    assert_true(fixture->port > 0);
}

struct fixture *start(const char *token)
{
    static struct fixture fixture;
    start_with(&fixture, (struct http_server_options){.token = token});
    return &fixture;
}

void stop(struct fixture *fixture)
{
    http_server_free(fixture->server);
    metrics_free(fixture->metrics);
    bounded_queue_free(fixture->waiting, NULL);
    *fixture = (struct fixture){0};
}

// --- A client that sends just the bytes it is told to ---

int dial(const struct fixture *fixture)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(fixture->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void say(int fd, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), length);
}

bool hear(int fd, char out[ANSWER_MAX], const char *until)
{
    size_t size = 0;
    out[0] = '\0';
    while (size + 1 < ANSWER_MAX) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        if (poll(&polled, 1, PATIENCE_MS) <= 0)
            fail_msg("no answer; so far: %s", out);
        ssize_t got = recv(fd, out + size, ANSWER_MAX - 1 - size, 0);
        if (got <= 0)
            return true;
        size += (size_t)got;
        out[size] = '\0';
        if (until != NULL && strstr(out, until) != NULL)
            return false;
    }
    return false;
}

void ask(const struct fixture *fixture, const char *request, char out[ANSWER_MAX])
{
    int fd = dial(fixture);
    say(fd, request);
    hear(fd, out, NULL);
    close(fd);
}

void get(const struct fixture *fixture, const char *target, const char *headers, char out[ANSWER_MAX])
{
    char request[4096];
    snprintf(
        request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n", target, headers);
    ask(fixture, request, out);
}

void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text);
}

void assert_status(const char *text, int status)
{
    char expected[32];
    snprintf(expected, sizeof(expected), "HTTP/1.1 %d ", status);
    if (strncmp(text, expected, strlen(expected)) != 0)
        fail_msg("not %d: %s", status, text);
}

int streams_released(void)
{
    return atomic_load(&released);
}

void post(const struct fixture *fixture, const char *target, const char *headers, const char *body)
{
    char request[8192];
    snprintf(request, sizeof(request),
        "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s", target,
        strlen(body), headers, body);
    ask(fixture, request, answer);
}

int make_folder(void **state)
{
    (void)state;
    if (dir_make_temporary(NULL, "framehound-http-", upload_dir, NULL) != ERR_NONE)
        return -1;
    snprintf(media_path, sizeof(media_path), "%s.media", upload_dir);
    return file_write(media_path, "skip:0123456789:end", 19, FILE_SYNC_NONE, NULL) == ERR_NONE ? 0 : -1;
}

int remove_folder(void **state)
{
    (void)state;
    unlink(media_path);
    return dir_remove_tree(upload_dir, NULL) == ERR_NONE ? 0 : -1;
}
