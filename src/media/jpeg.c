#include "media/jpeg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <turbojpeg.h>

#include "base/mem.h"
#include "media/image_header.h"
#include "media/yuv.h"

struct jpeg_encoder {
    tjhandle handle;
    struct yuv_converter *converter;
};

struct jpeg_decoder {
    tjhandle handle;
    uint8_t *cmyk;
    size_t cmyk_size;
};

static tjhandle must_have(tjhandle handle)
{
    if (handle == NULL)
        abort(); // out of memory, as mem_alloc() does
    return handle;
}

struct jpeg_encoder *jpeg_encoder_new(void)
{
    struct jpeg_encoder *encoder = mem_calloc(1, sizeof(*encoder));
    encoder->handle = must_have(tjInitCompress());
    encoder->converter = yuv_converter_new();
    return encoder;
}

void jpeg_encoder_free(struct jpeg_encoder *encoder)
{
    if (encoder == NULL)
        return;
    tjDestroy(encoder->handle);
    yuv_converter_free(encoder->converter);
    free(encoder);
}

static int subsampling_of(const struct yuv_planes *planes)
{
    if (planes->components == 1)
        return TJSAMP_GRAY;
    static const int names[3][2] = {
        {TJSAMP_444, TJSAMP_440}, {TJSAMP_422, TJSAMP_420}, {TJSAMP_411, -1}}; // [log2 w][log2 h]
    return names[planes->log2_chroma_w][planes->log2_chroma_h];
}

// Room for the largest result, so that nothing is allocated while compressing.
static enum err_code make_room(struct strbuf *out, int32_t width, int32_t height, int subsampling, struct err *err)
{
    unsigned long most = tjBufSize(width, height, subsampling);
    if (most == (unsigned long)-1)
        return err_set(err, ERR_LIMIT, "%dx%d is no size for a JPEG picture", width, height);
    strbuf_reset(out);
    strbuf_reserve(out, (size_t)most);
    return ERR_NONE;
}

static enum err_code check_quality(int32_t quality, struct err *err)
{
    if (quality < 1 || quality > 100)
        return err_set(err, ERR_INVALID, "JPEG quality %d is not between 1 and 100", quality);
    return ERR_NONE;
}

