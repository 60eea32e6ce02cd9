// The linear part of label ranking: L2-regularised logistic regression on the normalised vectors, and how much of it is
// blended in.
//
// The regression is solved through the examples' scalar products (its weights are a sum of examples, by the representer
// theorem), so that 300 examples of any dimension take about a millisecond; by Nesterov's accelerated gradient method
// (Nesterov 1983), whose number of steps is fixed, as the answer must be the same every time.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// Examples of each sort: positives, taken objects, negatives, what else is not the thing, look-alikes below the gap.
#define SORT_MAX 64
#define EXAMPLES_MAX (5 * SORT_MAX)
#define STEPS 60
#define REGULARISATION 0.003f
#define FOLDS 5
// Look-alikes are free objects that are less like the thing than this.
#define LOOK_ALIKE_MAX 0.86f
// Similarity's own judgement is its distance to this.
#define SIMILARITY_MIDDLE 0.92f
// A blend must rank the held-out examples better by this much (area under the ROC curve) to be taken.
#define BETTER 0.005f
// The evidence of the linear model is its logit on the scale of similarities, and at most this …
#define LINEAR_SCALE 0.03f
#define LINEAR_EVIDENCE_MAX 0.3f
// … and that, times its share, adds so much to the logit of a group's probability (docs/labelling.md).
#define LINEAR_LOGIT 10.0f

struct example {
    size_t object;
    bool positive;
    float weight;
};

struct fit {
    const struct label_model *m;
    struct example examples[EXAMPLES_MAX];
    size_t count;
    float *products; // count × count
};

struct solution {
    float alpha[EXAMPLES_MAX];
    float bias;
};

static void add_example(struct fit *f, size_t object, bool positive, float weight)
{
    f->examples[f->count++] = (struct example){.object = object, .positive = positive, .weight = weight};
}

static void add_farthest(struct fit *f, enum rank_role role, bool positive, float weight)
{
    size_t chosen[SORT_MAX];
    size_t count = rank_farthest(f->m, role, SORT_MAX, 2, chosen);
    for (size_t i = 0; i < count; i++)
        add_example(f, chosen[i], positive, weight);
}

static bool is_hard(const struct rank_object *object, bool look_alikes)
{
    if (look_alikes)
        return object->role == ROLE_FREE && object->nearest < LOOK_ALIKE_MAX;
    return object->role == ROLE_MATE || object->role == ROLE_OTHER;
}

// The objects most like the positives among those that are not the thing, or that are probably not.
static void add_hardest(struct fit *f, bool look_alikes, float weight)
{
    const struct label_model *m = f->m;
    size_t first = f->count;
    for (size_t i = 0; i < m->count; i++) {
        if (!is_hard(&m->objects[i], look_alikes))
            continue;
        size_t at = f->count;
        while (at > first && m->objects[f->examples[at - 1].object].nearest < m->objects[i].nearest)
            at--;
        if (at == first + SORT_MAX)
            continue;
        size_t kept = f->count - first < SORT_MAX ? f->count - at : f->count - at - 1;
        memmove(&f->examples[at + 1], &f->examples[at], kept * sizeof(f->examples[0]));
        f->examples[at] = (struct example){.object = i, .weight = weight};
        f->count += f->count - first < SORT_MAX;
    }
}

static void multiply_out(struct fit *f)
{
    const struct label_model *m = f->m;
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    f->products = mem_calloc(f->count * f->count, sizeof(*f->products));
    for (size_t i = 0; i < f->count; i++) {
        vector_from_half(rank_half(m, f->examples[i].object), vector, m->dimension);
        for (size_t j = 0; j <= i; j++) {
            float product = vector_dot_half(vector, rank_half(m, f->examples[j].object), m->dimension);
            f->products[i * f->count + j] = product;
            f->products[j * f->count + i] = product;
        }
    }
    free(vector);
}

static float logit(const struct fit *f, const struct solution *s, size_t i)
{
    const float *row = f->products + i * f->count;
    float sum = s->bias;
    for (size_t j = 0; j < f->count; j++)
        sum += row[j] * s->alpha[j];
    return sum;
}

// Weights that sum to one half on each side; examples of the held-out fold have none.
static bool balance(const struct fit *f, int held_out, float weights[EXAMPLES_MAX])
{
    float sums[2] = {0};
    for (size_t i = 0; i < f->count; i++) {
        weights[i] = (int)(i % FOLDS) == held_out ? 0 : f->examples[i].weight;
        sums[f->examples[i].positive] += weights[i];
    }
    for (size_t i = 0; i < f->count; i++)
        weights[i] *= sums[f->examples[i].positive] > 0 ? 0.5f / sums[f->examples[i].positive] : 0;
    return sums[0] > 0 && sums[1] > 0;
}

// The gradient in the space of functions is weight × (probability - truth) at each example, and the loss is a quarter
// smooth in it, because the weights sum to one and the vectors have length one; the bias adds another quarter.
static void solve(const struct fit *f, const float weights[EXAMPLES_MAX], struct solution *s)
{
    struct solution at = {0};
    struct solution next;
    float step = 1 / (0.5f + REGULARISATION);
    float t = 1;
    *s = (struct solution){0};
    for (int k = 0; k < STEPS; k++) {
        float t_next = (1 + sqrtf(1 + 4 * t * t)) / 2;
        float momentum = (t - 1) / t_next;
        float bias_gradient = 0;
        next = at;
        for (size_t i = 0; i < f->count; i++) {
            float gradient = REGULARISATION * at.alpha[i];
            if (weights[i] > 0) {
                float slope =
                    weights[i] * (1 / (1 + expf(-logit(f, &at, i))) - (f->examples[i].positive ? 1.0f : 0.0f));
                gradient += slope;
                bias_gradient += slope;
            }
            next.alpha[i] -= step * gradient;
        }
        next.bias -= step * bias_gradient;
        for (size_t i = 0; i < f->count; i++)
            at.alpha[i] = next.alpha[i] + momentum * (next.alpha[i] - s->alpha[i]);
        at.bias = next.bias + momentum * (next.bias - s->bias);
        *s = next;
        t = t_next;
    }
}

