#include "vector_index/vector_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_kernels.h"

struct vector_block *vector_block_new(size_t capacity, size_t dimension)
{
    struct vector_block *b = mem_calloc(1, sizeof(*b));
    b->capacity = capacity;
    b->dimension = dimension;
    b->code_size = vector_code_size(dimension);
    b->videos = mem_calloc(capacity, sizeof(*b->videos));
    b->positions = mem_calloc(capacity, sizeof(*b->positions));
    b->seqs = mem_calloc(capacity, sizeof(*b->seqs));
    b->tracks = mem_calloc(capacity, sizeof(*b->tracks));
    b->classes = mem_calloc(capacity, sizeof(*b->classes));
    b->labels = mem_calloc(capacity, sizeof(*b->labels));
    b->live = mem_calloc(capacity, sizeof(*b->live));
    // Not cleared: pages are taken from the system when they are first written.
    b->codes = mem_alloc(capacity * b->code_size);
    b->halves = mem_alloc(capacity * dimension * sizeof(*b->halves));
    return b;
}

void vector_block_free(struct vector_block *block)
{
    if (block == NULL)
        return;
    free(block->videos);
    free(block->positions);
    free(block->seqs);
    free(block->tracks);
    free(block->classes);
    free(block->labels);
    free(block->live);
    free(block->codes);
    free(block->halves);
    free(block);
}

void vector_block_append(struct vector_block *block, const struct vector_row *row)
{
    size_t i = block->count;
    float vector[VECTOR_DIMENSION_MAX];
    vector_from_half(row->half, vector, block->dimension);
    vector_code_make(vector, block->dimension, block->codes + i * block->code_size);
    memcpy(block->halves + i * block->dimension, row->half, block->dimension * sizeof(*block->halves));
    block->videos[i] = row->key.video;
    block->positions[i] = row->key.position;
    block->seqs[i] = row->seq;
    block->tracks[i] = row->track;
    block->classes[i] = row->class_id;
    block->labels[i] = row->label_id;
    block->live[i] = 1;
    if (block->count == 0)
        block->first_seq = row->seq;
    block->last_seq = row->seq;
    block->live_count++;
    block->count++;
}

static void kill_slot(struct vector_block *block, size_t slot)
{
    block->live_count -= block->live[slot];
    block->live[slot] = 0;
}

// The first slot whose sequence number is not below `seq`, in a block ordered by it.
static size_t lower_bound_seq(const struct vector_block *block, int64_t seq)
{
    size_t from = 0;
    size_t to = block->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (block->seqs[middle] < seq)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static size_t lower_bound_key(const struct vector_block *block, struct vector_key key)
{
    size_t from = 0;
    size_t to = block->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (vector_key_compare(vector_block_key(block, middle), key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

void vector_block_video_range(const struct vector_block *block, uint64_t video, size_t *from, size_t *to)
{
    *from = lower_bound_key(block, (struct vector_key){video, 0});
    *to = lower_bound_key(block, (struct vector_key){video, UINT64_MAX});
}

static void kill_video(struct vector_block *block, uint64_t video, int64_t last_seq)
{
    size_t from = 0;
    size_t to = block->count;
    if (block->by_key)
        vector_block_video_range(block, video, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (block->videos[i] == video && block->seqs[i] <= last_seq)
            kill_slot(block, i);
    }
}

void vector_block_apply(struct vector_block *block, const struct vector_change *change)
{
    const struct vector_row *row = &change->row;
    if (change->whole_video) {
        if (block->first_seq <= row->seq)
            kill_video(block, row->key.video, row->seq);
        return;
    }
    if (row->seq < block->first_seq || row->seq > block->last_seq)
        return;
    size_t slot = block->by_key ? lower_bound_key(block, row->key) : lower_bound_seq(block, row->seq);
    if (slot == block->count || block->seqs[slot] != row->seq)
        return;
    if (change->removed) {
        kill_slot(block, slot);
        return;
    }
    block->classes[slot] = row->class_id;
    block->labels[slot] = row->label_id;
    block->tracks[slot] = row->track;
}

void vector_block_kill_range(struct vector_block *block, int64_t first_seq, int64_t last_seq)
{
    if (block->last_seq < first_seq || block->first_seq > last_seq)
        return;
    for (size_t i = 0; i < block->count; i++) {
        if (block->seqs[i] >= first_seq && block->seqs[i] <= last_seq)
            kill_slot(block, i);
    }
}
