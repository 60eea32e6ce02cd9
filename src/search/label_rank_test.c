#include "search/label_rank.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/cancel.h"
#include "vector_index/vector_index_flat.h"

#define PROJECT "p"
#define DIMENSION 16

static const char *const video_a = "aaaaaaaaaaaaaaaa";
static const char *const video_b = "bbbbbbbbbbbbbbbb";

struct world {
    struct vector_index *vectors;
    struct label_model *model;
};

static int make_world(void **state)
{
    struct world *world = mem_calloc(1, sizeof(*world));
    world->vectors = vector_index_flat_new();
    *state = world;
    return 0;
}

static int drop_world(void **state)
{
    struct world *world = *state;
    label_model_free(world->model);
    vector_index_free(world->vectors);
    free(world);
    return 0;
}

// An object whose vector has a cosine of about `similarity` to axis `axis`; `twist` says in which direction it
// deviates.
static void put(struct world *world, const char *id, int axis, float similarity, int twist)
{
    struct err err = ERR_INIT;
    float vector[DIMENSION] = {0};
    vector[axis] = similarity;
    vector[8 + twist] = sqrtf(1 - similarity * similarity);
    struct vector_item item = {.track = -1, .vector = vector};
    strcpy(item.object, id);
    strcpy(item.class_name, "thing");
    assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
}

static const char *id_of(const char *video, int frame, int k)
{
    static char ids[64][OBJECT_ID_SIZE];
    static size_t next;
    char *id = ids[next++ % 64];
    object_id_make(video, frame, k, id);
    return id;
}

struct examples {
    const char *positive[16];
    const char *negative[16];
    const char *other[16];
};

static size_t count_of(const char *const *list)
{
    size_t n = 0;
    while (n < 16 && list[n] != NULL)
        n++;
    return n;
}

static enum err_code try_fit(struct world *world, const struct examples *e, struct err *err)
{
    struct label_fit fit = {.vectors = world->vectors,
        .project = PROJECT,
        .positive = e->positive,
        .positive_count = count_of(e->positive),
        .negative = e->negative,
        .negative_count = count_of(e->negative),
        .other = e->other,
        .other_count = count_of(e->other)};
    label_model_free(world->model);
    return label_model_fit(&fit, &world->model, err);
}

static void fit(struct world *world, const struct examples *e)
{
    struct err err = ERR_INIT;
    assert_ok(try_fit(world, e, &err), &err);
}

__attribute__((unused)) static struct label_hit score(struct world *world, const char *id)
{
    struct err err = ERR_INIT;
    struct label_hit hit;
    assert_ok(label_model_score(world->model, &id, 1, NULL, &hit, &err), &err);
    return hit;
}

static bool suggests(struct world *world, const char *id)
{
    struct err err = ERR_INIT;
    struct label_query query = {.min_confidence = 0.5f, .limit = 1000};
    struct label_hit *hits;
    size_t count;
    bool found = false;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(hits[i].object, id) == 0;
    free(hits);
    return found;
}

static void one_positive_finds_its_cluster_and_not_the_other(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 8; i++) {
        put(world, id_of(video_a, i * 10, 0), 0, 0.985f, i);
        put(world, id_of(video_b, i * 10, 0), 1, 0.985f, i);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    for (int i = 1; i < 8; i++) {
        assert_true(suggests(world, id_of(video_a, i * 10, 0)));
        assert_false(suggests(world, id_of(video_b, i * 10, 0)));
    }
    assert_false(suggests(world, id_of(video_a, 0, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_positive_finds_its_cluster_and_not_the_other, make_world, drop_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
