#include "vector_index/vector_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int by_key(const void *a, const void *b)
{
    return vector_key_compare(*(const struct vector_key *)a, *(const struct vector_key *)b);
}

void vector_gather_init(struct vector_gather *gather, const struct vector_query *query)
{
    const struct vector_filter *filter = &query->filter;
    *gather = (struct vector_gather){.query = query,
        .excluded = mem_calloc(filter->exclude_count, sizeof(*gather->excluded)),
        .excluded_count = filter->exclude_count};
    for (size_t i = 0; i < filter->exclude_count; i++)
        gather->excluded[i] = vector_key_of(filter->exclude[i]);
    if (filter->exclude_count > 0)
        qsort(gather->excluded, gather->excluded_count, sizeof(*gather->excluded), by_key);
    vector_track_set_init(&gather->excluded_tracks, filter->exclude_tracks, filter->exclude_track_count);
}

void vector_gather_release(struct vector_gather *gather)
{
    vector_track_set_release(&gather->excluded_tracks);
    free(gather->excluded);
    free(gather->hits);
    *gather = (struct vector_gather){0};
}

void vector_gather_add(struct vector_gather *gather, const struct vector_hit *hit)
{
    struct vector_key key = vector_key_of(hit->object);
    if (hit->score < gather->query->min_score ||
        vector_track_set_has(&gather->excluded_tracks, key.video, hit->track) ||
        (gather->excluded_count > 0 &&
            bsearch(&key, gather->excluded, gather->excluded_count, sizeof(key), by_key) != NULL))
        return;
    if (gather->count == gather->capacity) {
        gather->capacity = gather->capacity > 0 ? gather->capacity * 2 : 64;
        gather->hits = mem_realloc_array(gather->hits, gather->capacity, sizeof(*gather->hits));
    }
    gather->hits[gather->count++] = *hit;
}

static int by_score(const void *a, const void *b)
{
    const struct vector_hit *left = a, *right = b;
    if (left->score > right->score)
        return -1;
    if (left->score < right->score)
        return 1;
    return strcmp(left->object, right->object);
}

struct vector_hit *vector_gather_finish(struct vector_gather *gather, size_t *count)
{
    struct vector_hit *hits = gather->hits;
    size_t kept = 0;
    if (gather->count > 1)
        qsort(hits, gather->count, sizeof(*hits), by_score);
    for (size_t i = 0; i < gather->count && kept < gather->query->limit; i++) {
        if (kept > 0 && strcmp(hits[kept - 1].object, hits[i].object) == 0)
            continue;
        hits[kept++] = hits[i];
    }
    gather->hits = NULL;
    gather->count = gather->capacity = 0;
    *count = kept;
    return hits;
}
