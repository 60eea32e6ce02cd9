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
    *object = (struct rank_object){
        .track = -1, .similarity = -1, .across = -1, .nearest = -1, .evidence = -2, .against = -1, .refused_at = -2};
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

// Checked, sorted copies of ids without repetitions.
static enum err_code sorted_ids(const char *const *ids, size_t count, const char *what, char (**out)[OBJECT_ID_SIZE],
    size_t *out_count, struct err *err)
{
    if (count > LABEL_EXAMPLES_MAX)
        return err_set(
            err, ERR_LIMIT, "%zu %s examples were given; at most %d are taken", count, what, LABEL_EXAMPLES_MAX);
    char(*list)[OBJECT_ID_SIZE] = mem_calloc(count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        char video[VIDEO_ID_SIZE];
        if (!object_id_parse(ids[i], video, &(int32_t){0}, &(int32_t){0})) {
            free(list);
            return err_set(err, ERR_INVALID, "the %s example \"%.64s\" is no object id", what, ids[i]);
        }
        memcpy(list[i], ids[i], OBJECT_ID_SIZE);
    }
    qsort(list, count, sizeof(*list), compare_ids);
    for (size_t i = 0; i < count; i++) {
        if (n == 0 || strcmp(list[n - 1], list[i]) != 0)
            memmove(list[n++], list[i], sizeof(*list));
    }
    *out = list;
    *out_count = n;
    return ERR_NONE;
}

static bool has_id(char (*list)[OBJECT_ID_SIZE], size_t count, const char *id)
{
    return bsearch(id, list, count, sizeof(*list), compare_ids) != NULL;
}

// Adds at most LABEL_FIT_MAX of the ids, spread evenly, in a role.
static enum err_code add_role(struct label_model *m, char (*ids)[OBJECT_ID_SIZE], size_t count, enum rank_role role,
    size_t *used, struct cancel *cancel, struct err *err)
{
    size_t take = count < LABEL_FIT_MAX ? count : LABEL_FIT_MAX;
    for (size_t i = 0; i < take; i++) {
        size_t index;
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = rank_pool_add(m, ids[i * count / take], &index, err);
        if (code != ERR_NONE)
            return code;
        if (index == SIZE_MAX) {
            m->info.missing++;
        } else if (m->objects[index].role == ROLE_FREE) {
            m->objects[index].role = role;
            (*used)++;
        }
    }
    return ERR_NONE;
}

// Sorted union, for keeping examples out of the hits.
static void remember_examples(struct label_model *m, char (*ids)[OBJECT_ID_SIZE], size_t count)
{
    m->examples = mem_realloc_array(m->examples, m->example_count + count + 1, sizeof(*m->examples));
    memcpy(m->examples + m->example_count, ids, count * sizeof(*ids));
    m->example_count += count;
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
    char(*ids[3])[OBJECT_ID_SIZE] = {NULL};
    size_t counts[3] = {0};
    enum err_code code = sorted_ids(fit->positive, fit->positive_count, "positive", &ids[0], &counts[0], err);
    if (code == ERR_NONE)
        code = sorted_ids(fit->negative, fit->negative_count, "negative", &ids[1], &counts[1], err);
    if (code == ERR_NONE)
        code = sorted_ids(fit->other, fit->other_count, "other label's", &ids[2], &counts[2], err);
    for (size_t i = 0; i < counts[1] && code == ERR_NONE; i++) {
        if (has_id(ids[0], counts[0], ids[1][i]))
            code = err_set(err, ERR_CONFLICT, "%s is both a positive and a negative example", ids[1][i]);
    }
    if (code == ERR_NONE && counts[0] == 0)
        code = err_set(err, ERR_INVALID, "there is no positive example to learn from: give at least one");
    if (code != ERR_NONE)
        goto out;
    for (size_t i = 0; i < 3; i++)
        remember_examples(m, ids[i], counts[i]);
    code = add_role(m, ids[0], counts[0], ROLE_POSITIVE, &m->info.positives, fit->cancel, err);
    if (code == ERR_NONE && m->info.positives == 0)
        code = err_set(
            err, ERR_NOT_FOUND, "none of the %zu positive examples is indexed in project %s", counts[0], m->project);
    if (code == ERR_NONE)
        code = add_role(m, ids[1], counts[1], ROLE_NEGATIVE, &m->info.negatives, fit->cancel, err);
    if (code == ERR_NONE)
        code = add_role(m, ids[2], counts[2], ROLE_OTHER, &m->info.others, fit->cancel, err);
    if (code == ERR_NONE)
        code = add_mates(m, fit->cancel, err);
out:
    for (size_t i = 0; i < 3; i++)
        free(ids[i]);
    return code;
}

static enum err_code add_hits(struct label_model *m, const struct vector_query *query, struct err *err)
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
        query.filter.video = video;
        code = add_hits(m, &query, err);
    }
    if (code == ERR_NONE && m->objects[i].role == ROLE_POSITIVE) {
        query.filter.video = NULL;
        query.limit = POOL_PROJECT_HITS;
        code = add_hits(m, &query, err);
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
