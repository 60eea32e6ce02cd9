// A picture that somebody else owns: packed 8-bit pixels of three channels. Views are passed by const pointer and are
// only read during the call they are passed to.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Sides up to this many pixels are accepted everywhere in vision/; coordinates then fit a float exactly.
#define PIXELS_SIDE_MAX 65535

enum pixel_order { PIXELS_RGB, PIXELS_BGR };

struct pixels {
    const uint8_t *data; // row 0 first, three bytes a pixel
    int width;
    int height;
    size_t stride_bytes; // from row to row, at least 3 * width
    enum pixel_order order;
};

// Whether the view describes a picture at all: non-null, 1 … PIXELS_SIDE_MAX on both sides, rows that do not overlap.
static inline bool pixels_is_valid(const struct pixels *pixels)
{
    return pixels != NULL && pixels->data != NULL && pixels->width >= 1 && pixels->width <= PIXELS_SIDE_MAX &&
        pixels->height >= 1 && pixels->height <= PIXELS_SIDE_MAX && pixels->stride_bytes >= 3 * (size_t)pixels->width &&
        (pixels->order == PIXELS_RGB || pixels->order == PIXELS_BGR);
}
