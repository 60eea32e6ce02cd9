// What to ask about next, and how good the label is already.
//
// A question is worth what its answer is expected to change: a yes about what does not carry the label brings its whole
// group, a no about what does takes its group away (expected error reduction: Roy and McCallum 2001, with the groups of
// label_rank_group.c instead of learning anew for every answer). With those, in turn, the surest of what carries the
// label and was not confirmed: a yes costs a glance, and what was confirmed speaks for the label from then on. Where
// neither is left, what is rather not it is asked about. The same is not asked twice.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// Two questions more alike than this, or as near in time, would be the same one asked twice.
#define ALIKE 0.95f
#define APART_FRAMES 5
// What is less probable is not asked about, and what carries the label and is surer is no doubt.
#define ASKED_MIN 0.1f
#define ASKED_MAX 0.97f
// Asking is worth while from here on: rarer yeses cost more answers than looking for the thing oneself
// (docs/labelling.md, "Actions to a labelled identity").
#define WORTH_MIN 0.65f
// A label is settled when this share of what carries it is expected to be right, and of what is it to carry it.
#define SETTLED 0.95

enum question_sort {
    QUESTION_WORTH,  // its answer is expected to change the label
    QUESTION_SURE,   // most probably yes: confirms what carries the label
    QUESTION_RATHER, // most probably no
};

struct question {
    size_t object;
    enum question_sort sort;
    float value;
    float similarity;
};

struct questions {
    struct question *items; // by sort, then by value
    size_t count;
    size_t ends[QUESTION_RATHER + 1]; // of each sort
};

static int compare_questions(const void *a, const void *b)
{
    const struct question *x = a;
    const struct question *y = b;
    if (x->sort != y->sort)
        return x->sort < y->sort ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    if (x->similarity != y->similarity)
        return x->similarity < y->similarity ? 1 : -1;
    return (x->object > y->object) - (x->object < y->object);
}

static bool same_moment(const struct rank_object *a, const struct rank_object *b)
{
    if (a->video != b->video)
        return false;
    if (a->track >= 0 && b->track >= 0)
        return a->track == b->track;
    return a->frame != b->frame && abs(a->frame - b->frame) < APART_FRAMES;
}

// One answer would be the other's as well.
static bool is_same_question(const struct rank_object *a, const struct rank_object *b)
{
    return (a->group >= 0 && a->group == b->group) || (a->claim > 0 && a->claim == b->claim) || same_moment(a, b);
}

static bool is_like_one(const struct label_model *m, size_t object, const size_t *chosen, size_t count, float *vector)
{
    for (size_t i = 0; i < count; i++) {
        if (is_same_question(&m->objects[object], &m->objects[chosen[i]]))
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

// Confirming it would say what was said already.
static bool is_like_a_positive(const struct label_model *m, const struct rank_object *object)
{
    if (object->similarity > ALIKE)
        return true;
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role == ROLE_POSITIVE && same_moment(object, &m->objects[i]))
            return true;
    }
    return false;
}

// How many objects were taken on the word of each seed; of the positives' own (0) each stands for itself.
static size_t *count_claims(const struct label_model *m)
{
    size_t *sizes = mem_calloc((size_t)UINT16_MAX + 1, sizeof(*sizes));
    for (size_t i = 0; i < m->count; i++)
        sizes[m->objects[i].claim] += m->objects[i].role == ROLE_TAKEN;
    sizes[0] = 1;
    return sizes;
}

static void add_question(
    const struct label_model *m, struct questions *q, size_t object, enum question_sort sort, float value)
{
    q->items[q->count++] = (struct question){object, sort, value, m->objects[object].similarity};
}

// About what carries the label: a doubt, where the label has some, or else a confirmation.
static void ask_about_taken(
    const struct label_model *m, struct questions *q, size_t object, float probability, size_t size, bool has_doubts)
{
    bool is_doubt = has_doubts && probability <= ASKED_MAX;
    if (is_doubt)
        add_question(m, q, object, QUESTION_WORTH, (1 - probability) * (float)size);
    else if (!is_like_a_positive(m, &m->objects[object]))
        add_question(m, q, object, QUESTION_SURE, probability * (float)size);
}

static void list_questions(
    const struct label_model *m, const struct label_query *query, bool has_doubts, struct questions *q)
{
    size_t *claims = count_claims(m);
    *q = (struct questions){.items = mem_calloc(m->group_count + m->count + 1, sizeof(*q->items))};
    for (size_t g = 0; g < m->group_count; g++) {
        const struct rank_group *group = &m->groups[g];
        if (group->probability < ASKED_MIN || !may_be_asked(m, query, &m->objects[group->best]))
            continue;
        if (group->probability >= LABEL_LIKELY_MIN)
            ask_about_taken(m, q, group->best, group->probability, group->count, has_doubts);
        else
            add_question(m, q, group->best, group->probability >= WORTH_MIN ? QUESTION_WORTH : QUESTION_RATHER,
                group->probability * (float)group->count);
    }
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->role == ROLE_TAKEN && may_be_asked(m, query, object))
            ask_about_taken(
                m, q, i, rank_verdict(m, object, rank_half(m, i)).probability, claims[object->claim], has_doubts);
    }
    free(claims);
    if (q->count > 0)
        qsort(q->items, q->count, sizeof(*q->items), compare_questions);
    for (size_t i = 0; i < q->count; i++)
        q->ends[q->items[i].sort] = i + 1;
    for (size_t sort = 1; sort <= QUESTION_RATHER; sort++)
        q->ends[sort] = q->ends[sort] > q->ends[sort - 1] ? q->ends[sort] : q->ends[sort - 1];
}

