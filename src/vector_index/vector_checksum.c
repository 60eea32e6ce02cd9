#include "vector_index/vector_checksum.h"

#include <string.h>

#define PRIME_1 0x9E3779B185EBCA87u
#define PRIME_2 0xC2B2AE3D27D4EB4Fu
#define PRIME_3 0x165667B19E3779F9u
#define PRIME_4 0x85EBCA77C2B2AE63u
#define PRIME_5 0x27D4EB2F165667C5u

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static uint64_t read_64(const unsigned char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t read_32(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, sizeof(value));
    return value;
}

static uint64_t mix(uint64_t lane, uint64_t input)
{
    return rotate(lane + input * PRIME_2, 31) * PRIME_1;
}

static uint64_t merge(uint64_t hash, uint64_t lane)
{
    return (hash ^ mix(0, lane)) * PRIME_1 + PRIME_4;
}

static uint64_t finish(uint64_t hash, const unsigned char *p, size_t size)
{
    for (; size >= 8; p += 8, size -= 8)
        hash = rotate(hash ^ mix(0, read_64(p)), 27) * PRIME_1 + PRIME_4;
    if (size >= 4) {
        hash = rotate(hash ^ read_32(p) * PRIME_1, 23) * PRIME_2 + PRIME_3;
        p += 4;
        size -= 4;
    }
    for (; size > 0; p++, size--)
        hash = rotate(hash ^ *p * PRIME_5, 11) * PRIME_1;
    hash = (hash ^ hash >> 33) * PRIME_2;
    hash = (hash ^ hash >> 29) * PRIME_3;
    return hash ^ hash >> 32;
}

uint64_t vector_checksum(const void *bytes, size_t size, uint64_t seed)
{
    const unsigned char *p = bytes;
    size_t left = size;
    uint64_t hash = seed + PRIME_5;
    if (size >= 32) {
        uint64_t lanes[4] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1};
        for (; left >= 32; p += 32, left -= 32) {
            lanes[0] = mix(lanes[0], read_64(p));
            lanes[1] = mix(lanes[1], read_64(p + 8));
            lanes[2] = mix(lanes[2], read_64(p + 16));
            lanes[3] = mix(lanes[3], read_64(p + 24));
        }
        hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
        for (int i = 0; i < 4; i++)
            hash = merge(hash, lanes[i]);
    }
    return finish(hash + size, p, left);
}
