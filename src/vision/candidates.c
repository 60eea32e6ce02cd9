#include "vision/candidates.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

void candidates_init(struct candidates *candidates, const struct manifest *manifest, float threshold)
{
    *candidates = (struct candidates){.manifest = manifest, .threshold = threshold};
}

void candidates_release(struct candidates *candidates)
{
    free(candidates->items);
    candidates->items = NULL;
}

void candidates_reset(struct candidates *candidates)
{
    candidates->count = 0;
}

static bool is_usable(const struct candidates *candidates, const struct candidate *it)
{
    // Written so that NaN fails the comparison.
    if (!(it->score >= candidates->threshold) || isinf(it->score))
        return false;
    if (!(it->x2 > it->x1) || !(it->y2 > it->y1) || !isfinite(it->x1) || !isfinite(it->y1) || !isfinite(it->x2) ||
        !isfinite(it->y2))
        return false;
    return manifest_class_name(candidates->manifest, it->class_id)[0] != '\0';
}

void candidates_add(struct candidates *candidates, struct candidate candidate)
{
    if (!is_usable(candidates, &candidate))
        return;
    if (candidate.score > 1.0f)
        candidate.score = 1.0f;
    if (candidates->count == candidates->capacity) {
        if (candidates->capacity >= 2 * CANDIDATES_MAX) {
            candidates_keep_best(candidates, CANDIDATES_MAX);
        } else {
            candidates->capacity = candidates->capacity == 0 ? 256 : 2 * candidates->capacity;
            candidates->items = mem_realloc_array(candidates->items, candidates->capacity, sizeof(*candidates->items));
        }
    }
    candidates->items[candidates->count++] = candidate;
}

static int order(float a, float b)
{
    return (a > b) - (a < b);
}

static int by_score(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;
    int result = order(b->score, a->score);
    if (result == 0)
        result = order(a->y1, b->y1);
    if (result == 0)
        result = order(a->x1, b->x1);
    if (result == 0)
        result = order(a->y2, b->y2);
    if (result == 0)
        result = order(a->x2, b->x2);
    return result != 0 ? result : (a->class_id > b->class_id) - (a->class_id < b->class_id);
}

void candidates_keep_best(struct candidates *candidates, size_t most)
{
    if (candidates->count > 1)
        qsort(candidates->items, candidates->count, sizeof(*candidates->items), by_score);
    if (candidates->count > most)
        candidates->count = most;
}
