// The program's own ranking, cut by somebody who knows the truth: what its order would be worth if it always knew where
// to stop.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "label_ways.h"
#include "search/label_rank.h"
#include "vector_index/vector_index_flat.h"

struct ideal {
    struct label_way way;
    const struct data *data;
    struct vector_index *index;
    const char *yes[PERSON_ACTIONS_MAX], *no[PERSON_ACTIONS_MAX];
    size_t yes_count, no_count;
};

static void ideal_begin(void *context)
{
    struct ideal *ideal = context;
    ideal->yes_count = ideal->no_count = 0;
}

static void ideal_say(void *context, size_t object, bool yes)
{
    struct ideal *ideal = context;
    const char *id = ideal->data->objects[object].id;
    if (yes)
        ideal->yes[ideal->yes_count++] = id;
    else
        ideal->no[ideal->no_count++] = id;
}

// How many of the best are to be shown: as many as leave enough of all that is shown right.
static size_t best_cut(const struct ideal *ideal, const struct label_hit *hits, size_t count, size_t first)
{
    size_t right = ideal->yes_count;
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_it = data_is_same(ideal->data, data_find(ideal->data, hits[i].object), first);
        right += is_it;
        if (is_it && (double)right >= PERSON_ENOUGH * (double)(ideal->yes_count + i + 1))
            best = i + 1;
    }
    return best;
}

static void ideal_show(void *context, float *shown)
{
    struct ideal *ideal = context;
    const struct label_fit fit = {.vectors = ideal->index,
        .project = BENCH_PROJECT,
        .positive = ideal->yes,
        .positive_count = ideal->yes_count,
        .negative = ideal->no,
        .negative_count = ideal->no_count};
    const struct label_query query = {.limit = LABEL_NEIGHBOURS_MAX};
    struct label_model *model = NULL;
    struct label_hit *hits = NULL;
    size_t count = 0;
    bench_check(label_model_fit(&fit, &model, &bench_err), "learning");
    bench_check(label_model_neighbours(model, &query, &hits, &count, &bench_err), "ranking");
    memset(shown, 0, ideal->data->count * sizeof(*shown));
    for (size_t i = 0; i < ideal->yes_count; i++)
        shown[data_find(ideal->data, ideal->yes[i])] = 2;
    size_t cut = best_cut(ideal, hits, count, data_find(ideal->data, ideal->yes[0]));
    for (size_t i = 0; i < cut; i++)
        shown[data_find(ideal->data, hits[i].object)] = 1 - (float)i / (float)(count + 1);
    free(hits);
    label_model_free(model);
}

struct label_way *way_ideal_new(const struct data *data)
{
    struct ideal *ideal = mem_calloc(1, sizeof(*ideal));
    ideal->way = (struct label_way){.name = "program, cut by the truth",
        .context = ideal,
        .begin = ideal_begin,
        .say = ideal_say,
        .show = ideal_show};
    ideal->data = data;
    ideal->index = vector_index_flat_new();
    data_fill(data, TRACKS_NONE, ideal->index);
    return &ideal->way;
}

void way_ideal_free(struct label_way *way)
{
    struct ideal *ideal = way->context;
    vector_index_free(ideal->index);
    free(ideal);
}
