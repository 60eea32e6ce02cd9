#include "media/yuv.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/source.h"
#include "media/yuv_color.h"
#include "media/yuv_turn.h"

#define ALIGNMENT 64
#define PADDING 64 // rows may be written in pairs of samples

struct buffer {
    uint8_t *data;
    size_t capacity;
};

struct yuv_converter {
    struct buffer converted;
    struct buffer turned;
    int32_t *correction;
    size_t correction_capacity;
    struct SwsContext *scaler; // for what is not planar YUV
    AVFrame *scaled;
};

struct yuv_converter *yuv_converter_new(void)
{
    media_log_init();
    return mem_calloc(1, sizeof(struct yuv_converter));
}

void yuv_converter_free(struct yuv_converter *converter)
{
    if (converter == NULL)
        return;
    free(converter->converted.data);
    free(converter->turned.data);
    free(converter->correction);
    sws_freeContext(converter->scaler);
    av_frame_free(&converter->scaled);
    free(converter);
}

static size_t plane_stride(int width)
{
    return ((size_t)width + PADDING + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

// Lays out planes of the picture's shape in the buffer, grown as needed.
static void lay_out(struct buffer *buffer, struct yuv_planes *planes, uint8_t *data[3])
{
    size_t offsets[3] = {0};
    size_t total = 0;
    for (int i = 0; i < planes->components; i++) {
        int width = i == 0 ? planes->width : AV_CEIL_RSHIFT(planes->width, planes->log2_chroma_w);
        int height = AV_CEIL_RSHIFT(planes->height, planes->log2_chroma_h);
        if (i == 0)
            height <<= planes->log2_chroma_h;
        offsets[i] = total;
        planes->stride[i] = (int)plane_stride(width);
        total += plane_stride(width) * (size_t)height;
    }
    if (total > buffer->capacity) {
        free(buffer->data);
        buffer->data = mem_alloc(total);
        buffer->capacity = total;
    }
    for (int i = 0; i < planes->components; i++) {
        data[i] = buffer->data + offsets[i];
        planes->data[i] = data[i];
    }
}

// Whole chroma samples cover luma past the edge; TurboJPEG reads it, so it is made like the edge.
static bool needs_padding(const struct yuv_planes *planes)
{
    return planes->components == 3 &&
        (planes->width % (1 << planes->log2_chroma_w) != 0 || planes->height % (1 << planes->log2_chroma_h) != 0);
}

static void pad_luma(const struct yuv_planes *planes, uint8_t *luma)
{
    if (!needs_padding(planes))
        return;
    int wide = AV_CEIL_RSHIFT(planes->width, planes->log2_chroma_w) << planes->log2_chroma_w;
    int high = AV_CEIL_RSHIFT(planes->height, planes->log2_chroma_h) << planes->log2_chroma_h;
    size_t stride = (size_t)planes->stride[0];
    for (int y = 0; y < planes->height; y++) {
        uint8_t *row = luma + (size_t)y * stride;
        memset(row + planes->width, row[planes->width - 1], (size_t)(wide - planes->width));
    }
    for (int y = planes->height; y < high; y++)
        memcpy(luma + (size_t)y * stride, luma + (size_t)(planes->height - 1) * stride, (size_t)wide);
}

static bool is_planar_yuv(const AVPixFmtDescriptor *format)
{
    const uint64_t unwanted = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
        AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
    if ((format->flags & unwanted) != 0 || format->comp[0].depth < 8 || format->comp[0].depth > 12 ||
        format->comp[0].shift != 0)
        return false;
    if (format->nb_components == 1)
        return true;
    bool planar = (format->flags & AV_PIX_FMT_FLAG_PLANAR) != 0 && format->nb_components >= 3 &&
        format->comp[1].plane == 1 && format->comp[2].plane == 2;
    int w = format->log2_chroma_w;
    int h = format->log2_chroma_h;
    return planar && w <= 2 && h <= 1 && (w < 2 || h == 0);
}

static void matrix_weights(const AVFrame *picture, double *kr, double *kb)
{
    switch (picture->colorspace) {
    case AVCOL_SPC_BT709:
        *kr = 0.2126, *kb = 0.0722;
        return;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        *kr = 0.2627, *kb = 0.0593;
        return;
    case AVCOL_SPC_SMPTE240M:
        *kr = 0.212, *kb = 0.087;
        return;
    case AVCOL_SPC_FCC:
        *kr = 0.30, *kb = 0.11;
        return;
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_RESERVED:
        // What players take unmarked video for: BT.709 from high definition on.
        if (picture->width >= 1280 || picture->height > 576) {
            *kr = 0.2126, *kb = 0.0722;
            return;
        }
        break;
    default:
        break;
    }
    *kr = 0.299, *kb = 0.114;
}

static bool is_full_range(const AVFrame *picture)
{
    if (picture->color_range == AVCOL_RANGE_JPEG)
        return true;
    if (picture->color_range == AVCOL_RANGE_MPEG)
        return false;
    switch (picture->format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
        return true;
    default:
        return false;
    }
}

static void convert_planes(struct yuv_converter *converter, const AVFrame *picture, const struct yuv_color *color,
    struct yuv_planes *planes, uint8_t *out[3])
{
    lay_out(&converter->converted, planes, out);
    bool correct = planes->components == 3 && !color->same_matrix;
    size_t width = (size_t)planes->width;
    if (correct && width + PADDING > converter->correction_capacity) {
        converter->correction_capacity = width + PADDING;
        converter->correction =
            mem_realloc_array(converter->correction, converter->correction_capacity, sizeof(*converter->correction));
    }
    size_t chroma_width = (size_t)AV_CEIL_RSHIFT(planes->width, planes->log2_chroma_w);
    for (int y = 0; y < planes->height; y++) {
        int chroma_y = y >> planes->log2_chroma_h;
        const uint8_t *cb = NULL;
        const uint8_t *cr = NULL;
        if (planes->components == 3) {
            cb = picture->data[1] + (ptrdiff_t)chroma_y * picture->linesize[1];
            cr = picture->data[2] + (ptrdiff_t)chroma_y * picture->linesize[2];
        }
        bool first_of_chroma = chroma_y << planes->log2_chroma_h == y;
        if (planes->components == 3 && first_of_chroma) {
            yuv_color_chroma(color, cb, cr, out[1] + (ptrdiff_t)chroma_y * planes->stride[1],
                out[2] + (ptrdiff_t)chroma_y * planes->stride[2], chroma_width);
            if (correct)
                yuv_color_correction(color, cb, cr, planes->log2_chroma_w, converter->correction, width);
        }
        yuv_color_luma(color, picture->data[0] + (ptrdiff_t)y * picture->linesize[0],
            correct ? converter->correction : NULL, out[0] + (ptrdiff_t)y * planes->stride[0], width);
    }
}

// RGB, palettes and packed layouts go through libswscale.
static enum err_code scale(
    struct yuv_converter *converter, const AVFrame *picture, const AVFrame **scaled, struct err *err)
{
    converter->scaler = sws_getCachedContext(converter->scaler, picture->width, picture->height,
        (enum AVPixelFormat)picture->format, picture->width, picture->height, AV_PIX_FMT_YUVJ444P,
        SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
    if (converter->scaler == NULL)
        return err_set(err, ERR_INVALID, "pictures of the format %s cannot be converted",
            av_get_pix_fmt_name((enum AVPixelFormat)picture->format));
    bool rgb = (av_pix_fmt_desc_get((enum AVPixelFormat)picture->format)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    double kr;
    double kb;
    matrix_weights(picture, &kr, &kb);
    const int *from = sws_getCoefficients(kr < 0.25 ? SWS_CS_ITU709 : (kr < 0.29 ? SWS_CS_BT2020 : SWS_CS_ITU601));
    sws_setColorspaceDetails(converter->scaler, from, rgb || is_full_range(picture), sws_getCoefficients(SWS_CS_ITU601),
        1, 0, 1 << 16, 1 << 16);
    AVFrame *out = converter->scaled;
    if (out == NULL || out->width != picture->width || out->height != picture->height) {
        av_frame_free(&converter->scaled);
        out = converter->scaled = av_frame_alloc();
        if (out == NULL)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        out->format = AV_PIX_FMT_YUVJ444P;
        out->width = picture->width;
        out->height = picture->height;
        if (av_frame_get_buffer(out, 0) < 0) {
            av_frame_free(&converter->scaled);
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        }
        out->color_range = AVCOL_RANGE_JPEG;
        out->colorspace = AVCOL_SPC_BT470BG;
    }
    sws_scale(converter->scaler, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height,
        out->data, out->linesize);
    *scaled = out;
    return ERR_NONE;
}

enum err_code yuv_convert(
    struct yuv_converter *converter, const struct frame *frame, struct yuv_planes *planes, struct err *err)
{
    const AVFrame *picture = frame->picture;
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)picture->format);
    bool turned = frame->rotation == 90 || frame->rotation == 270;
    // JPEG has no name for a quarter of the vertical resolution, which is what 4:1:1 becomes when turned.
    if (!is_planar_yuv(format) || (turned && format->log2_chroma_w == 2)) {
        enum err_code code = scale(converter, picture, &picture, err);
        if (code != ERR_NONE)
            return code;
        format = av_pix_fmt_desc_get((enum AVPixelFormat)picture->format);
    }
    *planes = (struct yuv_planes){
        .width = picture->width,
        .height = picture->height,
        .components = format->nb_components < 3 ? 1 : 3,
        .log2_chroma_w = format->nb_components < 3 ? 0 : format->log2_chroma_w,
        .log2_chroma_h = format->nb_components < 3 ? 0 : format->log2_chroma_h,
    };
    double kr;
    double kb;
    struct yuv_color color;
    matrix_weights(picture, &kr, &kb);
    yuv_color_init(&color, kr, kb, is_full_range(picture), format->comp[0].depth);
    bool turn = frame->rotation != 0 || frame->flip;
    uint8_t *out[3] = {NULL};
    if (color.same && (turn || !needs_padding(planes))) {
        for (int i = 0; i < planes->components; i++) {
            planes->data[i] = picture->data[i];
            planes->stride[i] = picture->linesize[i];
        }
    } else {
        convert_planes(converter, picture, &color, planes, out);
        pad_luma(planes, out[0]);
    }
    if (!turn)
        return ERR_NONE;
    struct yuv_planes upright = *planes;
    yuv_turn_shape(&upright, frame->rotation);
    lay_out(&converter->turned, &upright, out);
    yuv_turn(planes, frame->rotation, frame->flip, &upright, out);
    pad_luma(&upright, out[0]);
    *planes = upright;
    return ERR_NONE;
}
