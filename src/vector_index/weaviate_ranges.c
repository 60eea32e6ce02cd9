// Listing, counting and removing.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

// ---- listing: ids sort as places do, so a range is read from its beginning on

struct walk {
    uint64_t video, to;
    uint64_t last; // place seen last
    weaviate_visit *visit;
    void *context;
    bool has_ended;
};

static void visit_row(struct walk *walk, const json_t *row)
{
    uint64_t video = 0, place = 0;
    const char *id = json_string_value(json_object_get(json_object_get(row, "_additional"), "id"));
    if (walk->has_ended)
        return;
    // Past the range are other videos' records.
    if (id == NULL || !weaviate_id_parse(id, &video, &place) || video != walk->video || place > walk->to) {
        walk->has_ended = true;
        return;
    }
    walk->last = place;
    walk->has_ended = !walk->visit(walk->context, place);
}

static enum err_code list_page(
    struct weaviate *self, const char *collection, const char *project, struct walk *walk, struct err *err)
{
    struct strbuf query;
    char after[WEAVIATE_ID_SIZE];
    json_t *rows = NULL;
    size_t i;
    const json_t *row;
    weaviate_id_make(walk->video, walk->last, after);
    strbuf_init(&query);
    strbuf_addf(&query, "{Get{%s(tenant:\"%s\",limit:%d,after:\"%s\"%s){_additional{id}}}}", collection, project,
        WEAVIATE_LIST_MAX, after, self->is_replicated ? ",consistencyLevel:QUORUM" : "");
    enum err_code code = weaviate_ask(self, "Get", collection, &query, &rows, err);
    json_array_foreach(rows, i, row) visit_row(walk, row);
    walk->has_ended = walk->has_ended || json_array_size(rows) < WEAVIATE_LIST_MAX;
    json_decref(rows);
    strbuf_release(&query);
    return code;
}

enum err_code weaviate_list(struct weaviate *self, const char *collection, const char *project, const char *video,
    uint64_t from, uint64_t to, weaviate_visit *visit, void *context, struct err *err)
{
    struct walk walk = {
        .video = vector_key_video(video), .to = to, .last = from - 1, .visit = visit, .context = context};
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && !walk.has_ended)
        code = list_page(self, collection, project, &walk, err);
    return code;
}

// Whether the record that settles batches is there, which is no object's.
static enum err_code has_settling(struct weaviate *self, const char *project, bool *is_there, struct err *err)
{
    char id[WEAVIATE_ID_SIZE];
    weaviate_id_make(0, 0, id);
    char *path = mem_sprintf("/v1/objects/%s/%s?tenant=%s&consistency_level=QUORUM", self->objects, id, project);
    enum err_code code = weaviate_call(self, HTTP_GET, path, NULL, NULL, err);
    *is_there = code == ERR_NONE;
    free(path);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

// Not by a condition that leaves that record out: Weaviate counts what was replaced in what is not something.
enum err_code weaviate_count(
    struct weaviate *self, const char *project, const char *video, size_t *count, struct err *err)
{
    struct strbuf query;
    json_t *rows = NULL;
    bool is_one_too_many = false;
    strbuf_init(&query);
    strbuf_addf(&query, "{Aggregate{%s(tenant:\"%s\"", self->objects, project);
    if (video != NULL)
        strbuf_addf(&query, ",where:{path:[\"video\"],operator:Equal,valueText:\"%s\"}", video);
    strbuf_adds(&query, "){meta{count}}}}");
    enum err_code code = weaviate_ask(self, "Aggregate", self->objects, &query, &rows, err);
    const json_t *number = json_object_get(json_object_get(json_array_get(rows, 0), "meta"), "count");
    *count = (size_t)json_number_value(number);
    if (code == ERR_NONE && video == NULL && *count > 0)
        code = has_settling(self, project, &is_one_too_many, err);
    *count -= is_one_too_many ? 1 : 0;
    json_decref(rows);
    strbuf_release(&query);
    return code;
}

// ---- removing

// Removes what `where` matches, a share at a time, as the server does. Its reference is taken.
static enum err_code remove_where(
    struct weaviate *self, const char *collection, const char *project, json_t *where, struct err *err)
{
    enum err_code code = ERR_NONE;
    char *path = mem_sprintf("/v1/batch/objects?tenant=%s&consistency_level=QUORUM", project);
    bool has_more = true;
    while (code == ERR_NONE && has_more) {
        json_t *answer = NULL;
        code = weaviate_send(self, HTTP_DELETE, path,
            json_pack("{s:{s:s, s:O}, s:s}", "match", "class", collection, "where", where, "output", "minimal"),
            &answer, err);
        const json_t *results = json_object_get(answer, "results");
        json_int_t matches = json_integer_value(json_object_get(results, "matches"));
        json_int_t failed = json_integer_value(json_object_get(results, "failed"));
        has_more = matches > 0 && matches >= json_integer_value(json_object_get(results, "limit"));
        if (code == ERR_NONE && failed > 0)
            code = err_set(err, ERR_UNAVAILABLE,
                "the vector index at %s (--vector-index) could not remove %lld of %lld vectors", self->address.label,
                (long long)failed, (long long)matches);
        json_decref(answer);
    }
    json_decref(where);
    free(path);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err); // no tenant, nothing to be removed
    return ERR_NONE;
}

enum err_code weaviate_remove(struct weaviate *self, const char *collection, const char *project,
    const char (*ids)[WEAVIATE_ID_SIZE], size_t count, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t from = 0; from < count && code == ERR_NONE; from += WEAVIATE_IDS_MAX) {
        json_t *list = json_array();
        for (size_t i = from; i < count && i < from + WEAVIATE_IDS_MAX; i++)
            json_array_append_new(list, json_string(ids[i]));
        code = remove_where(self, collection, project,
            json_pack("{s:[s], s:s, s:o}", "path", "id", "operator", "ContainsAny", "valueTextArray", list), err);
    }
    return code;
}

enum err_code weaviate_remove_video(
    struct weaviate *self, const char *collection, const char *project, const char *video, struct err *err)
{
    return remove_where(self, collection, project,
        json_pack("{s:[s], s:s, s:s}", "path", "video", "operator", "Equal", "valueText", video), err);
}
