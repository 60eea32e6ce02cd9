#include "net/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/http_exchange.h"

#define CONNECT_TIMEOUT_DEFAULT_MS 10000
#define IDLE_DEFAULT 16
#define TIMEOUT_DEFAULT_MS 60000
#define REDIRECTS_MAX 30

static void curl_once(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum err_code http_client_new(const struct http_client_options *options, struct http_client **out, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *out = NULL;
    pthread_once(&once, curl_once);
    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_SSL) == 0)
        return err_set(err, ERR_INTERNAL, "libcurl was built without TLS");
    struct http_client *client = mem_calloc(1, sizeof(*client));
    client->allow_private = options->allow_private;
    client->proxy = mem_strdup(options->proxy);
    client->user_agent =
        mem_strdup(options->user_agent != NULL ? options->user_agent : "framehound/" FRAMEHOUND_VERSION);
    client->ca_file = mem_strdup(options->ca_file);
    client->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_DEFAULT_MS;
    client->idle_most = options->idle_connections > 0 ? options->idle_connections : IDLE_DEFAULT;
    client->log = options->log != NULL ? options->log : log_none();
    client->metrics = options->metrics;
    pthread_mutex_init(&client->mutex, NULL);
    *out = client;
    return ERR_NONE;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    while (client->idle != NULL) {
        struct http_session *session = client->idle;
        client->idle = session->next;
        curl_easy_cleanup(session->easy);
        curl_multi_cleanup(session->multi);
        free(session);
    }
    pthread_mutex_destroy(&client->mutex);
    free(client->proxy);
    free(client->user_agent);
    free(client->ca_file);
    free(client);
}

// One exchange with what belongs to every one: metrics and a line for whoever debugs.
static enum err_code run_measured(struct http_client *client, struct http_exchange *exchange, struct err *err)
{
    int64_t started_ms = http_now_ms();
    enum err_code code = http_exchange_run(client, exchange, err);
    double seconds = (double)(http_now_ms() - started_ms) / 1000;
    char outcome[16];
    snprintf(outcome, sizeof(outcome), "%s", code != ERR_NONE ? err_code_name(code) : "");
    if (code == ERR_NONE)
        snprintf(outcome, sizeof(outcome), "%d", exchange->answer.status);
    const char *method = http_method_name(exchange->call->method);
    metric_add(metrics_counter(client->metrics, "framehound_http_client_requests_total",
                   "Requests sent to other servers.", METRIC_LABELS({"method", method}, {"outcome", outcome})),
        1);
    metric_observe(metrics_histogram(client->metrics, "framehound_http_client_seconds",
                       "Time from a request to the end of its answer.", METRICS_SECONDS_BUCKETS,
                       METRIC_LABELS({"method", method})),
        seconds);
    if (log_enabled(client->log, LOG_DEBUG)) {
        char shown[HTTP_URL_SHOWN_MAX];
        http_url_show(exchange->url, shown);
        log_debug(client->log, "%s %s: %s in %.3f s", method, shown, outcome, seconds);
    }
    return code;
}

static bool is_redirect(const struct http_exchange *exchange)
{
    int status = exchange->answer.status;
    bool asks = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    bool safe = exchange->call->method == HTTP_GET || exchange->call->method == HTTP_HEAD;
    return asks && safe && exchange->redirect_url != NULL;
}

enum err_code http_client_follow(
    struct http_client *client, struct http_exchange *exchange, int redirects, char **final_url, struct err *err)
{
    const char *first_url = exchange->url;
    char *visited[REDIRECTS_MAX + 1];
    int hops = 0;
    if (redirects > REDIRECTS_MAX)
        redirects = REDIRECTS_MAX;
    enum err_code code;
    visited[0] = mem_strdup(exchange->url);
    exchange->foreign = false;
    for (;;) {
        exchange->url = visited[hops];
        code = http_check_url(client, exchange->url, err);
        if (code == ERR_NONE)
            code = run_measured(client, exchange, err);
        else
            exchange->is_final = true;
        if (code != ERR_NONE || redirects <= 0 || !is_redirect(exchange))
            break;
        bool seen = false;
        for (int i = 0; i <= hops; i++)
            seen = seen || strcmp(visited[i], exchange->redirect_url) == 0;
        if (seen || hops >= redirects) {
            char shown[HTTP_URL_SHOWN_MAX];
            http_url_show(first_url, shown);
            exchange->is_final = true;
            code = seen ? err_set(err, ERR_INVALID, "%s: the redirects go in a circle", shown)
                        : err_set(err, ERR_INVALID, "%s: more than %d redirects", shown, redirects);
            break;
        }
        visited[++hops] = mem_strdup(exchange->redirect_url);
        exchange->foreign = exchange->foreign || !http_same_origin(first_url, visited[hops]);
    }
    if (code != ERR_NONE && hops > 0) {
        char shown[HTTP_URL_SHOWN_MAX];
        http_url_show(first_url, shown);
        if (err != NULL && strncmp(err->message, shown, strlen(shown)) != 0)
            err_context(err, "%s was redirected", shown);
    }
    free(*final_url);
    *final_url = visited[hops];
    for (int i = 0; i < hops; i++)
        free(visited[i]);
    exchange->url = first_url;
    return code;
}

