// Requests to Pinecone's data plane.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/pinecone_internal.h"

#define API_VERSION "2025-10"
#define CALL_TIMEOUT_MS 120000
#define ANSWER_BYTES_MAX ((uint64_t)256 * 1024 * 1024)
#define FLOAT_DIGITS 9 // bring every float back as it was

void pinecone_space(const char *project, const char *suffix, char out[PINECONE_SPACE_SIZE])
{
    snprintf(out, PINECONE_SPACE_SIZE, "%s%s", project, suffix);
}

// ---- one request

// The server's own words, where there are some.
static const char *message_of(const json_t *answer)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    if (message == NULL)
        message = json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
    return message != NULL ? message : json_string_value(json_object_get(answer, "detail"));
}

static enum err_code explain(
    const struct vector_index_pinecone *self, const struct http_answer *got, const json_t *answer, struct err *err)
{
    struct err why = ERR_INIT;
    const char *message = message_of(answer);
    enum err_code code = http_answer_check(got, self->url, &why);
    if (code == ERR_NONE)
        return ERR_NONE;
    if (http_answer_wants_tls(got))
        return err_set(err, vector_index_refusal(self->is_open),
            "the vector index at %s (--vector-index) speaks TLS: write https:// in it", self->url);
    if (code == ERR_DENIED)
        return err_set(err, vector_index_refusal(self->is_open),
            "the vector index at %s (--vector-index) refuses the key: the file of --vector-key-file must hold its key",
            self->url);
    if (got->status == 507) // of framehound vectors
        code = ERR_FULL;
    // A request that is not understood is this program's mistake, or that of a setting: the dimension, a limit.
    return err_set(err, code, "the vector index at %s (--vector-index): %.200s", self->url,
        message != NULL ? message : why.message);
}

enum err_code pinecone_call(struct vector_index_pinecone *self, enum http_method method, const char *path, json_t *body,
    json_t **answer, struct err *err)
{
    struct http_header headers[4] = {{"Accept", "application/json"}, {"X-Pinecone-Api-Version", API_VERSION}};
    size_t header_count = 2;
    struct http_answer got = {0};
    json_t *parsed = NULL;
    char *url = mem_sprintf("%s%s", self->url, path);
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(FLOAT_DIGITS)) : NULL;
    if (text != NULL)
        headers[header_count++] = (struct http_header){"Content-Type", "application/json"};
    if (self->key != NULL)
        headers[header_count++] = (struct http_header){"Api-Key", self->key};
    const struct http_call call = {.method = method,
        .url = url,
        .headers = headers,
        .header_count = header_count,
        .body = text,
        .body_size = text != NULL ? strlen(text) : 0,
        .timeout_ms = CALL_TIMEOUT_MS,
        .answer_limit_bytes = ANSWER_BYTES_MAX,
        .retry = &self->retry,
        .repeatable = true}; // storing, asking and removing the same twice is the same
    enum err_code code = http_client_send(self->client, &call, NULL, &got, err);
    if (got.lacks_tls)
        err_context(err, "the vector index at %s (--vector-index) does not speak TLS: write http:// in it", self->url);
    else if (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT)
        err_context(err, "the vector index at %s (--vector-index) does not answer", self->url);
    if (code == ERR_UNAVAILABLE && got.is_final)
        code = vector_index_refuse(self->is_open, err);
    if (code == ERR_NONE && got.body_size > 0) {
        const struct json_limits limits = {.size_bytes = ANSWER_BYTES_MAX, .depth = 32};
        bool is_json = json_parse(got.body, got.body_size, &limits, &parsed, NULL) == ERR_NONE;
        if (!is_json && got.status / 100 == 2)
            code = err_set(err, ERR_UNAVAILABLE,
                "%s (--vector-index) does not answer as Pinecone's data plane does: is it the index's address?",
                self->url);
    }
    if (code == ERR_NONE)
        code = explain(self, &got, parsed, err);
    if (code == ERR_NONE && answer != NULL)
        *answer = json_incref(parsed);
    json_decref(parsed);
    json_decref(body);
    http_answer_release(&got);
    free(text);
    free(url);
    return code;
}

// ---- records

json_t *pinecone_values(const float *vector, size_t dimension)
{
    json_t *values = json_array();
    for (size_t i = 0; i < dimension; i++)
        json_array_append_new(values, json_real((double)vector[i]));
    return values;
}

enum err_code pinecone_read_values(
    const json_t *record, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    const json_t *values = json_object_get(record, "values");
    *dimension = json_array_size(values);
    if (*dimension > capacity)
        return err_set(err, ERR_INVALID, "the stored vector has %zu dimensions, more than the %zu there is room for",
            *dimension, capacity);
    for (size_t i = 0; i < *dimension; i++)
        vector[i] = (float)json_number_value(json_array_get(values, i));
    return *dimension > 0 ? ERR_NONE : err_set(err, ERR_CORRUPT, "the vector index gave a record without a vector");
}

// What a record takes of a request or an answer, at most.
static size_t record_bytes(size_t dimension, size_t metadata_bytes)
{
    // Nine digits, sign, point, exponent and comma a value; the id and the names of fields.
    enum { VALUE_BYTES = 16, REST_BYTES = 128 };
    return dimension * VALUE_BYTES + metadata_bytes + REST_BYTES;
}

