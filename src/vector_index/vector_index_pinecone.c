#include "vector_index/vector_index_pinecone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vector_index/pinecone_internal.h"
#include "vector_index/vector_track_set.h"

#define FACTS_ID "facts"

// ---- what a project's vectors are

static enum err_code read_facts(
    struct vector_index_pinecone *self, const char *project, struct vector_facts *facts, struct err *err)
{
    char space[PINECONE_SPACE_SIZE];
    json_t *ids = NULL;
    json_t *found = NULL;
    if (vector_facts_recall(&self->facts, project, facts))
        return ERR_NONE;
    *facts = (struct vector_facts){0};
    snprintf(facts->project, sizeof(facts->project), "%s", project);
    ids = json_pack("[s]", FACTS_ID);
    pinecone_space(project, PINECONE_FACTS, space);
    enum err_code code = pinecone_fetch(self, space, ids, VECTOR_DIMENSION_MAX, &found, err);
    const json_t *record = json_object_get(found, FACTS_ID);
    if (code == ERR_NONE && record != NULL) {
        const char *model = json_string_value(json_object_get(json_object_get(record, "metadata"), "model"));
        facts->dimension = json_array_size(json_object_get(record, "values"));
        snprintf(facts->model, sizeof(facts->model), "%s", model != NULL ? model : "");
        // That there are none yet is not kept: the first upsert may come at any moment.
        vector_facts_keep(&self->facts, facts);
    }
    json_decref(ids);
    json_decref(found);
    return code;
}

static enum err_code write_facts(
    struct vector_index_pinecone *self, const char *project, const char *model, size_t dimension, struct err *err)
{
    char space[PINECONE_SPACE_SIZE];
    float *direction = mem_calloc(dimension, sizeof(*direction));
    direction[0] = 1;
    json_t *vectors = json_pack("[{s:s, s:o, s:{s:s}}]", "id", FACTS_ID, "values",
        pinecone_values(direction, dimension), "metadata", "model", model);
    free(direction);
    pinecone_space(project, PINECONE_FACTS, space);
    enum err_code code = pinecone_upsert(self, space, vectors, err);
    json_decref(vectors);
    return code;
}

// Whether vectors of this model and dimension may be stored; the first ones decide.
static enum err_code check_facts(
    struct vector_index_pinecone *self, const char *project, const char *model, size_t dimension, struct err *err)
{
    struct vector_facts facts;
    enum err_code code = read_facts(self, project, &facts, err);
    if (code != ERR_NONE)
        return code;
    return facts.dimension == 0 ? write_facts(self, project, model, dimension, err)
                                : vector_facts_check(&facts, model, dimension, err);
}

// ---- objects

// With what the record had, as far as an item leaves it open.
static json_t *metadata_of(const struct vector_item *item, const json_t *before)
{
    char video[VIDEO_ID_SIZE];
    char track[TRACK_ID_SIZE] = "";
    int32_t frame = 0, k = 0;
    const char *old_label = json_string_value(json_object_get(json_object_get(before, "metadata"), "label"));
    const char *old_track = json_string_value(json_object_get(json_object_get(before, "metadata"), "track"));
    (void)object_id_parse(item->object, video, &frame, &k);
    if (item->track >= 0)
        track_id_make(video, item->track, track);
    else if (old_track != NULL)
        snprintf(track, sizeof(track), "%s", old_track);
    json_t *metadata =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "object", item->object, "video", video, "class", item->class_name,
            "label", item->label[0] == '\0' && old_label != NULL ? old_label : item->label, "track", track);
    json_t *negatives = json_object_get(json_object_get(before, "metadata"), "negatives");
    if (negatives != NULL)
        json_object_set(metadata, "negatives", negatives);
    return metadata;
}

