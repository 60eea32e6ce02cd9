// What to ask about next, and how good the label is already.
//
// A question is worth what its answer is expected to change: a yes about what does not carry the label brings its whole
// group, a no about what does takes its group away (expected error reduction: Roy and McCallum 2001, with the groups of
// label_rank_group.c instead of learning anew for every answer). So the surest of what is missing, the largest and the
// most doubtful of what was taken come first, and the same is not asked twice.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// Two questions more alike than this, or as near in time, would be the same one asked twice.
#define ALIKE 0.95f
#define APART_FRAMES 5
// What is less probable is not asked about, what carries the label and is surer neither.
#define ASKED_MIN 0.1f
#define ASKED_MAX 0.97f
// Asking is worth while from here on: rarer yeses cost more answers than looking for the thing oneself.
#define WORTH_MIN 0.35f
// A label is settled when this share of what carries it is expected to be right, and of what is it to carry it.
#define SETTLED 0.95f

// Something to ask about.
struct question {
    size_t object;
    bool is_worth;
    float value;
};

static int compare_questions(const void *a, const void *b)
{
    const struct question *x = a;
    const struct question *y = b;
    if (x->is_worth != y->is_worth)
        return x->is_worth ? -1 : 1;
    return x->value != y->value ? (x->value < y->value) - (x->value > y->value)
                                : (x->object > y->object) - (x->object < y->object);
}

static bool same_moment(const struct rank_object *a, const struct rank_object *b)
{
    if (a->video != b->video)
        return false;
    if ((a->group >= 0 && a->group == b->group) || (a->track >= 0 && a->track == b->track))
        return true;
    return a->frame != b->frame && abs(a->frame - b->frame) < APART_FRAMES;
}

static bool is_like_one(const struct label_model *m, size_t object, const size_t *chosen, size_t count, float *vector)
{
    for (size_t i = 0; i < count; i++) {
        if (same_moment(&m->objects[object], &m->objects[chosen[i]]))
            return true;
    }
    vector_from_half(rank_half(m, object), vector, m->dimension);
    for (size_t i = 0; i < count; i++) {
        if (vector_dot_half(vector, rank_half(m, chosen[i]), m->dimension) > ALIKE)
            return true;
    }
    return false;
}

static bool may_be_asked(const struct label_model *m, const struct label_query *query, const struct rank_object *object)
{
    return object->is_hit && !rank_is_example(m, object->id) && rank_passes(&query->filter, object) &&
        !rank_is_excluded(&query->filter, object->id);
}

// How many objects were taken on the word of one seed, or of the positives.
static size_t claim_size(const struct label_model *m, uint16_t claim)
{
    size_t size = 0;
    for (size_t i = 0; i < m->count; i++)
        size += m->objects[i].role == ROLE_TAKEN && m->objects[i].claim == claim;
    return size;
}

// What is worth asking: about what does not carry the label, and with doubts about the label also about what does.
static struct question *list_questions(
    const struct label_model *m, const struct label_query *query, bool has_doubts, size_t *count)
{
    struct question *questions = mem_calloc(m->count + 1, sizeof(*questions));
    *count = 0;
    for (size_t g = 0; g < m->group_count; g++) {
        const struct rank_group *group = &m->groups[g];
        bool is_taken = group->probability >= LABEL_LIKELY_MIN;
        float chance = is_taken ? 1 - group->probability : group->probability;
        if (group->probability >= ASKED_MIN && group->probability <= ASKED_MAX && (has_doubts || !is_taken) &&
            may_be_asked(m, query, &m->objects[group->best]))
            questions[(*count)++] =
                (struct question){group->best, group->probability >= WORTH_MIN, chance * (float)group->count};
    }
    for (size_t i = 0; i < m->count && has_doubts; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->role != ROLE_TAKEN || !may_be_asked(m, query, object))
            continue;
        float probability = rank_probability(m, object, rank_half(m, i));
        float size = object->claim > 0 ? (float)claim_size(m, object->claim) : 1;
        if (probability <= ASKED_MAX)
            questions[(*count)++] = (struct question){i, true, (1 - probability) * size};
    }
    qsort(questions, *count, sizeof(*questions), compare_questions);
    return questions;
}

static void estimate(const struct label_model *m, struct label_candidates *c)
{
    double right = (double)m->info.positives;
    double carriers = right;
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->role != ROLE_TAKEN && object->role != ROLE_FREE)
            continue;
        double probability = (double)rank_probability(m, object, rank_half(m, i));
        bool carries = probability >= (double)LABEL_LIKELY_MIN;
        carriers += carries;
        right += carries ? probability : 0;
        c->missing += carries ? 0 : probability;
    }
    c->precision = right / carriers;
    c->is_complete = c->missing <= (1 - SETTLED) * (right + c->missing);
}

enum err_code label_model_candidates(const struct label_model *model, const struct label_query *query,
    struct label_candidates *candidates, struct err *err)
{
    *candidates = (struct label_candidates){0};
    if (query->limit < 1 || query->limit > LABEL_CANDIDATES_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d", LABEL_CANDIDATES_MAX);
    size_t count = 0;
    estimate(model, candidates);
    struct question *questions = list_questions(model, query, candidates->precision < SETTLED, &count);
    size_t *chosen = mem_calloc(query->limit, sizeof(*chosen));
    float *vector = mem_calloc(model->dimension, sizeof(*vector));
    size_t chosen_count = 0;
    for (size_t i = 0; i < count && chosen_count < query->limit; i++) {
        if (!is_like_one(model, questions[i].object, chosen, chosen_count, vector))
            chosen[chosen_count++] = questions[i].object;
    }
    candidates->hits = mem_calloc(query->limit, sizeof(*candidates->hits));
    candidates->count = chosen_count;
    for (size_t i = 0; i < chosen_count; i++)
        rank_score_object(model, &model->objects[chosen[i]], rank_half(model, chosen[i]), &candidates->hits[i]);
    candidates->settled =
        count == 0 || !questions[0].is_worth || (candidates->is_complete && candidates->precision >= SETTLED);
    free(vector);
    free(chosen);
    free(questions);
    return ERR_NONE;
}

void label_candidates_release(struct label_candidates *candidates)
{
    free(candidates->hits);
    *candidates = (struct label_candidates){0};
}