static size_t bytes_of(const json_t *record)
{
    return record_bytes(json_array_size(json_object_get(record, "values")),
        json_dumpb(json_object_get(record, "metadata"), NULL, 0, JSON_COMPACT));
}

enum err_code pinecone_upsert(struct vector_index_pinecone *self, const char *space, json_t *vectors, struct err *err)
{
    size_t count = json_array_size(vectors);
    enum err_code code = ERR_NONE;
    for (size_t next = 0; next < count && code == ERR_NONE;) {
        json_t *body = json_object();
        json_t *part = json_array();
        size_t bytes = bytes_of(json_array_get(vectors, next));
        do {
            json_array_append(part, json_array_get(vectors, next++));
            bytes += next < count ? bytes_of(json_array_get(vectors, next)) : 0;
        } while (next < count && json_array_size(part) < PINECONE_UPSERT_MAX && bytes <= PINECONE_UPSERT_BYTES);
        json_set(body, "vectors", part);
        json_set_string(body, "namespace", space);
        code = pinecone_call(self, HTTP_POST, "/vectors/upsert", body, NULL, err);
    }
    return code;
}

enum err_code pinecone_fetch(struct vector_index_pinecone *self, const char *space, const json_t *ids, size_t dimension,
    json_t **found, struct err *err)
{
    size_t count = json_array_size(ids);
    size_t at_once = PINECONE_ANSWER_BYTES / record_bytes(dimension, PINECONE_METADATA_BYTES);
    enum err_code code = ERR_NONE;
    at_once = at_once < PINECONE_FETCH_MAX ? at_once : PINECONE_FETCH_MAX;
    *found = json_object();
    for (size_t from = 0; from < count && code == ERR_NONE; from += at_once) {
        struct strbuf path;
        json_t *answer = NULL;
        strbuf_init(&path);
        strbuf_addf(&path, "/vectors/fetch?namespace=%s", space); // names and ids need no escaping
        for (size_t i = from; i < count && i < from + at_once; i++)
            strbuf_addf(&path, "&ids=%s", json_string_value(json_array_get(ids, i)));
        code = pinecone_call(self, HTTP_GET, path.data, NULL, &answer, err);
        if (code == ERR_NONE)
            json_object_update(*found, json_object_get(answer, "vectors"));
        json_decref(answer);
        strbuf_release(&path);
    }
    if (code == ERR_NONE)
        return ERR_NONE;
    json_decref(*found);
    *found = NULL;
    return code;
}

// A namespace that is not there has nothing to be removed.
static enum err_code delete_some(struct vector_index_pinecone *self, json_t *body, struct err *err)
{
    enum err_code code = pinecone_call(self, HTTP_POST, "/vectors/delete", body, NULL, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

enum err_code pinecone_delete(struct vector_index_pinecone *self, const char *space, const json_t *ids, struct err *err)
{
    size_t count = json_array_size(ids);
    enum err_code code = ERR_NONE;
    for (size_t from = 0; from < count && code == ERR_NONE; from += PINECONE_DELETE_MAX) {
        json_t *body = json_object();
        json_t *part = json_array();
        for (size_t i = from; i < count && i < from + PINECONE_DELETE_MAX; i++)
            json_array_append(part, json_array_get(ids, i));
        json_set(body, "ids", part);
        json_set_string(body, "namespace", space);
        code = delete_some(self, body, err);
    }
    return code;
}

enum err_code pinecone_delete_all(struct vector_index_pinecone *self, const char *space, struct err *err)
{
    json_t *body = json_object();
    json_set_bool(body, "deleteAll", true);
    json_set_string(body, "namespace", space);
    return delete_some(self, body, err);
}

enum err_code pinecone_list(struct vector_index_pinecone *self, const char *space, const char *prefix,
    pinecone_visit *visit, void *context, struct err *err)
{
    char *token = mem_strdup("");
    enum err_code code = ERR_NONE;
    bool ended = false;
    while (code == ERR_NONE && !ended && token != NULL) {
        json_t *answer = NULL;
        size_t i;
        const json_t *vector;
        struct strbuf path;
        strbuf_init(&path);
        strbuf_addf(&path, "/vectors/list?namespace=%s&prefix=%s&limit=%d", space, prefix, PINECONE_LIST_MAX);
        if (token[0] != '\0')
            http_url_add_query(&path, "paginationToken", token);
        free(token);
        token = NULL;
        code = pinecone_call(self, HTTP_GET, path.data, NULL, &answer, err);
        json_array_foreach(json_object_get(answer, "vectors"), i, vector)
        {
            const char *id = json_string_value(json_object_get(vector, "id"));
            ended = ended || (id != NULL && !visit(context, id));
        }
        const char *next = json_string_value(json_object_get(json_object_get(answer, "pagination"), "next"));
        token = next != NULL && next[0] != '\0' ? mem_strdup(next) : NULL;
        json_decref(answer);
        strbuf_release(&path);
    }
    free(token);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err); // no namespace, no ids
    return ERR_NONE;
}
