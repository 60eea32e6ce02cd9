// Hits from several answers of a server, put together: for clients whose servers cannot take a whole question at once.
//
// A list of a filter that is too long for one request is asked for in parts, and what is excluded beyond what a request
// may name is left out here. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "vector_index/vector_index.h"
#include "vector_index/vector_key.h"
#include "vector_index/vector_track_set.h"

struct vector_gather {
    const struct vector_query *query; // borrowed
    struct vector_key *excluded;      // ascending
    size_t excluded_count;
    struct vector_track_set excluded_tracks;
    struct vector_hit *hits;
    size_t count;
    size_t capacity;
};

void vector_gather_init(struct vector_gather *gather, const struct vector_query *query);
void vector_gather_release(struct vector_gather *gather);
// Takes the hit unless it is excluded or below the least score. Its object's id must be one.
void vector_gather_add(struct vector_gather *gather, const struct vector_hit *hit);
// Hands the best out, each once, in order; to be freed with free(). Nothing can be added afterwards.
struct vector_hit *vector_gather_finish(struct vector_gather *gather, size_t *count);
