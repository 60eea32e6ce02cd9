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

// What a trial begins with: boxes of the thing, and of others that were said not to be it.
struct trial {
    size_t yes[EXAMPLES_MOST], no[EXAMPLES_MOST];
    size_t yes_count, no_count, all; // boxes of the thing that are left to be found
};

static bool is_among(const size_t *list, size_t count, size_t object)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == object)
            return true;
    }
    return false;
}

// Suggestions of the model from these examples.
static void try_model(const struct data *data, struct vector_index *index, const struct trial *trial, struct quality *q)
{
    const char *positive[EXAMPLES_MOST];
    const char *negative[EXAMPLES_MOST];
    for (size_t i = 0; i < trial->yes_count; i++)
        positive[i] = data->objects[trial->yes[i]].id;
    for (size_t i = 0; i < trial->no_count; i++)
        negative[i] = data->objects[trial->no[i]].id;
    struct label_fit fit = {.vectors = index,
        .project = BENCH_PROJECT,
        .positive = positive,
        .positive_count = trial->yes_count,
        .negative = negative,
        .negative_count = trial->no_count};
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
        is_right[i] = data_is_same(data, data_find(data, hits[i].object), trial->yes[0]);
        right += is_right[i] && hits[i].confidence >= LABEL_LIKELY_MIN;
        wrong += !is_right[i] && hits[i].confidence >= LABEL_LIKELY_MIN;
    }
    count_up(q, right, wrong, trial->all);
    q->average_precision += average_precision(is_right, count, trial->all);
    free(is_right);
    free(hits);
    label_model_free(model);
}

// All that is no example, the most similar to one of the boxes of the thing first.
static size_t rank_by_cosine(const struct data *data, const struct trial *trial, struct bench_scored *scored)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++) {
        float best = -1;
        if (is_among(trial->yes, trial->yes_count, i) || is_among(trial->no, trial->no_count, i))
            continue;
        for (size_t e = 0; e < trial->yes_count; e++)
            best = fmaxf(best, data_cosine(data, i, trial->yes[e]));
        scored[count++] = (struct bench_scored){best, i, data_is_same(data, i, trial->yes[0])};
    }
    qsort(scored, count, sizeof(*scored), bench_by_score);
    return count;
}

// The most similar boxes that are not the thing are said not to be it.
static void reject(const struct data *data, struct trial *trial, size_t n, struct bench_scored *scored)
{
    size_t count = rank_by_cosine(data, trial, scored);
    for (size_t i = 0; i < count && trial->no_count < n; i++) {
        if (!scored[i].right)
            trial->no[trial->no_count++] = scored[i].object;
    }
}

static void try_cosine(const struct data *data, const struct trial *trial, struct quality cuts[CUTS],
    struct bench_scored *scored, double *average)
{
    size_t count = rank_by_cosine(data, trial, scored);
    bool *is_right = mem_calloc(count + 1, sizeof(*is_right));
    for (size_t i = 0; i < count; i++)
        is_right[i] = scored[i].right;
    *average += average_precision(is_right, count, trial->all);
    free(is_right);
    for (size_t c = 0; c < CUTS; c++) {
        size_t right = 0;
        size_t i = 0;
        while (i < count && scored[i].score >= CUT_LOWEST + 0.01f * (float)c)
            right += scored[i++].right;
        count_up(&cuts[c], right, i - right, trial->all);
    }
}

struct group {
    struct quality model;
    struct quality cuts[CUTS];
    double average; // precision of the cosine, summed
    size_t worse;   // identities that the model ranks worse than the cosine does, over all trials
    size_t identities;
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

static void print_group(const struct data *data, int number, size_t n, size_t noes, const struct group *group)
{
    size_t best = 0;
    for (size_t c = 0; c < CUTS; c++)
        best = group->cuts[c].f1 > group->cuts[best].f1 ? c : best;
    double count = (double)group->model.trials;
    printf("| %zu | %zu | %s |", n, noes, data->groups[number]);
    print_quality(&group->model);
    print_quality(&group->cuts[50]);
    print_quality(&group->cuts[best]);
    printf(" %.2f | %.3f | %.3f | %zu of %zu |\n", CUT_LOWEST + 0.01 * (double)best,
        group->model.average_precision / count, group->average / count, group->worse, group->identities);
}

struct measuring {
    const struct data *data;
    struct vector_index *index;
    size_t trials, worse; // of identities, all groups
    struct bench_scored *scored;
    size_t *members;
};

static void try_identity(struct measuring *m, size_t first, size_t n, size_t noes, size_t count, struct group *group)
{
    double before = group->model.average_precision;
    double before_cosine = group->average;
    for (size_t k = 0; k < m->trials; k++) {
        struct trial trial = {.yes_count = n, .all = count - n};
        draw(m->members, count, n, bench_mix(first * 1000 + k), trial.yes);
        reject(m->data, &trial, noes, m->scored);
        try_model(m->data, m->index, &trial, &group->model);
        try_cosine(m->data, &trial, group->cuts, m->scored, &group->average);
    }
    double gain = (group->model.average_precision - before - group->average + before_cosine) / (double)m->trials;
    group->identities++;
    if (gain >= -WORSE)
        return;
    group->worse++;
    m->worse++;
    fprintf(stderr, "%s: after %zu yeses and %zu noes ranked worse than by similarity, average precision by %.3f\n",
        m->data->objects[first].identity, n, noes, -gain);
}

static void measure(struct measuring *m, size_t n, size_t noes)
{
    struct group *groups = mem_calloc(BENCH_GROUPS_MAX, sizeof(*groups));
    for (size_t first = 0; first < m->data->count; first++) {
        bool is_first = false;
        size_t count = data_members(m->data, first, m->members, &is_first);
        if (is_first && count >= n + 4)
            try_identity(m, first, n, noes, count, &groups[m->data->objects[first].group]);
    }
    for (int g = 0; g < m->data->group_count; g++) {
        if (groups[g].model.trials > 0)
            print_group(m->data, g, n, noes, &groups[g]);
    }
    fflush(stdout);
    free(groups);
}

size_t examples_measure(const struct data *data, size_t trials)
{
    static const size_t counts[] = {1, 2, 3, 5, EXAMPLES_MOST};
    struct measuring m = {.data = data,
        .index = vector_index_flat_new(),
        .trials = trials,
        .scored = mem_calloc(data->count, sizeof(*m.scored)),
        .members = mem_calloc(data->count, sizeof(*m.members))};
    data_fill(data, TRACKS_NONE, m.index);
    printf(
        "\n| yes | no | group | model: precision recall F1 | 0.90 | best threshold in hindsight | which | mean average "
        "precision: model | cosine | identities the model ranks worse |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        measure(&m, counts[i], 0);
        measure(&m, counts[i], counts[i]);
    }
    vector_index_free(m.index);
    free(m.scored);
    free(m.members);
    return m.worse;
}
