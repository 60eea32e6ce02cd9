#include "media/yuv_turn.h"

#include <libavutil/common.h>
#include <stddef.h>

// Turning by a quarter reads along rows and writes along columns; in tiles both stay in the cache.
#define TILE 32

void yuv_turn_shape(struct yuv_planes *planes, int32_t rotation)
{
    if (rotation != 90 && rotation != 270)
        return;
    FFSWAP(int, planes->width, planes->height);
    FFSWAP(int, planes->log2_chroma_w, planes->log2_chroma_h);
}

struct plane {
    const uint8_t *in;
    ptrdiff_t in_stride;
    int width; // of the input
    int height;
    uint8_t *out;         // where the input's top left sample goes
    ptrdiff_t step_right; // in the output, for a step to the right in the input
    ptrdiff_t step_down;
};

static void copy_tiles(const struct plane *p)
{
    for (int top = 0; top < p->height; top += TILE) {
        int bottom = FFMIN(top + TILE, p->height);
        for (int left = 0; left < p->width; left += TILE) {
            int right = FFMIN(left + TILE, p->width);
            for (int y = top; y < bottom; y++) {
                const uint8_t *in = p->in + y * p->in_stride;
                uint8_t *out = p->out + y * p->step_down;
                for (int x = left; x < right; x++)
                    out[x * p->step_right] = in[x];
            }
        }
    }
}

void yuv_turn(const struct yuv_planes *planes, int32_t rotation, bool flip, const struct yuv_planes *upright,
    uint8_t *const out[3])
{
    for (int i = 0; i < planes->components; i++) {
        int width = i == 0 ? planes->width : AV_CEIL_RSHIFT(planes->width, planes->log2_chroma_w);
        int height = i == 0 ? planes->height : AV_CEIL_RSHIFT(planes->height, planes->log2_chroma_h);
        ptrdiff_t stride = upright->stride[i];
        // Where a sample (x, y) of the mirrored picture goes: origin + x * right + y * down.
        ptrdiff_t origin = 0;
        ptrdiff_t right = 1;
        ptrdiff_t down = stride;
        if (rotation == 90) {
            origin = height - 1, right = stride, down = -1;
        } else if (rotation == 180) {
            origin = (height - 1) * stride + width - 1, right = -1, down = -stride;
        } else if (rotation == 270) {
            origin = (width - 1) * stride, right = -stride, down = 1;
        }
        if (flip) {
            origin += (width - 1) * right;
            right = -right;
        }
        const struct plane plane = {.in = planes->data[i],
            .in_stride = planes->stride[i],
            .width = width,
            .height = height,
            .out = out[i] + origin,
            .step_right = right,
            .step_down = down};
        copy_tiles(&plane);
    }
}