enum err_code jpeg_encode_frame(
    struct jpeg_encoder *encoder, const struct frame *frame, int32_t quality, struct strbuf *out, struct err *err)
{
    struct yuv_planes planes;
    enum err_code code = check_quality(quality, err);
    if (code == ERR_NONE)
        code = yuv_convert(encoder->converter, frame, &planes, err);
    if (code != ERR_NONE)
        return code;
    int subsampling = subsampling_of(&planes);
    code = make_room(out, planes.width, planes.height, subsampling, err);
    if (code != ERR_NONE)
        return code;
    const unsigned char *data[3] = {planes.data[0], planes.data[1], planes.data[2]};
    unsigned char *jpeg = (unsigned char *)out->data;
    unsigned long size = tjBufSize(planes.width, planes.height, subsampling);
    if (tjCompressFromYUVPlanes(encoder->handle, data, planes.width, planes.stride, planes.height, subsampling, &jpeg,
            &size, quality, TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0)
        return err_set(err, ERR_INTERNAL, "cannot encode a JPEG: %s", tjGetErrorStr2(encoder->handle));
    out->size = size;
    out->data[size] = '\0';
    return ERR_NONE;
}

enum err_code jpeg_encode_crop(struct jpeg_encoder *encoder, const struct image *image, int32_t x, int32_t y,
    int32_t width, int32_t height, int32_t quality, struct strbuf *out, struct err *err)
{
    enum err_code code = check_quality(quality, err);
    if (code != ERR_NONE)
        return code;
    if (x < 0 || y < 0 || width <= 0 || height <= 0 || width > image->width - x || height > image->height - y)
        return err_set(err, ERR_INVALID, "the rectangle %d,%d %dx%d is not inside the picture of %dx%d", x, y, width,
            height, image->width, image->height);
    code = make_room(out, width, height, TJSAMP_420, err);
    if (code != ERR_NONE)
        return code;
    const uint8_t *from = image->data + (size_t)y * image->stride + (size_t)x * 3;
    unsigned char *jpeg = (unsigned char *)out->data;
    unsigned long size = tjBufSize(width, height, TJSAMP_420);
    if (tjCompress2(encoder->handle, from, width, (int)image->stride, height,
            image->order == IMAGE_RGB ? TJPF_RGB : TJPF_BGR, &jpeg, &size, TJSAMP_420, quality,
            TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0)
        return err_set(err, ERR_INTERNAL, "cannot encode a JPEG: %s", tjGetErrorStr2(encoder->handle));
    out->size = size;
    out->data[size] = '\0';
    return ERR_NONE;
}

struct jpeg_decoder *jpeg_decoder_new(void)
{
    struct jpeg_decoder *decoder = mem_calloc(1, sizeof(*decoder));
    decoder->handle = must_have(tjInitDecompress());
    return decoder;
}

void jpeg_decoder_free(struct jpeg_decoder *decoder)
{
    if (decoder == NULL)
        return;
    tjDestroy(decoder->handle);
    free(decoder->cmyk);
    free(decoder);
}

static enum err_code read_header(struct jpeg_decoder *decoder, const void *data, size_t size, int32_t *width,
    int32_t *height, int *colorspace, struct err *err)
{
    int subsampling = 0;
    if (!jpeg_has_scan(data, size))
        return err_set(err, ERR_CORRUPT, "not a JPEG picture, or one that ends in its header");
    if (tjDecompressHeader3(decoder->handle, data, (unsigned long)size, width, height, &subsampling, colorspace) != 0 ||
        *width <= 0 || *height <= 0)
        return err_set(err, ERR_CORRUPT, "not a JPEG picture: %s", tjGetErrorStr2(decoder->handle));
    return ERR_NONE;
}

enum err_code jpeg_read_size(
    struct jpeg_decoder *decoder, const void *data, size_t size, int32_t *width, int32_t *height, struct err *err)
{
    int colorspace;
    return read_header(decoder, data, size, width, height, &colorspace, err);
}

// The scale, in eighths, that still gives the wanted size. Numerators that libjpeg-turbo has no fast transform for are
// left out.
static tjscalingfactor choose_scale(int32_t width, int32_t height, int32_t min_width, int32_t min_height)
{
    static const int numerators[] = {1, 2, 4};
    tjscalingfactor scale = {1, 1};
    if (min_width <= 0 || min_height <= 0)
        return scale;
    for (size_t i = 0; i < sizeof(numerators) / sizeof(*numerators); i++) {
        const tjscalingfactor factor = {numerators[i], 8};
        if (TJSCALED(width, factor) >= min_width && TJSCALED(height, factor) >= min_height)
            return (tjscalingfactor){1, 8 / numerators[i]};
    }
    return scale;
}

// Inks are stored inverted, as Adobe's programs do, which are the only ones that write such JPEGs.
static void cmyk_to_rgb(const uint8_t *cmyk, struct image *image)
{
    bool rgb = image->order == IMAGE_RGB;
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *out = image->data + (size_t)y * image->stride;
        for (int32_t x = 0; x < image->width; x++, cmyk += 4, out += 3) {
            out[rgb ? 0 : 2] = (uint8_t)(cmyk[0] * cmyk[3] / 255);
            out[1] = (uint8_t)(cmyk[1] * cmyk[3] / 255);
            out[rgb ? 2 : 0] = (uint8_t)(cmyk[2] * cmyk[3] / 255);
        }
    }
}

static int decompress(struct jpeg_decoder *decoder, const void *data, size_t size, int colorspace, struct image *image)
{
    if (colorspace != TJCS_CMYK && colorspace != TJCS_YCCK)
        return tjDecompress2(decoder->handle, data, (unsigned long)size, image->data, image->width, (int)image->stride,
            image->height, image->order == IMAGE_RGB ? TJPF_RGB : TJPF_BGR, TJFLAG_ACCURATEDCT);
    size_t needed = (size_t)image->width * (size_t)image->height * 4;
    if (needed > decoder->cmyk_size) {
        free(decoder->cmyk);
        decoder->cmyk = mem_alloc(needed);
        decoder->cmyk_size = needed;
    }
    int rc = tjDecompress2(decoder->handle, data, (unsigned long)size, decoder->cmyk, image->width, 0, image->height,
        TJPF_CMYK, TJFLAG_ACCURATEDCT);
    cmyk_to_rgb(decoder->cmyk, image);
    return rc;
}

enum err_code jpeg_decode(struct jpeg_decoder *decoder, const void *data, size_t size, enum image_order order,
    int32_t min_width, int32_t min_height, int64_t pixels_max, struct image **out, struct err *err)
{
    *out = NULL;
    int32_t width;
    int32_t height;
    int colorspace;
    enum err_code code = read_header(decoder, data, size, &width, &height, &colorspace, err);
    if (code != ERR_NONE)
        return code;
    if (pixels_max <= 0)
        pixels_max = IMAGE_PIXELS_MAX;
    if ((int64_t)width * height > pixels_max || width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        return err_set(err, ERR_LIMIT, "the picture is too large: %dx%d, where %" PRId64 " pixels are allowed", width,
            height, pixels_max);
    tjscalingfactor scale = choose_scale(width, height, min_width, min_height);
    struct image *image = image_new(TJSCALED(width, scale), TJSCALED(height, scale), order);
    if (decompress(decoder, data, size, colorspace, image) != 0 && tjGetErrorCode(decoder->handle) != TJERR_WARNING) {
        image_unref(image);
        return err_set(err, ERR_CORRUPT, "the JPEG cannot be decoded: %s", tjGetErrorStr2(decoder->handle));
    }
    *out = image;
    return ERR_NONE;
}
