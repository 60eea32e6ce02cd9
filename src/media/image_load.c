// Reading of uploaded pictures (image.h): JPEG by libjpeg-turbo, the others by FFmpeg's decoders.
#include <inttypes.h>
#include <libavcodec/avcodec.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "base/mem.h"
#include "media/image.h"
#include "media/image_header.h"
#include "media/image_room.h"
#include "media/jpeg.h"
#include "media/source.h"

static enum err_code check_size(int64_t width, int64_t height, int64_t pixels_max, struct err *err)
{
    if (width <= 0 || height <= 0)
        return err_set(err, ERR_CORRUPT, "the picture has no size");
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX || width * height > pixels_max)
        return err_set(err, ERR_LIMIT,
            "the picture is too large: %" PRId64 "x%" PRId64 ", where up to %" PRId64 " pixels are allowed", width,
            height, pixels_max);
    return ERR_NONE;
}

// A copy turned as EXIF's orientation says: 2 mirrored, 3 half turn, 4 upside down, 5 to 8 with rows and columns
// swapped.
static struct image *turn(const struct image *image, int orientation)
{
    bool swapped = orientation >= 5;
    struct image *upright =
        image_new(swapped ? image->height : image->width, swapped ? image->width : image->height, image->order);
    bool right_to_left = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool bottom_up = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (int32_t y = 0; y < upright->height; y++) {
        uint8_t *out = upright->data + (size_t)y * upright->stride;
        for (int32_t x = 0; x < upright->width; x++, out += 3) {
            int32_t column = swapped ? y : x;
            int32_t row = swapped ? x : y;
            if (right_to_left)
                column = image->width - 1 - column;
            if (bottom_up)
                row = image->height - 1 - row;
            memcpy(out, image->data + (size_t)row * image->stride + (size_t)column * 3, 3);
        }
    }
    return upright;
}

// Every scan of a JPEG goes over all its pixels, even one of a few bytes, so a small file can ask for hours of work.
static enum err_code check_scans(const void *data, size_t size, int64_t pixels, struct err *err)
{
    int64_t scans = jpeg_scan_count(data, size);
    if (scans <= JPEG_SCANS_USUAL || scans * pixels <= JPEG_SCANS_USUAL * IMAGE_PIXELS_MAX)
        return ERR_NONE;
    return err_set(err, ERR_LIMIT, "the picture goes over its pixels %" PRId64 " times, where %d are usual", scans,
        JPEG_SCANS_USUAL);
}

static enum err_code load_jpeg(const void *data, size_t size, enum image_order order, int64_t pixels_max,
    int32_t want_side, struct image **image, struct err *err)
{
    struct jpeg_decoder *decoder = jpeg_decoder_new();
    int32_t width = 0;
    int32_t height = 0;
    enum err_code code = jpeg_read_size(decoder, data, size, &width, &height, err);
    int64_t pixels = (int64_t)width * height;
    if (code == ERR_NONE)
        code = check_size(width, height, pixels_max, err);
    if (code == ERR_NONE)
        code = check_scans(data, size, pixels, err);
    if (code == ERR_NONE)
        code = image_room_take(pixels, err);
    if (code == ERR_NONE) {
        code = jpeg_decode(decoder, data, size, order, want_side, want_side, pixels_max, image, err);
        image_room_give(pixels);
    }
    jpeg_decoder_free(decoder);
    int orientation = code == ERR_NONE ? jpeg_exif_orientation(data, size) : 1;
    if (orientation > 1) {
        struct image *upright = turn(*image, orientation);
        image_unref(*image);
        *image = upright;
    }
    return code;
}

static void put_on_white(struct image *image, const AVFrame *rgba)
{
    bool rgb = image->order == IMAGE_RGB;
    for (int32_t y = 0; y < image->height; y++) {
        const uint8_t *in = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0];
        uint8_t *out = image->data + (size_t)y * image->stride;
        for (int32_t x = 0; x < image->width; x++, in += 4, out += 3) {
            for (int c = 0; c < 3; c++)
                out[rgb ? c : 2 - c] = (uint8_t)((in[c] * in[3] + 255 * (255 - in[3]) + 127) / 255);
        }
    }
}

