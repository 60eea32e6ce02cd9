// Fuzzer: any bytes as a request's target, as headers that the server takes apart, and as an address.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "net/address_guard.h"
#include "net/http_server_internal.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "/api/v1/videos/0123456789abcdef/frames?from_us=0&to_us=1000000&limit=10&cursor=x%3D",
        "/api/v1/projects/demo/uploads/a%20name.mp4",
        "/assets/a/b/c.js?v=1+2",
        "http://localhost:8080/api/v1/videos",
        "bytes=0-499",
        "bytes=-1",
        "bytes=9223372036854775807-18446744073709551615",
        "\"abc\", W/\"def\", *",
        "https://user:secret@example.org:8080/a/b?token=x#y",
        "[2001:db8::1]",
        "::ffff:127.0.0.1",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static struct http_server *server_with_routes(void)
{
    static struct http_server server;
    static const char *const patterns[] = {"/api/v1/videos/{v}", "/api/v1/videos/{v}/frames", "/api/v1/videos",
        "/api/v1/projects/{p}/uploads/{name}", "/assets/{rest...}", "/"};
    if (server.routes != NULL)
        return &server;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const struct http_route route = {.method = i % 2 == 0 ? HTTP_GET : HTTP_PUT, .pattern = patterns[i]};
        struct http_route_entry *entry = http_route_make(&route);
        entry->next = server.routes;
        server.routes = entry;
    }
    return &server;
}

// Whether a path can be put behind a folder's without leaving that.
static bool stays_inside(const char *path)
{
    for (;;) {
        size_t length = strcspn(path, "/");
        if (length == 2 && memcmp(path, "..", 2) == 0)
            return false;
        if (path[length] == '\0')
            return true;
        path += length + 1;
    }
}

static void as_target(const char *text)
{
    struct http_request *request = http_request_new(server_with_routes(), NULL, text);
    struct err err = ERR_INIT;
    enum err_code code = http_request_parse_target(request, &err);
    fuzz_require_sentence(code, &err);
    for (size_t i = 0; code == ERR_NONE && i < request->segment_count; i++) {
        const char *segment = request->segments[i];
        fuzz_require(strcmp(segment, ".") != 0 && strcmp(segment, "..") != 0);
        // Said of the request, so that only routes that take names with a '/' answer it.
        fuzz_require(request->has_slash || strchr(segment, '/') == NULL);
    }
    for (int method = 0; code == ERR_NONE && method < HTTP_METHOD_COUNT; method++) {
        struct strbuf allow;
        strbuf_init(&allow);
        request->method = (enum http_method)method;
        if (http_route_find(request, &allow) != NULL && !request->has_slash) {
            for (size_t i = 0; i < request->param_count; i++)
                fuzz_require(stays_inside(request->params[i].value));
        }
        strbuf_release(&allow);
    }
    static const char *const allowed[] = {"from_us", "limit", NULL};
    int64_t whole;
    double number;
    if (code == ERR_NONE) {
        fuzz_require_sentence(http_request_check_query(request, allowed, &err), &err);
        if (http_request_query_int64(request, "limit", 1, 100, 10, &whole, &err) == ERR_NONE)
            fuzz_require(whole >= 1 && whole <= 100);
        if (http_request_query_double(request, "limit", 0, 1, 0.5, &number, &err) == ERR_NONE)
            fuzz_require(number >= 0 && number <= 1);
    }
    http_request_free(request);
}

static void as_headers(const char *text, uint64_t size_bytes)
{
    uint64_t first, length;
    enum http_range_kind kind = http_range_parse(text, size_bytes, &first, &length);
    if (kind == HTTP_RANGE_PART)
        fuzz_require(length > 0 && first < size_bytes && length <= size_bytes - first);
    if (http_etag_matches(text, "abc", false))
        fuzz_require(http_etag_matches(text, "abc", true) && strstr(text, "\"abc\"") != NULL);
}

static void as_url(const char *text)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(text, shown);
    bool is_literal;
    (void)address_text_is_public(text, &is_literal);
    struct strbuf encoded;
    strbuf_init(&encoded);
    http_url_encode(&encoded, text);
    char *copy = mem_strdup(encoded.size > 0 ? encoded.data : "");
    // What is refused has control characters or is no UTF-8.
    if (http_url_decode(copy, false))
        fuzz_require(strcmp(copy, text) == 0);
    free(copy);
    copy = mem_strdup(text);
    (void)http_url_decode(copy, true);
    fuzz_require(strlen(copy) <= strlen(text));
    free(copy);
    strbuf_release(&encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    as_target(text);
    as_headers(text, 1000);
    as_headers(text, 0);
    as_headers(text, UINT64_MAX);
    as_url(text);
    free(text);
    return 0;
}