static bool may_repeat(const struct http_call *call, const struct http_exchange *exchange, uint64_t delivered)
{
    bool idempotent = call->method != HTTP_POST && call->method != HTTP_PATCH;
    return call->retry != NULL && !exchange->is_final && (idempotent || call->repeatable) &&
        (delivered == 0 || call->restart != NULL);
}

enum err_code http_client_send(struct http_client *client, const struct http_call *call, struct cancel *cancel,
    struct http_answer *answer, struct err *err)
{
    *answer = (struct http_answer){0};
    int64_t timeout_ms = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_DEFAULT_MS;
    struct http_exchange exchange = {
        .call = call, .url = call->url, .end_ms = http_now_ms() + timeout_ms, .cancel = cancel};
    static const struct retry_policy once = {.attempts = 1};
    struct retry retry;
    retry_init(&retry, call->retry != NULL ? call->retry : &once, NULL, 0);
    char *final_url = NULL;
    int attempts = 0;
    enum err_code code;
    for (;;) {
        attempts++;
        code = http_client_follow(client, &exchange, call->redirects, &final_url, err);
        enum err_code judged = code;
        if (code == ERR_NONE && http_status_is_retryable(exchange.answer.status))
            judged = ERR_UNAVAILABLE;
        uint64_t delivered = call->on_body != NULL ? exchange.received : 0;
        if (judged == ERR_NONE || !may_repeat(call, &exchange, delivered))
            break;
        int64_t delay_ms;
        // Better the failure that there was than "no time is left".
        if (!retry_next(&retry, judged, exchange.retry_after_ms, &delay_ms) ||
            http_now_ms() + delay_ms >= exchange.end_ms)
            break;
        if (cancel_wait(cancel, delay_ms)) {
            code = err_set(err, ERR_CANCELLED, "the request was cancelled");
            break;
        }
        if (delivered > 0)
            call->restart(call->body_arg);
    }
    if (code == ERR_NONE || (exchange.stopped != ERR_NONE && exchange.head_done)) {
        *answer = exchange.answer;
        exchange.answer = (struct http_answer){0};
        answer->body = strbuf_detach(&exchange.body, &answer->body_size);
        answer->url = final_url;
        final_url = NULL;
        answer->retry_after_ms = exchange.retry_after_ms;
    }
    answer->is_final = exchange.is_final;
    answer->lacks_tls = exchange.lacks_tls;
    answer->attempts = attempts;
    free(final_url);
    http_exchange_release(&exchange);
    return code;
}

void http_answer_release(struct http_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free((char *)answer->headers[i].name);
        free((char *)answer->headers[i].value);
    }
    free(answer->headers);
    free(answer->body);
    free(answer->url);
    *answer = (struct http_answer){0};
}

const char *http_answer_header(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    }
    return NULL;
}

static enum err_code code_of_status(int status)
{
    switch (status) {
    case 404:
    case 410:
        return ERR_NOT_FOUND;
    case 401:
    case 403:
        return ERR_DENIED;
    case 409:
    case 412:
        return ERR_CONFLICT;
    case 408:
    case 504:
        return ERR_TIMEOUT;
    case 413:
        return ERR_LIMIT;
    case 429:
        return ERR_UNAVAILABLE;
    default:
        return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
    }
}

bool http_answer_wants_tls(const struct http_answer *answer)
{
    return answer->status == 400 && answer->body != NULL &&
        (strstr(answer->body, "HTTPS server") != NULL || strstr(answer->body, "HTTPS port") != NULL ||
            strstr(answer->body, "SSL-enabled server") != NULL);
}

enum err_code http_answer_check(const struct http_answer *answer, const char *url, struct err *err)
{
    if (answer->status >= 200 && answer->status < 300)
        return ERR_NONE;
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(url, shown);
    const char *type = http_answer_header(answer, "content-type");
    json_t *problem = NULL;
    const char *detail = NULL;
    struct err ignored = ERR_INIT;
    if (type != NULL &&
        (strncasecmp(type, "application/problem+json", 24) == 0 || strncasecmp(type, "application/json", 16) == 0) &&
        answer->body != NULL && json_parse(answer->body, answer->body_size, NULL, &problem, &ignored) == ERR_NONE &&
        json_opt_string(problem, "detail", &detail, &ignored) != ERR_NONE)
        detail = NULL;
    enum err_code code = code_of_status(answer->status);
    if (http_answer_wants_tls(answer))
        err_set(err, code, "%s answered %d: it speaks TLS there; https:// may be meant", shown, answer->status);
    else if (detail != NULL)
        err_set(err, code, "%s answered %d: %.300s", shown, answer->status, detail);
    else
        err_set(err, code, "%s answered %d %s", shown, answer->status, http_status_text(answer->status));
    json_decref(problem);
    return code;
}
