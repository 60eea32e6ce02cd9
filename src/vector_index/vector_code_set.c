#include "vector_index/vector_code_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_checksum.h"

void vector_code_set_init(struct vector_code_set *set, size_t most, size_t code_size)
{
    size_t places = 16;
    while (places / 3 * 2 < most)
        places *= 2;
    *set = (struct vector_code_set){
        .entries = mem_calloc(places, sizeof(*set->entries)), .mask = places - 1, .code_size = code_size};
}

void vector_code_set_release(struct vector_code_set *set)
{
    free(set->entries);
    *set = (struct vector_code_set){0};
}

// The entry with an equal code, else the empty one where it belongs.
static struct vector_code_entry *look_up(const struct vector_code_set *set, const uint8_t *code, uint64_t hash)
{
    for (size_t place = (size_t)hash;; place++) {
        struct vector_code_entry *entry = &set->entries[place & set->mask];
        if (entry->code == NULL ||
            (entry->hash == (uint32_t)(hash >> 32) && memcmp(entry->code, code, set->code_size) == 0))
            return entry;
    }
}

void vector_code_set_add(struct vector_code_set *set, const uint8_t *code, uint32_t id)
{
    uint64_t hash = vector_checksum(code, set->code_size, 0);
    struct vector_code_entry *entry = look_up(set, code, hash);
    if (entry->code == NULL)
        *entry = (struct vector_code_entry){.code = code, .hash = (uint32_t)(hash >> 32), .id = id};
}

uint32_t *vector_code_set_find(const struct vector_code_set *set, const uint8_t *code)
{
    struct vector_code_entry *entry = look_up(set, code, vector_checksum(code, set->code_size, 0));
    return entry->code != NULL ? &entry->id : NULL;
}
