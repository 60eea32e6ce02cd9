#include "search/test_vector_count.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"

struct counting {
    struct vector_index index;
    struct vector_index *inner;
    struct vector_count *count;
    pthread_t counted; // others of its calls are in nobody's order
};

static bool is_counted(const struct vector_index *index)
{
    return pthread_equal(((const struct counting *)index)->counted, pthread_self()) != 0;
}

static struct vector_index *inner_of(struct vector_index *index)
{
    return ((struct counting *)index)->inner;
}

static void counting_free(struct vector_index *index)
{
    vector_index_free(inner_of(index));
    free(index);
}

static enum err_code counting_query(struct vector_index *index, const struct vector_query *query,
    struct vector_hit **hits, size_t *count, struct err *err)
{
    struct vector_count *counted = ((struct counting *)index)->count;
    size_t most = 0;
    for (size_t d = 1; d < query->dimension && d < VECTOR_COUNT_AXES; d++)
        most = fabsf(query->vector[d]) > fabsf(query->vector[most]) ? d : most;
    enum err_code code = vector_index_query(inner_of(index), query, hits, count, err);
    if (!is_counted(index))
        return code;
    counted->queries++;
    counted->along[most]++;
    counted->hits += code == ERR_NONE ? *count : 0;
    return code;
}

static enum err_code counting_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    if (is_counted(index))
        ((struct counting *)index)->count->fetches++;
    return vector_index_fetch(inner_of(index), project, object, vector, capacity, dimension, err);
}

static enum err_code counting_stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *stats, struct err *err)
{
    return vector_index_stats(inner_of(index), project, video, stats, err);
}

static enum err_code counting_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    return vector_index_set_attributes(inner_of(index), project, changes, count, err);
}

static const struct vector_index_ops counting_ops = {.name = "counting",
    .free = counting_free,
    .query = counting_query,
    .fetch = counting_fetch,
    .stats = counting_stats,
    .set_attributes = counting_set_attributes};

void vector_count_release(struct vector_index *counting)
{
    free(counting);
}

struct vector_index *vector_count_new(struct vector_index *inner, struct vector_count *count)
{
    struct counting *counting = mem_calloc(1, sizeof(*counting));
    counting->index.ops = &counting_ops;
    counting->inner = inner;
    counting->count = count;
    counting->counted = pthread_self();
    *count = (struct vector_count){0};
    return &counting->index;
}
