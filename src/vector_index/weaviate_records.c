// Storing and reading records.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

#define FLOAT_DIGITS 9 // bring every float back as it was

// ---- texts and vectors

void weaviate_add_text(struct strbuf *out, const char *text)
{
    json_t *value = json_string_lossy(text);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    strbuf_adds(out, quoted);
    free(quoted);
    json_decref(value);
}

void weaviate_add_bracketed(struct strbuf *out, const char *text)
{
    char *bracketed = mem_sprintf("<%s>", text);
    weaviate_add_text(out, bracketed);
    free(bracketed);
}

void weaviate_add_vector(struct strbuf *out, const float *vector, size_t dimension)
{
    for (size_t i = 0; i < dimension; i++)
        strbuf_addf(out, "%c%.*g", i == 0 ? '[' : ',', FLOAT_DIGITS, (double)vector[i]);
    strbuf_addc(out, ']');
}

void weaviate_add_ids(struct strbuf *out, const char (*ids)[WEAVIATE_ID_SIZE], size_t count)
{
    strbuf_adds(out, "{path:[\"id\"],operator:ContainsAny,valueText:");
    for (size_t i = 0; i < count; i++)
        strbuf_addf(out, "%c\"%s\"", i == 0 ? '[' : ',', ids[i]);
    strbuf_adds(out, "]}");
}

// The text in its angle brackets.
static void read_bracketed(const json_t *properties, const char *field, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(properties, field));
    size_t length = text != NULL ? strlen(text) : 0;
    bool is_bracketed = length >= 2 && text[0] == '<' && text[length - 1] == '>';
    snprintf(out, size, "%.*s", is_bracketed ? (int)(length - 2) : 0, is_bracketed ? text + 1 : "");
}

void weaviate_read_properties(const json_t *properties, struct vector_hit *hit)
{
    char track[TRACK_ID_SIZE];
    char video[VIDEO_ID_SIZE];
    read_bracketed(properties, "kind", hit->class_name, sizeof(hit->class_name));
    read_bracketed(properties, "label", hit->label, sizeof(hit->label));
    read_bracketed(properties, "track", track, sizeof(track));
    hit->track = -1;
    if (track[0] != '\0')
        (void)track_id_parse(track, video, &hit->track);
}

enum err_code weaviate_read_vector(
    const json_t *values, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    *dimension = json_array_size(values);
    if (*dimension > capacity)
        return err_set(err, ERR_INVALID, "the stored vector has %zu dimensions, more than the %zu there is room for",
            *dimension, capacity);
    for (size_t i = 0; i < *dimension; i++)
        vector[i] = (float)json_number_value(json_array_get(values, i));
    return *dimension > 0 ? ERR_NONE : err_set(err, ERR_CORRUPT, "the vector index gave a record without a vector");
}

// ---- storing

// Records as the server takes them, and which of them it has not taken yet.
struct batch {
    char **records;
    size_t count;
};

static void batch_release(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        free(batch->records[i]);
    free(batch->records);
    *batch = (struct batch){0};
}

static void begin_record(struct strbuf *out, const char *collection, const char *project, const char *id)
{
    strbuf_addf(out, "{\"class\":\"%s\",\"tenant\":\"%s\",\"id\":\"%s\",", collection, project, id);
}

static char *object_record(
    const struct weaviate *self, const char *project, size_t dimension, const struct vector_item *item)
{
    struct strbuf out;
    char id[WEAVIATE_ID_SIZE];
    char track[TRACK_ID_SIZE] = "";
    char video[VIDEO_ID_SIZE];
    int32_t frame = 0, k = 0;
    (void)object_id_parse(item->object, video, &frame, &k);
    if (item->track >= 0)
        track_id_make(video, item->track, track);
    weaviate_id_of_object(item->object, id);
    strbuf_init(&out);
    begin_record(&out, self->objects, project, id);
    strbuf_addf(&out, "\"properties\":{\"video\":\"%s\",\"track\":\"<%s>\",\"kind\":", video, track);
    weaviate_add_bracketed(&out, item->class_name);
    strbuf_adds(&out, ",\"label\":");
    weaviate_add_bracketed(&out, item->label);
    strbuf_adds(&out, "},\"vector\":");
    weaviate_add_vector(&out, item->vector, dimension);
    strbuf_addc(&out, '}');
    return strbuf_detach(&out, NULL);
}

