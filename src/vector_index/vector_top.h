// The best few of many: a heap of bounded size, by score, ties by object id. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vector_index/vector_key.h"

struct vector_candidate {
    float score;
    uint32_t ref; // what the caller finds the rest by
    struct vector_key key;
};

struct vector_top {
    size_t limit;
    size_t count;
    struct vector_candidate *entries; // room for `limit`
};

void vector_top_init(struct vector_top *top, size_t limit);
void vector_top_release(struct vector_top *top);

// The score below which nothing more is taken; -infinity until the limit is reached. With it callers skip the work of
// making a candidate.
float vector_top_floor(const struct vector_top *top);
void vector_top_add(struct vector_top *top, struct vector_candidate candidate);
// Puts the entries in order, the best first. Nothing can be added afterwards.
void vector_top_sort(struct vector_top *top);
