#include "vector_index/weaviate_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// 48 bits of the video, the version (8), 12 bits of the video, the variant (binary 10), 4 bits of the video, 58 bits of
// the place.
#define PLACE_BITS 58
#define VERSION 0x8000u
#define VARIANT (UINT64_C(2) << 62)

void weaviate_id_make(uint64_t video, uint64_t place, char out[WEAVIATE_ID_SIZE])
{
    uint64_t low = VARIANT | (video & 0xf) << PLACE_BITS | (place & WEAVIATE_PLACE_MAX);
    snprintf(out, WEAVIATE_ID_SIZE, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(video >> 32),
        (unsigned)(video >> 16 & 0xffff), (unsigned)(VERSION | (video >> 4 & 0xfff)), (unsigned)(low >> 48),
        (unsigned long long)(low & 0xffffffffffffu));
}

// The 32 digits as two numbers.
static bool read_digits(const char *id, uint64_t *high, uint64_t *low)
{
    char digits[33];
    size_t count = 0;
    for (size_t i = 0; i < WEAVIATE_ID_SIZE - 1; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (id[i] == '\0' || (id[i] == '-') != is_dash)
            return false;
        if (!is_dash)
            digits[count++] = id[i];
    }
    digits[count] = '\0';
    if (id[WEAVIATE_ID_SIZE - 1] != '\0' || strspn(digits, "0123456789abcdefABCDEF") != count)
        return false;
    *low = strtoull(digits + 16, NULL, 16);
    digits[16] = '\0';
    *high = strtoull(digits, NULL, 16);
    return true;
}

bool weaviate_id_parse(const char *id, uint64_t *video, uint64_t *place)
{
    uint64_t high = 0, low = 0;
    if (!read_digits(id, &high, &low) || (high & 0xf000) != VERSION || low >> 62 != 2)
        return false;
    *video = high >> 16 << 16 | (high & 0xfff) << 4 | (low >> PLACE_BITS & 0xf);
    *place = low & WEAVIATE_PLACE_MAX;
    return true;
}

void weaviate_id_of_object(const char *object, char out[WEAVIATE_ID_SIZE])
{
    struct vector_key key = vector_key_of(object);
    weaviate_id_make(key.video, key.position + 1, out);
}

bool weaviate_id_key(const char *id, struct vector_key *key)
{
    uint64_t place = 0;
    if (!weaviate_id_parse(id, &key->video, &place) || place == 0 ||
        place > ((uint64_t)FRAME_INDEX_MAX + 1) * OBJECTS_PER_FRAME_MAX)
        return false;
    key->position = place - 1;
    return true;
}

void weaviate_id_of_track(const char *video, int64_t n, char out[WEAVIATE_ID_SIZE])
{
    weaviate_id_make(vector_key_video(video), (uint64_t)n + 1, out);
}
