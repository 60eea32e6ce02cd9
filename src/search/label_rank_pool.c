// The pool of label ranking: fetching examples, what was in their frames, and their neighbours.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// How many ids of a frame without a vector end the search for its objects.
#define FRAME_GAP_MAX 4
// Frames of positives whose other objects are looked at.
#define MATE_FRAMES_MAX 64

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t lower_bound(const struct label_model *m, const char *id)
{
    size_t low = 0;
    size_t high = m->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(m->objects[m->by_id[middle]].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t rank_pool_find(const struct label_model *m, const char *id)
{
    size_t at = lower_bound(m, id);
    return at < m->count && strcmp(m->objects[m->by_id[at]].id, id) == 0 ? m->by_id[at] : SIZE_MAX;
}

bool rank_is_example(const struct label_model *m, const char *id)
{
    return m->example_count > 0 &&
        bsearch(id, m->examples, m->example_count, sizeof(*m->examples), compare_ids) != NULL;
}

static void grow_arrays(struct label_model *m)
{
    size_t capacity = m->capacity == 0 ? 256 : m->capacity * 2;
    m->objects = mem_realloc_array(m->objects, capacity, sizeof(*m->objects));
    m->halves = mem_realloc_array(m->halves, capacity * m->dimension, sizeof(*m->halves));
    m->by_id = mem_realloc_array(m->by_id, capacity, sizeof(*m->by_id));
    m->capacity = capacity;
}

enum err_code rank_pool_add(struct label_model *m, const char *id, size_t *index, struct err *err)
{
    *index = rank_pool_find(m, id);
    if (*index != SIZE_MAX || m->count == POOL_MAX)
        return ERR_NONE;
    size_t dimension = 0;
    struct err missing = ERR_INIT;
    enum err_code code =
        vector_index_fetch(m->vectors, m->project, id, m->scratch, VECTOR_DIMENSION_MAX, &dimension, &missing);
    if (code == ERR_NOT_FOUND)
        return ERR_NONE;
    if (code != ERR_NONE)
        return err_set(err, code, "%s", missing.message);
    if (m->dimension != dimension) {
        if (m->count > 0) // the project was removed and indexed again with another model meanwhile
            return err_set(
                err, ERR_CONFLICT, "project %s was indexed anew with another model just now: try again", m->project);
        m->dimension = dimension;
    }
    if (m->count == m->capacity)
        grow_arrays(m);
    size_t at = lower_bound(m, id);
    struct rank_object *object = &m->objects[m->count];
    *object = rank_object_none();
    memccpy(object->id, id, '\0', sizeof(object->id));
    char video[VIDEO_ID_SIZE];
    int32_t k;
    if (object_id_parse(id, video, &object->frame, &k))
        object->video = strtoull(video, NULL, 16);
    vector_to_half(m->scratch, m->halves + m->count * m->dimension, m->dimension);
    memmove(m->by_id + at + 1, m->by_id + at, (m->count - at) * sizeof(*m->by_id));
    m->by_id[at] = m->count;
    *index = m->count++;
    return ERR_NONE;
}

struct example {
    char id[OBJECT_ID_SIZE]; // first, so that examples compare as ids
    int64_t track;
};

struct example_list {
    struct example *items;
    size_t count;
};

// Checked, sorted copies of ids without repetitions.
static enum err_code sort_examples(const char *const *ids, const int64_t *tracks, size_t count, const char *what,
    struct example_list *out, struct err *err)
{
    if (count > LABEL_EXAMPLES_MAX)
        return err_set(
            err, ERR_LIMIT, "%zu %s examples were given; at most %d are taken", count, what, LABEL_EXAMPLES_MAX);
    out->items = mem_calloc(count + 1, sizeof(*out->items));
    for (size_t i = 0; i < count; i++) {
        char video[VIDEO_ID_SIZE];
        if (!object_id_parse(ids[i], video, &(int32_t){0}, &(int32_t){0}))
            return err_set(err, ERR_INVALID, "the %s example \"%.64s\" is no object id", what, ids[i]);
        memcpy(out->items[i].id, ids[i], OBJECT_ID_SIZE);
        out->items[i].track = tracks != NULL ? tracks[i] : -1;
    }
    qsort(out->items, count, sizeof(*out->items), compare_ids);
    for (size_t i = 0; i < count; i++) {
        if (out->count == 0 || strcmp(out->items[out->count - 1].id, out->items[i].id) != 0)
            out->items[out->count++] = out->items[i];
    }
    return ERR_NONE;
}

static bool has_id(const struct example_list *list, const char *id)
{
    return bsearch(id, list->items, list->count, sizeof(*list->items), compare_ids) != NULL;
}

// Adds at most LABEL_FIT_MAX of the ids, spread evenly, in a role.
static enum err_code add_role(struct label_model *m, const struct example_list *list, enum rank_role role, size_t *used,
    struct cancel *cancel, struct err *err)
{
    size_t take = list->count < LABEL_FIT_MAX ? list->count : LABEL_FIT_MAX;
    for (size_t i = 0; i < take; i++) {
        size_t index;
        const struct example *example = &list->items[i * list->count / take];
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = rank_pool_add(m, example->id, &index, err);
        if (code != ERR_NONE)
            return code;
        if (index == SIZE_MAX) {
            m->info.missing++;
        } else if (m->objects[index].role == ROLE_FREE) {
            m->objects[index].role = role;
            m->objects[index].track = example->track;
            (*used)++;
        }
    }
    return ERR_NONE;
}

// Sorted union, for keeping examples out of the hits.
static void remember_examples(struct label_model *m, const struct example_list *list)
{
    m->examples = mem_realloc_array(m->examples, m->example_count + list->count + 1, sizeof(*m->examples));
    for (size_t i = 0; i < list->count; i++)
        memcpy(m->examples[m->example_count++], list->items[i].id, OBJECT_ID_SIZE);
    qsort(m->examples, m->example_count, sizeof(*m->examples), compare_ids);
}

static enum err_code mates_by_id(
    struct label_model *m, const struct rank_object *of, char (*mates)[OBJECT_ID_SIZE], size_t *count, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    int32_t frame;
    int32_t own;
    size_t missing = 0;
    *count = 0;
    if (!object_id_parse(of->id, video, &frame, &own))
        return ERR_NONE;
    for (int32_t k = 0; k < LABEL_FRAME_MATES_MAX && missing < FRAME_GAP_MAX; k++) {
        size_t index;
        if (k == own)
            continue;
        object_id_make(video, frame, k, mates[*count]);
        enum err_code code = rank_pool_add(m, mates[*count], &index, err);
        if (code != ERR_NONE)
            return code;
        if (index == SIZE_MAX)
            missing++;
        else
            (*count)++;
    }
    return ERR_NONE;
}

// What else is in the frames of the positives. Two positives in one frame: the label names a kind of thing.
static enum err_code add_mates(struct label_model *m, struct cancel *cancel, struct err *err)
{
    char(*mates)[OBJECT_ID_SIZE] = mem_calloc(LABEL_FRAME_MATES_MAX, sizeof(*mates));
    size_t *chosen = mem_calloc(MATE_FRAMES_MAX, sizeof(*chosen));
    size_t frames = rank_farthest(m, ROLE_POSITIVE, MATE_FRAMES_MAX, 2, chosen);
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < frames && code == ERR_NONE; i++) {
        struct rank_object of = m->objects[chosen[i]];
        size_t count = 0;
        code = cancel_check(cancel, err);
        if (code == ERR_NONE && m->frame_mates != NULL)
            code = m->frame_mates(m->frame_mates_context, of.id, mates, LABEL_FRAME_MATES_MAX, &count, err);
        else if (code == ERR_NONE)
            code = mates_by_id(m, &of, mates, &count, err);
        vector_from_half(rank_half(m, chosen[i]), vector, m->dimension);
        for (size_t j = 0; j < count && code == ERR_NONE; j++) {
            size_t index;
            code = rank_pool_add(m, mates[j], &index, err);
            if (code != ERR_NONE || index == SIZE_MAX)
                continue;
            if (m->frame_mates == NULL && vector_dot_half(vector, rank_half(m, index), m->dimension) >= SAME_BOX)
                continue;
            if (m->objects[index].role == ROLE_POSITIVE)
                m->info.kind = true;
            else if (m->objects[index].role == ROLE_FREE)
                m->objects[index].role = ROLE_MATE;
        }
    }
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role == ROLE_MATE && m->info.kind)
            m->objects[i].role = ROLE_FREE;
        m->info.frame_mates += m->objects[i].role == ROLE_MATE;
    }
    free(vector);
    free(chosen);
    free(mates);
    return code;
}

