// What to ask about next.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// What is looked through for candidates.
#define LOOKED_THROUGH 1000
// Two candidates more alike than this, or as near in time, would be the same question asked twice.
#define ALIKE 0.95f
#define APART_FRAMES 5
// Uncertain enough to be worth a question, and surely enough the thing to be confirmed.
#define UNCERTAIN_MIN 0.12f
#define UNCERTAIN_MAX 0.88f

struct choice {
    const struct label_model *m;
    struct label_candidates *candidates;
    uint16_t *halves; // of the candidates
    float *vector;
};

static float uncertainty(const struct label_hit *hit)
{
    return fabsf(hit->confidence - 0.5f);
}

static int compare_uncertainty(const void *a, const void *b)
{
    float x = uncertainty(a);
    float y = uncertainty(b);
    return x != y ? (x > y) - (x < y)
                  : strcmp(((const struct label_hit *)a)->object, ((const struct label_hit *)b)->object);
}

static bool same_moment(const struct label_hit *a, const struct label_hit *b)
{
    int32_t frame_a = 0;
    int32_t frame_b = 0;
    int32_t k;
    if (strncmp(a->object, b->object, VIDEO_ID_LENGTH) != 0)
        return false;
    if (a->track >= 0 && a->track == b->track)
        return true;
    return object_id_parse(a->object, NULL, &frame_a, &k) && object_id_parse(b->object, NULL, &frame_b, &k) &&
        frame_a != frame_b && abs(frame_a - frame_b) < APART_FRAMES;
}

// Takes a hit as a candidate unless it is like one that was taken.
static enum err_code offer(struct choice *choice, const struct label_hit *hit, bool *taken, struct err *err)
{
    struct label_candidates *c = choice->candidates;
    size_t dimension = choice->m->dimension;
    size_t got = 0;
    *taken = false;
    for (size_t i = 0; i < c->count; i++) {
        if (same_moment(&c->hits[i], hit))
            return ERR_NONE;
    }
    size_t index = rank_pool_find(choice->m, hit->object);
    if (index != SIZE_MAX) {
        vector_from_half(rank_half(choice->m, index), choice->vector, dimension);
    } else {
        struct err missing = ERR_INIT;
        enum err_code code = vector_index_fetch(
            choice->m->vectors, choice->m->project, hit->object, choice->vector, VECTOR_DIMENSION_MAX, &got, &missing);
        if (code == ERR_NOT_FOUND || (code == ERR_NONE && got != dimension))
            return ERR_NONE;
        if (code != ERR_NONE)
            return err_set(err, code, "%s", missing.message);
    }
    for (size_t i = 0; i < c->count; i++) {
        if (vector_dot_half(choice->vector, choice->halves + i * dimension, dimension) > ALIKE)
            return ERR_NONE;
    }
    vector_to_half(choice->vector, choice->halves + c->count * dimension, dimension);
    c->hits[c->count++] = *hit;
    *taken = true;
    return ERR_NONE;
}

// One of each list in turn: `sure` is sorted surest first, `unsure` most uncertain first.
static enum err_code choose(struct choice *choice, const struct label_hit *unsure, size_t unsure_count,
    const struct label_hit *sure, size_t sure_count, size_t limit, struct err *err)
{
    size_t u = 0;
    size_t s = 0;
    enum err_code code = ERR_NONE;
    bool taken;
    while (choice->candidates->count < limit && (u < unsure_count || s < sure_count) && code == ERR_NONE) {
        taken = false;
        while (!taken && s < sure_count && code == ERR_NONE)
            code = offer(choice, &sure[s++], &taken, err);
        taken = choice->candidates->count == limit;
        while (!taken && u < unsure_count && code == ERR_NONE)
            code = offer(choice, &unsure[u++], &taken, err);
    }
    return code;
}

enum err_code label_model_candidates(const struct label_model *model, const struct label_query *query,
    struct label_candidates *candidates, struct err *err)
{
    *candidates = (struct label_candidates){0};
    if (query->limit < 1 || query->limit > LABEL_CANDIDATES_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d", LABEL_CANDIDATES_MAX);
    struct label_query all = *query;
    struct label_hit *hits = NULL;
    size_t count = 0;
    all.limit = LOOKED_THROUGH;
    all.min_confidence = UNCERTAIN_MIN;
    all.per_track = true;
    enum err_code code = label_model_neighbours(model, &all, &hits, &count, err);
    if (code != ERR_NONE)
        return code;
    size_t sure_count = 0;
    while (sure_count < count && hits[sure_count].confidence > UNCERTAIN_MAX)
        sure_count++;
    size_t unsure_count = count - sure_count;
    if (unsure_count > 0)
        qsort(hits + sure_count, unsure_count, sizeof(*hits), compare_uncertainty);

    struct choice choice = {.m = model,
        .candidates = candidates,
        .halves = mem_calloc(query->limit * model->dimension, sizeof(uint16_t)),
        .vector = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(float))};
    candidates->hits = mem_calloc(query->limit, sizeof(*candidates->hits));
    code = choose(&choice, hits + sure_count, unsure_count, hits, sure_count, query->limit, err);
    candidates->settled = unsure_count == 0;
    free(choice.halves);
    free(choice.vector);
    free(hits);
    if (code != ERR_NONE)
        label_candidates_release(candidates);
    return code;
}

void label_candidates_release(struct label_candidates *candidates)
{
    free(candidates->hits);
    *candidates = (struct label_candidates){0};
}
