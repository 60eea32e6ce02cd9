// Queries: filters as the data plane has them. A list that is too long for one request is asked for in parts, whose
// hits are put together; what is excluded beyond one list is asked for more of and left out here.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/pinecone_internal.h"

struct question {
    struct vector_index_pinecone *self;
    const struct vector_query *query;
    json_t *excluded_objects, *excluded_tracks; // sets: {"id": true}
    struct vector_hit *hits;
    size_t count;
};

static json_t *one_condition(const char *field, const char *operator, json_t * operand)
{
    json_t *condition = json_object();
    json_t *inner = json_object();
    json_set(inner, operator, operand);
    json_set(condition, field, inner);
    return condition;
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *track_names(const struct vector_track *tracks, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char id[TRACK_ID_SIZE];
        track_id_make(tracks[i].video, tracks[i].n, id);
        json_array_append_new(list, json_string(id));
    }
    return list;
}

// What every part of the question asks for.
static json_t *common_conditions(const struct vector_query *query)
{
    const struct vector_filter *filter = &query->filter;
    json_t *all = json_array();
    if (filter->video != NULL)
        json_array_append_new(all, one_condition("video", "$eq", json_string(filter->video)));
    if (filter->video_count > 0)
        json_array_append_new(all, one_condition("video", "$in", texts(filter->videos, filter->video_count)));
    if (filter->class_count > 0)
        json_array_append_new(all, one_condition("class", "$in", texts(filter->classes, filter->class_count)));
    if (filter->has_track) {
        char id[TRACK_ID_SIZE];
        track_id_make(filter->video != NULL ? filter->video : "", filter->track, id);
        json_array_append_new(all, one_condition("track", "$eq", json_string(id)));
    }
    size_t objects = filter->exclude_count < PINECONE_VALUES_MAX ? filter->exclude_count : PINECONE_VALUES_MAX;
    size_t tracks =
        filter->exclude_track_count < PINECONE_VALUES_MAX ? filter->exclude_track_count : PINECONE_VALUES_MAX;
    if (objects > 0)
        json_array_append_new(all, one_condition("object", "$nin", texts(filter->exclude, objects)));
    if (tracks > 0)
        json_array_append_new(all, one_condition("track", "$nin", track_names(filter->exclude_tracks, tracks)));
    return all;
}

// ---- one request

static bool is_excluded(const struct question *question, const struct vector_hit *hit, const char *track)
{
    return json_object_get(question->excluded_objects, hit->object) != NULL ||
        (track != NULL && json_object_get(question->excluded_tracks, track) != NULL);
}

