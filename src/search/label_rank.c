#include "search/label_rank.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

enum err_code label_model_fit(const struct label_fit *fit, struct label_model **model, struct err *err)
{
    *model = NULL;
    enum err_code code = project_name_check(fit->project, err);
    if (code != ERR_NONE)
        return code;
    struct label_model *m = mem_calloc(1, sizeof(*m));
    m->vectors = fit->vectors;
    m->frame_mates = fit->frame_mates;
    m->frame_mates_context = fit->frame_mates_context;
    memccpy(m->project, fit->project, '\0', sizeof(m->project));
    m->scratch = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*m->scratch));
    code = rank_pool_examples(m, fit, err);
    if (code == ERR_NONE)
        code = rank_grow(m, fit->cancel, err);
    if (code == ERR_NONE)
        code = rank_linear_fit(m, fit->cancel, err);
    if (code == ERR_NONE)
        code = rank_group(m, fit->cancel, err);
    free(m->scratch);
    m->scratch = NULL;
    // The caller's context need not live as long as the model.
    m->frame_mates = NULL;
    m->frame_mates_context = NULL;
    if (code != ERR_NONE) {
        label_model_free(m);
        return code;
    }
    *model = m;
    return ERR_NONE;
}

void label_model_free(struct label_model *model)
{
    if (model == NULL)
        return;
    free(model->objects);
    free(model->halves);
    free(model->by_id);
    free(model->anchors);
    free(model->against);
    free(model->disputes);
    free(model->parts);
    free(model->groups);
    free(model->crowd.objects);
    free(model->crowd.codes);
    free(model->examples);
    free(model->linear);
    free(model->scratch);
    free(model);
}

void label_model_describe(const struct label_model *model, struct label_model_info *info)
{
    *info = model->info;
}

void rank_score_object(
    const struct label_model *m, const struct rank_object *object, const uint16_t *half, struct label_hit *hit)
{
    struct rank_verdict verdict = rank_verdict(m, object, half);
    float similarity = object->role == ROLE_POSITIVE ? 1 : object->similarity;
    *hit = (struct label_hit){
        .track = object->track, .similarity = similarity, .score = verdict.rank, .confidence = verdict.probability};
    memcpy(hit->object, object->id, sizeof(hit->object));
    memcpy(hit->class_name, object->class_name, sizeof(hit->class_name));
    memcpy(hit->label, object->label, sizeof(hit->label));
}

// One object, in the pool or not; `from` is the hit that brought it, or NULL. `vector` and `half` are working memory of
// VECTOR_DIMENSION_MAX values.
static enum err_code judge_object(const struct label_model *m, const char *id, const struct vector_hit *from,
    float *vector, uint16_t *half, struct label_hit *hit, struct err *err)
{
    assert(id != NULL);
    struct rank_object object = rank_object_none();
    size_t dimension = 0;
    size_t index = rank_pool_find(m, id);
    const uint16_t *stored = half;
    if (index != SIZE_MAX) {
        object = m->objects[index];
        stored = m->halves + index * m->dimension;
    } else {
        struct err missing = ERR_INIT;
        enum err_code code =
            vector_index_fetch(m->vectors, m->project, id, vector, VECTOR_DIMENSION_MAX, &dimension, &missing);
        if (code == ERR_NOT_FOUND || (code == ERR_NONE && dimension != m->dimension)) {
            *hit = (struct label_hit){.track = -1, .similarity = -1, .score = -1};
            return ERR_NONE;
        }
        if (code != ERR_NONE)
            return err_set(err, code, "%s", missing.message);
        char video[VIDEO_ID_SIZE];
        int32_t k;
        if (object_id_parse(id, video, &object.frame, &k))
            object.video = strtoull(video, NULL, 16);
        memccpy(object.id, id, '\0', sizeof(object.id));
        vector_to_half(vector, half, dimension);
    }
    if (from != NULL) {
        memcpy(object.class_name, from->class_name, sizeof(object.class_name));
        memcpy(object.label, from->label, sizeof(object.label));
        object.track = from->track;
    }
    if (index == SIZE_MAX)
        rank_judge(m, &object, half);
    rank_score_object(m, &object, stored, hit);
    return ERR_NONE;
}

enum err_code label_model_score(const struct label_model *model, const char *const *objects, size_t count,
    struct cancel *cancel, struct label_hit *hits, struct err *err)
{
    float *vector = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*vector));
    uint16_t *half = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*half));
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = judge_object(model, objects[i], NULL, vector, half, &hits[i], err);
    }
    free(half);
    free(vector);
    return code;
}

// What a query has found so far, by id.
struct found {
    struct label_hit *hits;
    size_t count, capacity;
};

static void add_found(struct found *found, const struct label_hit *hit)
{
    if (found->count == found->capacity) {
        found->capacity = found->capacity == 0 ? 256 : found->capacity * 2;
        found->hits = mem_realloc_array(found->hits, found->capacity, sizeof(*found->hits));
    }
    found->hits[found->count++] = *hit;
}

