#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vision/kernels.h"
#include "vision/preprocess.h"

// One axis: output pixel i is the sum of weights[i * taps + k] * source[first[i] + k].
struct axis {
    int *first;
    float *weights;
    int taps;
};

// Four floats at a time: one packed pixel and the first channel of the next one, which is ignored.
typedef float float4 __attribute__((vector_size(16)));

static void fill_average(struct axis *axis, int from, int to)
{
    double step = (double)from / to;
    for (int i = 0; i < to; i++) {
        double begin = i * step;
        double end = begin + step;
        int first = (int)begin;
        if (first > from - axis->taps)
            first = from - axis->taps;
        axis->first[i] = first;
        for (int k = 0; k < axis->taps; k++) {
            double left = first + k;
            double covered = fmin(left + 1.0, end) - fmax(left, begin);
            axis->weights[i * axis->taps + k] = covered > 0.0 ? (float)(covered / step) : 0.0f;
        }
    }
}

static void fill_linear(struct axis *axis, int from, int to)
{
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * from / to - 0.5;
        double at = fmin(fmax(centre, 0.0), from - 1.0);
        int first = (int)at;
        if (first > from - axis->taps)
            first = from - axis->taps;
        double rest = at - first;
        axis->first[i] = first;
        axis->weights[i * axis->taps] = (float)(1.0 - rest);
        if (axis->taps > 1)
            axis->weights[i * axis->taps + 1] = (float)rest;
    }
}

static void axis_init(struct axis *axis, int from, int to)
{
    bool shrinks = to < from;
    int taps = shrinks ? (int)ceil((double)from / to) + 1 : 2;
    axis->taps = from == to ? 1 : taps < from ? taps : from;
    axis->first = mem_alloc((size_t)to * sizeof(*axis->first));
    axis->weights = mem_alloc((size_t)to * (size_t)axis->taps * sizeof(*axis->weights));
    if (shrinks)
        fill_average(axis, from, to);
    else
        fill_linear(axis, from, to);
}

static void axis_release(struct axis *axis)
{
    free(axis->first);
    free(axis->weights);
}

// out = a sum of weighted rows of bytes; up to four rows in one go, since writing `out` is the costly part.
KERNEL_CLONES
static void sum_rows(
    const uint8_t *rows, size_t stride, const float *weights, int taps, size_t count, float *restrict out)
{
    const float w0 = weights[0];
    for (size_t i = 0; i < count; i++)
        out[i] = w0 * (float)rows[i];
    int k = 1;
    for (; k + 3 < taps; k += 4) {
        const uint8_t *a = rows + (size_t)k * stride;
        const uint8_t *b = a + stride;
        const uint8_t *c = b + stride;
        const uint8_t *d = c + stride;
        const float wa = weights[k], wb = weights[k + 1], wc = weights[k + 2], wd = weights[k + 3];
        for (size_t i = 0; i < count; i++)
            out[i] += wa * (float)a[i] + wb * (float)b[i] + (wc * (float)c[i] + wd * (float)d[i]);
    }
    for (; k < taps; k++) {
        const uint8_t *a = rows + (size_t)k * stride;
        const float wa = weights[k];
        for (size_t i = 0; i < count; i++)
            out[i] += wa * (float)a[i];
    }
}

// `row` has one float to spare at its end.
static void sum_columns(const float *row, const struct axis *axis, int width, float *out)
{
    const int taps = axis->taps;
    for (int x = 0; x < width; x++) {
        const float *from = row + 3 * (size_t)axis->first[x];
        const float *weights = axis->weights + (size_t)x * (size_t)taps;
        float4 sum = {0, 0, 0, 0};
        for (int k = 0; k < taps; k++) {
            float4 pixel;
            memcpy(&pixel, from + 3 * k, sizeof(pixel));
            sum += pixel * weights[k];
        }
        memcpy(out + 3 * (size_t)x, &sum, sizeof(sum));
    }
}

// Weighted sums of bytes with weights that add up to one stay within 0 … 255 but for rounding.
KERNEL_CLONES
static void round_row(const float *row, size_t count, uint8_t *restrict out)
{
    for (size_t i = 0; i < count; i++) {
        int value = (int)(row[i] + 0.5f);
        out[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static void swap_ends(uint8_t *row, int width)
{
    for (int x = 0; x < width; x++) {
        uint8_t first = row[3 * x];
        row[3 * x] = row[3 * x + 2];
        row[3 * x + 2] = first;
    }
}

static const uint8_t *region_start(const struct pixels *picture, const struct region *region)
{
    return picture->data + (size_t)region->y * picture->stride_bytes + 3 * (size_t)region->x;
}

static void copy_rows(const struct pixels *picture, const struct region *region, bool swap, uint8_t *out, size_t stride)
{
    const uint8_t *from = region_start(picture, region);
    for (int y = 0; y < region->height; y++) {
        uint8_t *row = out + (size_t)y * stride;
        memcpy(row, from + (size_t)y * picture->stride_bytes, 3 * (size_t)region->width);
        if (swap)
            swap_ends(row, region->width);
    }
}

void preprocess_resize(const struct pixels *picture, const struct region *region, int width, int height,
    enum pixel_order order, uint8_t *out, size_t out_stride_bytes)
{
    bool swap = order != picture->order;
    if (region->width == width && region->height == height) {
        copy_rows(picture, region, swap, out, out_stride_bytes);
        return;
    }
    struct axis across;
    struct axis down;
    axis_init(&across, region->width, width);
    axis_init(&down, region->height, height);
    size_t count = 3 * (size_t)region->width;
    float *sums = mem_calloc(count + 1 + 3 * (size_t)width + 1, sizeof(*sums));
    float *shrunk = sums + count + 1;
    const uint8_t *from = region_start(picture, region);
    for (int y = 0; y < height; y++) {
        uint8_t *row = out + (size_t)y * out_stride_bytes;
        const uint8_t *rows = from + (size_t)down.first[y] * picture->stride_bytes;
        sum_rows(rows, picture->stride_bytes, down.weights + (size_t)y * (size_t)down.taps, down.taps, count, sums);
        sum_columns(sums, &across, width, shrunk);
        round_row(shrunk, 3 * (size_t)width, row);
        if (swap)
            swap_ends(row, width);
    }
    free(sums);
    axis_release(&across);
    axis_release(&down);
}