static char *track_record(
    const struct weaviate *self, const char *project, size_t dimension, const struct vector_track_item *item)
{
    struct strbuf out;
    char id[WEAVIATE_ID_SIZE];
    weaviate_id_of_track(item->track.video, item->track.n, id);
    strbuf_init(&out);
    begin_record(&out, self->tracks, project, id);
    strbuf_addf(&out, "\"properties\":{\"video\":\"%s\"},\"vector\":", item->track.video);
    weaviate_add_vector(&out, item->vector, dimension);
    strbuf_addc(&out, '}');
    return strbuf_detach(&out, NULL);
}

// What came of each record is in the answer, in the order in which they were sent. Those that were taken leave the
// batch; of the others the first says why.
static enum err_code sort_out(
    const struct weaviate *self, struct batch *batch, size_t sent, const json_t *answer, struct err *err)
{
    struct err why = ERR_INIT;
    enum err_code code = ERR_NONE;
    size_t kept = 0, failed = 0;
    if (json_array_size(answer) != sent)
        return err_set(err, ERR_UNAVAILABLE,
            "the vector index at %s (--vector-index) was sent %zu records and answered about %zu", self->address.label,
            sent, json_array_size(answer));
    for (size_t i = 0; i < batch->count; i++) {
        const json_t *result = i < sent ? json_object_get(json_array_get(answer, i), "result") : NULL;
        const char *message = weaviate_message(json_object_get(result, "errors"));
        const char *status = json_string_value(json_object_get(result, "status"));
        bool is_taken = i < sent && message == NULL && status != NULL && strcmp(status, "SUCCESS") == 0;
        if (is_taken) {
            free(batch->records[i]);
            continue;
        }
        if (i < sent) {
            failed++;
            enum err_code one = weaviate_refused(self, message != NULL ? message : "no reason is given", &why);
            // What sending again cannot mend goes before what it can.
            if (code == ERR_NONE || (code == ERR_UNAVAILABLE && one != ERR_UNAVAILABLE)) {
                code = one;
                if (err != NULL)
                    *err = why;
            }
        }
        batch->records[kept++] = batch->records[i];
    }
    batch->count = kept;
    return code == ERR_NONE ? code : err_context(err, "%zu of %zu vectors were not stored", failed, sent);
}

static enum err_code send_some(struct weaviate *self, struct batch *batch, struct err *err)
{
    struct strbuf body;
    json_t *answer = NULL;
    size_t sent = 0;
    strbuf_init(&body);
    strbuf_adds(&body, "{\"fields\":[\"id\"],\"objects\":");
    while (sent < batch->count && sent < WEAVIATE_BATCH_MAX && body.size < WEAVIATE_BATCH_BYTES) {
        strbuf_addc(&body, sent == 0 ? '[' : ',');
        strbuf_adds(&body, batch->records[sent++]);
    }
    strbuf_adds(&body, "]}");
    enum err_code code = weaviate_call(
        self, HTTP_POST, "/v1/batch/objects?consistency_level=QUORUM", strbuf_detach(&body, NULL), &answer, err);
    if (code == ERR_NONE)
        code = sort_out(self, batch, sent, answer, err);
    json_decref(answer);
    return code;
}

