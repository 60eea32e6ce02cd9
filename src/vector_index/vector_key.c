#include "vector_index/vector_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t vector_key_video(const char *video)
{
    char text[VIDEO_ID_SIZE];
    memcpy(text, video, VIDEO_ID_LENGTH);
    text[VIDEO_ID_LENGTH] = '\0';
    return strtoull(text, NULL, 16);
}

struct vector_key vector_key_first_of_frame(const char *video, int32_t frame_index)
{
    return (struct vector_key){
        .video = vector_key_video(video), .position = (uint64_t)frame_index * OBJECTS_PER_FRAME_MAX};
}

struct vector_key vector_key_of(const char *object)
{
    int32_t frame_index = 0;
    int32_t k = 0;
    (void)object_id_parse(object, NULL, &frame_index, &k);
    struct vector_key key = vector_key_first_of_frame(object, frame_index);
    key.position += (uint64_t)k;
    return key;
}

void vector_key_format(struct vector_key key, char object[OBJECT_ID_SIZE])
{
    snprintf(object, OBJECT_ID_SIZE, "%016llx-%08u-%03u", (unsigned long long)key.video,
        (unsigned)(key.position / OBJECTS_PER_FRAME_MAX % (FRAME_INDEX_MAX + 1u)),
        (unsigned)(key.position % OBJECTS_PER_FRAME_MAX));
}
