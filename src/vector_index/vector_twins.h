// Ids of a graph whose codes are equal: one of each is a node of it, the others, its twins, stand beside it.
//
// As nodes they would be linked to each other and to nothing else, as nothing is nearer: a picture that stands still
// for an hour became an island in which searches that came by it ended, and what was linked to it alone was not found.
//
// One thread at a time; reading is safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vector_twin {
    uint32_t node;
    uint32_t id;
};

struct vector_twins {
    struct vector_twin *items; // by node, then id
    size_t count;
};

void vector_twins_release(struct vector_twins *twins);
void vector_twins_add(struct vector_twins *twins, const struct vector_twin *items, size_t count);
// Those of a node.
const struct vector_twin *vector_twins_of(const struct vector_twins *twins, uint32_t node, size_t *count);

// They stand at the end of the graph's file.
size_t vector_twins_size_bytes(const struct vector_twins *twins);
void vector_twins_write(const struct vector_twins *twins, uint8_t *bytes);
// *taken_bytes is what they take there: nothing where a program wrote the file that knew none. False where the file
// cannot hold as many as it says.
bool vector_twins_read(struct vector_twins *twins, const uint8_t *file, size_t size_bytes, size_t *taken_bytes);