// weaviate_call tries again what did not come through; here it is what came through and was not taken.
static enum err_code send_all(struct weaviate *self, struct batch *batch, struct err *err)
{
    struct retry retry;
    enum err_code code = ERR_NONE;
    retry_init(&retry, &self->retry, NULL, 0);
    while (batch->count > 0 && code == ERR_NONE) {
        size_t before = batch->count;
        code = send_some(self, batch, err);
        if (batch->count < before)
            retry_init(&retry, &self->retry, NULL, 0);
        if (code == ERR_UNAVAILABLE && batch->count > 0 && retry_wait(&retry, code, 0, NULL)) {
            err_clear(err);
            code = ERR_NONE;
        }
    }
    return code;
}

enum err_code weaviate_store(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    struct batch batch = {.records = mem_calloc(count, sizeof(char *)), .count = count};
    for (size_t i = 0; i < count; i++)
        batch.records[i] = object_record(self, project, dimension, &items[i]);
    enum err_code code = send_all(self, &batch, err);
    batch_release(&batch);
    return code;
}

enum err_code weaviate_store_tracks(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_track_item *items, size_t count, struct err *err)
{
    struct batch batch = {.records = mem_calloc(count, sizeof(char *)), .count = count};
    for (size_t i = 0; i < count; i++)
        batch.records[i] = track_record(self, project, dimension, &items[i]);
    enum err_code code = send_all(self, &batch, err);
    batch_release(&batch);
    return code;
}

// ---- reading

static enum err_code find_some(struct weaviate *self, const char *project, const char (*ids)[WEAVIATE_ID_SIZE],
    size_t count, enum weaviate_with with, weaviate_row *row, void *context, struct err *err)
{
    struct strbuf query;
    json_t *rows = NULL;
    size_t i;
    const json_t *found;
    strbuf_init(&query);
    strbuf_addf(&query, "{Get{%s(tenant:\"%s\",limit:%zu,%swhere:", self->objects, project, count,
        self->is_replicated ? "consistencyLevel:QUORUM," : "");
    weaviate_add_ids(&query, ids, count);
    strbuf_addf(&query, "){kind label track _additional{id%s}}}}", with == WEAVIATE_ALL ? " vector" : "");
    enum err_code code = weaviate_ask(self, "Get", self->objects, &query, &rows, err);
    json_array_foreach(rows, i, found)
    {
        struct vector_key key;
        const char *id = json_string_value(json_object_get(json_object_get(found, "_additional"), "id"));
        if (id != NULL && weaviate_id_key(id, &key))
            row(context, key, found);
    }
    json_decref(rows);
    strbuf_release(&query);
    return code;
}

enum err_code weaviate_find(struct weaviate *self, const char *project, const struct vector_item *items, size_t count,
    enum weaviate_with with, weaviate_row *row, void *context, struct err *err)
{
    enum err_code code = ERR_NONE;
    size_t most = count < WEAVIATE_IDS_MAX ? count : WEAVIATE_IDS_MAX;
    char(*ids)[WEAVIATE_ID_SIZE] = mem_calloc(most, sizeof(*ids));
    for (size_t from = 0; from < count && code == ERR_NONE; from += most) {
        size_t here = count - from < most ? count - from : most;
        for (size_t i = 0; i < here; i++)
            weaviate_id_of_object(items[from + i].object, ids[i]);
        code = find_some(self, project, (const char(*)[WEAVIATE_ID_SIZE])ids, here, with, row, context, err);
    }
    free(ids);
    return code;
}

enum err_code weaviate_fetch(struct weaviate *self, const char *collection, const char *project, const char *id,
    float *vector, size_t capacity, size_t *dimension, bool *found, struct err *err)
{
    json_t *answer = NULL;
    char *path =
        mem_sprintf("/v1/objects/%s/%s?tenant=%s&include=vector&consistency_level=QUORUM", collection, id, project);
    enum err_code code = weaviate_call(self, HTTP_GET, path, NULL, &answer, err);
    *found = code == ERR_NONE;
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (*found)
        code = weaviate_read_vector(json_object_get(answer, "vector"), vector, capacity, dimension, err);
    json_decref(answer);
    free(path);
    return code;
}
