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

static void add_scaled(struct strbuf *out, const float *vector, size_t dimension, double factor)
{
    for (size_t i = 0; i < dimension; i++)
        strbuf_addf(out, "%c%.*g", i == 0 ? '[' : ',', FLOAT_DIGITS, (double)vector[i] * factor);
    strbuf_addc(out, ']');
}

void weaviate_add_vector(struct strbuf *out, const float *vector, size_t dimension)
{
    add_scaled(out, vector, dimension, 1);
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

json_t *weaviate_read_negatives(const json_t *properties)
{
    json_t *negatives = json_object_get(properties, "negatives");
    return json_array_size(negatives) > 0 ? json_incref(negatives) : NULL;
}

void weaviate_object_release(struct weaviate_object *object)
{
    json_decref(object->negatives);
    object->negatives = NULL;
}

bool weaviate_is_doubled(const json_t *properties)
{
    return json_is_true(json_object_get(properties, "doubled"));
}

enum err_code weaviate_read_vector(
    const json_t *values, bool is_doubled, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    *dimension = json_array_size(values);
    if (*dimension > capacity)
        return err_set(err, ERR_INVALID, "the stored vector has %zu dimensions, more than the %zu there is room for",
            *dimension, capacity);
    for (size_t i = 0; i < *dimension; i++)
        vector[i] = (float)json_number_value(json_array_get(values, i)) * (is_doubled ? 0.5f : 1.0f);
    return *dimension > 0 ? ERR_NONE : err_set(err, ERR_CORRUPT, "the vector index gave a record without a vector");
}

// ---- storing

static void begin_record(struct strbuf *out, const char *collection, const char *project, const char *id)
{
    strbuf_addf(out, "{\"class\":\"%s\",\"tenant\":\"%s\",\"id\":\"%s\",", collection, project, id);
}

// Never an empty list, as no text is: what is there can be compared. Names are bracketed, so this is none.
static void add_negatives(struct strbuf *out, const json_t *negatives)
{
    char *text = negatives != NULL ? json_dumps(negatives, JSON_COMPACT) : mem_strdup("[\"none\"]");
    strbuf_adds(out, text);
    free(text);
}

static void add_object(struct strbuf *out, const struct weaviate *self, const char *project, size_t dimension,
    const struct weaviate_object *object)
{
    const struct vector_item *item = &object->item;
    char id[WEAVIATE_ID_SIZE];
    char track[TRACK_ID_SIZE] = "";
    char video[VIDEO_ID_SIZE];
    int32_t frame = 0, k = 0;
    (void)object_id_parse(item->object, video, &frame, &k);
    if (item->track >= 0)
        track_id_make(video, item->track, track);
    weaviate_id_of_object(item->object, id);
    begin_record(out, self->objects, project, id);
    strbuf_addf(out, "\"properties\":{\"video\":\"%s\",\"track\":\"<%s>\",\"doubled\":%s,\"kind\":", video, track,
        object->is_doubled ? "true" : "false");
    weaviate_add_bracketed(out, item->class_name);
    strbuf_adds(out, ",\"label\":");
    weaviate_add_bracketed(out, item->label);
    strbuf_adds(out, ",\"negatives\":");
    add_negatives(out, object->negatives);
    strbuf_adds(out, "},\"vector\":");
    add_scaled(out, item->vector, dimension, object->is_doubled ? 2 : 1);
    strbuf_addc(out, '}');
}

static void add_track(struct strbuf *out, const struct weaviate *self, const char *project, size_t dimension,
    const struct vector_track_item *item)
{
    char id[WEAVIATE_ID_SIZE];
    weaviate_id_of_track(item->track.video, item->track.n, id);
    begin_record(out, self->tracks, project, id);
    strbuf_addf(out, "\"properties\":{\"video\":\"%s\"},\"vector\":", item->track.video);
    weaviate_add_vector(out, item->vector, dimension);
    strbuf_addc(out, '}');
}

// What came of each record is in the answer, in the order in which they were sent. *failed counts those
// that were not taken, of which the first says why.
static enum err_code read_results(
    const struct weaviate *self, const json_t *answer, size_t sent, bool *is_taken, size_t *failed, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (json_array_size(answer) != sent)
        return err_set(err, ERR_UNAVAILABLE,
            "the vector index at %s (--vector-index) was sent %zu records and answered about %zu", self->address.label,
            sent, json_array_size(answer));
    for (size_t i = 0; i < sent; i++) {
        const json_t *result = json_object_get(json_array_get(answer, i), "result");
        const char *message = weaviate_message(json_object_get(result, "errors"));
        const char *status = json_string_value(json_object_get(result, "status"));
        struct err why = ERR_INIT;
        is_taken[i] = message == NULL && status != NULL && strcmp(status, "SUCCESS") == 0;
        if (is_taken[i])
            continue;
        ++*failed;
        enum err_code one = weaviate_refused(self, message != NULL ? message : "no reason is given", &why);
        // What sending again cannot mend goes before what it can.
        if (code == ERR_NONE || (code == ERR_UNAVAILABLE && one != ERR_UNAVAILABLE)) {
            code = one;
            if (err != NULL)
                *err = why;
        }
    }
    return code == ERR_NONE ? code : err_context(err, "%zu of %zu vectors were not stored", *failed, sent);
}

static void begin_batch(struct strbuf *body)
{
    strbuf_init(body);
    strbuf_adds(body, "{\"fields\":[\"id\"],\"objects\":[");
}

// Sends the `sent` records in `body`. Not again where it fails: what the server had taken until then is not known.
static enum err_code send_batch(
    struct weaviate *self, struct strbuf *body, size_t sent, bool *is_taken, struct err *err)
{
    json_t *answer = NULL;
    size_t failed = 0;
    strbuf_adds(body, "]}");
    enum err_code code = weaviate_call_once(
        self, HTTP_POST, "/v1/batch/objects?consistency_level=QUORUM", strbuf_detach(body, NULL), &answer, err);
    if (code == ERR_NONE)
        code = read_results(self, answer, sent, is_taken, &failed, err);
    json_decref(answer);
    return code;
}

// Weaviate answers a batch before it has written down what it indexed; the next batch makes it do so. So one follows
// that has a single record, always the same, which is in no video's range, has no vector and is not counted. Until it
// is answered, nothing of the batches before is safe from a kill of the server.
static enum err_code settle(struct weaviate *self, const char *project, struct err *err)
{
    struct strbuf body;
    char id[WEAVIATE_ID_SIZE];
    bool is_taken = false;
    weaviate_id_make(0, 0, id);
    begin_batch(&body);
    begin_record(&body, self->objects, project, id);
    strbuf_adds(&body, "\"properties\":{}}");
    return send_batch(self, &body, 1, &is_taken, err);
}

// One request's share of the objects from `from` on.
static enum err_code store_some(struct weaviate *self, const char *project, size_t dimension,
    struct weaviate_object *objects, size_t count, size_t *sent, struct err *err)
{
    struct strbuf body;
    bool is_taken[WEAVIATE_BATCH_MAX] = {false};
    *sent = 0;
    begin_batch(&body);
    while (*sent < count && *sent < WEAVIATE_BATCH_MAX && body.size < WEAVIATE_BATCH_BYTES) {
        if (*sent > 0)
            strbuf_addc(&body, ',');
        add_object(&body, self, project, dimension, &objects[(*sent)++]);
    }
    enum err_code code = send_batch(self, &body, *sent, is_taken, err);
    for (size_t i = 0; i < *sent; i++)
        objects[i].is_taken = is_taken[i];
    return code;
}

// Leaves those taken that a search can find: a server that was killed before it was made to write, and is back already,
// has others no more. They are to be indexed anew.
static enum err_code confirm_some(struct weaviate *self, const char *project, size_t dimension,
    struct weaviate_object *objects, size_t count, struct err *err)
{
    struct strbuf query;
    char(*ids)[WEAVIATE_ID_SIZE] = mem_calloc(count, sizeof(*ids));
    json_t *rows = NULL;
    json_t *found = json_object();
    size_t asked = 0, i;
    const json_t *row;
    for (i = 0; i < count; i++) {
        if (objects[i].is_taken)
            weaviate_id_of_object(objects[i].item.object, ids[asked++]);
    }
    strbuf_init(&query);
    strbuf_addf(&query, "{Get{%s(tenant:\"%s\",limit:%zu,nearVector:{vector:", self->objects, project, asked);
    weaviate_add_vector(&query, objects[0].item.vector, dimension);
    strbuf_adds(&query, "},where:");
    weaviate_add_ids(&query, (const char(*)[WEAVIATE_ID_SIZE])ids, asked);
    strbuf_adds(&query, "){_additional{id}}}}");
    enum err_code code = asked > 0 ? weaviate_ask(self, "Get", self->objects, &query, &rows, err) : ERR_NONE;
    json_array_foreach(rows, i, row)
    {
        const char *id = json_string_value(json_object_get(json_object_get(row, "_additional"), "id"));
        if (id != NULL)
            json_object_set_new(found, id, json_true());
    }
    for (i = 0; i < count && code == ERR_NONE; i++) {
        char id[WEAVIATE_ID_SIZE];
        weaviate_id_of_object(objects[i].item.object, id);
        if (objects[i].is_taken && json_object_get(found, id) == NULL) {
            objects[i].is_taken = false;
            objects[i].is_doubled = !objects[i].is_doubled;
        }
    }
    json_decref(found);
    json_decref(rows);
    strbuf_release(&query);
    free(ids);
    return code;
}

// Makes what was taken safe from a kill of the server.
static enum err_code make_safe(struct weaviate *self, const char *project, size_t dimension,
    struct weaviate_object *objects, size_t count, struct err *err)
{
    enum err_code code = settle(self, project, err);
    for (size_t from = 0; from < count && code == ERR_NONE; from += WEAVIATE_IDS_MAX)
        code = confirm_some(self, project, dimension, objects + from,
            count - from < WEAVIATE_IDS_MAX ? count - from : WEAVIATE_IDS_MAX, err);
    for (size_t i = 0; i < count && code != ERR_NONE; i++)
        objects[i].is_taken = false;
    return code;
}

enum err_code weaviate_store(struct weaviate *self, const char *project, size_t dimension,
    struct weaviate_object *objects, size_t count, struct err *err)
{
    struct err why = ERR_INIT;
    enum err_code code = ERR_NONE;
    bool is_any_taken = false;
    for (size_t from = 0, sent = 0; from < count && code == ERR_NONE; from += sent)
        code = store_some(self, project, dimension, objects + from, count - from, &sent, err);
    for (size_t i = 0; i < count; i++)
        is_any_taken = is_any_taken || objects[i].is_taken;
    enum err_code safe = is_any_taken ? make_safe(self, project, dimension, objects, count, &why) : ERR_NONE;
    if (code != ERR_NONE || safe == ERR_NONE)
        return code;
    if (err != NULL)
        *err = why;
    return safe;
}

// The tracks' collection indexes nothing, so storing again is storing again. Those that were taken leave the list.
static enum err_code store_some_tracks(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_track_item **items, size_t *count, struct err *err)
{
    struct strbuf body;
    bool is_taken[WEAVIATE_BATCH_MAX] = {false};
    size_t sent = 0, kept = 0;
    begin_batch(&body);
    while (sent < *count && sent < WEAVIATE_BATCH_MAX && body.size < WEAVIATE_BATCH_BYTES) {
        if (sent > 0)
            strbuf_addc(&body, ',');
        add_track(&body, self, project, dimension, items[sent++]);
    }
    enum err_code code = send_batch(self, &body, sent, is_taken, err);
    for (size_t i = 0; i < *count; i++) {
        if (i >= sent || !is_taken[i])
            items[kept++] = items[i];
    }
    *count = kept;
    return code;
}

enum err_code weaviate_store_tracks(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_track_item *items, size_t count, struct err *err)
{
    struct retry retry;
    enum err_code code = ERR_NONE;
    const struct vector_track_item **left = mem_calloc(count, sizeof(struct vector_track_item *));
    for (size_t i = 0; i < count; i++)
        left[i] = &items[i];
    retry_init(&retry, &self->retry, NULL, 0);
    while (code == ERR_NONE && count > 0) {
        size_t before = count;
        code = store_some_tracks(self, project, dimension, left, &count, err);
        if (count < before)
            retry_init(&retry, &self->retry, NULL, 0);
        if ((code == ERR_UNAVAILABLE || code == ERR_TIMEOUT) && retry_wait(&retry, code, 0, NULL)) {
            err_clear(err);
            code = ERR_NONE;
        }
    }
    free((void *)left);
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
    strbuf_addf(
        &query, "){kind label track negatives doubled _additional{id%s}}}}", with == WEAVIATE_ALL ? " vector" : "");
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

enum err_code weaviate_find(struct weaviate *self, const char *project, const struct weaviate_object *objects,
    size_t count, enum weaviate_with with, weaviate_row *row, void *context, struct err *err)
{
    enum err_code code = ERR_NONE;
    size_t most = count < WEAVIATE_IDS_MAX ? count : WEAVIATE_IDS_MAX;
    char(*ids)[WEAVIATE_ID_SIZE] = mem_calloc(most, sizeof(*ids));
    for (size_t from = 0; from < count && code == ERR_NONE; from += most) {
        size_t here = count - from < most ? count - from : most;
        for (size_t i = 0; i < here; i++)
            weaviate_id_of_object(objects[from + i].item.object, ids[i]);
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
        code = weaviate_read_vector(json_object_get(answer, "vector"),
            weaviate_is_doubled(json_object_get(answer, "properties")), vector, capacity, dimension, err);
    json_decref(answer);
    free(path);
    return code;
}