static bool in_list(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return count == 0;
}

static bool in_videos(const char *const *videos, size_t count, const char *object)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(videos[i], object, VIDEO_ID_LENGTH) == 0)
            return true;
    }
    return count == 0;
}

bool rank_passes(const struct vector_filter *filter, const struct rank_object *object)
{
    if (filter->video != NULL && strncmp(filter->video, object->id, VIDEO_ID_LENGTH) != 0)
        return false;
    if (filter->has_track && object->track != filter->track)
        return false;
    return in_videos(filter->videos, filter->video_count, object->id) &&
        in_list(filter->classes, filter->class_count, object->class_name) &&
        in_list(filter->labels, filter->label_count, object->label);
}

static bool is_like_the_thing(enum rank_role role)
{
    return role == ROLE_FREE || role == ROLE_TAKEN || role == ROLE_MATE;
}

static int compare_by_id(const void *a, const void *b)
{
    return strcmp(((const struct label_hit *)a)->object, ((const struct label_hit *)b)->object);
}

static int compare_by_score(const void *a, const void *b)
{
    const struct label_hit *x = a;
    const struct label_hit *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score) : compare_by_id(a, b);
}

static int compare_by_confidence(const void *a, const void *b)
{
    const struct label_hit *x = a;
    const struct label_hit *y = b;
    return x->confidence != y->confidence ? (x->confidence < y->confidence) - (x->confidence > y->confidence)
                                          : compare_by_score(a, b);
}

// A hit and the representative that it is nearest to.
struct near_hit {
    struct vector_hit hit;
    size_t representative;
};

static int compare_near_hits(const void *a, const void *b)
{
    const struct vector_hit *x = &((const struct near_hit *)a)->hit;
    const struct vector_hit *y = &((const struct near_hit *)b)->hit;
    int by_id = strcmp(x->object, y->object);
    return by_id != 0 ? by_id : (x->score < y->score) - (x->score > y->score);
}

static int compare_near_scores(const void *a, const void *b)
{
    const struct vector_hit *x = &((const struct near_hit *)a)->hit;
    const struct vector_hit *y = &((const struct near_hit *)b)->hit;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score) : strcmp(x->object, y->object);
}

// What is outside the pool is taken for the thing from about the threshold on, and never below the floor.
#define LIKELY_FLOOR 0.77f
#define THRESHOLD_SLACK 0.02f

// What is farther from all positives than this is not worth fetching: it could not become what is asked for. What is
// joined to the thing through near frames is in the pool.
static float floor_of(const struct label_model *m, const struct label_query *query)
{
    if (query->min_confidence <= 0)
        return -1;
    return query->min_confidence >= LABEL_LIKELY_MIN ? fmaxf(LIKELY_FLOOR, m->info.threshold - THRESHOLD_SLACK)
                                                     : POOL_FLOOR;
}

struct near_hits {
    struct near_hit *items;
    size_t count;
};

// Whether all that a query could find at this similarity is in the pool.
static bool is_in_pool(const struct label_query *query, const struct rank_object *of, float floor)
{
    const char *video = query->filter.video;
    return of->reach <= floor ||
        (video != NULL && strncmp(video, of->id, VIDEO_ID_LENGTH) == 0 && of->video_reach <= floor);
}

static enum err_code query_representative(const struct label_model *m, const struct label_query *query, size_t i,
    float *vector, struct near_hits *all, struct err *err)
{
    struct vector_hit *hits = NULL;
    size_t count = 0;
    float floor = floor_of(m, query);
    if (is_in_pool(query, &m->objects[i], floor))
        return ERR_NONE;
    vector_from_half(rank_half(m, i), vector, m->dimension);
    struct vector_query one = {.project = m->project,
        .vector = vector,
        .dimension = m->dimension,
        .limit = query->limit,
        .min_score = floor,
        .filter = query->filter};
    enum err_code code = cancel_check(query->cancel, err);
    if (code == ERR_NONE)
        code = vector_index_query(m->vectors, &one, &hits, &count, err);
    if (code == ERR_NONE && count > 0) {
        all->items = mem_realloc_array(all->items, all->count + count, sizeof(*all->items));
        for (size_t k = 0; k < count; k++)
            all->items[all->count++] = (struct near_hit){.hit = hits[k], .representative = i};
    }
    free(hits);
    return code;
}

