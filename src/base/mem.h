// Memory: allocation that does not fail, and arenas.
//
// Running out of memory for small control structures cannot be handled sensibly in a program of many threads, so these
// end the process with a sentence; every worker may be killed at any moment anyway, and nothing acknowledged is lost.
// Sizes that come from outside are checked against limits before they reach these functions.
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *mem_calloc(size_t count, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *mem_realloc(void *old, size_t size) __attribute__((alloc_size(2), returns_nonnull));
// Grows an array to hold `count` items of `size` bytes; the product is checked for overflow.
void *mem_realloc_array(void *old, size_t count, size_t size) __attribute__((returns_nonnull));
// A copy of a text; NULL for NULL.
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length);
char *mem_sprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
void *mem_dup(const void *bytes, size_t size);

// An arena: many small allocations, freed together. One thread at a time.
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);
// Aligned for any type; zeroed.
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_sprintf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));
void *arena_dup(struct arena *arena, const void *bytes, size_t size);
// Gives everything back, keeping one block for the next round.
void arena_reset(struct arena *arena);
