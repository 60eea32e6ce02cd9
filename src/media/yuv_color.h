// The arithmetic of media/yuv.h: from one picture's range, matrix and depth to a JPEG's. Internal to the module.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yuv_color {
    bool same;        // already as a JPEG has it: nothing to do
    bool same_matrix; // luma needs no chroma
    int depth;        // bits per sample
    // Fixed point with YUV_COLOR_BITS fractional bits.
    int32_t luma_scale, luma_offset;    // y' = y * luma_scale + luma_offset + luma_cb * cb + luma_cr * cr
    int32_t luma_cb, luma_cr;           //
    int32_t cb_cb, cb_cr, cr_cb, cr_cr; // of centred samples
    int32_t chroma_centre;              // of the input
};

#define YUV_COLOR_BITS 14

// `kr` and `kb` are the source matrix's luma weights of red and blue.
void yuv_color_init(struct yuv_color *color, double kr, double kb, bool full_range, int depth);

// One row each. Samples have one byte up to 8 bits of depth, else two. `correction` has an entry for each luma sample
// of the row, or is NULL.
void yuv_color_luma(
    const struct yuv_color *color, const uint8_t *in, const int32_t *correction, uint8_t *out, size_t width);
// `correction` (for each luma sample of the row, `log2_w` luma samples sharing a chroma sample) may be NULL.
void yuv_color_chroma(const struct yuv_color *color, const uint8_t *cb, const uint8_t *cr, uint8_t *out_cb,
    uint8_t *out_cr, size_t width);
void yuv_color_correction(const struct yuv_color *color, const uint8_t *cb, const uint8_t *cr, int log2_w,
    int32_t *correction, size_t luma_width);
