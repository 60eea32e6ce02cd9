#include "api/probes.h"

#include "base/json.h"
#include "blob_store/blob_store.h"
#include "ingest/ingest_check.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"

void probes_answer_health(struct http_response *response)
{
    json_t *answer = json_object();
    json_set_string(answer, "status", "ok");
    json_set_string(answer, "version", FRAMEHOUND_VERSION);
    http_response_json(response, 200, answer);
}

// Adds {"status": "ok"} or the reason under `name`; returns whether it is ok.
static bool add_check(json_t *checks, const char *name, enum err_code code, const struct err *err)
{
    json_set_string(checks, name, code == ERR_NONE ? "ok" : err->message);
    return code == ERR_NONE;
}

void probes_answer_ready(
    const struct ingest *ingest, const struct http_request *request, struct http_response *response)
{
    json_t *checks = json_object();
    struct err why = ERR_INIT;
    bool ready = add_check(checks, "queue", queue_ping(ingest->queue, &why), &why);
    ready = add_check(checks, "meta_store", meta_store_ping(ingest->meta, &why), &why) && ready;
    ready = add_check(checks, "blob_store", blob_store_ping(ingest->blobs, &why), &why) && ready;
    ready = add_check(checks, "vector_index", ingest_check_vectors(ingest, &why), &why) && ready;
    json_t *answer = json_object();
    json_set_string(answer, "status", ready ? "ok" : "unavailable");
    if (http_request_is_authorised(request))
        json_set(answer, "checks", json_incref(checks));
    json_decref(checks);
    http_response_json(response, ready ? 200 : 503, answer);
}

void probes_answer_metrics(const struct ingest *ingest, struct http_response *response)
{
    struct strbuf text;
    strbuf_init(&text);
    metrics_show(ingest->metrics, &text);
    http_response_strbuf(response, 200, "text/plain; version=0.0.4; charset=utf-8", &text);
    strbuf_release(&text);
}

static enum err_code on_health(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)context;
    (void)request;
    (void)err;
    probes_answer_health(response);
    return ERR_NONE;
}

static enum err_code on_ready(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)err;
    probes_answer_ready(context, request, response);
    return ERR_NONE;
}

static enum err_code on_metrics(
    void *context, struct http_request *request, struct http_response *response, struct err *err)
{
    (void)request;
    (void)err;
    probes_answer_metrics(context, response);
    return ERR_NONE;
}

void probes_add_routes(const struct ingest *ingest, struct http_server *server)
{
    const struct http_route routes[] = {
        {.method = HTTP_GET, .pattern = "/healthz", .handler = on_health, .flags = HTTP_ROUTE_OPEN},
        {.method = HTTP_GET, .pattern = "/readyz", .handler = on_ready, .flags = HTTP_ROUTE_OPEN},
        {.method = HTTP_GET, .pattern = "/metrics", .handler = on_metrics},
    };
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        struct http_route route = routes[i];
        route.context = (void *)ingest;
        http_server_add(server, &route);
    }
}
