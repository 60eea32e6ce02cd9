// A picture of 8-bit RGB or BGR pixels, reference-counted, and reading of uploaded pictures.
//
// An image has one writer until it is shared; from then on it is read only. Reading is by content, never by name.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum image_order { IMAGE_RGB, IMAGE_BGR };

struct image {
    uint8_t *data;  // three bytes a pixel, rows from the top
    size_t stride;  // bytes from row to row
    int32_t width;  // > 0
    int32_t height; // > 0
    enum image_order order;
};

#define IMAGE_SIDE_MAX 32768
// What an uploaded picture may have at most.
#define IMAGE_PIXELS_MAX ((int64_t)64 * 1024 * 1024)

// The pixels are the caller's to fill, all of them; the sizes its to check against a limit before.
struct image *image_new(int32_t width, int32_t height, enum image_order order);
struct image *image_ref(const struct image *image);
void image_unref(struct image *image);

// Loads a JPEG, PNG, WebP, BMP or the first picture of a GIF, upright (JPEG: by its EXIF orientation), on a white
// ground where it is transparent. The size in the header is compared with `pixels_max` (0: IMAGE_PIXELS_MAX) before
// anything is unpacked. A JPEG much larger than `want_side` pixels on both sides may be read at a fraction of its size
// (0: never). Errors: ERR_INVALID (no picture of these kinds), ERR_LIMIT, ERR_CORRUPT.
enum err_code image_load(const void *data, size_t size, enum image_order order, int64_t pixels_max, int32_t want_side,
    struct image **image, struct err *err) ERR_MUST_CHECK;
// The content type a picture would be served with ("image/jpeg", …), or NULL if it is none that image_load() reads.
const char *image_content_type(const void *data, size_t size);