static void keep(struct question *question, const json_t *match)
{
    const json_t *metadata = json_object_get(match, "metadata");
    const char *track = json_string_value(json_object_get(metadata, "track"));
    const char *class_name = json_string_value(json_object_get(metadata, "class"));
    const char *label = json_string_value(json_object_get(metadata, "label"));
    const char *id = json_string_value(json_object_get(match, "id"));
    struct vector_hit hit = {.track = -1, .score = (float)json_number_value(json_object_get(match, "score"))};
    char video[VIDEO_ID_SIZE];
    if (id == NULL || !object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
        return;
    snprintf(hit.object, sizeof(hit.object), "%s", id);
    snprintf(hit.class_name, sizeof(hit.class_name), "%s", class_name != NULL ? class_name : "");
    snprintf(hit.label, sizeof(hit.label), "%s", label != NULL ? label : "");
    if (track != NULL && track[0] != '\0')
        (void)track_id_parse(track, video, &hit.track);
    // Rounding may carry a cosine past one.
    hit.score = hit.score > 1 ? 1 : hit.score < -1 ? -1 : hit.score;
    if (hit.score < question->query->min_score || is_excluded(question, &hit, track))
        return;
    question->hits = mem_realloc_array(question->hits, question->count + 1, sizeof(hit));
    question->hits[question->count++] = hit;
}

// One request for the nearest `top`; *got is how many the server had.
static enum err_code ask_once(
    struct question *question, const json_t *conditions, size_t top, size_t *got, struct err *err)
{
    const struct vector_query *query = question->query;
    json_t *body = json_object();
    json_t *answer = NULL;
    size_t i;
    const json_t *match;
    json_set(body, "vector", pinecone_values(query->vector, query->dimension));
    json_set_int64(body, "topK", (int64_t)top);
    json_set_string(body, "namespace", query->project);
    json_set_bool(body, "includeMetadata", true);
    json_set_bool(body, "includeValues", false);
    if (json_array_size(conditions) > 0) {
        json_t *filter = json_object();
        json_set(filter, "$and", json_incref((json_t *)(uintptr_t)conditions));
        json_set(body, "filter", filter);
    }
    enum err_code code = pinecone_call(question->self, HTTP_POST, "/query", body, &answer, err);
    if (code == ERR_NOT_FOUND) { // no namespace, no hits
        err_clear(err);
        code = ERR_NONE;
    }
    *got = json_array_size(json_object_get(answer, "matches"));
    json_array_foreach(json_object_get(answer, "matches"), i, match) keep(question, match);
    json_decref(answer);
    return code;
}

// Takes `conditions` over. What is left out here has to be made up for by asking for more.
static enum err_code ask(struct question *question, json_t *conditions, struct err *err)
{
    enum { MORE = 4 };
    const struct vector_filter *filter = &question->query->filter;
    size_t before = question->count, got = 0, top = question->query->limit;
    bool leaves_out = filter->exclude_count > PINECONE_VALUES_MAX || filter->exclude_track_count > PINECONE_VALUES_MAX;
    enum err_code code = ask_once(question, conditions, top, &got, err);
    while (code == ERR_NONE && leaves_out && got == top && question->count - before < question->query->limit &&
        top < VECTOR_QUERY_LIMIT_MAX) {
        top = top * MORE < VECTOR_QUERY_LIMIT_MAX ? top * MORE : VECTOR_QUERY_LIMIT_MAX;
        question->count = before;
        code = ask_once(question, conditions, top, &got, err);
    }
    json_decref(conditions);
    return code;
}

// ---- labels: said of the object, or of its track where it has none of its own

static enum err_code ask_by_label(struct question *question, const json_t *common, struct err *err)
{
    const struct vector_filter *filter = &question->query->filter;
    json_t *own = json_copy((json_t *)(uintptr_t)common);
    json_array_append_new(own, one_condition("label", "$in", texts(filter->labels, filter->label_count)));
    enum err_code code = ask(question, own, err);
    for (size_t from = 0; from < filter->labelled_count && code == ERR_NONE; from += PINECONE_VALUES_MAX) {
        size_t count = filter->labelled_count - from;
        if (count > PINECONE_VALUES_MAX)
            count = PINECONE_VALUES_MAX;
        json_t *theirs = json_copy((json_t *)(uintptr_t)common);
        json_array_append_new(theirs, one_condition("label", "$eq", json_string("")));
        json_array_append_new(theirs, one_condition("track", "$in", track_names(filter->labelled + from, count)));
        code = ask(question, theirs, err);
    }
    return code;
}

// ---- putting together

static int by_score(const void *a, const void *b)
{
    const struct vector_hit *left = a, *right = b;
    if (left->score > right->score)
        return -1;
    if (left->score < right->score)
        return 1;
    return strcmp(left->object, right->object);
}

static json_t *set_of(json_t *list)
{
    json_t *set = json_object();
    size_t i;
    const json_t *text;
    json_array_foreach(list, i, text) json_object_set_new(set, json_string_value(text), json_true());
    json_decref(list);
    return set;
}

// The parts of a question have no hit in common but where "" is among the labels.
static void put_together(struct question *question)
{
    size_t kept = 0;
    if (question->count > 1)
        qsort(question->hits, question->count, sizeof(*question->hits), by_score);
    for (size_t i = 0; i < question->count && kept < question->query->limit; i++) {
        if (kept > 0 && strcmp(question->hits[kept - 1].object, question->hits[i].object) == 0)
            continue;
        question->hits[kept++] = question->hits[i];
    }
    question->count = kept;
}

enum err_code pinecone_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    const struct vector_filter *filter = &query->filter;
    struct question question = {.self = pinecone_of(index),
        .query = query,
        .excluded_objects = set_of(texts(filter->exclude, filter->exclude_count)),
        .excluded_tracks = set_of(track_names(filter->exclude_tracks, filter->exclude_track_count))};
    json_t *common = common_conditions(query);
    enum err_code code = filter->label_count > 0 || filter->labelled_count > 0
        ? ask_by_label(&question, common, err)
        : ask(&question, json_incref(common), err);
    json_decref(common);
    json_decref(question.excluded_objects);
    json_decref(question.excluded_tracks);
    if (code != ERR_NONE) {
        free(question.hits);
        return code;
    }
    put_together(&question);
    *hits = question.hits;
    *count = question.count;
    return ERR_NONE;
}