enum err_code rank_pool_examples(struct label_model *m, const struct label_fit *fit, struct err *err)
{
    struct example_list positive = {0};
    struct example_list negative = {0};
    struct example_list other = {0};
    enum err_code code =
        sort_examples(fit->positive, fit->positive_tracks, fit->positive_count, "positive", &positive, err);
    if (code == ERR_NONE)
        code = sort_examples(fit->negative, fit->negative_tracks, fit->negative_count, "negative", &negative, err);
    if (code == ERR_NONE)
        code = sort_examples(fit->other, fit->other_tracks, fit->other_count, "other label's", &other, err);
    for (size_t i = 0; i < negative.count && code == ERR_NONE; i++) {
        if (has_id(&positive, negative.items[i].id))
            code = err_set(err, ERR_CONFLICT, "%s is both a positive and a negative example", negative.items[i].id);
    }
    if (code == ERR_NONE && positive.count == 0)
        code = err_set(err, ERR_INVALID, "there is no positive example to learn from: give at least one");
    if (code != ERR_NONE)
        goto out;
    m->positives_said = positive.count;
    remember_examples(m, &positive);
    remember_examples(m, &negative);
    remember_examples(m, &other);
    code = add_role(m, &positive, ROLE_POSITIVE, &m->info.positives, fit->cancel, err);
    if (code == ERR_NONE && m->info.positives == 0)
        code = err_set(err, ERR_NOT_FOUND, "none of the %zu positive examples is indexed in project %s", positive.count,
            m->project);
    if (code == ERR_NONE)
        code = add_role(m, &negative, ROLE_NEGATIVE, &m->info.negatives, fit->cancel, err);
    if (code == ERR_NONE)
        code = add_role(m, &other, ROLE_OTHER, &m->info.others, fit->cancel, err);
    if (code == ERR_NONE)
        code = add_mates(m, fit->cancel, err);
out:
    free(positive.items);
    free(negative.items);
    free(other.items);
    return code;
}

