// Queries. A filter's conditions are the server's; a list of tracks that is too long for one request is asked for in
// parts, whose hits are put together; what is excluded beyond one list is asked for more of and left out here.
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "vector_index/vector_gather.h"
#include "vector_index/weaviate_internal.h"

// Hits beyond the limit, so that all of those that are as near as the last one are seen, of which the first are taken.
#define TIES_MORE 16
#define ASK_MORE 4
// How widely an exact query is asked: the server's search widens with it.
#define EXACT_LEAST 1000

struct question {
    struct weaviate *self;
    const struct vector_query *query;
    struct vector_gather gather;
};

// ---- conditions, each followed by a comma

static void begin_list(struct strbuf *out, const char *field, const char *operator)
{
    strbuf_addf(out, "{path:[\"%s\"],operator:%s,valueText:[", field, operator);
}

static void end_list(struct strbuf *out)
{
    strbuf_adds(out, "]},");
}

static void add_equal(struct strbuf *out, const char *field, const char *text)
{
    strbuf_addf(out, "{path:[\"%s\"],operator:Equal,valueText:\"%s\"},", field, text);
}

static void add_texts(
    struct strbuf *out, const char *field, const char *operator, const char * const * texts, size_t count)
{
    begin_list(out, field, operator);
    for (size_t i = 0; i < count; i++) {
        weaviate_add_bracketed(out, texts[i]);
        strbuf_addc(out, ',');
    }
    end_list(out);
}

static void add_tracks(struct strbuf *out, const char *operator, const struct vector_track * tracks, size_t count)
{
    begin_list(out, "track", operator);
    for (size_t i = 0; i < count; i++) {
        char id[TRACK_ID_SIZE];
        track_id_make(tracks[i].video, tracks[i].n, id);
        strbuf_addf(out, "\"<%s>\",", id);
    }
    end_list(out);
}

static void add_excluded(struct strbuf *out, const char *const *objects, size_t count)
{
    begin_list(out, "id", "ContainsNone");
    for (size_t i = 0; i < count; i++) {
        char id[WEAVIATE_ID_SIZE];
        weaviate_id_of_object(objects[i], id);
        strbuf_addf(out, "\"%s\",", id);
    }
    end_list(out);
}

static size_t at_most(size_t count)
{
    return count < WEAVIATE_VALUES_MAX ? count : WEAVIATE_VALUES_MAX;
}

static void add_common(struct strbuf *out, const struct vector_filter *filter)
{
    if (filter->video != NULL)
        add_equal(out, "video", filter->video);
    if (filter->video_count > 0) {
        begin_list(out, "video", "ContainsAny");
        for (size_t i = 0; i < filter->video_count; i++)
            strbuf_addf(out, "\"%s\",", filter->videos[i]);
        end_list(out);
    }
    if (filter->class_count > 0)
        add_texts(out, "kind", "ContainsAny", filter->classes, filter->class_count);
    if (filter->has_track && filter->video != NULL) {
        char id[TRACK_ID_SIZE];
        track_id_make(filter->video, filter->track, id);
        strbuf_addf(out, "{path:[\"track\"],operator:Equal,valueText:\"<%s>\"},", id);
    }
    if (filter->exclude_count > 0)
        add_excluded(out, filter->exclude, at_most(filter->exclude_count));
    if (filter->exclude_track_count > 0)
        add_tracks(out, "ContainsNone", filter->exclude_tracks, at_most(filter->exclude_track_count));
    if (filter->refused_count > 0)
        add_texts(out, "negatives", "ContainsNone", filter->refused, filter->refused_count);
}

// Labels said of the object, or of its track where it has none of its own; those of the tracks from … on.
static void add_labels(struct strbuf *out, const struct vector_filter *filter, size_t from)
{
    size_t tracks = at_most(filter->labelled_count - from);
    bool has_own = from == 0 && filter->label_count > 0;
    strbuf_adds(out, "{operator:Or,operands:[");
    if (has_own)
        add_texts(out, "label", "ContainsAny", filter->labels, filter->label_count);
    if (tracks > 0) {
        strbuf_adds(out, "{operator:And,operands:[");
        add_equal(out, "label", "<>");
        add_tracks(out, "ContainsAny", filter->labelled + from, tracks);
        strbuf_adds(out, "]},");
    }
    strbuf_adds(out, "]},");
}

// ---- one request

