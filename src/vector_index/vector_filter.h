// Which rows a query's filter lets through, decided column by column before anything is compared: cheap (some bytes a
// row), and it gives the exact number of matches, by which the search chooses between graph and scan.
#pragma once

#include "vector_index/vector_index.h"
#include "vector_index/vector_view.h"

// The matching rows of one block: slots with mask[slot] != 0, none outside from <= slot < to.
struct vector_selection {
    const uint8_t *mask;
    size_t from;
    size_t to;
    size_t matches;
};

struct vector_match {
    struct vector_selection *selections; // one per block of the view
    size_t block_count;
    size_t matches;              // in all blocks, not counting `excluded` out
    struct vector_key *excluded; // ascending, each once
    size_t excluded_count;
    bool all; // nothing is filtered but dead rows
    uint8_t *masks;
};

// `refused` are excluded besides.
void vector_match_init(struct vector_match *match, const struct vector_view *view, const struct vector_filter *filter,
    const struct vector_key *refused, size_t refused_count);
void vector_match_release(struct vector_match *match);
bool vector_match_excludes(const struct vector_match *match, struct vector_key key);
