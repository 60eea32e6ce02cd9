// Requests to Weaviate, and what its answers mean.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

#define CALL_TIMEOUT_MS 120000
#define ANSWER_BYTES_MAX ((uint64_t)256 * 1024 * 1024)
#define NAMED "the vector index at %s (--vector-index)"

// ---- what the server says

const char *weaviate_message(const json_t *answer)
{
    const json_t *errors = json_object_get(answer, "error");
    if (errors == NULL)
        errors = json_object_get(answer, "errors");
    const char *message = json_string_value(json_object_get(json_array_get(errors, 0), "message"));
    return message != NULL ? message : json_string_value(json_object_get(answer, "message"));
}

static bool says_one_of(const char *message, const char *const *parts)
{
    while (*parts != NULL && strcasestr(message, *parts) == NULL)
        parts++;
    return *parts != NULL;
}

// Weaviate tells apart by its sentences what its statuses do not. Only a wrong dimension is the vectors' fault; all
// else is the server's state (no leader, no memory, a collection that is gone), which somebody or time may mend, and
// for which no work may be given up.
enum err_code weaviate_refused(const struct weaviate *self, const char *message, struct err *err)
{
    static const char *const no_tenant[] = {"tenant not found", NULL};
    static const char *const vectors[] = {"vector lengths", "vector dimensions", NULL};
    enum err_code code = says_one_of(message, no_tenant) ? ERR_NOT_FOUND
        : says_one_of(message, vectors)                  ? ERR_INVALID
                                                         : ERR_UNAVAILABLE;
    return err_set(err, code, NAMED ": %.240s", self->address.label, message);
}

static enum err_code explain(
    const struct weaviate *self, const struct http_answer *got, const json_t *answer, struct err *err)
{
    struct err why = ERR_INIT;
    const char *message = weaviate_message(answer);
    enum err_code code = http_answer_check(got, self->address.url, &why);
    if (code == ERR_NONE)
        return ERR_NONE;
    if (http_answer_wants_tls(got))
        return err_set(err, vector_index_refusal(self->is_open), NAMED " speaks TLS: write weaviates:// in it",
            self->address.label);
    if (got->status == 401)
        return err_set(err, vector_index_refusal(self->is_open),
            NAMED " refuses the key: the file of --vector-key-file must hold one of its API keys", self->address.label);
    if (code == ERR_DENIED)
        return err_set(err, vector_index_refusal(self->is_open),
            NAMED " does not let the key of --vector-key-file do this: %.200s", self->address.label,
            message != NULL ? message : why.message);
    if (code == ERR_INVALID && message != NULL)
        return weaviate_refused(self, message, err);
    return err_set(err, code, NAMED ": %.240s", self->address.label, message != NULL ? message : why.message);
}

// ---- one request

static enum err_code call(struct weaviate *self, enum http_method method, const char *path, char *body,
    const struct retry_policy *retry, json_t **answer, struct err *err)
{
    struct http_header headers[3] = {{"Accept", "application/json"}};
    size_t header_count = 1;
    struct http_answer got = {0};
    json_t *parsed = NULL;
    char *url = mem_sprintf("%s%s", self->address.url, path);
    if (body != NULL)
        headers[header_count++] = (struct http_header){"Content-Type", "application/json"};
    if (self->authorization != NULL)
        headers[header_count++] = (struct http_header){"Authorization", self->authorization};
    const struct http_call request = {.method = method,
        .url = url,
        .headers = headers,
        .header_count = header_count,
        .body = body,
        .body_size = body != NULL ? strlen(body) : 0,
        .timeout_ms = CALL_TIMEOUT_MS,
        .answer_limit_bytes = ANSWER_BYTES_MAX,
        .retry = retry,
        .repeatable = true, // storing, asking and removing the same twice is the same
        .once = retry == NULL};
    enum err_code code = http_client_send(self->client, &request, NULL, &got, err);
    // What the client says of it, http://, is not what is written for Weaviate.
    if (got.lacks_tls)
        code = err_set(err, code, NAMED " does not speak TLS: write weaviate:// in it", self->address.label);
    else if (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT)
        err_context(err, NAMED " does not answer", self->address.label);
    if (code == ERR_UNAVAILABLE && got.is_final)
        code = vector_index_refuse(self->is_open, err);
    if (code == ERR_NONE && got.body_size > 0) {
        const struct json_limits limits = {.size_bytes = ANSWER_BYTES_MAX, .depth = 32};
        bool is_json = json_parse(got.body, got.body_size, &limits, &parsed, NULL) == ERR_NONE;
        if (!is_json && got.status / 100 == 2)
            code = err_set(err, ERR_UNAVAILABLE, NAMED " does not answer as Weaviate does: is it the server's address?",
                self->address.label);
    }
    if (code == ERR_NONE)
        code = explain(self, &got, parsed, err);
    if (code == ERR_NONE && answer != NULL)
        *answer = json_incref(parsed);
    json_decref(parsed);
    http_answer_release(&got);
    free(body);
    free(url);
    return code;
}

enum err_code weaviate_call(
    struct weaviate *self, enum http_method method, const char *path, char *body, json_t **answer, struct err *err)
{
    return call(self, method, path, body, &self->retry, answer, err);
}

enum err_code weaviate_call_once(
    struct weaviate *self, enum http_method method, const char *path, char *body, json_t **answer, struct err *err)
{
    return call(self, method, path, body, NULL, answer, err);
}

enum err_code weaviate_send(
    struct weaviate *self, enum http_method method, const char *path, json_t *body, json_t **answer, struct err *err)
{
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    return weaviate_call(self, method, path, text, answer, err);
}

// GraphQL answers with status 200 whatever comes of it.
enum err_code weaviate_ask(struct weaviate *self, const char *kind, const char *collection, struct strbuf *query,
    json_t **rows, struct err *err)
{
    struct strbuf body;
    json_t *answer = NULL;
    *rows = NULL;
    strbuf_init(&body);
    strbuf_adds(&body, "{\"query\":");
    weaviate_add_text(&body, query->data);
    strbuf_addc(&body, '}');
    strbuf_reset(query);
    enum err_code code = weaviate_call(self, HTTP_POST, "/v1/graphql", strbuf_detach(&body, NULL), &answer, err);
    const char *message = weaviate_message(answer);
    if (code == ERR_NONE && message != NULL)
        code = weaviate_refused(self, message, err);
    json_t *found = json_object_get(json_object_get(json_object_get(answer, "data"), kind), collection);
    if (code == ERR_NONE && !json_is_array(found))
        code = err_set(err, ERR_UNAVAILABLE, NAMED " gave an answer without \"%s\"", self->address.label, collection);
    if (code == ERR_NONE)
        *rows = json_incref(found);
    json_decref(answer);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}
