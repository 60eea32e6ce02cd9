#include "search/test_vector_gate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"

struct gated {
    struct vector_index index;
    struct vector_index *inner;
    bool is_borrowed;
    struct vector_gate *gate;
};

static struct vector_index *inner_of(struct vector_index *index)
{
    return ((struct gated *)index)->inner;
}

static enum err_code refuse(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "the index is away");
}

static bool is_away(struct vector_index *index)
{
    struct vector_gate *gate = ((struct gated *)index)->gate;
    pthread_mutex_lock(&gate->mutex);
    bool is_away = gate->is_away;
    pthread_mutex_unlock(&gate->mutex);
    return is_away;
}

static void gated_free(struct vector_index *index)
{
    struct gated *gated = (struct gated *)index;
    if (!gated->is_borrowed)
        vector_index_free(gated->inner);
    free(gated);
}

static enum err_code gated_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct vector_gate *gate = ((struct gated *)index)->gate;
    pthread_mutex_lock(&gate->mutex);
    gate->came++;
    gate->waiting++;
    while (gate->is_shut)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    gate->waiting--;
    bool is_refused = gate->is_refused || gate->is_away;
    pthread_mutex_unlock(&gate->mutex);
    return is_refused ? refuse(err) : vector_index_set_attributes(inner_of(index), project, changes, count, err);
}

static enum err_code gated_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    return is_away(index) ? refuse(err) : vector_index_query(inner_of(index), query, hits, count, err);
}

static enum err_code gated_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    return is_away(index) ? refuse(err)
                          : vector_index_fetch(inner_of(index), project, object, vector, capacity, dimension, err);
}

static enum err_code gated_stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *stats, struct err *err)
{
    return is_away(index) ? refuse(err) : vector_index_stats(inner_of(index), project, video, stats, err);
}

static const struct vector_index_ops gated_ops = {.name = "gated",
    .free = gated_free,
    .query = gated_query,
    .fetch = gated_fetch,
    .stats = gated_stats,
    .set_attributes = gated_set_attributes};

struct vector_index *vector_gate_new(struct vector_index *inner, bool is_borrowed, struct vector_gate *gate)
{
    struct gated *gated = mem_calloc(1, sizeof(*gated));
    *gated = (struct gated){.index = {.ops = &gated_ops}, .inner = inner, .is_borrowed = is_borrowed, .gate = gate};
    *gate = (struct vector_gate){0};
    pthread_mutex_init(&gate->mutex, NULL);
    pthread_cond_init(&gate->changed, NULL);
    return &gated->index;
}

void vector_gate_set(struct vector_gate *gate, bool is_shut, bool is_refused)
{
    pthread_mutex_lock(&gate->mutex);
    gate->is_shut = is_shut;
    gate->is_refused = is_refused;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

void vector_gate_set_away(struct vector_gate *gate, bool is_away)
{
    pthread_mutex_lock(&gate->mutex);
    gate->is_away = is_away;
    pthread_mutex_unlock(&gate->mutex);
}

static int read_count(struct vector_gate *gate, const int *count)
{
    pthread_mutex_lock(&gate->mutex);
    int value = *count;
    pthread_mutex_unlock(&gate->mutex);
    return value;
}

int vector_gate_waiting(struct vector_gate *gate)
{
    return read_count(gate, &gate->waiting);
}

int vector_gate_came(struct vector_gate *gate)
{
    return read_count(gate, &gate->came);
}
