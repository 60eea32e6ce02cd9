#include "ingest/track_look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_index.h"

#define PUT_AT_ONCE 128

struct looker {
    const struct ingest *ingest;
    const struct track_results *results;
    struct track_groups groups;
    struct vector_stats stats;
    float *vectors; // of the objects of one track
    size_t *taken;  // which these are
    float *means;   // of the tracks that are to be put next
    struct vector_track_item items[PUT_AT_ONCE];
    size_t item_count;
    int64_t *kept; // tracks that have a vector
    size_t kept_count;
};

static void release(struct looker *l)
{
    track_groups_release(&l->groups);
    free(l->vectors);
    free(l->taken);
    free(l->means);
    free(l->kept);
}

// ---- one track

// An object without a vector is being indexed again, and its video will be tracked again after it.
static enum err_code fetch(const struct looker *l, size_t object, float *vector, bool *found, struct err *err)
{
    char id[OBJECT_ID_SIZE];
    size_t dimension = 0;
    track_sheet_object_id(l->results->sheet, l->results->video->id, object, id);
    enum err_code code = vector_index_fetch(
        l->ingest->vectors, l->results->video->project, id, vector, l->stats.dimension, &dimension, err);
    *found = code == ERR_NONE && dimension == l->stats.dimension;
    if (code != ERR_NOT_FOUND && code != ERR_INVALID)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code fetch_some(struct looker *l, const size_t *objects, size_t count, size_t *fetched, struct err *err)
{
    size_t want = count < TRACK_LOOK_OBJECTS ? count : TRACK_LOOK_OBJECTS;
    enum err_code code = ERR_NONE;
    *fetched = 0;
    for (size_t i = 0; i < want && code == ERR_NONE; i++) {
        bool found = false;
        // The first, the last, and as many in between.
        size_t object = objects[want == 1 ? 0 : i * (count - 1) / (want - 1)];
        code = fetch(l, object, l->vectors + *fetched * l->stats.dimension, &found, err);
        if (code == ERR_NONE && found)
            l->taken[(*fetched)++] = object;
    }
    return code;
}

// False when the vectors cancel each other out.
static bool take_mean(const float *vectors, size_t count, size_t dimension, float *mean)
{
    double squares = 0;
    memset(mean, 0, dimension * sizeof(*mean));
    for (size_t i = 0; i < count; i++) {
        for (size_t d = 0; d < dimension; d++)
            mean[d] += vectors[i * dimension + d];
    }
    for (size_t d = 0; d < dimension; d++)
        squares += (double)mean[d] * (double)mean[d];
    for (size_t d = 0; d < dimension && squares > 0; d++)
        mean[d] = (float)((double)mean[d] / sqrt(squares));
    return squares > 0;
}

// Nearer than another only if by more than stores differ in rounding: of two objects both are equally near to their
// mean.
#define NEARER 1e-3

// The first of those that are nearest. Lengths are looked at, because stored vectors are rounded.
static size_t find_nearest(const float *vectors, size_t count, size_t dimension, const float *mean)
{
    size_t nearest = 0;
    double best = -HUGE_VAL;
    for (size_t i = 0; i < count; i++) {
        double score = 0;
        double squares = 0;
        for (size_t d = 0; d < dimension; d++) {
            double value = (double)vectors[i * dimension + d];
            score += value * (double)mean[d];
            squares += value * value;
        }
        score /= fmax(sqrt(squares), 1e-12);
        if (score > best + NEARER) {
            best = score;
            nearest = i;
        }
    }
    return nearest;
}

static enum err_code put_items(struct looker *l, struct err *err)
{
    size_t count = l->item_count;
    l->item_count = 0;
    return vector_index_put_tracks(
        l->ingest->vectors, l->results->video->project, l->stats.model, l->stats.dimension, l->items, count, err);
}

static enum err_code look_at(struct looker *l, struct meta_track *track, struct err *err)
{
    const struct track_sheet *sheet = l->results->sheet;
    size_t count = 0;
    size_t fetched = 0;
    const size_t *objects = track_groups_of(&l->groups, track->n, &count);
    float *mean = l->means + l->item_count * l->stats.dimension;
    enum err_code code = fetch_some(l, objects, count, &fetched, err);
    if (code != ERR_NONE || !take_mean(l->vectors, fetched, l->stats.dimension, mean))
        return code;
    size_t typical = l->taken[find_nearest(l->vectors, fetched, l->stats.dimension, mean)];
    const struct sheet_frame *frame = &sheet->frames[sheet->objects[typical].frame];
    track->typical_frame = frame->index;
    track->typical_k = (int32_t)(typical - frame->first);
    struct vector_track_item *item = &l->items[l->item_count++];
    *item = (struct vector_track_item){.track = {.n = track->n}, .vector = mean};
    memcpy(item->track.video, l->results->video->id, sizeof(item->track.video));
    l->kept[l->kept_count++] = track->n;
    return l->item_count == PUT_AT_ONCE ? put_items(l, err) : ERR_NONE;
}

// ---- all tracks of a video

static enum err_code list_stored(const struct looker *l, struct meta_track **stored, size_t *count, struct err *err)
{
    *stored = NULL;
    *count = 0;
    for (;;) {
        struct meta_track *page = NULL;
        size_t found = 0;
        int64_t after = *count > 0 ? (*stored)[*count - 1].n : -1;
        enum err_code code =
            meta_store_list_tracks(l->ingest->meta, l->results->video->id, after, META_LIST_MAX, &page, &found, err);
        if (code != ERR_NONE)
            return code;
        *stored = mem_realloc_array(*stored, *count + found + 1, sizeof(**stored));
        if (found > 0)
            memcpy(*stored + *count, page, found * sizeof(*page));
        *count += found;
        free(page);
        if (found < META_LIST_MAX)
            return ERR_NONE;
    }
}

static bool has_changed(const struct looker *l, const struct meta_track *track, const struct meta_track *stored)
{
    size_t count = 0;
    const size_t *objects = track_groups_of(&l->groups, track->n, &count);
    // One that only lost objects has fewer.
    if (stored == NULL || stored->objects != track->objects)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (l->results->changed[objects[i]])
            return true;
    }
    return false;
}

