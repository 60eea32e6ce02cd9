#include "vectors/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vectors/metadata.h"
#include "vectors/service_json.h"

#define FETCH_IDS_MAX 1000
#define FIND_LIMIT_DEFAULT 100

// A handler's part that may fail; what it returns as an error is answered in the data plane's form.
typedef enum err_code action(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err);

static enum err_code answer(void *context, struct http_request *request, struct http_response *response, action *act)
{
    struct err err = ERR_INIT;
    json_t *body = NULL;
    enum err_code code = service_body(request, &body, &err);
    if (code == ERR_NONE)
        code = act(context, request, body, response, &err);
    json_decref(body);
    return code == ERR_NONE ? ERR_NONE : service_fail(response, &err);
}

#define HANDLER(name, act)                                                                                             \
    static enum err_code name(                                                                                         \
        void *context, struct http_request *request, struct http_response *response, struct err *err)                  \
    {                                                                                                                  \
        (void)err;                                                                                                     \
        return answer(context, request, response, act);                                                                \
    }

static const char *space_of(const json_t *body)
{
    return service_space(json_string_value(json_object_get(body, "namespace")));
}

static json_t *usage_of(int64_t units)
{
    json_t *usage = json_object();
    json_set_int64(usage, "readUnits", units);
    return usage;
}

// ---- storing

static enum err_code upsert(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    json_t *vectors = json_object_get(body, "vectors");
    size_t count = json_array_size(vectors);
    (void)request;
    if (!json_is_array(vectors) || count == 0 || count > RECORD_AT_ONCE)
        return err_set(err, ERR_INVALID, "vectors must be a list of 1 to %d", RECORD_AT_ONCE);
    struct record_list list = {.items = mem_calloc(count, sizeof(*list.items))};
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && list.count < count) {
        code = service_read_record(json_array_get(vectors, list.count), &list.items[list.count], err);
        list.count++;
    }
    if (code == ERR_NONE)
        code = records_upsert(service->records, space_of(body), list.items, list.count, err);
    record_list_release(&list);
    if (code == ERR_NONE) {
        json_t *o = json_object();
        json_set_int64(o, "upsertedCount", (int64_t)count);
        http_response_json(response, 200, o);
    }
    return code;
}

static enum err_code update_matching(
    struct service *service, json_t *body, struct http_response *response, struct err *err)
{
    int64_t matched = 0;
    enum err_code code = records_update_matching(service->records, space_of(body), json_object_get(body, "filter"),
        json_object_get(body, "setMetadata"), json_is_true(json_object_get(body, "dryRun")), &matched, err);
    if (code == ERR_NONE) {
        json_t *o = json_object();
        json_set_int64(o, "matchedRecords", matched);
        http_response_json(response, 200, o);
    }
    return code;
}

static enum err_code update(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    const char *id = json_string_value(json_object_get(body, "id"));
    const json_t *metadata = json_object_get(body, "setMetadata");
    float *values = NULL;
    size_t dimension = 0;
    (void)request;
    if (json_is_null(metadata))
        metadata = NULL;
    if (metadata != NULL && !json_is_object(metadata))
        return err_set(err, ERR_INVALID, "setMetadata must be an object");
    if (id == NULL && json_is_object(json_object_get(body, "filter")) && metadata != NULL)
        return update_matching(service, body, response, err);
    if (id == NULL)
        return err_set(err, ERR_INVALID, "an update needs an id, or a filter with setMetadata");
    enum err_code code = service_read_values(json_object_get(body, "values"), "values", &values, &dimension, err);
    if (code == ERR_NONE)
        code = records_update(service->records, space_of(body), id, values, dimension, metadata, err);
    free(values);
    if (code == ERR_NONE)
        http_response_json(response, 200, json_object());
    return code;
}

// ---- removing

static enum err_code delete_ids(struct service *service, const json_t *body, const json_t *ids, struct err *err)
{
    const char *pointers[RECORD_AT_ONCE];
    size_t count = json_array_size(ids);
    if (count > RECORD_AT_ONCE)
        return err_set(err, ERR_INVALID, "at most %d ids may be deleted at once", RECORD_AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        pointers[i] = json_string_value(json_array_get(ids, i));
        if (pointers[i] == NULL)
            return err_set(err, ERR_INVALID, "ids must be texts");
    }
    return records_delete(service->records, space_of(body), pointers, count, err);
}