// `*reach`: what is nearer than this has been added.
static enum err_code add_hits(struct label_model *m, const struct vector_query *query, float *reach, struct err *err)
{
    struct vector_hit *hits = NULL;
    size_t count = 0;
    enum err_code code = vector_index_query(m->vectors, query, &hits, &count, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        size_t index;
        code = rank_pool_add(m, hits[i].object, &index, err);
        if (code != ERR_NONE || index == SIZE_MAX)
            continue;
        struct rank_object *object = &m->objects[index];
        memcpy(object->class_name, hits[i].class_name, sizeof(object->class_name));
        memcpy(object->label, hits[i].label, sizeof(object->label));
        object->track = hits[i].track;
        object->is_hit = true;
    }
    if (m->count < POOL_MAX)
        *reach = count < query->limit ? query->min_score : hits[count - 1].score;
    free(hits);
    return code;
}

enum err_code rank_pool_around(struct label_model *m, size_t i, struct cancel *cancel, struct err *err)
{
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    char video[VIDEO_ID_SIZE];
    int32_t frame;
    int32_t k;
    vector_from_half(rank_half(m, i), vector, m->dimension);
    m->objects[i].asked = true;
    struct vector_query query = {.project = m->project,
        .vector = vector,
        .dimension = m->dimension,
        .limit = POOL_VIDEO_HITS,
        .min_score = POOL_FLOOR};
    enum err_code code = cancel_check(cancel, err);
    if (code == ERR_NONE && object_id_parse(m->objects[i].id, video, &frame, &k)) {
        float reach = 1;
        query.filter.video = video;
        code = add_hits(m, &query, &reach, err);
        m->objects[i].video_reach = reach;
    }
    if (code == ERR_NONE && m->objects[i].role == ROLE_POSITIVE) {
        float reach = 1;
        query.filter.video = NULL;
        query.limit = POOL_PROJECT_HITS;
        code = add_hits(m, &query, &reach, err);
        m->objects[i].reach = reach;
    }
    free(vector);
    return code;
}

enum err_code rank_pool_track(struct label_model *m, size_t i, struct cancel *cancel, struct err *err)
{
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    char video[VIDEO_ID_SIZE];
    float reach = 1;
    enum err_code code = cancel_check(cancel, err);
    if (code == ERR_NONE && object_id_parse(m->objects[i].id, video, &(int32_t){0}, &(int32_t){0})) {
        vector_from_half(rank_half(m, i), vector, m->dimension);
        const struct vector_query query = {.project = m->project,
            .vector = vector,
            .dimension = m->dimension,
            .limit = POOL_TRACK_HITS,
            .min_score = -1,
            .filter = {.video = video, .has_track = true, .track = m->objects[i].track}};
        code = add_hits(m, &query, &reach, err);
    }
    free(vector);
    return code;
}

size_t rank_farthest(const struct label_model *m, enum rank_role role, size_t limit, float alike, size_t *chosen)
{
    float *nearest = mem_realloc_array(NULL, m->count + 1, sizeof(*nearest));
    float *vector = mem_calloc(m->dimension + 1, sizeof(*vector));
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        nearest[i] = m->objects[i].role == role ? -1 : 2;
    while (count < limit) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < m->count; i++) {
            if (nearest[i] < 2 && (best == SIZE_MAX || nearest[i] < nearest[best]))
                best = i;
        }
        if (best == SIZE_MAX || nearest[best] >= alike)
            break;
        chosen[count++] = best;
        nearest[best] = 2;
        vector_from_half(rank_half(m, best), vector, m->dimension);
        for (size_t i = 0; i < m->count && count < limit; i++) {
            if (nearest[i] >= 2)
                continue;
            float similarity = vector_dot_half(vector, rank_half(m, i), m->dimension);
            nearest[i] = similarity > nearest[i] ? similarity : nearest[i];
        }
    }
    free(vector);
    free(nearest);
    return count;
}