static enum err_code upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    json_t *ids = json_array();
    json_t *before = NULL;
    json_t *last = json_object(); // of two items for one object the last one counts
    enum err_code code = check_facts(self, project, model, dimension, err);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(items[i].object));
    if (code == ERR_NONE)
        code = pinecone_fetch(self, project, ids, dimension, &before, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        const char *object = items[i].object;
        // What an earlier item of the same call said counts as said before.
        const json_t *known = json_object_get(last, object);
        json_set(last, object,
            json_pack("{s:s, s:o, s:o}", "id", object, "values", pinecone_values(items[i].vector, dimension),
                "metadata", metadata_of(&items[i], known != NULL ? known : json_object_get(before, object))));
    }
    if (code == ERR_NONE) {
        json_t *vectors = json_array();
        const char *id;
        json_t *vector;
        json_object_foreach(last, id, vector) json_array_append(vectors, vector);
        code = pinecone_upsert(self, project, vectors, err);
        json_decref(vectors);
    }
    json_decref(last);
    json_decref(before);
    json_decref(ids);
    return code;
}

static void change_record(json_t *record, const struct vector_attributes *change)
{
    char track[TRACK_ID_SIZE] = "";
    char video[VIDEO_ID_SIZE];
    int32_t frame = 0, k = 0;
    json_t *metadata = json_object_get(record, "metadata");
    if (change->set_label)
        json_set_string(metadata, "label", change->label);
    if (change->set_track && change->track >= 0 && object_id_parse(change->object, video, &frame, &k))
        track_id_make(video, change->track, track);
    if (change->set_track)
        json_set_string(metadata, "track", track);
    if (change->set_negatives)
        json_object_del(metadata, "negatives");
    if (change->set_negatives && change->negative_count > 0) {
        json_t *negatives = json_array();
        for (size_t i = 0; i < change->negative_count; i++)
            json_array_append_new(negatives, json_string(change->negatives[i]));
        json_set(metadata, "negatives", negatives);
    }
}

// The service changes one record a request and few a second, but stores a thousand: they are read and stored again.
static enum err_code set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    json_t *ids = json_array();
    json_t *found = NULL;
    struct vector_facts facts;
    enum err_code code = read_facts(self, project, &facts, err);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(changes[i].object));
    if (code == ERR_NONE)
        code = pinecone_fetch(self, project, ids, facts.dimension, &found, err);
    if (code == ERR_NONE) {
        json_t *vectors = json_array();
        const char *id;
        json_t *record;
        for (size_t i = 0; i < count; i++) {
            record = json_object_get(found, changes[i].object);
            if (record != NULL)
                change_record(record, &changes[i]);
        }
        json_object_foreach(found, id, record) json_array_append(vectors, record);
        if (json_array_size(vectors) > 0)
            code = pinecone_upsert(self, project, vectors, err);
        json_decref(vectors);
    }
    json_decref(found);
    json_decref(ids);
    return code;
}

static enum err_code query(struct vector_index *index, const struct vector_query *asked, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    struct vector_facts facts;
    enum err_code code = read_facts(pinecone_of(index), asked->project, &facts, err);
    if (code != ERR_NONE || facts.dimension == 0)
        return code;
    code = vector_facts_check(&facts, NULL, asked->dimension, err);
    return code == ERR_NONE ? pinecone_query(index, asked, hits, count, err) : code;
}

// One record's vector. *found is false where it is not there.
static enum err_code fetch_values(struct vector_index_pinecone *self, const char *space, const char *id, float *vector,
    size_t capacity, size_t *dimension, bool *found, struct err *err)
{
    json_t *ids = json_pack("[s]", id);
    json_t *records = NULL;
    enum err_code code = pinecone_fetch(self, space, ids, capacity, &records, err);
    const json_t *record = json_object_get(records, id);
    *found = record != NULL;
    if (code == ERR_NONE && *found)
        code = pinecone_read_values(record, vector, capacity, dimension, err);
    json_decref(records);
    json_decref(ids);
    return code;
}

static enum err_code fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    bool found;
    enum err_code code = fetch_values(pinecone_of(index), project, object, vector, capacity, dimension, &found, err);
    return code == ERR_NONE && !found ? vector_index_no_object(err, project, object) : code;
}

// ---- removing

static bool collect(void *context, const char *id)
{
    json_array_append_new(context, json_string(id));
    return true;
}

static enum err_code remove_prefix(
    struct vector_index_pinecone *self, const char *space, const char *prefix, struct err *err)
{
    json_t *ids = json_array();
    enum err_code code = pinecone_list(self, space, prefix, collect, ids, err);
    if (code == ERR_NONE)
        code = pinecone_delete(self, space, ids, err);
    json_decref(ids);
    return code;
}