static enum err_code delete_some(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    const json_t *ids = json_object_get(body, "ids");
    const json_t *filter = json_object_get(body, "filter");
    bool all = json_is_true(json_object_get(body, "deleteAll"));
    (void)request;
    if (json_is_null(filter))
        filter = NULL;
    if (json_array_size(ids) == 0)
        ids = NULL;
    if ((ids != NULL) + (filter != NULL) + all != 1)
        return err_set(err, ERR_INVALID, "a deletion needs one of ids, filter and deleteAll");
    if (filter != NULL && json_object_size(filter) == 0)
        return err_set(err, ERR_INVALID, "an empty filter would delete everything: say deleteAll for that");
    enum err_code code = ERR_NONE;
    if (ids != NULL)
        code = delete_ids(service, body, ids, err);
    else if (filter != NULL)
        code = records_delete_matching(service->records, space_of(body), filter, err);
    else
        code = records_delete_space(service->records, space_of(body), err);
    if (code == ERR_NONE)
        http_response_json(response, 200, json_object());
    return code;
}

static enum err_code delete_space(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    (void)body;
    enum err_code code = records_delete_space(service->records, http_request_param(request, "name"), err);
    if (code == ERR_NONE)
        http_response_json(response, 200, json_object());
    return code;
}

// ---- finding

static json_t *matches_of(const struct record_list *list, const json_t *body)
{
    json_t *matches = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(matches,
            service_write_record(&list->items[i], true, json_is_true(json_object_get(body, "includeValues")),
                json_is_true(json_object_get(body, "includeMetadata"))));
    return matches;
}

static enum err_code query(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    float *values = NULL;
    struct record_list list = {0};
    int64_t top = 0;
    (void)request;
    struct record_query asked = {
        .id = json_string_value(json_object_get(body, "id")), .filter = json_object_get(body, "filter")};
    enum err_code code = json_get_int64(body, "topK", 1, RECORD_TOP_MAX, &top, err);
    if (code == ERR_NONE && json_object_get(body, "sparseVector") != NULL)
        code = err_set(err, ERR_INVALID, "this index keeps no sparse vectors");
    if (code == ERR_NONE)
        code = service_read_values(json_object_get(body, "vector"), "vector", &values, &asked.dimension, err);
    if (code == ERR_NONE && (values == NULL) == (asked.id == NULL))
        code = err_set(err, ERR_INVALID, "a query needs either a vector or an id");
    asked.values = values;
    asked.top = (size_t)top;
    if (code == ERR_NONE)
        code = records_query(service->records, space_of(body), &asked, &list, err);
    free(values);
    if (code == ERR_NONE) {
        json_t *o = json_object();
        json_set(o, "matches", matches_of(&list, body));
        json_set_string(o, "namespace", space_of(body));
        json_set(o, "usage", usage_of(1));
        http_response_json(response, 200, o);
    }
    record_list_release(&list);
    return code;
}

static json_t *records_by_id(const struct record_list *list, const char *space)
{
    json_t *vectors = json_object();
    json_t *o = json_object();
    for (size_t i = 0; i < list->count; i++)
        json_set(vectors, list->items[i].id, service_write_record(&list->items[i], false, true, true));
    json_set(o, "vectors", vectors);
    json_set_string(o, "namespace", space);
    json_set(o, "usage", usage_of(1));
    return o;
}

static enum err_code fetch(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    const char *ids[FETCH_IDS_MAX];
    struct record_list list = {0};
    const char *space = service_space(http_request_query(request, "namespace"));
    size_t count = http_request_query_all(request, "ids", ids, FETCH_IDS_MAX);
    (void)body;
    if (count == 0 || count > FETCH_IDS_MAX)
        return err_set(err, ERR_INVALID, "ids must be given 1 to %d times", FETCH_IDS_MAX);
    enum err_code code = records_fetch(service->records, space, ids, count, &list, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, records_by_id(&list, space));
    record_list_release(&list);
    return code;
}

static void set_next(json_t *o, const struct record_list *list, size_t limit)
{
    if (list->count < limit)
        return;
    json_t *pagination = json_object();
    json_set_string(pagination, "next", list->items[list->count - 1].id);
    json_set(o, "pagination", pagination);
}

static enum err_code fetch_by_metadata(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_list list = {0};
    int64_t limit = FIND_LIMIT_DEFAULT;
    const json_t *filter = json_object_get(body, "filter");
    (void)request;
    if (!json_is_object(filter))
        return err_set(err, ERR_INVALID, "filter must be an object");
    enum err_code code = json_opt_int64(body, "limit", 1, RECORD_TOP_MAX, &limit, err);
    if (code == ERR_NONE)
        code = records_find(service->records, space_of(body), filter,
            json_string_value(json_object_get(body, "paginationToken")), (size_t)limit, &list, err);
    if (code == ERR_NONE) {
        json_t *o = records_by_id(&list, space_of(body));
        set_next(o, &list, (size_t)limit);
        http_response_json(response, 200, o);
    }
    record_list_release(&list);
    return code;
}

