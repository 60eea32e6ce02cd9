// A USearch graph over codes that lie elsewhere.
//
// The graph stores four bytes per vector, its id (chunk number << VECTOR_BLOCK_BITS | slot), and its metric finds the
// codes by them in the chunks' mapped files. So a graph is small (its links), adding a chunk to it copies no vectors,
// and exact scans read the same codes in the order of the objects. Of ids with equal codes one is a node
// (vector_twins.h).
//
// Thread rule: searches are safe from all threads; making, adding and saving belong to one. Codes are borrowed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "vector_index/vector_twins.h"

struct cancel;
struct vector_graph;

// An empty graph that can be added to.
enum err_code vector_graph_new(size_t code_size, struct vector_graph **graph, struct err *err) ERR_MUST_CHECK;
// The same with a saved graph's content, read into memory. ERR_CORRUPT if size or checksum are not those given.
enum err_code vector_graph_load(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    struct vector_graph **graph, struct err *err) ERR_MUST_CHECK;
// A saved graph for searching only, mapped.
enum err_code vector_graph_map(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    struct vector_graph **graph, struct err *err) ERR_MUST_CHECK;
void vector_graph_free(struct vector_graph *graph); // NULL is harmless

// Says where a chunk's codes are: before any of its ids is added or searched, and before any is added for all chunks
// whose ids the graph has.
void vector_graph_set_codes(struct vector_graph *graph, uint32_t chunk_number, const uint8_t *codes, size_t count);
// Adds the ids with `threads` threads. After ERR_CANCELLED the graph holds some of them.
enum err_code vector_graph_add(struct vector_graph *graph, const uint32_t *ids, size_t count, size_t threads,
    struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Nodes.
size_t vector_graph_count(const struct vector_graph *graph);
// Writes the file whole or not at all, flushed, and says its size and checksum.
enum err_code vector_graph_save(const struct vector_graph *graph, const char *path, uint64_t *size_bytes,
    uint64_t *checksum, struct err *err) ERR_MUST_CHECK;

// The nearest nodes that `allows` lets through, or of which it does so with a twin, at most `limit`, in any order;
// returns their number (0 also when there is no memory). `limit` is also the number of candidates kept on the way (ef
// in Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small
// World graphs"): more of them cost more time and miss less.
typedef bool vector_graph_allows(const void *context, uint32_t id);
size_t vector_graph_search(struct vector_graph *graph, const void *code, size_t limit, vector_graph_allows *allows,
    const void *context, uint32_t *ids);
// Ids with the node's code besides it; `allows` was not asked about each.
const struct vector_twin *vector_graph_twins(const struct vector_graph *graph, uint32_t node, size_t *count);