// The hits of all representatives, each once with its best score, best first.
static enum err_code query_representatives(const struct label_model *m, const struct label_query *query,
    struct near_hit **out, size_t *out_count, struct err *err)
{
    size_t chosen[LABEL_REPRESENTATIVES_MAX];
    size_t chosen_count = rank_farthest(m, ROLE_POSITIVE, LABEL_REPRESENTATIVES_MAX, NEIGHBOURS_ALIKE, chosen);
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    struct near_hits found = {0};
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < chosen_count && code == ERR_NONE; i++)
        code = query_representative(m, query, chosen[i], vector, &found, err);
    free(vector);
    struct near_hit *all = found.items;
    size_t all_count = found.count;
    size_t kept = 0;
    if (all_count > 0)
        qsort(all, all_count, sizeof(*all), compare_near_hits);
    for (size_t i = 0; i < all_count; i++) {
        if (kept == 0 || strcmp(all[kept - 1].hit.object, all[i].hit.object) != 0)
            all[kept++] = all[i];
    }
    if (kept > 0)
        qsort(all, kept, sizeof(*all), compare_near_scores);
    *out = all;
    *out_count = kept;
    return code;
}

// What is too far to be looked at needs no vector.
static bool is_plain(const struct vector_hit *hit)
{
    return hit->score < LOOKED_AT;
}

static void score_plain(const struct label_model *m, const struct near_hit *near_hit, struct label_hit *hit)
{
    struct rank_object object = rank_object_none();
    object.track = near_hit->hit.track;
    object.similarity = object.nearest = object.far = near_hit->hit.score;
    memcpy(object.id, near_hit->hit.object, sizeof(object.id));
    memcpy(object.class_name, near_hit->hit.class_name, sizeof(object.class_name));
    memcpy(object.label, near_hit->hit.label, sizeof(object.label));
    rank_score_object(m, &object, NULL, hit);
}

static enum err_code find_new(
    const struct label_model *m, const struct label_query *query, struct found *found, struct err *err)
{
    struct near_hit *hits = NULL;
    size_t count = 0;
    float *vector = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*vector));
    uint16_t *half = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*half));
    enum err_code code = query_representatives(m, query, &hits, &count, err);
    size_t judged = 0;
    // What is asked for cannot be many times what is wanted: the best of each representative are enough.
    for (size_t i = 0; i < count && judged < query->limit && code == ERR_NONE; i++) {
        struct label_hit hit;
        const struct vector_hit *from = &hits[i].hit;
        size_t index = rank_pool_find(m, from->object);
        if ((index != SIZE_MAX && m->objects[index].is_hit) || rank_is_example(m, from->object))
            continue;
        judged++;
        code = cancel_check(query->cancel, err);
        if (code == ERR_NONE && index == SIZE_MAX && is_plain(from))
            score_plain(m, &hits[i], &hit);
        else if (code == ERR_NONE)
            code = judge_object(m, from->object, from, vector, half, &hit, err);
        if (code == ERR_NONE && hit.object[0] != '\0')
            add_found(found, &hit);
    }
    free(half);
    free(vector);
    free(hits);
    return code;
}

bool rank_is_excluded(const struct vector_filter *filter, const char *object)
{
    return filter->exclude_count > 0 && in_list(filter->exclude, filter->exclude_count, object);
}

struct track_of {
    uint64_t video;
    int64_t track;
};

// Keeps what is wanted of the hits, which are sorted: in place.
static size_t keep_wanted(const struct label_query *query, struct label_hit *hits, size_t count)
{
    struct track_of *seen = query->per_track ? mem_realloc_array(NULL, count + 1, sizeof(*seen)) : NULL;
    size_t seen_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < query->limit; i++) {
        bool wanted = hits[i].confidence >= query->min_confidence && !rank_is_excluded(&query->filter, hits[i].object);
        if (wanted && query->per_track && hits[i].track >= 0) {
            struct track_of one = {.video = strtoull(hits[i].object, NULL, 16), .track = hits[i].track};
            for (size_t j = 0; j < seen_count && wanted; j++)
                wanted = seen[j].video != one.video || seen[j].track != one.track;
            if (wanted)
                seen[seen_count++] = one;
        }
        if (wanted)
            hits[kept++] = hits[i];
    }
    free(seen);
    return kept;
}

enum err_code label_model_neighbours(const struct label_model *model, const struct label_query *query,
    struct label_hit **hits, size_t *count, struct err *err)
{
    *hits = NULL;
    *count = 0;
    if (query->limit < 1 || query->limit > LABEL_NEIGHBOURS_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d", LABEL_NEIGHBOURS_MAX);
    struct found found = {0};
    for (size_t i = 0; i < model->count; i++) {
        const struct rank_object *object = &model->objects[i];
        struct label_hit hit;
        if (!object->is_hit || !is_like_the_thing(object->role) || !rank_passes(&query->filter, object) ||
            rank_is_example(model, object->id))
            continue;
        rank_score_object(model, object, rank_half(model, i), &hit);
        add_found(&found, &hit);
    }
    enum err_code code = find_new(model, query, &found, err);
    if (code != ERR_NONE) {
        free(found.hits);
        return code;
    }
    if (found.count > 0)
        qsort(found.hits, found.count, sizeof(*found.hits),
            query->min_confidence >= LABEL_LIKELY_MIN ? compare_by_confidence : compare_by_score);
    *count = keep_wanted(query, found.hits, found.count);
    *hits = found.hits;
    return ERR_NONE;
}
