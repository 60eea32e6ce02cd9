#include "vision/preprocess.h"

#include <math.h>
#include <string.h>

#include "vision/kernels.h"

struct region region_whole(const struct pixels *picture)
{
    return (struct region){.width = picture->width, .height = picture->height};
}

// Whole pixels around [low, high) within 0 … side.
static void cover(double low, double high, int side, int *begin, int *length)
{
    double first = fmin(fmax(floor(low), 0.0), side - 1.0);
    double last = fmin(fmax(ceil(high), first + 1.0), side);
    *begin = (int)first;
    *length = (int)(last - first);
}

struct region region_of_box(const struct pixels *picture, float x, float y, float width, float height, double margin)
{
    struct region region;
    double wide = width > 0.0f ? (double)width * margin : 0.0;
    double high = height > 0.0f ? (double)height * margin : 0.0;
    cover((double)x - wide, (double)x + (double)width + wide, picture->width, &region.x, &region.width);
    cover((double)y - high, (double)y + (double)height + high, picture->height, &region.y, &region.height);
    return region;
}

static int scaled_side(int side, double scale, int most)
{
    int scaled = (int)lround(side * scale);
    return scaled < 1 ? 1 : scaled > most ? most : scaled;
}

struct placement preprocess_place(const struct manifest_input *input, const struct region *region)
{
    struct placement place = {.region = *region, .width = input->width, .height = input->height};
    if (input->resize == RESIZE_STRETCH)
        return place;
    double scale = fmin((double)input->width / region->width, (double)input->height / region->height);
    place.width = scaled_side(region->width, scale, input->width);
    place.height = scaled_side(region->height, scale, input->height);
    if (input->letterbox_align == LETTERBOX_CENTRE) {
        place.x = (input->width - place.width) / 2;
        place.y = (input->height - place.height) / 2;
    }
    return place;
}

void preprocess_render(const struct pixels *picture, const struct placement *placement,
    const struct manifest_input *input, enum pixel_order order, uint8_t *out)
{
    size_t stride = 3 * (size_t)input->width;
    if (placement->width != input->width || placement->height != input->height)
        memset(out, input->pad, stride * (size_t)input->height);
    uint8_t *corner = out + (size_t)placement->y * stride + 3 * (size_t)placement->x;
    preprocess_resize(picture, &placement->region, placement->width, placement->height, order, corner, stride);
}

bool preprocess_is_direct(const struct manifest_input *input)
{
    return input->type == TENSOR_U8 && input->layout == LAYOUT_NHWC;
}

KERNEL_CLONES
static void split_planes(const uint8_t *pixels, size_t count, uint8_t *restrict out)
{
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < count; i++)
            out[c * count + i] = pixels[3 * i + c];
    }
}

KERNEL_CLONES
static void normalise_packed(
    const uint8_t *pixels, size_t count, const float scale[3], const float offset[3], float *restrict out)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < 3; c++)
            out[3 * i + c] = (float)pixels[3 * i + c] * scale[c] + offset[c];
    }
}

KERNEL_CLONES
static void normalise_planes(
    const uint8_t *pixels, size_t count, const float scale[3], const float offset[3], float *restrict out)
{
    for (size_t c = 0; c < 3; c++) {
        const float factor = scale[c];
        const float add = offset[c];
        for (size_t i = 0; i < count; i++)
            out[c * count + i] = (float)pixels[3 * i + c] * factor + add;
    }
}

void preprocess_convert(const struct manifest_input *input, const uint8_t *pixels, void *tensor)
{
    size_t count = (size_t)input->width * (size_t)input->height;
    if (input->type == TENSOR_U8) {
        if (input->layout == LAYOUT_NHWC)
            memcpy(tensor, pixels, 3 * count);
        else
            split_planes(pixels, count, tensor);
        return;
    }
    float scale[3];
    float offset[3];
    for (int c = 0; c < 3; c++) {
        scale[c] = 1.0f / input->deviation[c];
        offset[c] = -input->mean[c] / input->deviation[c];
    }
    if (input->layout == LAYOUT_NHWC)
        normalise_packed(pixels, count, scale, offset, tensor);
    else
        normalise_planes(pixels, count, scale, offset, tensor);
}

size_t preprocess_scratch_size(const struct manifest_input *input)
{
    return preprocess_is_direct(input) ? 0 : 3 * (size_t)input->width * (size_t)input->height;
}

void preprocess_fill(const struct pixels *picture, const struct placement *placement,
    const struct manifest_input *input, uint8_t *scratch, void *tensor)
{
    if (preprocess_is_direct(input)) {
        preprocess_render(picture, placement, input, input->colour, tensor);
        return;
    }
    preprocess_render(picture, placement, input, input->colour, scratch);
    preprocess_convert(input, scratch, tensor);
}
