// From a picture to a network's input: cut, resize, pad, normalise, lay out.
//
// Resizing is separable. An axis that shrinks is averaged over the area that each output pixel covers (a box filter of
// the exact, fractional extent), so that large frames do not alias and small objects do not flicker away; an axis that
// grows is interpolated linearly between pixel centres, clamped at the edge. Both read nothing outside the region. It
// works in floats and rounds once, to 8 bits. No state: safe from all threads.
#pragma once

#include "vision/manifest.h"
#include "vision/pixels.h"

// A region of a picture in whole pixels, inside it, at least 1 by 1.
struct region {
    int x;
    int y;
    int width;
    int height;
};

// The whole picture.
struct region region_whole(const struct pixels *picture);
// The smallest region of whole pixels around a box that is first widened by `margin` of its width and height on every
// side, then clipped to the picture. A box outside the picture gives the nearest pixel. Coordinates must be finite.
struct region region_of_box(const struct pixels *picture, float x, float y, float width, float height, double margin);

// Where the picture lies in the network's input, to bring boxes back.
struct placement {
    struct region region; // of the picture
    int x;                // of the region's picture within the input
    int y;
    int width;
    int height;
};

// Where `region` goes under the manifest's resize mode.
struct placement preprocess_place(const struct manifest_input *input, const struct region *region);

// Resizes `region` of `picture` to `width` by `height` packed pixels of order `order`, three bytes each, rows
// `out_stride_bytes` apart.
void preprocess_resize(const struct pixels *picture, const struct region *region, int width, int height,
    enum pixel_order order, uint8_t *out, size_t out_stride_bytes);

// The picture as 8-bit pixels in `order`, input.width by input.height, bars included: what the network sees, before
// normalisation.
void preprocess_render(const struct pixels *picture, const struct placement *placement,
    const struct manifest_input *input, enum pixel_order order, uint8_t *out);

// Packed 8-bit pixels, in the colour order that the network wants, to its type, layout and normalisation.
void preprocess_convert(const struct manifest_input *input, const uint8_t *pixels, void *tensor);

// Whether preprocess_convert() would only copy, so that preprocess_render() may write into the tensor.
bool preprocess_is_direct(const struct manifest_input *input);

// Both: `scratch` has preprocess_scratch_size() bytes and may be NULL when that is 0.
size_t preprocess_scratch_size(const struct manifest_input *input);
void preprocess_fill(const struct pixels *picture, const struct placement *placement,
    const struct manifest_input *input, uint8_t *scratch, void *tensor);