static enum err_code list(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_list found = {0};
    int64_t limit = RECORD_LIST_MAX;
    const char *prefix = http_request_query(request, "prefix");
    const char *space = service_space(http_request_query(request, "namespace"));
    (void)body;
    enum err_code code = http_request_query_int64(request, "limit", 1, RECORD_LIST_MAX, RECORD_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = records_list(service->records, space, prefix != NULL ? prefix : "",
            http_request_query(request, "paginationToken"), (size_t)limit, &found, err);
    if (code == ERR_NONE) {
        json_t *o = json_object();
        json_t *vectors = json_array();
        for (size_t i = 0; i < found.count; i++)
            json_array_append_new(vectors, service_write_record(&found.items[i], false, false, false));
        json_set(o, "vectors", vectors);
        set_next(o, &found, (size_t)limit);
        json_set_string(o, "namespace", space);
        json_set(o, "usage", usage_of(1));
        http_response_json(response, 200, o);
    }
    record_list_release(&found);
    return code;
}

// ---- describing

static enum err_code describe_stats(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_stats stats;
    (void)request;
    enum err_code code = records_stats(service->records, json_object_get(body, "filter"), &stats, err);
    if (code != ERR_NONE)
        return code;
    json_t *o = json_object();
    json_t *spaces = json_object();
    for (size_t i = 0; i < stats.count; i++) {
        json_t *one = json_object();
        json_set_int64(one, "vectorCount", stats.spaces[i].count);
        json_set(spaces, stats.spaces[i].name, one);
    }
    json_set(o, "namespaces", spaces);
    if (stats.dimension > 0)
        json_set_int64(o, "dimension", (int64_t)stats.dimension);
    json_set_double(o, "indexFullness", 0);
    json_set_int64(o, "totalVectorCount", stats.total);
    json_set_string(o, "metric", "cosine");
    json_set_string(o, "vectorType", "dense");
    http_response_json(response, 200, o);
    record_stats_release(&stats);
    return ERR_NONE;
}

static json_t *space_json(const struct record_space *space)
{
    json_t *o = json_object();
    json_set_string(o, "name", space->name);
    json_set_int64(o, "record_count", space->count);
    return o;
}

static enum err_code list_spaces(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_stats stats;
    const char *after = http_request_query(request, "paginationToken");
    const char *prefix = http_request_query(request, "prefix");
    int64_t limit = RECORD_LIST_MAX;
    (void)body;
    enum err_code code = http_request_query_int64(request, "limit", 1, RECORD_LIST_MAX, RECORD_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = records_stats(service->records, NULL, &stats, err);
    if (code != ERR_NONE)
        return code;
    json_t *o = json_object();
    json_t *spaces = json_array();
    const char *last = NULL;
    size_t i = 0;
    for (; i < stats.count && json_array_size(spaces) < (size_t)limit; i++) {
        const char *name = stats.spaces[i].name;
        if ((after != NULL && strcmp(name, after) <= 0) ||
            (prefix != NULL && strncmp(name, prefix, strlen(prefix)) != 0))
            continue;
        json_array_append_new(spaces, space_json(&stats.spaces[i]));
        last = name;
    }
    if (i < stats.count && last != NULL) {
        json_t *pagination = json_object();
        json_set_string(pagination, "next", last);
        json_set(o, "pagination", pagination);
    }
    json_set(o, "namespaces", spaces);
    json_set_int64(o, "total_count", (int64_t)stats.count);
    http_response_json(response, 200, o);
    record_stats_release(&stats);
    return ERR_NONE;
}

static enum err_code describe_space(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_stats stats;
    const char *name = http_request_param(request, "name");
    (void)body;
    enum err_code code = records_stats(service->records, NULL, &stats, err);
    if (code != ERR_NONE)
        return code;
    size_t i = 0;
    while (i < stats.count && strcmp(stats.spaces[i].name, name) != 0)
        i++;
    if (i < stats.count)
        http_response_json(response, 200, space_json(&stats.spaces[i]));
    else
        code = err_set(err, ERR_NOT_FOUND, "there is no namespace \"%.60s\"", name);
    record_stats_release(&stats);
    return code;
}

// As clients of the newest and of older versions of the control plane read it.
static json_t *index_json(const struct service *service, const struct record_stats *stats, const char *asked)
{
    char *host = mem_sprintf("http://%s", asked != NULL ? asked : "");
    json_t *index = json_pack("{s:s, s:s, s:s, s:i, s:o, s:s, s:{s:b, s:s}, s:{s:{s:s, s:s}}, s:{s:s, s:s, s:s}, "
                              "s:{s:{s:{s:s, s:i, s:s}}}}",
        "name", service->name, "metric", "cosine", "vector_type", "dense", "dimension", (int)stats->dimension, "host",
        json_string_lossy(host), "deletion_protection", "disabled", "status", "ready", 1, "state", "Ready", "spec",
        "serverless", "cloud", "aws", "region", "local", "deployment", "deployment_type", "managed", "cloud", "aws",
        "region", "local", "schema", "fields", "_values", "type", "dense_vector", "dimension", (int)stats->dimension,
        "metric", "cosine");
    free(host);
    return index;
}

static enum err_code list_indexes(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_stats stats;
    (void)body;
    enum err_code code = records_stats(service->records, NULL, &stats, err);
    if (code != ERR_NONE)
        return code;
    json_t *o = json_object();
    json_t *indexes = json_array();
    json_array_append_new(indexes, index_json(service, &stats, http_request_header(request, "Host")));
    json_set(o, "indexes", indexes);
    http_response_json(response, 200, o);
    record_stats_release(&stats);
    return ERR_NONE;
}

static enum err_code describe_index(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    struct record_stats stats;
    const char *name = http_request_param(request, "name");
    (void)body;
    if (strcmp(name, service->name) != 0)
        return err_set(err, ERR_NOT_FOUND, "there is no index \"%.60s\": this one is \"%s\"", name, service->name);
    enum err_code code = records_stats(service->records, NULL, &stats, err);
    if (code == ERR_NONE) {
        http_response_json(response, 200, index_json(service, &stats, http_request_header(request, "Host")));
        record_stats_release(&stats);
    }
    return code;
}

static enum err_code health(struct service *service, struct http_request *request, json_t *body,
    struct http_response *response, struct err *err)
{
    (void)body;
    bool ready = strcmp(http_request_path(request), "/readyz") == 0;
    enum err_code code = ready ? records_ping(service->records, err) : ERR_NONE;
    // The reason names paths of this machine.
    if (code != ERR_NONE && !http_request_is_authorised(request))
        err_set(err, code, "the index cannot be used; asked with the key, this says why");
    if (code == ERR_NONE) {
        json_t *o = json_object();
        json_set_string(o, "status", "ok");
        json_set_string(o, "version", FRAMEHOUND_VERSION);
        http_response_json(response, 200, o);
    }
    return code;
}

HANDLER(on_upsert, upsert)
HANDLER(on_update, update)
HANDLER(on_delete, delete_some)
HANDLER(on_delete_space, delete_space)
HANDLER(on_query, query)
HANDLER(on_fetch, fetch)
HANDLER(on_fetch_by_metadata, fetch_by_metadata)
HANDLER(on_list, list)
HANDLER(on_stats, describe_stats)
HANDLER(on_list_spaces, list_spaces)
HANDLER(on_describe_space, describe_space)
HANDLER(on_list_indexes, list_indexes)
HANDLER(on_describe_index, describe_index)
HANDLER(on_health, health)

void service_add_routes(struct service *service, struct http_server *server)
{
    const struct http_route routes[] = {
        {.method = HTTP_POST, .pattern = "/vectors/upsert", .handler = on_upsert},
        {.method = HTTP_POST, .pattern = "/vectors/update", .handler = on_update},
        {.method = HTTP_POST, .pattern = "/vectors/delete", .handler = on_delete},
        {.method = HTTP_POST, .pattern = "/query", .handler = on_query},
        {.method = HTTP_GET, .pattern = "/vectors/fetch", .handler = on_fetch},
        {.method = HTTP_POST, .pattern = "/vectors/fetch_by_metadata", .handler = on_fetch_by_metadata},
        {.method = HTTP_GET, .pattern = "/vectors/list", .handler = on_list},
        {.method = HTTP_POST, .pattern = "/describe_index_stats", .handler = on_stats},
        {.method = HTTP_GET, .pattern = "/namespaces", .handler = on_list_spaces},
        {.method = HTTP_GET,
            .pattern = "/namespaces/{name}",
            .handler = on_describe_space,
            .flags = HTTP_ROUTE_SLASHES},
        {.method = HTTP_DELETE,
            .pattern = "/namespaces/{name}",
            .handler = on_delete_space,
            .flags = HTTP_ROUTE_SLASHES},
        {.method = HTTP_GET, .pattern = "/indexes", .handler = on_list_indexes},
        {.method = HTTP_GET, .pattern = "/indexes/{name}", .handler = on_describe_index},
        {.method = HTTP_GET, .pattern = "/healthz", .handler = on_health, .flags = HTTP_ROUTE_OPEN},
        {.method = HTTP_GET, .pattern = "/readyz", .handler = on_health, .flags = HTTP_ROUTE_OPEN},
    };
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct http_route route = routes[i];
        route.context = service;
        route.body_bytes_most = SERVICE_BODY_MAX;
        http_server_add(server, &route);
    }
}
