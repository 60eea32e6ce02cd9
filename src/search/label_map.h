// A hash table from objects (or tracks) to numbers, in open addressing with linear probing.
//
// Objects are 16 bytes here, not their 30 of text: a project may have a million likely labels. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"

struct label_key {
    uint64_t video;
    uint64_t place; // frame index * OBJECTS_PER_FRAME_MAX + k; of a track its n
};

// False when it is no object's id.
bool label_key_of(const char *object, struct label_key *key);
struct label_key label_key_at(const char *video, int32_t frame, int32_t k);
void label_key_format(struct label_key key, char object[OBJECT_ID_SIZE]);
static inline int32_t label_key_frame(struct label_key key)
{
    return (int32_t)(key.place / OBJECTS_PER_FRAME_MAX);
}
static inline int32_t label_key_k(struct label_key key)
{
    return (int32_t)(key.place % OBJECTS_PER_FRAME_MAX);
}
void label_key_video(struct label_key key, char video[VIDEO_ID_SIZE]);
int label_key_compare(struct label_key a, struct label_key b);

struct label_map_slot {
    struct label_key key;
    int64_t value; // -1: the slot is free
};

struct label_map {
    struct label_map_slot *slots;
    size_t capacity, count;
};

// {0} is an empty map.
void label_map_release(struct label_map *map);
// -1 when it is not there.
int64_t label_map_get(const struct label_map *map, struct label_key key);
// `value` >= 0; replaces.
void label_map_put(struct label_map *map, struct label_key key, int64_t value);