static enum err_code to_image(const AVFrame *picture, enum image_order order, struct image **out, struct err *err)
{
    enum AVPixelFormat format = (enum AVPixelFormat)picture->format;
    uint64_t flags = av_pix_fmt_desc_get(format)->flags;
    bool transparent = (flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
    enum AVPixelFormat opaque = order == IMAGE_RGB ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_BGR24;
    struct SwsContext *scaler = sws_getContext(picture->width, picture->height, format, picture->width, picture->height,
        transparent ? AV_PIX_FMT_RGBA : opaque, SWS_BILINEAR | SWS_ACCURATE_RND, NULL, NULL, NULL);
    if (scaler == NULL)
        return err_set(err, ERR_INVALID, "pictures of the format %s cannot be converted", av_get_pix_fmt_name(format));
    enum err_code code = ERR_NONE;
    struct image *image = image_new(picture->width, picture->height, order);
    if (transparent) {
        AVFrame *rgba = av_frame_alloc();
        if (rgba != NULL) {
            rgba->format = AV_PIX_FMT_RGBA;
            rgba->width = picture->width;
            rgba->height = picture->height;
        }
        if (rgba == NULL || av_frame_get_buffer(rgba, 0) < 0) {
            code = err_set(err, ERR_UNAVAILABLE, "out of memory");
        } else {
            sws_scale(scaler, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height, rgba->data,
                rgba->linesize);
            put_on_white(image, rgba);
        }
        av_frame_free(&rgba);
    } else {
        uint8_t *const rows[4] = {image->data};
        const int strides[4] = {(int)image->stride};
        sws_scale(scaler, (const uint8_t *const *)picture->data, picture->linesize, 0, picture->height, rows, strides);
    }
    sws_freeContext(scaler);
    if (code != ERR_NONE)
        image_unref(image);
    else
        *out = image;
    return code;
}

// GIF's decoder wants its pictures one by one, as the demuxer gives them.
static int fill_packet(AVPacket *packet, const void *data, size_t size, bool gif)
{
    if (!gif) {
        int rc = av_new_packet(packet, (int)size);
        if (rc >= 0)
            memcpy(packet->data, data, size);
        return rc;
    }
    const struct media_input input = {.data = data, .size = size};
    struct media_source *source = NULL;
    struct err ignored = ERR_INIT;
    if (media_source_open(&input, MEDIA_SOURCE_FOREIGN, NULL, NULL, &source, &ignored) != ERR_NONE)
        return AVERROR_INVALIDDATA;
    int rc = av_read_frame(source->format, packet);
    if (rc >= 0)
        rc = av_packet_make_refcounted(packet);
    media_source_close(source);
    return rc;
}

static int decode_one(AVCodecContext *codec, const AVPacket *packet, AVFrame *picture)
{
    int rc = avcodec_send_packet(codec, packet);
    if (rc < 0)
        return rc;
    rc = avcodec_receive_frame(codec, picture);
    if (rc != AVERROR(EAGAIN))
        return rc;
    avcodec_send_packet(codec, NULL);
    return avcodec_receive_frame(codec, picture);
}

static enum err_code unpack(const void *data, size_t size, enum AVCodecID id, enum image_order order,
    int64_t pixels_max, struct image **image, struct err *err)
{
    enum err_code code = ERR_NONE;
    const AVCodec *decoder = avcodec_find_decoder(id);
    AVCodecContext *codec = decoder != NULL ? avcodec_alloc_context3(decoder) : NULL;
    AVPacket *packet = av_packet_alloc();
    AVFrame *picture = av_frame_alloc();
    int rc = codec == NULL || packet == NULL || picture == NULL ? AVERROR_DECODER_NOT_FOUND : 0;
    if (rc >= 0) {
        codec->max_pixels = pixels_max;
        codec->thread_count = 1;
        media_log_clear();
        rc = avcodec_open2(codec, decoder, NULL);
    }
    if (rc >= 0)
        rc = fill_packet(packet, data, size, id == AV_CODEC_ID_GIF);
    if (rc >= 0)
        rc = decode_one(codec, packet, picture);
    if (rc < 0)
        code = err_set(err, ERR_CORRUPT, "the picture cannot be decoded: %s",
            media_log_last()[0] != '\0' ? media_log_last() : av_err2str(rc));
    else
        code = to_image(picture, order, image, err);
    av_frame_free(&picture);
    av_packet_free(&packet);
    avcodec_free_context(&codec);
    return code;
}

static enum err_code load_other(const void *data, size_t size, enum AVCodecID id, enum image_order order,
    int64_t pixels_max, struct image **image, struct err *err)
{
    int64_t width = 0;
    int64_t height = 0;
    if (!image_header_size(data, size, &width, &height))
        return err_set(err, ERR_CORRUPT, "the picture's header cannot be read");
    enum err_code code = check_size(width, height, pixels_max, err);
    if (code == ERR_NONE)
        code = image_room_take(width * height, err);
    if (code != ERR_NONE)
        return code;
    // What is inside may claim another size than the header; decoders round theirs up.
    code = unpack(data, size, id, order, (width + 64) * (height + 64), image, err);
    image_room_give(width * height);
    return code;
}

enum err_code image_load(const void *data, size_t size, enum image_order order, int64_t pixels_max, int32_t want_side,
    struct image **image, struct err *err)
{
    *image = NULL;
    media_log_init();
    if (pixels_max <= 0)
        pixels_max = IMAGE_PIXELS_MAX;
    const char *type = image_content_type(data, size);
    if (type == NULL || size > INT32_MAX - AV_INPUT_BUFFER_PADDING_SIZE)
        return err_set(err, ERR_INVALID, "this is no picture that can be read here: use JPEG, PNG, WebP, GIF or BMP");
    if (strcmp(type, "image/jpeg") == 0)
        return load_jpeg(data, size, order, pixels_max, want_side, image, err);
    enum AVCodecID id = AV_CODEC_ID_BMP;
    if (strcmp(type, "image/png") == 0)
        id = AV_CODEC_ID_PNG;
    else if (strcmp(type, "image/webp") == 0)
        id = AV_CODEC_ID_WEBP;
    else if (strcmp(type, "image/gif") == 0)
        id = AV_CODEC_ID_GIF;
    return load_other(data, size, id, order, pixels_max, image, err);
}