static enum err_code look_at_changed(
    struct looker *l, struct meta_track *tracks, size_t count, struct cancel *cancel, struct err *err)
{
    struct meta_track *stored = NULL;
    size_t stored_count = 0;
    size_t at = 0;
    enum err_code code = l->results->changed != NULL ? list_stored(l, &stored, &stored_count, err) : ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        while (at < stored_count && stored[at].n < tracks[i].n)
            at++;
        const struct meta_track *before = at < stored_count && stored[at].n == tracks[i].n ? &stored[at] : NULL;
        if (l->results->changed != NULL && !has_changed(l, &tracks[i], before)) {
            tracks[i].typical_frame = before->typical_frame;
            tracks[i].typical_k = before->typical_k;
            l->kept[l->kept_count++] = tracks[i].n;
            continue;
        }
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = look_at(l, &tracks[i], err);
    }
    free(stored);
    return code == ERR_NONE && l->item_count > 0 ? put_items(l, err) : code;
}

enum err_code track_look_store(const struct ingest *ingest, const struct track_results *results,
    struct meta_track *tracks, size_t count, struct cancel *cancel, struct err *err)
{
    const struct meta_video *video = results->video;
    struct looker *l = mem_calloc(1, sizeof(*l));
    l->ingest = ingest;
    l->results = results;
    l->kept = mem_calloc(count + 1, sizeof(*l->kept));
    enum err_code code = vector_index_stats(ingest->vectors, video->project, video->id, &l->stats, err);
    if (code == ERR_NONE && l->stats.count > 0 && count > 0) {
        track_groups_make(results->sheet, results->numbers, &l->groups);
        l->vectors = mem_calloc(TRACK_LOOK_OBJECTS * l->stats.dimension, sizeof(*l->vectors));
        l->taken = mem_calloc(TRACK_LOOK_OBJECTS, sizeof(*l->taken));
        l->means = mem_calloc(PUT_AT_ONCE * l->stats.dimension, sizeof(*l->means));
        code = look_at_changed(l, tracks, count, cancel, err);
        // Vectors of another model came meanwhile: it is being indexed again, and is tracked again after it.
        if (code == ERR_CONFLICT || code == ERR_INVALID) {
            err_clear(err);
            code = ERR_NONE;
            l->kept_count = 0;
        }
    }
    if (code == ERR_NOT_FOUND) { // no object was ever found in the project
        err_clear(err);
        code = ERR_NONE;
    }
    if (code == ERR_NONE)
        code = vector_index_keep_tracks(ingest->vectors, video->project, video->id, l->kept, l->kept_count, err);
    release(l);
    free(l);
    return code;
}
