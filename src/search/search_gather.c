#include "search/search_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_refusals.h"

// Where one hit a track is wanted, this many times as many objects are asked for at first.
#define OVERSAMPLING 4

// Hits so far, and what must not come again.
struct gathered {
    struct vector_hit *hits;
    size_t count;
    struct vector_track *tracks; // of hits, and those that the query excludes
    size_t track_count;
    char (*objects)[OBJECT_ID_SIZE]; // refused, or hits that no track stands for
    size_t object_count;
    const char **excluded; // these and those that the query excludes, for the next round
};

static bool is_same_track(const struct vector_hit *a, const struct vector_hit *b)
{
    return a->track == b->track && memcmp(a->object, b->object, VIDEO_ID_LENGTH) == 0;
}

struct ranked {
    const struct vector_hit *hit;
    size_t rank;
};

static int by_track_and_rank(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    int by_video = memcmp(x->hit->object, y->hit->object, VIDEO_ID_LENGTH);
    if (by_video != 0)
        return by_video;
    if (x->hit->track != y->hit->track)
        return x->hit->track < y->hit->track ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

// Leaves the first (nearest) hit of each track, in place; objects without a track all stay.
static size_t keep_nearest_of_tracks(struct vector_hit *hits, size_t count)
{
    bool *is_kept = mem_calloc(count, sizeof(*is_kept));
    struct ranked *sorted = mem_calloc(count, sizeof(*sorted));
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct ranked){.hit = &hits[i], .rank = i};
    if (count > 0)
        qsort(sorted, count, sizeof(*sorted), by_track_and_rank);
    for (size_t i = 0; i < count; i++)
        is_kept[sorted[i].rank] =
            sorted[i].hit->track < 0 || i == 0 || !is_same_track(sorted[i].hit, sorted[i - 1].hit);
    free(sorted);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_kept[i])
            hits[kept++] = hits[i];
    }
    free(is_kept);
    return kept;
}

static void note_object(struct gathered *g, const char *object)
{
    if ((g->object_count & (g->object_count - 1)) == 0)
        g->objects = mem_realloc_array(g->objects, g->object_count == 0 ? 1 : g->object_count * 2, sizeof(*g->objects));
    memcpy(g->objects[g->object_count++], object, OBJECT_ID_SIZE);
}

static size_t drop_refused(
    struct gathered *g, const struct label_refusals *refusals, struct vector_hit *hits, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (label_refusals_has_id(refusals, hits[i].class_name, hits[i].object, hits[i].track))
            note_object(g, hits[i].object);
        else
            hits[kept++] = hits[i];
    }
    return kept;
}

static void add_hits(
    const struct search_gathering *gathering, struct gathered *g, struct vector_hit *hits, size_t count)
{
    count = drop_refused(g, gathering->refusals, hits, count);
    if (gathering->per_track)
        count = keep_nearest_of_tracks(hits, count);
    g->hits = mem_realloc_array(g->hits, g->count + count + 1, sizeof(*g->hits));
    g->tracks = mem_realloc_array(g->tracks, g->track_count + count + 1, sizeof(*g->tracks));
    for (size_t i = 0; i < count; i++) {
        g->hits[g->count++] = hits[i];
        if (!gathering->per_track || hits[i].track < 0) {
            note_object(g, hits[i].object);
            continue;
        }
        struct vector_track *track = &g->tracks[g->track_count++];
        *track = (struct vector_track){.n = hits[i].track};
        memcpy(track->video, hits[i].object, VIDEO_ID_LENGTH);
    }
}

// The filter that lets through what has not come yet.
static struct vector_filter filter_for_the_rest(struct gathered *g, const struct vector_filter *filter)
{
    struct vector_filter rest = *filter;
    g->excluded = mem_realloc_array(g->excluded, filter->exclude_count + g->object_count + 1, sizeof(*g->excluded));
    for (size_t i = 0; i < filter->exclude_count; i++)
        g->excluded[i] = filter->exclude[i];
    for (size_t i = 0; i < g->object_count; i++)
        g->excluded[rest.exclude_count++] = g->objects[i];
    rest.exclude = g->excluded;
    rest.exclude_tracks = g->tracks;
    rest.exclude_track_count = g->track_count;
    return rest;
}

static int by_score(const void *a, const void *b)
{
    const struct vector_hit *x = a;
    const struct vector_hit *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(x->object, y->object);
}

static enum err_code run_rounds(const struct search_gathering *gathering, struct gathered *g, struct err *err)
{
    size_t ask = gathering->want * (gathering->per_track ? OVERSAMPLING : 1);
    enum err_code code = ERR_NONE;
    bool is_all = false;
    while (code == ERR_NONE && !is_all && g->count < gathering->want) {
        struct vector_query round = *gathering->query;
        struct vector_hit *found = NULL;
        size_t found_count = 0;
        round.limit = ask < VECTOR_QUERY_LIMIT_MAX ? ask : VECTOR_QUERY_LIMIT_MAX;
        round.filter = filter_for_the_rest(g, &gathering->query->filter);
        code = cancel_check(gathering->cancel, err);
        if (code == ERR_NONE)
            code = vector_index_query(gathering->vectors, &round, &found, &found_count, err);
        if (code == ERR_NONE)
            add_hits(gathering, g, found, found_count);
        is_all = found_count < round.limit;
        ask *= 2;
        free(found);
    }
    return code;
}

enum err_code search_gather(
    const struct search_gathering *gathering, struct vector_hit **hits, size_t *count, struct err *err)
{
    const struct vector_filter *filter = &gathering->query->filter;
    struct gathered g = {.tracks = mem_realloc_array(NULL, filter->exclude_track_count + 1, sizeof(*g.tracks)),
        .track_count = filter->exclude_track_count};
    for (size_t i = 0; i < g.track_count; i++)
        g.tracks[i] = filter->exclude_tracks[i];
    enum err_code code = run_rounds(gathering, &g, err);
    free(g.tracks);
    free(g.objects);
    free(g.excluded);
    // A graph does not find exactly the nearest, so a later round may find something nearer.
    if (g.count > 0)
        qsort(g.hits, g.count, sizeof(*g.hits), by_score);
    *hits = g.hits;
    *count = g.count;
    return code;
}
