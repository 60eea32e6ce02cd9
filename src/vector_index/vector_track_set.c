#include "vector_index/vector_track_set.h"

#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_key.h"

int vector_track_compare(const void *a, const void *b)
{
    const struct vector_track_entry *x = a;
    const struct vector_track_entry *y = b;
    if (x->video != y->video)
        return x->video < y->video ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool vector_track_is_among(int64_t n, const int64_t *numbers, size_t count)
{
    return count > 0 && bsearch(&n, numbers, count, sizeof(n), compare_numbers) != NULL;
}

void vector_track_set_init(struct vector_track_set *set, const struct vector_track *tracks, size_t count)
{
    *set = (struct vector_track_set){.entries = mem_calloc(count, sizeof(*set->entries)), .count = count};
    for (size_t i = 0; i < count; i++)
        set->entries[i] = (struct vector_track_entry){vector_key_video(tracks[i].video), tracks[i].n};
    if (count > 0)
        qsort(set->entries, count, sizeof(*set->entries), vector_track_compare);
}

void vector_track_set_release(struct vector_track_set *set)
{
    free(set->entries);
    *set = (struct vector_track_set){0};
}

// The first of the entries from <= i < to that is not before the given one.
static size_t lower_bound(const struct vector_track_set *set, size_t from, size_t to, struct vector_track_entry entry)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (vector_track_compare(&set->entries[middle], &entry) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

bool vector_track_set_has(struct vector_track_set *set, uint64_t video, int64_t n)
{
    if (set->count == 0 || n < 0)
        return false;
    if (!set->has_video || video != set->video) {
        set->has_video = true;
        set->video = video;
        set->from = lower_bound(set, 0, set->count, (struct vector_track_entry){video, 0});
        set->to = lower_bound(set, set->from, set->count, (struct vector_track_entry){video, INT64_MAX});
    }
    size_t at = lower_bound(set, set->from, set->to, (struct vector_track_entry){video, n});
    return at < set->to && set->entries[at].n == n;
}
