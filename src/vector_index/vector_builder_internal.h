// The builder's steps. Nobody else includes it.
#pragma once

#include "vector_index/vector_builder.h"
#include "vector_index/vector_chunk.h"
#include "vector_index/vector_graph.h"
#include "vector_index/vector_manifest.h"

enum err_code vector_builder_manifest(
    const struct vector_builder *b, struct vector_manifest *manifest, struct err *err) ERR_MUST_CHECK;

// Drops chunks and graphs that cannot be used; with `thorough` all bytes are read.
enum err_code vector_builder_verify(const struct vector_builder *b, bool thorough, struct err *err) ERR_MUST_CHECK;
// Moves rows that no chunk holds into chunks: full ones, and the rest too if there are at least `least` of them.
enum err_code vector_builder_move_rows(const struct vector_builder *b, size_t least, struct err *err) ERR_MUST_CHECK;
// Writes all chunks and the graph anew when that is worth it.
enum err_code vector_builder_compact(const struct vector_builder *b, struct err *err) ERR_MUST_CHECK;
// Adds chunks to the graph.
enum err_code vector_builder_extend_graph(const struct vector_builder *b, struct err *err) ERR_MUST_CHECK;
// Shortens the journal of changes when it has grown long.
enum err_code vector_builder_shorten_journal(const struct vector_builder *b, struct err *err) ERR_MUST_CHECK;
// Removes files that the manifest does not name.
enum err_code vector_builder_sweep(const struct vector_builder *b, struct err *err) ERR_MUST_CHECK;

// Reads rows with after < seq < before, at most `most`, into a new chunk and writes it. *info is the new chunk; a count
// of 0 says that there are no such rows.
enum err_code vector_builder_write_chunk(const struct vector_builder *b, int64_t after, int64_t before, size_t most,
    uint32_t number, int64_t generation, struct vector_chunk_info *info, struct err *err) ERR_MUST_CHECK;
// A graph over `chunks`, which begins with that of `manifest` if `extend`; saved under the generation.
enum err_code vector_builder_write_graph(const struct vector_builder *b, const struct vector_manifest *manifest,
    const struct vector_chunk_info *chunks, size_t chunk_count, bool extend, int64_t generation, uint64_t *size_bytes,
    uint64_t *checksum, struct err *err) ERR_MUST_CHECK;
