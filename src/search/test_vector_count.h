// A vector index that counts what the thread which made it asks of another one. For tests.
#pragma once

#include "vector_index/vector_index.h"

#define VECTOR_COUNT_AXES 16

struct vector_count {
    size_t queries, hits, fetches;
    size_t along[VECTOR_COUNT_AXES]; // queries by the axis that their vector points along most
};

// Takes `inner` over, and `count` outlives it. Only what labelling does with an index can be done with it.
struct vector_index *vector_count_new(struct vector_index *inner, struct vector_count *count);
// Frees it, and not what it took over.
void vector_count_release(struct vector_index *counting);
