#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn)) static void out_of_memory(size_t size)
{
    fprintf(stderr, "framehound: out of memory: %zu bytes could not be allocated\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    void *p = malloc(size != 0 ? size : 1);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *mem_calloc(size_t count, size_t size)
{
    void *p = calloc(count != 0 ? count : 1, size != 0 ? size : 1);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *mem_realloc(void *old, size_t size)
{
    void *p = realloc(old, size != 0 ? size : 1);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *mem_realloc_array(void *old, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory(SIZE_MAX);
    return mem_realloc(old, total);
}

char *mem_strdup(const char *text)
{
    return text != NULL ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t length)
{
    char *copy = mem_alloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void *mem_dup(const void *bytes, size_t size)
{
    void *copy = mem_alloc(size);
    if (size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *mem_sprintf(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        out_of_memory(0);
    return text;
}

#define BLOCK_SIZE ((size_t)16 * 1024)

struct block {
    struct block *next;
    size_t used;
    size_t capacity;
    _Alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *head;
};

static struct block *block_new(size_t capacity, struct block *next)
{
    struct block *b = mem_alloc(sizeof(*b) + capacity);
    b->next = next;
    b->used = 0;
    b->capacity = capacity;
    return b;
}

struct arena *arena_new(void)
{
    struct arena *arena = mem_alloc(sizeof(*arena));
    arena->head = block_new(BLOCK_SIZE, NULL);
    return arena;
}

static void free_chain(struct block *b)
{
    while (b != NULL) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    free_chain(arena->head);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    free_chain(arena->head->next);
    arena->head->next = NULL;
    arena->head->used = 0;
    if (arena->head->capacity > BLOCK_SIZE) {
        free(arena->head);
        arena->head = block_new(BLOCK_SIZE, NULL);
    }
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory(size);
    size_t align = _Alignof(max_align_t);
    size_t rounded = (size + align - 1) / align * align;
    struct block *b = arena->head;
    if (b->capacity - b->used < rounded) {
        b = block_new(rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE, b);
        arena->head = b;
    }
    void *p = b->bytes + b->used;
    b->used += rounded;
    memset(p, 0, size);
    return p;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory(SIZE_MAX);
    return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text != NULL ? arena_strndup(arena, text, strlen(text)) : NULL;
}

void *arena_dup(struct arena *arena, const void *bytes, size_t size)
{
    void *copy = arena_alloc(arena, size);
    if (size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_sprintf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        out_of_memory(0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