static enum err_code remove_objects(
    struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(ids, json_string(objects[i]));
    enum err_code code = pinecone_delete(pinecone_of(index), project, ids, err);
    json_decref(ids);
    return code;
}

static enum err_code remove_frame(
    struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err)
{
    char prefix[OBJECT_ID_SIZE];
    snprintf(prefix, sizeof(prefix), "%s-%08d-", video, frame_index);
    return remove_prefix(pinecone_of(index), project, prefix, err);
}

static enum err_code remove_video(struct vector_index *index, const char *project, const char *video, struct err *err)
{
    char prefix[VIDEO_ID_SIZE + 2];
    char space[PINECONE_SPACE_SIZE];
    snprintf(prefix, sizeof(prefix), "%s-", video);
    pinecone_space(project, PINECONE_TRACKS, space);
    enum err_code code = remove_prefix(pinecone_of(index), project, prefix, err);
    return code == ERR_NONE ? remove_prefix(pinecone_of(index), space, prefix, err) : code;
}

static enum err_code remove_project(struct vector_index *index, const char *project, struct err *err)
{
    // The facts go last: as long as there are vectors, it is known what they are.
    static const char *const suffixes[] = {"", PINECONE_TRACKS, PINECONE_FACTS};
    enum err_code code = ERR_NONE;
    vector_facts_forget(&pinecone_of(index)->facts, project);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]) && code == ERR_NONE; i++) {
        char space[PINECONE_SPACE_SIZE];
        pinecone_space(project, suffixes[i], space);
        code = pinecone_delete_all(pinecone_of(index), space, err);
    }
    vector_facts_forget(&pinecone_of(index)->facts, project); // what a query read meanwhile
    return code;
}

// ---- counting and listing

static bool count_one(void *context, const char *id)
{
    (void)id;
    ++*(size_t *)context;
    return true;
}

static enum err_code stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *out, struct err *err)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    struct vector_facts facts;
    json_t *answer = NULL;
    char prefix[VIDEO_ID_SIZE + 2];
    enum err_code code = read_facts(self, project, &facts, err);
    if (code != ERR_NONE)
        return code;
    out->dimension = facts.dimension;
    snprintf(out->model, sizeof(out->model), "%s", facts.model);
    if (video != NULL) {
        snprintf(prefix, sizeof(prefix), "%s-", video);
        return pinecone_list(self, project, prefix, count_one, &out->count, err);
    }
    code = pinecone_call(self, HTTP_POST, "/describe_index_stats", json_object(), &answer, err);
    if (code == ERR_NONE) {
        const json_t *space = json_object_get(json_object_get(answer, "namespaces"), project);
        out->count = (size_t)json_integer_value(json_object_get(space, "vectorCount"));
        out->bytes = (int64_t)(out->count * facts.dimension * sizeof(float));
    }
    json_decref(answer);
    return code;
}

static enum err_code list(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
    void *context, struct err *err)
{
    char prefix[VIDEO_ID_SIZE + 2];
    snprintf(prefix, sizeof(prefix), "%s-", video);
    return pinecone_list(pinecone_of(index), project, prefix, visit, context, err);
}

// ---- tracks

static enum err_code put_tracks(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_track_item *items, size_t count, struct err *err)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    char space[PINECONE_SPACE_SIZE];
    pinecone_space(project, PINECONE_TRACKS, space);
    enum err_code code = check_facts(self, project, model, dimension, err);
    json_t *vectors = json_array();
    for (size_t i = 0; i < count; i++) {
        char id[TRACK_ID_SIZE];
        track_id_make(items[i].track.video, items[i].track.n, id);
        json_array_append_new(vectors,
            json_pack("{s:s, s:o, s:{s:s}}", "id", id, "values", pinecone_values(items[i].vector, dimension),
                "metadata", "video", items[i].track.video));
    }
    if (code == ERR_NONE && count > 0)
        code = pinecone_upsert(self, space, vectors, err);
    json_decref(vectors);
    return code;
}

struct keeping {
    const int64_t *numbers;
    size_t count;
    json_t *others;
};

static bool sort_out(void *context, const char *id)
{
    struct keeping *keeping = context;
    char video[VIDEO_ID_SIZE];
    int64_t n = -1;
    if (!track_id_parse(id, video, &n) || !vector_track_is_among(n, keeping->numbers, keeping->count))
        json_array_append_new(keeping->others, json_string(id));
    return true;
}

