#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_server_internal.h"

struct http_route_entry *http_route_make(const struct http_route *route)
{
    struct http_route_entry *entry = mem_calloc(1, sizeof(*entry));
    entry->route = *route;
    entry->pattern = mem_strdup(route->pattern);
    assert(entry->pattern[0] == '/');
    const char *at = entry->pattern;
    while (*at == '/') {
        at++;
        size_t length = strcspn(at, "/");
        assert(entry->part_count < HTTP_SEGMENTS_MAX);
        char kind = 'f';
        if (length > 2 && at[0] == '{' && at[length - 1] == '}')
            kind = length > 5 && memcmp(at + length - 4, "...", 3) == 0 ? 'r' : 'p';
        entry->kinds[entry->part_count] = kind;
        if (kind == 'f')
            entry->parts[entry->part_count] = mem_strndup(at, length);
        else
            entry->parts[entry->part_count] = mem_strndup(at + 1, length - (kind == 'r' ? 5 : 2));
        entry->part_count++;
        at += length;
        assert(kind != 'r' || *at == '\0');
    }
    return entry;
}

void http_route_free(struct http_route_entry *entry)
{
    for (size_t i = 0; i < entry->part_count; i++)
        free(entry->parts[i]);
    free(entry->pattern);
    free(entry);
}

static bool matches(const struct http_route_entry *entry, const struct http_request *request)
{
    bool has_rest = entry->part_count > 0 && entry->kinds[entry->part_count - 1] == 'r';
    size_t fixed = entry->part_count - (has_rest ? 1 : 0);
    if (request->segment_count < fixed || (!has_rest && request->segment_count != fixed))
        return false;
    for (size_t i = 0; i < fixed; i++) {
        const char *segment = request->segments[i];
        // The root path is one empty segment, and only a fixed one may be empty.
        if (entry->kinds[i] == 'f' ? strcmp(entry->parts[i], segment) != 0 : segment[0] == '\0')
            return false;
    }
    return true;
}

static bool answers(const struct http_route_entry *entry, enum http_method method)
{
    return entry->route.method == method || (entry->route.method == HTTP_GET && method == HTTP_HEAD);
}

// The rest of the path, joined again.
static const char *join_rest(const struct http_request *request, size_t from)
{
    struct strbuf rest;
    strbuf_init(&rest);
    for (size_t i = from; i < request->segment_count; i++) {
        if (i > from)
            strbuf_addc(&rest, '/');
        strbuf_adds(&rest, request->segments[i]);
    }
    char *joined = arena_strndup(request->arena, rest.data, rest.size);
    strbuf_release(&rest);
    return joined;
}

static void take_params(struct http_request *request, const struct http_route_entry *entry)
{
    request->param_count = 0;
    for (size_t i = 0; i < entry->part_count; i++) {
        if (entry->kinds[i] == 'f')
            continue;
        assert(request->param_count < HTTP_PARAMS_MAX);
        const char *value = entry->kinds[i] == 'r' ? join_rest(request, i) : request->segments[i];
        request->params[request->param_count++] = (struct http_header){entry->parts[i], value};
    }
}

static void list_methods(const struct http_server *server, const struct http_request *request, struct strbuf *allow)
{
    for (int method = 0; method < HTTP_METHOD_COUNT; method++) {
        for (const struct http_route_entry *entry = server->routes; entry != NULL; entry = entry->next) {
            if (!answers(entry, (enum http_method)method) || !matches(entry, request))
                continue;
            strbuf_addf(allow, allow->size > 0 ? ", %s" : "%s", http_method_name((enum http_method)method));
            break;
        }
    }
}

const struct http_route_entry *http_route_find(struct http_request *request, struct strbuf *allow)
{
    const struct http_route_entry *best = NULL;
    for (const struct http_route_entry *entry = request->server->routes; entry != NULL; entry = entry->next) {
        if (!answers(entry, request->method) || !matches(entry, request))
            continue;
        // An own route for HEAD wins over the one for GET.
        int order = best != NULL ? strcmp(entry->kinds, best->kinds) : -1;
        if (order < 0 || (order == 0 && entry->route.method == request->method))
            best = entry;
    }
    if (best == NULL)
        list_methods(request->server, request, allow);
    else
        take_params(request, best);
    return best;
}
