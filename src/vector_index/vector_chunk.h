// Chunks: up to VECTOR_BLOCK_MAX vectors in two files that are mapped.
//
// `NUMBER-GENERATION.vectors` holds the codes and the float16 vectors and never changes; `NUMBER-GENERATION.rows` holds
// the columns as of one change of the store and is written anew when the journal since then has grown long. Rows are
// ordered by object, so that a video's vectors lie together. Columns are mapped privately: the process changes its copy
// as it follows the store. Both files are copies; a chunk that does not pass its checks is made again from the store.
//
// A row that was removed keeps its slot, because graphs know vectors by their slots.
#pragma once

#include "vector_index/vector_block.h"

// What the store's table of chunks says.
struct vector_chunk_info {
    uint32_t number;
    int64_t vectors_generation;
    int64_t rows_generation;
    int64_t first_seq;
    int64_t last_seq;
    int64_t count;
    int64_t change; // the last one that the rows file knows
    bool in_graph;
};

struct vector_chunk {
    struct vector_chunk_info info;
    struct vector_block block;
    void *rows_map;
    size_t rows_size;
    void *vectors_map;
    size_t vectors_size;
};

// Writes both files from a block in memory, whose rows it takes in the order of their objects; dead rows are left out.
// `info` is filled but for `change` and `in_graph`; number and generations are the caller's.
enum err_code vector_chunk_write(const char *folder, const struct vector_block *block, struct vector_chunk_info *info,
    struct err *err) ERR_MUST_CHECK;
// Writes the rows file of `info` from an open chunk's present columns.
enum err_code vector_chunk_write_rows(const char *folder, const struct vector_chunk *chunk,
    const struct vector_chunk_info *info, struct err *err) ERR_MUST_CHECK;

// Maps a chunk. Sizes, headers and the rows' checksum are looked at: ERR_CORRUPT, or ERR_NOT_FOUND.
enum err_code vector_chunk_open(const char *folder, const struct vector_chunk_info *info, size_t dimension,
    struct vector_chunk **chunk, struct err *err) ERR_MUST_CHECK;
void vector_chunk_close(struct vector_chunk *chunk); // NULL is harmless
// Reads all vectors and compares their checksum.
enum err_code vector_chunk_verify(const struct vector_chunk *chunk, struct err *err) ERR_MUST_CHECK;

void vector_chunk_rows_name(const struct vector_chunk_info *info, char *out, size_t out_size);
void vector_chunk_vectors_name(const struct vector_chunk_info *info, char *out, size_t out_size);
