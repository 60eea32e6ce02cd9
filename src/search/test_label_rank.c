#include "search/test_label_rank.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/cancel.h"
#include "vector_index/vector_index_flat.h"

const char *const video_a = "aaaaaaaaaaaaaaaa";
const char *const video_b = "bbbbbbbbbbbbbbbb";

int make_world(void **state)
{
    struct world *world = mem_calloc(1, sizeof(*world));
    world->vectors = vector_index_flat_new();
    *state = world;
    return 0;
}

int drop_world(void **state)
{
    struct world *world = *state;
    label_model_free(world->model);
    vector_index_free(world->vectors);
    free(world);
    return 0;
}

void put(struct world *world, const char *id, int axis, float similarity, int twist)
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

const char *id_of(const char *video, int frame, int k)
{
    static char ids[64][OBJECT_ID_SIZE];
    static size_t next;
    char *id = ids[next++ % 64];
    object_id_make(video, frame, k, id);
    return id;
}

static size_t count_of(const char *const *list)
{
    size_t n = 0;
    while (n < 16 && list[n] != NULL)
        n++;
    return n;
}

enum err_code try_fit(struct world *world, const struct examples *e, struct err *err)
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

void fit(struct world *world, const struct examples *e)
{
    struct err err = ERR_INIT;
    assert_ok(try_fit(world, e, &err), &err);
}

struct label_hit score(struct world *world, const char *id)
{
    struct err err = ERR_INIT;
    struct label_hit hit;
    assert_ok(label_model_score(world->model, &id, 1, NULL, &hit, &err), &err);
    return hit;
}

bool suggests(struct world *world, const char *id)
{
    struct err err = ERR_INIT;
    struct label_query query = {.min_confidence = LABEL_LIKELY_MIN, .limit = 1000};
    struct label_hit *hits;
    size_t count;
    bool found = false;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(hits[i].object, id) == 0;
    free(hits);
    return found;
}

void put_clusters(struct world *world)
{
    for (int i = 0; i < 8; i++) {
        put(world, id_of(video_a, i * 10, 0), 0, 0.985f, i);
        put(world, id_of(video_b, i * 10, 0), 1, 0.985f, i);
    }
}

void ask(struct world *world, size_t limit, struct label_candidates *candidates)
{
    struct err err = ERR_INIT;
    const struct label_query query = {.limit = limit};
    assert_ok(label_model_candidates(world->model, &query, candidates, &err), &err);
}

void put_on_track(struct world *world, const char *id, int64_t track, float turn)
{
    struct err err = ERR_INIT;
    float vector[DIMENSION] = {cosf(turn), sinf(turn)};
    struct vector_item item = {.track = track, .vector = vector};
    strcpy(item.object, id);
    assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
}
