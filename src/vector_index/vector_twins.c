#include "vector_index/vector_twins.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// What a file with twins ends with: their number, then this.
static const char mark[8] = "fhtwins1";
#define FOOTER_BYTES (sizeof(uint64_t) + sizeof(mark))

static int compare(const void *a, const void *b)
{
    const struct vector_twin *x = a;
    const struct vector_twin *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

void vector_twins_release(struct vector_twins *twins)
{
    free(twins->items);
    *twins = (struct vector_twins){0};
}

void vector_twins_add(struct vector_twins *twins, const struct vector_twin *items, size_t count)
{
    if (count == 0)
        return;
    twins->items = mem_realloc_array(twins->items, twins->count + count, sizeof(*twins->items));
    memcpy(twins->items + twins->count, items, count * sizeof(*items));
    twins->count += count;
    qsort(twins->items, twins->count, sizeof(*twins->items), compare);
}

// The place of the first twin that does not come before this.
static size_t find(const struct vector_twins *twins, struct vector_twin twin)
{
    size_t from = 0;
    size_t to = twins->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(&twins->items[middle], &twin) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct vector_twin *vector_twins_of(const struct vector_twins *twins, uint32_t node, size_t *count)
{
    size_t from = find(twins, (struct vector_twin){.node = node});
    size_t to = from;
    while (to < twins->count && twins->items[to].node == node)
        to++;
    *count = to - from;
    return *count > 0 ? twins->items + from : NULL;
}

size_t vector_twins_size_bytes(const struct vector_twins *twins)
{
    return twins->count * sizeof(*twins->items) + FOOTER_BYTES;
}

void vector_twins_write(const struct vector_twins *twins, uint8_t *bytes)
{
    uint64_t count = twins->count;
    size_t size = twins->count * sizeof(*twins->items);
    if (size > 0)
        memcpy(bytes, twins->items, size);
    memcpy(bytes + size, &count, sizeof(count));
    memcpy(bytes + size + sizeof(count), mark, sizeof(mark));
}

bool vector_twins_read(struct vector_twins *twins, const uint8_t *file, size_t size_bytes, size_t *taken_bytes)
{
    *twins = (struct vector_twins){0};
    *taken_bytes = 0;
    if (size_bytes < FOOTER_BYTES || memcmp(file + size_bytes - sizeof(mark), mark, sizeof(mark)) != 0)
        return true;
    uint64_t count;
    size_t room = size_bytes - FOOTER_BYTES;
    memcpy(&count, file + room, sizeof(count));
    if (count > room / sizeof(*twins->items))
        return false;
    size_t size = (size_t)count * sizeof(*twins->items);
    twins->items = mem_dup(file + room - size, size);
    twins->count = (size_t)count;
    *taken_bytes = size + FOOTER_BYTES;
    return true;
}