// Similarity's own judgement of a held-out example: the nearest positive left, less the margin to the nearest negative.
static float held_out_similarity(const struct fit *f, size_t i)
{
    float positive = -1;
    float negative = -1;
    const float *row = f->products + i * f->count;
    for (size_t j = 0; j < f->count; j++) {
        if (j % FOLDS == i % FOLDS)
            continue;
        if (f->examples[j].positive)
            positive = fmaxf(positive, row[j]);
        else
            negative = fmaxf(negative, row[j] + MARGIN);
    }
    return positive - SIMILARITY_MIDDLE - fmaxf(0, negative - positive);
}

static float as_evidence(float value)
{
    return fmaxf(-LINEAR_EVIDENCE_MAX, fminf(LINEAR_EVIDENCE_MAX, LINEAR_SCALE * value));
}

// How often an asserted positive is ranked above what is not the thing.
static float area_under_curve(const struct fit *f, const float *similarity, const float *linear, float share)
{
    size_t pairs = 0;
    float right = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->m->objects[f->examples[i].object].role != ROLE_POSITIVE)
            continue;
        float a = (1 - share) * similarity[i] + share * as_evidence(linear[i]);
        for (size_t j = 0; j < f->count; j++) {
            if (f->examples[j].positive)
                continue;
            float b = (1 - share) * similarity[j] + share * as_evidence(linear[j]);
            right += a > b ? 1.0f : a == b ? 0.5f : 0.0f;
            pairs++;
        }
    }
    return pairs > 0 ? right / (float)pairs : 0;
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

// What nineteen of twenty negatives that the model had not seen stay below, and zero at least.
static float offset_of(const struct fit *f, const float *linear)
{
    float values[EXAMPLES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (!f->examples[i].positive)
            values[count++] = linear[i];
    }
    qsort(values, count, sizeof(*values), ascending);
    return count == 0 ? 0 : fmaxf(0, values[count * 19 / 20]);
}

// Leave-one-out in five folds: the share of the linear model that ranks the assertions best, none if in doubt.
static float choose_share(const struct fit *f, float *offset)
{
    static const float shares[] = {0.25f, 0.5f, 0.75f};
    float similarity[EXAMPLES_MAX];
    float linear[EXAMPLES_MAX];
    float weights[EXAMPLES_MAX];
    struct solution s;
    for (int fold = 0; fold < FOLDS; fold++) {
        if (!balance(f, fold, weights))
            return 0;
        solve(f, weights, &s);
        for (size_t i = (size_t)fold; i < f->count; i += FOLDS) {
            linear[i] = logit(f, &s, i);
            similarity[i] = held_out_similarity(f, i);
        }
    }
    float share = 0;
    float best = area_under_curve(f, similarity, linear, 0) + BETTER;
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        float area = area_under_curve(f, similarity, linear, shares[i]);
        if (area > best) {
            best = area;
            share = shares[i];
        }
    }
    *offset = offset_of(f, linear);
    return share;
}

static void write_model(struct label_model *m, const struct fit *f, float offset)
{
    float weights[EXAMPLES_MAX];
    struct solution s;
    balance(f, -1, weights);
    solve(f, weights, &s);
    m->linear = mem_calloc(m->dimension, sizeof(*m->linear));
    m->linear_bias = s.bias - offset;
    for (size_t i = 0; i < f->count; i++) {
        vector_from_half(rank_half(m, f->examples[i].object), m->scratch, m->dimension);
        for (size_t d = 0; d < m->dimension; d++)
            m->linear[d] += s.alpha[i] * m->scratch[d];
    }
}

enum err_code rank_linear_fit(struct label_model *m, struct cancel *cancel, struct err *err)
{
    if (m->info.positives < LABEL_LINEAR_MIN)
        return ERR_NONE;
    enum err_code code = cancel_check(cancel, err);
    if (code != ERR_NONE)
        return code;
    struct fit *f = mem_calloc(1, sizeof(*f));
    float offset = 0;
    f->m = m;
    add_farthest(f, ROLE_POSITIVE, true, 1.0f);
    add_farthest(f, ROLE_TAKEN, true, 0.5f);
    add_farthest(f, ROLE_NEGATIVE, false, 1.0f);
    add_hardest(f, false, 0.5f);
    add_hardest(f, true, 0.25f);
    multiply_out(f);
    m->info.linear_weight = choose_share(f, &offset);
    if (m->info.linear_weight > 0)
        write_model(m, f, offset);
    free(f->products);
    free(f);
    return cancel_check(cancel, err);
}

float rank_linear_logit(const struct label_model *m, const uint16_t *half)
{
    if (m->linear == NULL)
        return 0;
    return LINEAR_LOGIT * m->info.linear_weight *
        as_evidence(vector_dot_half(m->linear, half, m->dimension) + m->linear_bias);
}