static void keep(struct question *question, const json_t *row, float *last_score)
{
    const json_t *additional = json_object_get(row, "_additional");
    const char *id = json_string_value(json_object_get(additional, "id"));
    struct vector_hit hit = {.score = (float)(1 - json_number_value(json_object_get(additional, "distance")))};
    struct vector_key key;
    if (id == NULL || !weaviate_id_key(id, &key))
        return;
    // Rounding may carry a cosine past one.
    hit.score = hit.score > 1 ? 1 : hit.score < -1 ? -1 : hit.score;
    *last_score = hit.score;
    vector_key_format(key, hit.object);
    weaviate_read_properties(row, &hit);
    vector_gather_add(&question->gather, &hit);
}

// One request for the nearest `top`; *got is how many the server had, *last_score that of the last.
static enum err_code ask_once(struct question *question, const struct strbuf *conditions, size_t top, size_t *got,
    float *last_score, struct err *err)
{
    const struct vector_query *query = question->query;
    struct weaviate *self = question->self;
    struct strbuf text;
    json_t *rows = NULL;
    size_t i;
    const json_t *row;
    strbuf_init(&text);
    strbuf_addf(&text, "{Get{%s(tenant:\"%s\",limit:%zu,nearVector:{vector:", self->objects, query->project, top);
    weaviate_add_vector(&text, query->vector, query->dimension);
    strbuf_adds(&text, self->is_replicated ? "},consistencyLevel:QUORUM" : "}");
    if (conditions->size > 0)
        strbuf_addf(&text, ",where:{operator:And,operands:[%s]}", conditions->data);
    strbuf_adds(&text, "){kind label track _additional{id distance}}}}");
    enum err_code code = weaviate_ask(self, "Get", self->objects, &text, &rows, err);
    *got = json_array_size(rows);
    json_array_foreach(rows, i, row) keep(question, row, last_score);
    json_decref(rows);
    strbuf_release(&text);
    return code;
}

// How many of the hits from `before` on score more than `score`.
static size_t count_better(const struct vector_gather *gather, size_t before, float score)
{
    size_t count = 0;
    for (size_t i = before; i < gather->count; i++)
        count += gather->hits[i].score > score;
    return count;
}

// What is left out here, and what is as near as the last, has to be made up for by asking for more.
static enum err_code ask(struct question *question, const struct strbuf *conditions, struct err *err)
{
    const struct vector_query *query = question->query;
    struct vector_gather *gather = &question->gather;
    size_t before = gather->count, got = 0, top = query->limit + TIES_MORE;
    float last_score = 1;
    if (query->exact && top < EXACT_LEAST)
        top = EXACT_LEAST;
    for (;;) {
        if (top > VECTOR_QUERY_LIMIT_MAX)
            top = VECTOR_QUERY_LIMIT_MAX;
        enum err_code code = ask_once(question, conditions, top, &got, &last_score, err);
        if (code != ERR_NONE || got < top || top == VECTOR_QUERY_LIMIT_MAX || last_score < query->min_score ||
            count_better(gather, before, last_score) >= query->limit)
            return code;
        top *= ASK_MORE;
        gather->count = before;
    }
}

static enum err_code ask_by_label(struct question *question, struct strbuf *conditions, struct err *err)
{
    const struct vector_filter *filter = &question->query->filter;
    size_t common = conditions->size, from = 0;
    enum err_code code;
    do {
        conditions->size = common;
        add_labels(conditions, filter, from);
        code = ask(question, conditions, err);
        from += WEAVIATE_VALUES_MAX;
    } while (code == ERR_NONE && from < filter->labelled_count);
    return code;
}

enum err_code weaviate_query(
    struct weaviate *self, const struct vector_query *query, struct vector_hit **hits, size_t *count, struct err *err)
{
    const struct vector_filter *filter = &query->filter;
    struct question question = {.self = self, .query = query};
    struct strbuf conditions;
    strbuf_init(&conditions);
    vector_gather_init(&question.gather, query);
    add_common(&conditions, filter);
    enum err_code code = filter->label_count > 0 || filter->labelled_count > 0
        ? ask_by_label(&question, &conditions, err)
        : ask(&question, &conditions, err);
    if (code == ERR_NONE)
        *hits = vector_gather_finish(&question.gather, count);
    vector_gather_release(&question.gather);
    strbuf_release(&conditions);
    return code;
}