struct choice {
    const struct label_model *m;
    const struct questions *questions;
    size_t *chosen;
    size_t count, limit;
    float *vector;
};

// The next one from `*at` on that is not like one that was chosen.
static void choose_next(struct choice *c, size_t *at, size_t end)
{
    bool found = c->count == c->limit;
    while (!found && *at < end) {
        size_t object = c->questions->items[(*at)++].object;
        found = !is_like_one(c->m, object, c->chosen, c->count, c->vector);
        if (found)
            c->chosen[c->count++] = object;
    }
}

static void choose(struct choice *c)
{
    size_t worth = 0;
    size_t worth_end = c->questions->ends[QUESTION_WORTH];
    size_t sure = worth_end;
    size_t sure_end = c->questions->ends[QUESTION_SURE];
    while (c->count < c->limit && (worth < worth_end || sure < sure_end)) {
        choose_next(c, &worth, worth_end);
        choose_next(c, &sure, sure_end);
    }
    for (size_t rather = sure_end; sure_end == 0 && c->count < c->limit && rather < c->questions->count;)
        choose_next(c, &rather, c->questions->count);
}

static int compare_tracks(const void *a, const void *b)
{
    const struct rank_object *x = *(const struct rank_object *const *)a;
    const struct rank_object *y = *(const struct rank_object *const *)b;
    return x->video != y->video ? (x->video > y->video) - (x->video < y->video)
                                : (x->track > y->track) - (x->track < y->track);
}

// An object of each track that was said not to be it, and not to be it as well, ascending.
static const struct rank_object **list_refused_tracks(const struct label_model *m, size_t *count)
{
    const struct rank_object **list = mem_calloc(m->count + 1, sizeof(*list));
    *count = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        bool is_refused = object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER;
        if (is_refused && object->track >= 0 && !rank_is_disputed(m, object))
            list[(*count)++] = object;
    }
    if (*count > 0)
        qsort(list, *count, sizeof(*list), compare_tracks);
    return list;
}

static void estimate(const struct label_model *m, struct label_candidates *c)
{
    size_t refused_count = 0;
    const struct rank_object **refused = list_refused_tracks(m, &refused_count);
    double right = (double)m->positives_said;
    double carriers = right;
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->role != ROLE_TAKEN && (object->role != ROLE_FREE || object->nearest < LOOKED_AT))
            continue;
        if (object->track >= 0 && refused_count > 0 &&
            bsearch(&object, refused, refused_count, sizeof(*refused), compare_tracks) != NULL)
            continue;
        double probability = (double)rank_verdict(m, object, rank_half(m, i)).probability;
        bool carries = probability >= (double)LABEL_LIKELY_MIN;
        carriers += carries;
        right += carries ? probability : 0;
        c->missing += carries ? 0 : probability;
    }
    free(refused);
    c->precision = right / carriers;
    c->is_complete = c->missing <= (1 - SETTLED) * (right + c->missing);
    c->is_estimated = m->info.positives + m->info.negatives >= LABEL_SAID_MIN;
}

// Before enough was said there is no evidence but the model's own, so what it took on its own word is to be confirmed.
static bool is_settled(const struct questions *q, const struct label_candidates *c)
{
    bool has_worth = q->ends[QUESTION_WORTH] > 0;
    bool has_sure = q->ends[QUESTION_SURE] > q->ends[QUESTION_WORTH];
    if (!c->is_estimated)
        return !has_worth && !has_sure;
    return !has_worth || (c->is_complete && c->precision >= SETTLED);
}

enum err_code label_model_candidates(const struct label_model *model, const struct label_query *query,
    struct label_candidates *candidates, struct err *err)
{
    *candidates = (struct label_candidates){0};
    if (query->limit < 1 || query->limit > LABEL_CANDIDATES_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d", LABEL_CANDIDATES_MAX);
    struct questions questions;
    estimate(model, candidates);
    list_questions(model, query, candidates->precision < SETTLED, &questions);
    struct choice choice = {.m = model,
        .questions = &questions,
        .chosen = mem_calloc(query->limit, sizeof(*choice.chosen)),
        .limit = query->limit,
        .vector = mem_calloc(model->dimension, sizeof(*choice.vector))};
    choose(&choice);
    candidates->hits = mem_calloc(query->limit, sizeof(*candidates->hits));
    candidates->count = choice.count;
    for (size_t i = 0; i < choice.count; i++)
        rank_score_object(
            model, &model->objects[choice.chosen[i]], rank_half(model, choice.chosen[i]), &candidates->hits[i]);
    candidates->settled = is_settled(&questions, candidates);
    free(choice.vector);
    free(choice.chosen);
    free(questions.items);
    return ERR_NONE;
}

void label_candidates_release(struct label_candidates *candidates)
{
    free(candidates->hits);
    *candidates = (struct label_candidates){0};
}
