// Hits that the vector index cannot give with one query: one a track, and without what people refused.
//
// A track may have many more objects than a query gives, and all of them may be nearer than the next track: of a parked
// car that is filmed for an hour there are thousands of all but equal pictures. So what came is excluded, by tracks
// where one hit of each is wanted, and the query is put again until there are as many hits as are wanted. Each round
// brings something new, and asks for twice as much as the one before. Safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "vector_index/vector_index.h"

struct cancel;
struct label_refusals;

struct search_gathering {
    struct vector_index *vectors;
    const struct vector_query *query; // its limit is not looked at
    size_t want;
    bool per_track;                        // only the nearest object of each track; those without a track all count
    const struct label_refusals *refusals; // no hits; may be NULL
    struct cancel *cancel;
};

// At least `want` hits where there are so many, nearest first, ties by object id; to be freed with free(), after an
// error too. ERR_CANCELLED and the errors of vector_index_query.
enum err_code search_gather(
    const struct search_gathering *gathering, struct vector_hit **hits, size_t *count, struct err *err) ERR_MUST_CHECK;
