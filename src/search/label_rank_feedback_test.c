// Feedback must not rank worse than plain similarity to the examples does: on projects made of things whose pictures
// lie as descriptors do, with answers that are true.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "search/label_rank.h"
#include "vector_index/vector_index_flat.h"

#define PROJECT "p"
#define DIMENSION 48
#define KINDS 3
#define THINGS 12
#define APPEARANCES 3
#define FRAMES 5
#define OBJECTS (THINGS * APPEARANCES * FRAMES)
#define WORLDS 6
#define ANSWERS_MOST 4

struct picture {
    char id[OBJECT_ID_SIZE];
    int thing;
    float vector[DIMENSION];
};

struct world {
    struct vector_index *vectors;
    struct picture pictures[OBJECTS];
    uint64_t random;
};

static float noise(struct world *world)
{
    float sum = 0;
    for (int i = 0; i < 6; i++) {
        world->random = world->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (float)(world->random >> 40) / (float)(1 << 24) - 0.5f;
    }
    return sum * sqrtf(2);
}

static void add_noise(struct world *world, const float *from, float share, float *to)
{
    float norm = 0;
    for (int d = 0; d < DIMENSION; d++) {
        to[d] = from[d] * sqrtf(1 - share) + noise(world) * sqrtf(share / DIMENSION);
        norm += to[d] * to[d];
    }
    for (int d = 0; d < DIMENSION; d++)
        to[d] /= sqrtf(norm);
}

// How unlike each other the appearances of a thing are, and the things of a kind: shares of the vector.
struct spread {
    float appearances, things;
};

// A kind has things that are alike, a thing appears several times, and each time it is seen in a few frames in a row.
static struct world *make_world(uint64_t seed, struct spread spread)
{
    static const float zero[DIMENSION] = {0};
    struct world *world = mem_calloc(1, sizeof(*world));
    struct err err = ERR_INIT;
    float kinds[KINDS][DIMENSION];
    float things[THINGS][DIMENSION];
    world->random = seed * UINT64_C(0x9e3779b97f4a7c15);
    world->vectors = vector_index_flat_new();
    for (int k = 0; k < KINDS; k++)
        add_noise(world, zero, 1, kinds[k]);
    for (int t = 0; t < THINGS; t++)
        add_noise(world, kinds[t % KINDS], spread.things, things[t]);
    int n = 0;
    for (int t = 0; t < THINGS; t++) {
        for (int a = 0; a < APPEARANCES; a++) {
            char video[VIDEO_ID_SIZE];
            float look[DIMENSION];
            snprintf(video, sizeof(video), "%016d", (t + a * 5) % 7 + 1);
            add_noise(world, things[t], spread.appearances, look);
            for (int f = 0; f < FRAMES; f++) {
                struct picture *picture = &world->pictures[n++];
                struct vector_item item = {.track = -1, .vector = picture->vector};
                picture->thing = t;
                object_id_make(video, a * 100 + f + t % 3, t, picture->id);
                add_noise(world, look, 0.06f, picture->vector);
                memcpy(item.object, picture->id, sizeof(item.object));
                assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
            }
        }
    }
    return world;
}

struct said {
    size_t yes[ANSWERS_MOST], no[ANSWERS_MOST];
    size_t yes_count, no_count;
};

static bool was_said(const struct said *said, size_t picture)
{
    for (size_t i = 0; i < ANSWERS_MOST; i++) {
        if ((i < said->yes_count && said->yes[i] == picture) || (i < said->no_count && said->no[i] == picture))
            return true;
    }
    return false;
}

static float similarity(const struct world *world, const struct said *said, size_t picture)
{
    float best = -1;
    for (size_t i = 0; i < said->yes_count; i++) {
        float sum = 0;
        for (int d = 0; d < DIMENSION; d++)
            sum += world->pictures[picture].vector[d] * world->pictures[said->yes[i]].vector[d];
        best = fmaxf(best, sum);
    }
    return best;
}

