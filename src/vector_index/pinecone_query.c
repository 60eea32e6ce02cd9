// Queries: filters as the data plane has them. A list that is too long for one request is asked for in parts, whose
// hits are put together; what is excluded beyond one list is asked for more of and left out here. Metadata that an
// answer has no room for is asked for by itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/pinecone_internal.h"
#include "vector_index/vector_gather.h"

struct question {
    struct vector_index_pinecone *self;
    const struct vector_query *query;
    struct vector_gather gather;
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

// Records of which nobody said what they are not have no such field.
static json_t *not_refused(const struct vector_filter *filter)
{
    json_t *either = json_object();
    json_set(either, "$or",
        json_pack("[o, o]", one_condition("negatives", "$exists", json_false()),
            one_condition("negatives", "$nin", texts(filter->refused, filter->refused_count))));
    return either;
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
    if (filter->refused_count > 0)
        json_array_append_new(all, not_refused(filter));
    return all;
}

// ---- one request

static void keep(struct question *question, const json_t *match)
{
    const json_t *metadata = json_object_get(match, "metadata");
    const char *track = json_string_value(json_object_get(metadata, "track"));
    const char *class_name = json_string_value(json_object_get(metadata, "class"));
    const char *label = json_string_value(json_object_get(metadata, "label"));
    const char *id = json_string_value(json_object_get(match, "id"));
    struct vector_hit hit = {.track = -1, .score = (float)json_number_value(json_object_get(match, "score"))};
    char video[VIDEO_ID_SIZE];
    // Without metadata it was removed meanwhile.
    if (id == NULL || metadata == NULL || !object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
        return;
    snprintf(hit.object, sizeof(hit.object), "%s", id);
    snprintf(hit.class_name, sizeof(hit.class_name), "%s", class_name != NULL ? class_name : "");
    snprintf(hit.label, sizeof(hit.label), "%s", label != NULL ? label : "");
    if (track != NULL && track[0] != '\0')
        (void)track_id_parse(track, video, &hit.track);
    // Rounding may carry a cosine past one.
    hit.score = hit.score > 1 ? 1 : hit.score < -1 ? -1 : hit.score;
    vector_gather_add(&question->gather, &hit);
}

// `conditions` are borrowed.
static enum err_code post_query(struct question *question, const json_t *conditions, size_t top, bool with_metadata,
    json_t **answer, struct err *err)
{
    const struct vector_query *query = question->query;
    json_t *body = json_object();
    json_set(body, "vector", pinecone_values(query->vector, query->dimension));
    json_set_int64(body, "topK", (int64_t)top);
    json_set_string(body, "namespace", query->project);
    json_set_bool(body, "includeMetadata", with_metadata);
    json_set_bool(body, "includeValues", false);
    if (json_array_size(conditions) > 0) {
        json_t *filter = json_object();
        json_set(filter, "$and", json_incref((json_t *)(uintptr_t)conditions));
        json_set(body, "filter", filter);
    }
    return pinecone_call(question->self, HTTP_POST, "/query", body, answer, err);
}

// What is refused may be refused because the answer would be too large.
static bool is_perhaps_too_large(enum err_code code)
{
    return code == ERR_INVALID || code == ERR_LIMIT;
}

// Adds {"id": metadata} of `count` ids from `first` on to `found`, of fewer at once where an answer has no room.
static enum err_code find_metadata(
    struct question *question, const json_t *ids, size_t first, size_t count, json_t *found, struct err *err)
{
    json_t *part = json_array();
    json_t *answer = NULL;
    size_t i;
    const json_t *match;
    for (i = first; i < first + count; i++)
        json_array_append(part, json_array_get(ids, i));
    json_t *conditions = json_pack("[o]", one_condition("object", "$in", part));
    enum err_code code = post_query(question, conditions, count, true, &answer, err);
    json_array_foreach(json_object_get(answer, "matches"), i, match)
        json_object_set(found, json_string_value(json_object_get(match, "id")), json_object_get(match, "metadata"));
    json_decref(conditions);
    json_decref(answer);
    if (!is_perhaps_too_large(code) || count == 1)
        return code;
    err_clear(err);
    code = find_metadata(question, ids, first, count / 2, found, err);
    return code == ERR_NONE ? find_metadata(question, ids, first + count / 2, count - count / 2, found, err) : code;
}

// The same of what is not in `found`: what is near is not always found by a filter. What is not there was removed.
static enum err_code fetch_metadata(struct question *question, const json_t *ids, json_t *found, struct err *err)
{
    json_t *missing = json_array();
    json_t *records = NULL;
    size_t i;
    json_t *id, *record;
    const char *name;
    json_array_foreach(ids, i, id)
    {
        if (json_object_get(found, json_string_value(id)) == NULL)
            json_array_append(missing, id);
    }
    enum err_code code =
        pinecone_fetch(question->self, question->query->project, missing, question->query->dimension, &records, err);
    json_object_foreach(records, name, record) json_object_set(found, name, json_object_get(record, "metadata"));
    json_decref(records);
    json_decref(missing);
    return code;
}

// Gives matches the metadata that they came without.
static enum err_code describe(struct question *question, json_t *matches, struct err *err)
{
    json_t *ids = json_array();
    json_t *found = json_object();
    size_t i, count = json_array_size(matches);
    json_t *match;
    enum err_code code = ERR_NONE;
    json_array_foreach(matches, i, match) json_array_append(ids, json_object_get(match, "id"));
    for (i = 0; i < count && code == ERR_NONE; i += PINECONE_VALUES_MAX)
        code = find_metadata(
            question, ids, i, count - i < PINECONE_VALUES_MAX ? count - i : PINECONE_VALUES_MAX, found, err);
    if (code == ERR_NONE)
        code = fetch_metadata(question, ids, found, err);
    json_array_foreach(matches, i, match)
        json_object_set(match, "metadata", json_object_get(found, json_string_value(json_object_get(match, "id"))));
    json_decref(found);
    json_decref(ids);
    return code;
}

// Ids and scores of as many hits as may be asked for fit into an answer, and almost always their metadata does too.
static enum err_code ask_for_matches(
    struct question *question, const json_t *conditions, size_t top, json_t **answer, struct err *err)
{
    enum err_code code = post_query(question, conditions, top, true, answer, err);
    if (!is_perhaps_too_large(code))
        return code;
    err_clear(err);
    code = post_query(question, conditions, top, false, answer, err);
    return code == ERR_NONE ? describe(question, json_object_get(*answer, "matches"), err) : code;
}

// The nearest `top`; *got is how many the server had.
static enum err_code ask_once(
    struct question *question, const json_t *conditions, size_t top, size_t *got, struct err *err)
{
    json_t *answer = NULL;
    size_t i;
    const json_t *match;
    enum err_code code = ask_for_matches(question, conditions, top, &answer, err);
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
    size_t before = question->gather.count, got = 0, top = question->query->limit;
    bool leaves_out = filter->exclude_count > PINECONE_VALUES_MAX || filter->exclude_track_count > PINECONE_VALUES_MAX;
    enum err_code code = ask_once(question, conditions, top, &got, err);
    while (code == ERR_NONE && leaves_out && got == top && question->gather.count - before < question->query->limit &&
        top < VECTOR_QUERY_LIMIT_MAX) {
        top = top * MORE < VECTOR_QUERY_LIMIT_MAX ? top * MORE : VECTOR_QUERY_LIMIT_MAX;
        question->gather.count = before;
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

enum err_code pinecone_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    const struct vector_filter *filter = &query->filter;
    struct question question = {.self = pinecone_of(index), .query = query};
    vector_gather_init(&question.gather, query);
    json_t *common = common_conditions(query);
    enum err_code code = filter->label_count > 0 || filter->labelled_count > 0
        ? ask_by_label(&question, common, err)
        : ask(&question, json_incref(common), err);
    json_decref(common);
    if (code == ERR_NONE)
        *hits = vector_gather_finish(&question.gather, count);
    vector_gather_release(&question.gather);
    return code;
}
