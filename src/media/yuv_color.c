#include "media/yuv_color.h"

#include <math.h>

// The loops below are what encoding spends outside libjpeg-turbo; where the machine has wide vectors they are used.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__)
#define WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_VECTORS
#endif

#define ROUND (1 << (YUV_COLOR_BITS - 1))

static int32_t fixed(double value)
{
    return (int32_t)lround(value * (1 << YUV_COLOR_BITS));
}

void yuv_color_init(struct yuv_color *color, double kr, double kb, bool full_range, int depth)
{
    const double to_r = 0.299;
    const double to_b = 0.114;
    const double to_g = 1 - to_r - to_b;
    double kg = 1 - kr - kb;
    double most = (double)((1 << depth) - 1);
    double unit = (double)(1 << (depth - 8));
    double luma = full_range ? 255 / most : 255 / (219 * unit);
    double chroma = full_range ? 255 / most : 255 / (224 * unit);
    // Luma after the change of matrix, from the chroma before it (in units of full-range chroma).
    double y_cr = to_r * 2 * (1 - kr) - to_g * 2 * kr * (1 - kr) / kg;
    double y_cb = to_b * 2 * (1 - kb) - to_g * 2 * kb * (1 - kb) / kg;
    color->depth = depth;
    color->same_matrix = fabs(kr - to_r) < 1e-6 && fabs(kb - to_b) < 1e-6;
    color->same = color->same_matrix && full_range && depth == 8;
    color->luma_scale = fixed(luma);
    color->luma_offset = full_range ? 0 : fixed(-16 * unit * luma);
    color->luma_cb = fixed(y_cb * chroma);
    color->luma_cr = fixed(y_cr * chroma);
    color->cb_cb = fixed((2 * (1 - kb) - y_cb) / (2 * (1 - to_b)) * chroma);
    color->cb_cr = fixed(-y_cr / (2 * (1 - to_b)) * chroma);
    color->cr_cr = fixed((2 * (1 - kr) - y_cr) / (2 * (1 - to_r)) * chroma);
    color->cr_cb = fixed(-y_cb / (2 * (1 - to_r)) * chroma);
    color->chroma_centre = 1 << (depth - 1);
}