// Of the pictures of a thing that nothing was said of, in the order of the scores. Ties count against it.
static double average_precision(const struct world *world, const struct said *said, int thing, const float *scores)
{
    double sum = 0;
    size_t all = 0;
    for (size_t i = 0; i < OBJECTS; i++) {
        if (world->pictures[i].thing != thing || was_said(said, i))
            continue;
        size_t above = 0;
        size_t right = 1;
        for (size_t j = 0; j < OBJECTS; j++) {
            if (j == i || was_said(said, j) || scores[j] < scores[i])
                continue;
            above++;
            right += world->pictures[j].thing == thing;
        }
        sum += (double)right / (double)(above + 1);
        all++;
    }
    return sum / (double)all;
}

// The picture that is shown first among those that are the thing, or are not.
static size_t best_of(const struct world *world, const struct said *said, int thing, bool yes, const float *scores)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < OBJECTS; i++) {
        if ((world->pictures[i].thing == thing) == yes && !was_said(said, i) &&
            (best == SIZE_MAX || scores[i] > scores[best]))
            best = i;
    }
    return best;
}

static void score_all(const struct world *world, const struct said *said, float *scores)
{
    struct err err = ERR_INIT;
    struct label_model *model;
    struct label_hit hits[OBJECTS];
    const char *ids[OBJECTS];
    const char *yes[ANSWERS_MOST];
    const char *no[ANSWERS_MOST];
    for (size_t i = 0; i < said->yes_count; i++)
        yes[i] = world->pictures[said->yes[i]].id;
    for (size_t i = 0; i < said->no_count; i++)
        no[i] = world->pictures[said->no[i]].id;
    for (size_t i = 0; i < OBJECTS; i++)
        ids[i] = world->pictures[i].id;
    const struct label_fit fit = {.vectors = world->vectors,
        .project = PROJECT,
        .positive = yes,
        .positive_count = said->yes_count,
        .negative = no,
        .negative_count = said->no_count};
    assert_ok(label_model_fit(&fit, &model, &err), &err);
    assert_ok(label_model_score(model, ids, OBJECTS, NULL, hits, &err), &err);
    for (size_t i = 0; i < OBJECTS; i++)
        scores[i] = hits[i].score;
    label_model_free(model);
}

// Whoever labels it says no to the first wrong picture shown and yes to a right one, in turn.
static void label_thing(const struct world *world, int thing, double gains[ANSWERS_MOST + 1])
{
    float scores[OBJECTS];
    float plain[OBJECTS];
    struct said said = {.yes = {(size_t)thing * APPEARANCES * FRAMES}, .yes_count = 1};
    for (size_t answers = 0; answers <= ANSWERS_MOST; answers++) {
        for (size_t i = 0; i < OBJECTS; i++)
            plain[i] = similarity(world, &said, i);
        score_all(world, &said, scores);
        gains[answers] +=
            average_precision(world, &said, thing, scores) - average_precision(world, &said, thing, plain);
        if (answers % 2 == 0)
            said.no[said.no_count++] = best_of(world, &said, thing, false, plain);
        else
            said.yes[said.yes_count++] = best_of(world, &said, thing, true, plain);
    }
}

static void feedback_ranks_no_worse_than_plain_similarity(void **state)
{
    static const struct spread spreads[] = {{0.25f, 0.35f}, {0.3f, 0.3f}, {0.35f, 0.25f}, {0.4f, 0.3f}};
    (void)state;
    for (size_t s = 0; s < sizeof(spreads) / sizeof(spreads[0]); s++) {
        double gains[ANSWERS_MOST + 1] = {0};
        for (uint64_t seed = 1; seed <= WORLDS; seed++) {
            struct world *world = make_world(seed, spreads[s]);
            for (int thing = 0; thing < THINGS; thing++)
                label_thing(world, thing, gains);
            vector_index_free(world->vectors);
            free(world);
        }
        // Average precision, summed over all things.
        for (size_t answers = 0; answers <= ANSWERS_MOST; answers++)
            assert_true(gains[answers] >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feedback_ranks_no_worse_than_plain_similarity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
