#include "vector_index/vector_index_weaviate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_track_set.h"
#include "vector_index/weaviate_internal.h"

// ---- asking

static enum err_code query(struct vector_index *index, const struct vector_query *asked, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    struct vector_facts facts;
    enum err_code code = weaviate_read_facts(weaviate_of(index), asked->project, &facts, err);
    if (code != ERR_NONE || facts.dimension == 0)
        return code;
    code = vector_facts_check(&facts, NULL, asked->dimension, err);
    return code == ERR_NONE ? weaviate_query(weaviate_of(index), asked, hits, count, err) : code;
}

static enum err_code fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    char id[WEAVIATE_ID_SIZE];
    bool found;
    weaviate_id_of_object(object, id);
    enum err_code code = weaviate_fetch(self, self->objects, project, id, vector, capacity, dimension, &found, err);
    return code == ERR_NONE && !found ? vector_index_no_object(err, project, object) : code;
}

static enum err_code stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *out, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct vector_facts facts;
    enum err_code code = weaviate_read_facts(self, project, &facts, err);
    if (code != ERR_NONE || facts.dimension == 0)
        return code;
    out->dimension = facts.dimension;
    snprintf(out->model, sizeof(out->model), "%s", facts.model);
    code = weaviate_count(self, project, video, &out->count, err);
    out->bytes = (int64_t)(out->count * facts.dimension * sizeof(float));
    return code;
}

struct listing {
    uint64_t video;
    vector_visit *visit;
    void *context;
};

static bool visit_object(void *context, uint64_t place)
{
    const struct listing *listing = context;
    char object[OBJECT_ID_SIZE];
    vector_key_format((struct vector_key){listing->video, place - 1}, object);
    return listing->visit(listing->context, object);
}

static enum err_code list(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
    void *context, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct listing listing = {.video = vector_key_video(video), .visit = visit, .context = context};
    return weaviate_list(self, self->objects, project, video, 1, WEAVIATE_PLACE_MAX, visit_object, &listing, err);
}

// ---- removing

// Ids of records that are to go.
struct doomed {
    uint64_t video;
    const int64_t *kept; // numbers of tracks, ascending
    size_t kept_count;
    char (*ids)[WEAVIATE_ID_SIZE];
    size_t count, capacity;
};

static bool doom(void *context, uint64_t place)
{
    struct doomed *doomed = context;
    if (vector_track_is_among((int64_t)place - 1, doomed->kept, doomed->kept_count))
        return true;
    if (doomed->count == doomed->capacity) {
        doomed->capacity = doomed->capacity > 0 ? doomed->capacity * 2 : 64;
        doomed->ids = mem_realloc_array(doomed->ids, doomed->capacity, sizeof(*doomed->ids));
    }
    weaviate_id_make(doomed->video, place, doomed->ids[doomed->count++]);
    return true;
}

static enum err_code remove_doomed(struct weaviate *self, const char *collection, const char *project,
    const char *video, uint64_t from, uint64_t to, struct doomed *doomed, struct err *err)
{
    doomed->video = vector_key_video(video);
    enum err_code code = weaviate_list(self, collection, project, video, from, to, doom, doomed, err);
    if (code == ERR_NONE)
        code = weaviate_remove(
            self, collection, project, (const char(*)[WEAVIATE_ID_SIZE])doomed->ids, doomed->count, err);
    free(doomed->ids);
    return code;
}

