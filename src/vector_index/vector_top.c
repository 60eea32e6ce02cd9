#include "vector_index/vector_top.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

// Whether `a` ranks behind `b`.
static bool is_worse(const struct vector_candidate *a, const struct vector_candidate *b)
{
    if (a->score != b->score)
        return a->score < b->score;
    return vector_key_compare(a->key, b->key) > 0;
}

void vector_top_init(struct vector_top *top, size_t limit)
{
    *top = (struct vector_top){.limit = limit, .entries = mem_alloc(limit * sizeof(*top->entries))};
}

void vector_top_release(struct vector_top *top)
{
    free(top->entries);
    *top = (struct vector_top){0};
}

float vector_top_floor(const struct vector_top *top)
{
    return top->count < top->limit ? -INFINITY : top->entries[0].score;
}

static void swap(struct vector_candidate *a, struct vector_candidate *b)
{
    struct vector_candidate t = *a;
    *a = *b;
    *b = t;
}

static void sift_down(struct vector_top *top)
{
    struct vector_candidate *e = top->entries;
    size_t i = 0;
    for (;;) {
        size_t worst = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < top->count; child++) {
            if (is_worse(&e[child], &e[worst]))
                worst = child;
        }
        if (worst == i)
            return;
        swap(&e[i], &e[worst]);
        i = worst;
    }
}

void vector_top_add(struct vector_top *top, struct vector_candidate candidate)
{
    struct vector_candidate *e = top->entries;
    if (top->limit == 0)
        return;
    if (top->count == top->limit) {
        if (!is_worse(&e[0], &candidate))
            return;
        e[0] = candidate;
        sift_down(top);
        return;
    }
    size_t i = top->count++;
    e[i] = candidate;
    while (i > 0 && is_worse(&e[i], &e[(i - 1) / 2])) {
        swap(&e[i], &e[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

static int best_first(const void *a, const void *b)
{
    return is_worse(b, a) ? -1 : is_worse(a, b) ? 1 : 0;
}

void vector_top_sort(struct vector_top *top)
{
    qsort(top->entries, top->count, sizeof(*top->entries), best_first);
}
