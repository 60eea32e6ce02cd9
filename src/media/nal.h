// Walks over the NAL units of an H.264 or HEVC access unit. Internal to the module.
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How many bytes of length stand before each unit in packets of the stream; 0: units begin with start codes.
int nal_length_size(const AVCodecParameters *par);

struct nal_reader {
    const uint8_t *data;
    size_t size;
    size_t position;
    int length_size; // bytes of the length before each unit; 0: units begin with start codes
};

// The next unit, without length or start code; false at the end or where the lengths make no sense.
bool nal_next(struct nal_reader *reader, const uint8_t **unit, size_t *unit_size);

// Bits of a unit, with the emulation prevention bytes taken out. Past the end it reads zeros and sets `overrun`.
struct nal_bits {
    const uint8_t *data;
    size_t size;
    size_t byte;
    int bit;
    int zeros;
    bool overrun;
};

uint32_t nal_bits_read(struct nal_bits *bits, int count);
// Exp-Golomb code, unsigned.
uint32_t nal_bits_ue(struct nal_bits *bits);
