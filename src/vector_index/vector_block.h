// Up to VECTOR_BLOCK_MAX stored vectors in columns: what a search reads. A block is either growing in memory (the
// newest vectors, in the order of their sequence numbers) or lies over a mapped file (ordered by object; see
// vector_chunk.h). Attributes and liveness may change at any time, the rest never.
//
// Thread rule: the view that owns the block decides.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vector_index/vector_key.h"
#include "vector_index/vector_store.h"

#define VECTOR_BLOCK_BITS 16
#define VECTOR_BLOCK_MAX ((size_t)1 << VECTOR_BLOCK_BITS)

struct vector_block {
    size_t count;
    size_t capacity; // 0: mapped
    size_t dimension;
    size_t code_size;
    size_t live_count;
    int64_t first_seq; // sequence numbers of all rows lie between these two
    int64_t last_seq;
    bool by_key; // ordered by object, else by sequence number
    uint64_t *videos;
    uint64_t *positions;
    int64_t *seqs;
    int64_t *tracks;
    uint32_t *classes;
    uint32_t *labels;
    uint8_t *live; // 1 or 0
    uint8_t *codes;
    uint16_t *halves;
};

struct vector_block *vector_block_new(size_t capacity, size_t dimension);
// Frees a growing block.
void vector_block_free(struct vector_block *block);

static inline struct vector_key vector_block_key(const struct vector_block *block, size_t slot)
{
    return (struct vector_key){block->videos[slot], block->positions[slot]};
}

static inline const void *vector_block_code(const struct vector_block *block, size_t slot)
{
    return block->codes + slot * block->code_size;
}

static inline const uint16_t *vector_block_half(const struct vector_block *block, size_t slot)
{
    return block->halves + slot * block->dimension;
}

// Appends to a growing block that is not full.
void vector_block_append(struct vector_block *block, const struct vector_row *row);
// Applies a change if its row is here.
void vector_block_apply(struct vector_block *block, const struct vector_change *change);
// Marks rows with first_seq <= number <= last_seq dead.
void vector_block_kill_range(struct vector_block *block, int64_t first_seq, int64_t last_seq);
// The slots of a video, from <= slot < to; only for blocks ordered by object.
void vector_block_video_range(const struct vector_block *block, uint64_t video, size_t *from, size_t *to);
