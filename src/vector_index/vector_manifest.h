// Which files hold copies of the store's rows: kept in the store itself, so that readers see files and rows of the same
// moment. Only the holder of the folder's lock changes it (see vector_builder.h).
#pragma once

#include "vector_index/vector_chunk.h"
#include "vector_index/vector_store.h"

struct vector_manifest {
    struct vector_store_state state;
    struct vector_chunk_info *chunks; // by first_seq; their ranges of sequence numbers do not overlap
    size_t chunk_count;
    bool has_graph; // over the chunks with `in_graph`
    int64_t graph_generation;
    uint64_t graph_size;
    uint64_t graph_checksum;
};

void vector_manifest_read(struct db_tx *tx, struct vector_manifest *manifest);
void vector_manifest_release(struct vector_manifest *manifest);
void vector_manifest_graph_name(int64_t generation, char *out, size_t out_size);

// Changes, in a writing transaction. They fail it with ERR_CONFLICT if the project was removed since `epoch`.
void vector_manifest_begin(struct vector_store *store, int64_t epoch, struct db_tx *tx);
void vector_manifest_put_chunk(struct db_tx *tx, const struct vector_chunk_info *info);
void vector_manifest_drop_chunk(struct db_tx *tx, uint32_t number);
// The graph covers all chunks that are listed in `numbers` from now on.
void vector_manifest_put_graph(struct db_tx *tx, int64_t generation, uint64_t size_bytes, uint64_t checksum,
    const uint32_t *numbers, size_t count);
void vector_manifest_drop_graph(struct db_tx *tx);
// Forgets journal entries that all rows files know.
void vector_manifest_prune(struct db_tx *tx, int64_t change);
// Commits with a new layout number.
enum err_code vector_manifest_end(struct db_tx *tx, struct err *err) ERR_MUST_CHECK;