static inline uint8_t to_byte(int32_t value)
{
    value >>= YUV_COLOR_BITS;
    value = value < 0 ? 0 : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

WIDE_VECTORS static void luma_8(const uint8_t *restrict in, const int32_t *restrict correction, int32_t scale,
    int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(in[x] * scale + offset + correction[x]);
}

WIDE_VECTORS static void luma_8_alone(
    const uint8_t *restrict in, int32_t scale, int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(in[x] * scale + offset);
}

WIDE_VECTORS static void luma_16(const uint16_t *restrict in, const int32_t *restrict correction, int32_t scale,
    int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(in[x] * scale + offset + correction[x]);
}

WIDE_VECTORS static void luma_16_alone(
    const uint16_t *restrict in, int32_t scale, int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(in[x] * scale + offset);
}

void yuv_color_luma(
    const struct yuv_color *color, const uint8_t *in, const int32_t *correction, uint8_t *out, size_t width)
{
    int32_t offset = color->luma_offset + ROUND;
    const uint16_t *wide = (const uint16_t *)(const void *)in;
    if (color->depth > 8 && correction != NULL)
        luma_16(wide, correction, color->luma_scale, offset, out, width);
    else if (color->depth > 8)
        luma_16_alone(wide, color->luma_scale, offset, out, width);
    else if (correction != NULL)
        luma_8(in, correction, color->luma_scale, offset, out, width);
    else
        luma_8_alone(in, color->luma_scale, offset, out, width);
}

WIDE_VECTORS static void chroma_8(const uint8_t *restrict own, const uint8_t *restrict other, int32_t own_scale,
    int32_t other_scale, int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(own[x] * own_scale + other[x] * other_scale + offset);
}

WIDE_VECTORS static void chroma_16(const uint16_t *restrict own, const uint16_t *restrict other, int32_t own_scale,
    int32_t other_scale, int32_t offset, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = to_byte(own[x] * own_scale + other[x] * other_scale + offset);
}

static void chroma_row(const struct yuv_color *color, const uint8_t *own, const uint8_t *other, int32_t own_scale,
    int32_t other_scale, uint8_t *out, size_t width)
{
    int32_t offset = (128 << YUV_COLOR_BITS) + ROUND - color->chroma_centre * (own_scale + other_scale);
    if (color->depth > 8)
        chroma_16((const uint16_t *)(const void *)own, (const uint16_t *)(const void *)other, own_scale, other_scale,
            offset, out, width);
    else
        chroma_8(own, other, own_scale, other_scale, offset, out, width);
}

void yuv_color_chroma(
    const struct yuv_color *color, const uint8_t *cb, const uint8_t *cr, uint8_t *out_cb, uint8_t *out_cr, size_t width)
{
    chroma_row(color, cb, cr, color->cb_cb, color->cb_cr, out_cb, width);
    chroma_row(color, cr, cb, color->cr_cr, color->cr_cb, out_cr, width);
}

WIDE_VECTORS static void correct_8(const uint8_t *restrict cb, const uint8_t *restrict cr, int32_t scale_cb,
    int32_t scale_cr, int32_t offset, int32_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = cb[x] * scale_cb + cr[x] * scale_cr + offset;
}

WIDE_VECTORS static void correct_16(const uint16_t *restrict cb, const uint16_t *restrict cr, int32_t scale_cb,
    int32_t scale_cr, int32_t offset, int32_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = cb[x] * scale_cb + cr[x] * scale_cr + offset;
}

WIDE_VECTORS static void correct_8_pairs(const uint8_t *restrict cb, const uint8_t *restrict cr, int32_t scale_cb,
    int32_t scale_cr, int32_t offset, int32_t *restrict out, size_t pairs)
{
    for (size_t x = 0; x < pairs; x++)
        out[2 * x] = out[2 * x + 1] = cb[x] * scale_cb + cr[x] * scale_cr + offset;
}

WIDE_VECTORS static void correct_16_pairs(const uint16_t *restrict cb, const uint16_t *restrict cr, int32_t scale_cb,
    int32_t scale_cr, int32_t offset, int32_t *restrict out, size_t pairs)
{
    for (size_t x = 0; x < pairs; x++)
        out[2 * x] = out[2 * x + 1] = cb[x] * scale_cb + cr[x] * scale_cr + offset;
}

void yuv_color_correction(const struct yuv_color *color, const uint8_t *cb, const uint8_t *cr, int log2_w,
    int32_t *correction, size_t luma_width)
{
    int32_t b = color->luma_cb;
    int32_t r = color->luma_cr;
    int32_t offset = -color->chroma_centre * (b + r);
    const uint16_t *wide_cb = (const uint16_t *)(const void *)cb;
    const uint16_t *wide_cr = (const uint16_t *)(const void *)cr;
    bool wide = color->depth > 8;
    if (log2_w == 0 && wide)
        correct_16(wide_cb, wide_cr, b, r, offset, correction, luma_width);
    else if (log2_w == 0)
        correct_8(cb, cr, b, r, offset, correction, luma_width);
    else if (log2_w == 1 && wide)
        correct_16_pairs(wide_cb, wide_cr, b, r, offset, correction, (luma_width + 1) / 2);
    else if (log2_w == 1)
        correct_8_pairs(cb, cr, b, r, offset, correction, (luma_width + 1) / 2);
    for (size_t x = 0; log2_w > 1 && x < luma_width; x++) {
        size_t c = x >> log2_w;
        correction[x] = (wide ? wide_cb[c] : cb[c]) * b + (wide ? wide_cr[c] : cr[c]) * r + offset;
    }
}
