#include "label_examples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/label_rank.h"
#include "vector_index/vector_index_flat.h"

#define EXAMPLES_MOST 10
#define CUTS 60
#define CUT_LOWEST 0.40f
// Average precision that is lower by less is not worse.
#define WORSE 0.005

struct quality {
    double precision, recall, f1, average_precision;
    size_t trials, marking, hits, wrong;
};

static void count_up(struct quality *q, size_t right, size_t wrong, size_t all)
{
    q->trials++;
    if (right + wrong > 0) {
        q->precision += (double)right / (double)(right + wrong);
        q->marking++;
    }
    q->recall += (double)right / (double)all;
    q->f1 += 2 * (double)right / (double)(right + wrong + all);
    q->hits += right;
    q->wrong += wrong;
}

static void print_quality(const struct quality *q)
{
    double n = (double)q->trials;
    if (q->trials == 0)
        printf("      |");
    else
        printf(" %.3f %.3f %.3f |", q->marking > 0 ? q->precision / (double)q->marking : 1.0, q->recall / n, q->f1 / n);
}

static double average_precision(const bool *right, size_t count, size_t all)
{
    double sum = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (right[i])
            sum += (double)++found / (double)(i + 1);
    }
    return all > 0 ? sum / (double)all : 0;
}

struct scored {
    float score;
    bool right;
    size_t object;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a;
    const struct scored *y = b;
    return x->score != y->score ? (x->score < y->score) - (x->score > y->score)
                                : (x->object > y->object) - (x->object < y->object);
}

// Suggestions of the model from these examples.
static void try_model(const struct data *data, struct vector_index *index, const size_t *examples, size_t n, size_t all,
    struct quality *q)
{
    const char *positive[EXAMPLES_MOST];
    for (size_t i = 0; i < n; i++)
        positive[i] = data->objects[examples[i]].id;
    struct label_fit fit = {.vectors = index, .project = BENCH_PROJECT, .positive = positive, .positive_count = n};
    struct label_model *model;
    bench_check(label_model_fit(&fit, &model, &bench_err), "fit");
    struct label_query query = {.min_confidence = 0, .limit = LABEL_NEIGHBOURS_MAX};
    struct label_hit *hits;
    size_t count;
    bench_check(label_model_neighbours(model, &query, &hits, &count, &bench_err), "neighbours");
    size_t right = 0;
    size_t wrong = 0;
    bool *is_right = mem_calloc(count + 1, sizeof(*is_right));
    for (size_t i = 0; i < count; i++) {
        is_right[i] = data_is_same(data, data_find(data, hits[i].object), examples[0]);
        right += is_right[i] && hits[i].confidence >= 0.5f;
        wrong += !is_right[i] && hits[i].confidence >= 0.5f;
    }
    count_up(q, right, wrong, all);
    q->average_precision += average_precision(is_right, count, all);
    free(is_right);
    free(hits);
    label_model_free(model);
}

static void try_cosine(const struct data *data, const size_t *examples, size_t n, size_t all, struct quality cuts[CUTS],
    struct scored *scored, double *average)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++) {
        float best = -1;
        bool is_example = false;
        for (size_t e = 0; e < n; e++) {
            is_example = is_example || examples[e] == i;
            best = fmaxf(best, data_cosine(data, i, examples[e]));
        }
        if (!is_example)
            scored[count++] = (struct scored){best, data_is_same(data, i, examples[0]), i};
    }
    qsort(scored, count, sizeof(*scored), by_score);
    bool *is_right = mem_calloc(count + 1, sizeof(*is_right));
    for (size_t i = 0; i < count; i++)
        is_right[i] = scored[i].right;
    *average += average_precision(is_right, count, all);
    free(is_right);
    for (size_t c = 0; c < CUTS; c++) {
        size_t right = 0;
        size_t i = 0;
        while (i < count && scored[i].score >= CUT_LOWEST + 0.01f * (float)c)
            right += scored[i++].right;
        count_up(&cuts[c], right, i - right, all);
    }
}

struct group {
    struct quality model;
    struct quality cuts[CUTS];
    double average; // precision of the cosine, summed
    size_t worse;   // trials in which the model ranked worse
};

static void draw(size_t *members, size_t count, size_t n, uint64_t random, size_t examples[EXAMPLES_MOST])
{
    for (size_t e = 0; e < n; e++) { // the first n of a shuffle
        random = bench_mix(random);
        size_t other = e + random % (count - e);
        size_t chosen = members[other];
        members[other] = members[e];
        members[e] = examples[e] = chosen;
    }
}

static void print_group(const struct data *data, int number, size_t n, const struct group *group)
{
    size_t best = 0;
    for (size_t c = 0; c < CUTS; c++)
        best = group->cuts[c].f1 > group->cuts[best].f1 ? c : best;
    double count = (double)group->model.trials;
    printf("| %zu | %s |", n, data->groups[number]);
    print_quality(&group->model);
    print_quality(&group->cuts[50]);
    print_quality(&group->cuts[best]);
    printf(" %.2f | %.3f | %.3f | %zu of %zu |\n", CUT_LOWEST + 0.01 * (double)best,
        group->model.average_precision / count, group->average / count, group->worse, group->model.trials);
}

static void measure(const struct data *data, struct vector_index *index, size_t n, size_t trials)
{
    struct group *groups = mem_calloc(BENCH_GROUPS_MAX, sizeof(*groups));
    struct scored *scored = mem_calloc(data->count, sizeof(*scored));
    size_t *members = mem_calloc(data->count, sizeof(*members));
    for (size_t first = 0; first < data->count; first++) {
        bool is_first = false;
        size_t count = data_members(data, first, members, &is_first);
        if (!is_first || count < n + 4)
            continue;
        struct group *group = &groups[data->objects[first].group];
        for (size_t trial = 0; trial < trials; trial++) {
            size_t examples[EXAMPLES_MOST] = {0};
            draw(members, count, n, bench_mix(first * 1000 + trial), examples);
            double before = group->model.average_precision;
            double before_cosine = group->average;
            try_model(data, index, examples, n, count - n, &group->model);
            try_cosine(data, examples, n, count - n, group->cuts, scored, &group->average);
            group->worse += group->model.average_precision - before < group->average - before_cosine - WORSE;
        }
    }
    for (int g = 0; g < data->group_count; g++) {
        if (groups[g].model.trials > 0)
            print_group(data, g, n, &groups[g]);
    }
    fflush(stdout);
    free(members);
    free(scored);
    free(groups);
}

void examples_measure(const struct data *data, size_t trials)
{
    static const size_t counts[] = {1, 2, 3, 5, EXAMPLES_MOST};
    struct vector_index *index = vector_index_flat_new();
    data_fill(data, TRACKS_NONE, index);
    printf(
        "\n| examples | group | model: precision recall F1 | 0.90 | best threshold in hindsight | which | mean average "
        "precision: model | cosine | model worse |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        measure(data, index, counts[i], trials);
    vector_index_free(index);
}
