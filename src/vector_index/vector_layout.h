// The files of one moment, opened beside a view's own: what is open already is shared with it.
#pragma once

#include "vector_index/vector_view.h"

struct vector_layout {
    int64_t layout;
    int64_t epoch;
    int64_t last_change; // new chunks know changes up to here
    struct vector_chunk **chunks;
    bool *in_graph;
    bool *is_shared; // with the view
    size_t chunk_count;
    struct vector_graph *graph;
    bool graph_is_shared;
    int64_t graph_generation;
    bool shares;  // whether it takes anything from the view
    bool damaged; // something could not be opened and was left out
    struct err problem;
};

// Opens the manifest's files. Chunks that cannot be used are left out (their rows are in the store); the caller holds
// the view's adopt_mutex.
void vector_layout_open(
    struct vector_layout *layout, struct vector_view *view, const struct vector_manifest *manifest, struct db_tx *tx);
// Closes what is not shared and not taken over.
void vector_layout_close(struct vector_layout *layout);