static enum err_code keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    struct keeping keeping = {.numbers = numbers, .count = count, .others = json_array()};
    char space[PINECONE_SPACE_SIZE];
    char prefix[VIDEO_ID_SIZE + 2];
    snprintf(prefix, sizeof(prefix), "%s-", video);
    pinecone_space(project, PINECONE_TRACKS, space);
    enum err_code code = pinecone_list(self, space, prefix, sort_out, &keeping, err);
    if (code == ERR_NONE)
        code = pinecone_delete(self, space, keeping.others, err);
    json_decref(keeping.others);
    return code;
}

static enum err_code fetch_track(struct vector_index *index, const char *project, const struct vector_track *track,
    float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    char space[PINECONE_SPACE_SIZE];
    char id[TRACK_ID_SIZE];
    bool found;
    pinecone_space(project, PINECONE_TRACKS, space);
    track_id_make(track->video, track->n, id);
    enum err_code code = fetch_values(pinecone_of(index), space, id, vector, capacity, dimension, &found, err);
    return code == ERR_NONE && !found ? vector_index_no_track(err, project, track) : code;
}

// ---- the instance

static enum err_code ping(struct vector_index *index, struct err *err)
{
    // Something that costs the server next to nothing and needs the key.
    return pinecone_call(
        pinecone_of(index), HTTP_GET, "/vectors/list?namespace=framehound.ping&prefix=x&limit=1", NULL, NULL, err);
}

static enum err_code describe(struct vector_index *index, struct vector_index_facts *facts, struct err *err)
{
    json_t *answer = NULL;
    snprintf(facts->where, sizeof(facts->where), "%s", pinecone_of(index)->url);
    enum err_code code =
        pinecone_call(pinecone_of(index), HTTP_POST, "/describe_index_stats", json_object(), &answer, err);
    const char *metric = json_string_value(json_object_get(answer, "metric"));
    json_int_t dimension = json_integer_value(json_object_get(answer, "dimension"));
    facts->dimension = dimension > 0 ? (size_t)dimension : 0;
    snprintf(facts->metric, sizeof(facts->metric), "%s", metric != NULL ? metric : "");
    json_decref(answer);
    return code;
}

static void free_index(struct vector_index *index)
{
    struct vector_index_pinecone *self = pinecone_of(index);
    vector_facts_cache_release(&self->facts);
    http_client_free(self->client);
    free(self->url);
    free(self->key);
    free(self);
}

static const struct vector_index_ops pinecone_ops = {
    .name = "pinecone",
    .free = free_index,
    .upsert = upsert,
    .set_attributes = set_attributes,
    .query = query,
    .fetch = fetch,
    .remove = remove_objects,
    .remove_frame = remove_frame,
    .remove_video = remove_video,
    .remove_project = remove_project,
    .stats = stats,
    .list = list,
    .put_tracks = put_tracks,
    .keep_tracks = keep_tracks,
    .fetch_track = fetch_track,
    .ping = ping,
    .describe = describe,
};

enum err_code vector_index_pinecone_open(const struct vector_index_pinecone_settings *settings, struct log *log,
    struct vector_index **index, struct err *err)
{
    struct vector_index_pinecone *self = mem_calloc(1, sizeof(*self));
    size_t length = strlen(settings->url);
    while (length > 0 && settings->url[length - 1] == '/')
        length--;
    self->index.ops = &pinecone_ops;
    vector_facts_cache_init(&self->facts);
    self->url = mem_strndup(settings->url, length);
    self->key = mem_strdup(settings->key);
    self->retry = RETRY_POLICY_DEFAULT;
    if (settings->attempts > 0)
        self->retry.attempts = settings->attempts;
    *index = NULL;
    // The operator's own setting, which may well be on a private network.
    enum err_code code =
        http_client_new(&(struct http_client_options){.allow_private = true, .ca_file = settings->ca_file, .log = log},
            &self->client, err);
    if (code == ERR_NONE)
        code = ping(&self->index, err);
    if (code != ERR_NONE) {
        free_index(&self->index);
        return code;
    }
    self->is_open = true;
    *index = &self->index;
    return ERR_NONE;
}
