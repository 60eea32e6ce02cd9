// Searching a view: what a filter lets through, how to look at it (graph or scan), and exact scores in the end.
#pragma once

#include "vector_index/vector_index.h"
#include "vector_index/vector_view.h"

// The caller holds the view's lock for reading. Hits as for vector_index_query(); `refused` are no hits, whatever the
// query's filter says of labels.
void vector_search(const struct vector_view *view, const struct vector_query *query, const struct vector_key *refused,
    size_t refused_count, struct vector_hit **hits, size_t *count);