static enum err_code remove_objects(
    struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    char(*ids)[WEAVIATE_ID_SIZE] = mem_calloc(count, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        weaviate_id_of_object(objects[i], ids[i]);
    enum err_code code =
        weaviate_remove(self, self->objects, project, (const char(*)[WEAVIATE_ID_SIZE])ids, count, err);
    free(ids);
    return code;
}

static enum err_code remove_frame(
    struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct doomed doomed = {0};
    uint64_t first = vector_key_first_of_frame(video, frame_index).position + 1;
    return remove_doomed(self, self->objects, project, video, first, first + OBJECTS_PER_FRAME_MAX - 1, &doomed, err);
}

static enum err_code remove_video(struct vector_index *index, const char *project, const char *video, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    enum err_code code = weaviate_remove_video(self, self->objects, project, video, err);
    return code == ERR_NONE ? weaviate_remove_video(self, self->tracks, project, video, err) : code;
}

static enum err_code remove_project(struct vector_index *index, const char *project, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    vector_facts_forget(&self->facts, project);
    enum err_code code = weaviate_remove_tenants(self, project, err);
    vector_facts_forget(&self->facts, project); // what a query read meanwhile
    return code;
}

// ---- tracks

static enum err_code put_tracks(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_track_item *items, size_t count, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    enum err_code code = weaviate_check_facts(self, project, model, dimension, err);
    if (code == ERR_NONE)
        code = weaviate_store_tracks(self, project, dimension, items, count, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err); // somebody has removed the project meanwhile: it begins anew
    vector_facts_forget(&self->facts, project);
    code = weaviate_check_facts(self, project, model, dimension, err);
    return code == ERR_NONE ? weaviate_store_tracks(self, project, dimension, items, count, err) : code;
}

static enum err_code keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct doomed doomed = {.kept = numbers, .kept_count = count};
    return remove_doomed(self, self->tracks, project, video, 1, WEAVIATE_PLACE_MAX, &doomed, err);
}

static enum err_code fetch_track(struct vector_index *index, const char *project, const struct vector_track *track,
    float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    char id[WEAVIATE_ID_SIZE];
    bool found;
    weaviate_id_of_track(track->video, track->n, id);
    enum err_code code = weaviate_fetch(self, self->tracks, project, id, vector, capacity, dimension, &found, err);
    return code == ERR_NONE && !found ? vector_index_no_track(err, project, track) : code;
}

// ---- the instance

static enum err_code ping(struct vector_index *index, struct err *err)
{
    return weaviate_check(weaviate_of(index), err);
}

static enum err_code describe(struct vector_index *index, struct vector_index_facts *facts, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    snprintf(facts->where, sizeof(facts->where), "%s", self->address.label);
    enum err_code code = weaviate_look(self, facts->version, err);
    return code == ERR_NONE ? weaviate_check(self, err) : code;
}

static void free_index(struct vector_index *index)
{
    struct weaviate *self = weaviate_of(index);
    vector_facts_cache_release(&self->facts);
    http_client_free(self->client);
    weaviate_address_release(&self->address);
    free(self->authorization);
    free(self);
}

static const struct vector_index_ops weaviate_ops = {
    .name = "weaviate",
    .free = free_index,
    .upsert = weaviate_upsert,
    .set_attributes = weaviate_set_attributes,
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

enum err_code vector_index_weaviate_open(const struct vector_index_weaviate_settings *settings, struct log *log,
    struct vector_index **index, struct err *err)
{
    struct weaviate *self = mem_calloc(1, sizeof(*self));
    char version[64];
    self->index.ops = &weaviate_ops;
    vector_facts_cache_init(&self->facts);
    self->replicas = settings->replicas > 0 ? settings->replicas : 1;
    self->authorization = settings->key != NULL ? mem_sprintf("Bearer %s", settings->key) : NULL;
    self->retry = RETRY_POLICY_DEFAULT;
    if (settings->attempts > 0)
        self->retry.attempts = settings->attempts;
    *index = NULL;
    enum err_code code = weaviate_address_parse(settings->address, &self->address, err);
    if (code == ERR_NONE) {
        snprintf(self->objects, sizeof(self->objects), "%sObjects", self->address.prefix);
        snprintf(self->tracks, sizeof(self->tracks), "%sTracks", self->address.prefix);
        // The operator's own setting, which may well be on a private network.
        code = http_client_new(
            &(struct http_client_options){.allow_private = true, .ca_file = settings->ca_file, .log = log},
            &self->client, err);
    }
    if (code == ERR_NONE)
        code = weaviate_look(self, version, err);
    if (code == ERR_NONE)
        code = weaviate_prepare(self, err);
    if (code != ERR_NONE) {
        free_index(&self->index);
        return code;
    }
    self->is_open = true;
    *index = &self->index;
    return ERR_NONE;
}
