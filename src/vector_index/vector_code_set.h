// A set of codes that lie elsewhere, found by their bytes; with each stands an id.
//
// One thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct vector_code_entry {
    const uint8_t *code; // NULL: empty
    uint32_t hash;
    uint32_t id;
};

struct vector_code_set {
    struct vector_code_entry *entries;
    size_t mask; // of the places
    size_t code_size;
};

// With room for `most` codes.
void vector_code_set_init(struct vector_code_set *set, size_t most, size_t code_size);
void vector_code_set_release(struct vector_code_set *set);
// Where an equal code is there, it and its id stay.
void vector_code_set_add(struct vector_code_set *set, const uint8_t *code, uint32_t id);
// The id that stands with an equal code; NULL where there is none.
uint32_t *vector_code_set_find(const struct vector_code_set *set, const uint8_t *code);
