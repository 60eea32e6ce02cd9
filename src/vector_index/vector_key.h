// An object's id as two numbers whose order is that of the ids: 16 bytes instead of 29, compared in two instructions.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

struct vector_key {
    uint64_t video;    // the 16 hex digits
    uint64_t position; // frame index * OBJECTS_PER_FRAME_MAX + k
};

static inline int vector_key_compare(struct vector_key a, struct vector_key b)
{
    if (a.video != b.video)
        return a.video < b.video ? -1 : 1;
    return (a.position > b.position) - (a.position < b.position);
}

// For ids that have been checked.
uint64_t vector_key_video(const char *video);
struct vector_key vector_key_of(const char *object);
struct vector_key vector_key_first_of_frame(const char *video, int32_t frame_index);
void vector_key_format(struct vector_key key, char object[OBJECT_ID_SIZE]);
