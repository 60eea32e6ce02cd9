#include "search/label_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CAPACITY_LEAST 64

bool label_key_of(const char *object, struct label_key *key)
{
    char video[VIDEO_ID_SIZE];
    int32_t frame;
    int32_t k;
    if (!object_id_parse(object, video, &frame, &k))
        return false;
    *key = label_key_at(video, frame, k);
    return true;
}

struct label_key label_key_at(const char *video, int32_t frame, int32_t k)
{
    return (struct label_key){
        .video = strtoull(video, NULL, 16), .place = (uint64_t)frame * OBJECTS_PER_FRAME_MAX + (uint64_t)k};
}

void label_key_video(struct label_key key, char video[VIDEO_ID_SIZE])
{
    snprintf(video, VIDEO_ID_SIZE, "%016" PRIx64, key.video);
}

void label_key_format(struct label_key key, char object[OBJECT_ID_SIZE])
{
    char video[VIDEO_ID_SIZE];
    label_key_video(key, video);
    object_id_make(video, label_key_frame(key), label_key_k(key), object);
}

int label_key_compare(struct label_key a, struct label_key b)
{
    if (a.video != b.video)
        return a.video < b.video ? -1 : 1;
    return (a.place > b.place) - (a.place < b.place);
}

// The finaliser of MurmurHash3 (Appleby, public domain) over both halves.
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return x ^ (x >> 33);
}

static struct label_map_slot *find_slot(const struct label_map *map, struct label_key key)
{
    size_t mask = map->capacity - 1;
    size_t at = (size_t)mix(key.video ^ mix(key.place)) & mask;
    while (map->slots[at].value >= 0 && label_key_compare(map->slots[at].key, key) != 0)
        at = (at + 1) & mask;
    return &map->slots[at];
}

static void grow(struct label_map *map)
{
    struct label_map old = *map;
    map->capacity = old.capacity != 0 ? old.capacity * 2 : CAPACITY_LEAST;
    map->slots = mem_realloc_array(NULL, map->capacity, sizeof(*map->slots));
    for (size_t i = 0; i < map->capacity; i++)
        map->slots[i].value = -1;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].value >= 0)
            *find_slot(map, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
}

void label_map_release(struct label_map *map)
{
    free(map->slots);
    *map = (struct label_map){0};
}

int64_t label_map_get(const struct label_map *map, struct label_key key)
{
    return map->capacity == 0 ? -1 : find_slot(map, key)->value;
}

void label_map_put(struct label_map *map, struct label_key key, int64_t value)
{
    // At most half full.
    if (map->count * 2 >= map->capacity)
        grow(map);
    struct label_map_slot *slot = find_slot(map, key);
    map->count += slot->value < 0;
    *slot = (struct label_map_slot){.key = key, .value = value};
}
