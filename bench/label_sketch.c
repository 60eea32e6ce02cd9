// The sketch that the ranking is compared with: logistic regression on what was said and weak random negatives, plus
// the margin between the nearest yes and the nearest no, cut at the largest gap.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "label_ways.h"

#define RANDOM_NEGATIVES 64
#define RANDOM_WEIGHT 0.25f
#define STEPS 100
#define RATE 4.0f
#define DECAY 0.001f
// Where nothing was refused, what else there is is this similar.
#define UNLIKE 0.5f
// The gap is looked for among the best so many.
#define GAP_AMONG 400
#define SAID_MAX (PERSON_ACTIONS_MAX + RANDOM_NEGATIVES)

struct said {
    size_t object;
    bool yes;
    float weight;
};

struct sketch {
    struct label_way way;
    const struct data *data;
    struct said said[SAID_MAX];
    size_t count, random_count; // the random ones come first
    float *weights;             // dimension, and the bias
    float *scores;
};

static void sketch_begin(void *context)
{
    struct sketch *s = context;
    s->count = 0;
    for (size_t i = 0; i < RANDOM_NEGATIVES; i++)
        s->said[s->count++] =
            (struct said){.object = (size_t)(bench_mix(i + 1) % s->data->count), .weight = RANDOM_WEIGHT};
    s->random_count = s->count;
}

static float linear(const struct sketch *s, size_t object)
{
    const float *vector = s->data->vectors + object * s->data->dimension;
    float sum = s->weights[s->data->dimension];
    for (size_t d = 0; d < s->data->dimension; d++)
        sum += s->weights[d] * vector[d];
    return sum;
}

// A random negative that was said to be it is none.
static bool counts(const struct sketch *s, size_t i)
{
    for (size_t k = s->random_count; k < s->count && i < s->random_count; k++) {
        if (s->said[k].yes && s->said[k].object == s->said[i].object)
            return false;
    }
    return true;
}

static void learn(struct sketch *s)
{
    size_t dimension = s->data->dimension;
    float sums[2] = {0};
    for (size_t i = 0; i < s->count; i++)
        sums[s->said[i].yes] += counts(s, i) ? s->said[i].weight : 0;
    memset(s->weights, 0, (dimension + 1) * sizeof(*s->weights));
    for (int step = 0; step < STEPS; step++) {
        for (size_t d = 0; d < dimension; d++)
            s->weights[d] *= 1 - RATE * DECAY;
        for (size_t i = 0; i < s->count; i++) {
            const struct said *one = &s->said[i];
            if (!counts(s, i))
                continue;
            float chance = 1 / (1 + expf(-linear(s, one->object)));
            float slope = RATE * 0.5f * one->weight / sums[one->yes] * ((one->yes ? 1.0f : 0.0f) - chance);
            for (size_t d = 0; d < dimension; d++)
                s->weights[d] += slope * s->data->vectors[one->object * dimension + d];
            s->weights[dimension] += slope;
        }
    }
}

static float margin_of(const struct sketch *s, size_t object)
{
    float yes = -1;
    float no = UNLIKE;
    for (size_t i = s->random_count; i < s->count; i++) {
        float similarity = data_cosine(s->data, object, s->said[i].object);
        if (s->said[i].yes)
            yes = fmaxf(yes, similarity);
        else
            no = fmaxf(no, similarity);
    }
    return yes - no;
}

static void sketch_say(void *context, size_t object, bool yes)
{
    struct sketch *s = context;
    s->said[s->count++] = (struct said){.object = object, .yes = yes, .weight = 1};
    learn(s);
    for (size_t i = 0; i < s->data->count; i++)
        s->scores[i] = 1 / (1 + expf(-linear(s, i))) + margin_of(s, i);
}

// 1 yes, -1 no, 0 nothing.
static int word_about(const struct sketch *s, size_t object)
{
    for (size_t i = s->random_count; i < s->count; i++) {
        if (s->said[i].object == object)
            return s->said[i].yes ? 1 : -1;
    }
    return 0;
}

static void sketch_show(void *context, float *shown)
{
    const struct sketch *s = context;
    struct bench_scored *sorted = mem_calloc(s->data->count + 1, sizeof(*sorted));
    size_t count = 0;
    for (size_t i = 0; i < s->data->count; i++) {
        int word = word_about(s, i);
        shown[i] = word > 0 ? 2 : 0;
        if (word == 0)
            sorted[count++] = (struct bench_scored){.score = s->scores[i], .object = i};
    }
    qsort(sorted, count, sizeof(*sorted), bench_by_score);
    size_t cut = 0;
    float widest = 0;
    for (size_t i = 0; i + 1 < count && i < GAP_AMONG; i++) {
        float gap = sorted[i].score - sorted[i + 1].score;
        if (gap > widest) {
            widest = gap;
            cut = i + 1;
        }
    }
    for (size_t i = 0; i < cut; i++)
        shown[sorted[i].object] = 1 + 0.25f * fminf(2, fmaxf(0, sorted[i].score));
    free(sorted);
}

struct label_way *way_sketch_new(const struct data *data)
{
    struct sketch *s = mem_calloc(1, sizeof(*s));
    s->way = (struct label_way){
        .name = "sketch", .context = s, .begin = sketch_begin, .say = sketch_say, .show = sketch_show};
    s->data = data;
    s->weights = mem_calloc(data->dimension + 1, sizeof(*s->weights));
    s->scores = mem_calloc(data->count, sizeof(*s->scores));
    return &s->way;
}

void way_sketch_free(struct label_way *way)
{
    struct sketch *s = way->context;
    free(s->weights);
    free(s->scores);
    free(s);
}
