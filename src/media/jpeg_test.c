#include "media/jpeg.h"

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "media/frame_internal.h"
#include "media/source.h"

#define WIDTH 96
#define HEIGHT 64

// Four colours in quarters, which tell up from down and left from right: red, green, blue, yellow.
static void colour_at(double x, double y, uint8_t rgb[3])
{
    static const uint8_t colours[2][2][3] = {{{200, 30, 40}, {30, 180, 60}}, {{40, 60, 200}, {210, 200, 30}}};
    memcpy(rgb, colours[y >= 0.5][x >= 0.5], 3);
}

// A picture of the format, as a video decoder would give it.
static struct frame *picture_in(
    enum AVPixelFormat format, enum AVColorSpace space, enum AVColorRange range, int32_t rotation, bool flip)
{
    AVFrame *rgb = av_frame_alloc();
    rgb->format = AV_PIX_FMT_RGB24;
    rgb->width = WIDTH;
    rgb->height = HEIGHT;
    assert_int_equal(av_frame_get_buffer(rgb, 0), 0);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++)
            colour_at((double)x / WIDTH, (double)y / HEIGHT, rgb->data[0] + y * rgb->linesize[0] + 3 * x);
    }
    AVFrame *picture = av_frame_alloc();
    picture->format = format;
    picture->width = WIDTH;
    picture->height = HEIGHT;
    picture->colorspace = space;
    picture->color_range = range;
    assert_int_equal(av_frame_get_buffer(picture, 0), 0);
    struct SwsContext *scaler = sws_getContext(
        WIDTH, HEIGHT, AV_PIX_FMT_RGB24, WIDTH, HEIGHT, format, SWS_AREA | SWS_ACCURATE_RND, NULL, NULL, NULL);
    assert_non_null(scaler);
    int coefficients = space == AVCOL_SPC_BT709 ? SWS_CS_ITU709
        : space == AVCOL_SPC_BT2020_NCL         ? SWS_CS_BT2020
                                                : SWS_CS_ITU601;
    sws_setColorspaceDetails(scaler, sws_getCoefficients(SWS_CS_ITU601), 1, sws_getCoefficients(coefficients),
        range == AVCOL_RANGE_JPEG, 0, 1 << 16, 1 << 16);
    sws_scale(scaler, (const uint8_t *const *)rgb->data, rgb->linesize, 0, HEIGHT, picture->data, picture->linesize);
    sws_freeContext(scaler);
    av_frame_free(&rgb);
    struct frame *frame = frame_new(picture, rotation, flip);
    av_frame_free(&picture);
    return frame;
}

static struct image *through_jpeg(const struct frame *frame)
{
    struct err err = ERR_INIT;
    struct jpeg_encoder *encoder = jpeg_encoder_new();
    struct jpeg_decoder *decoder = jpeg_decoder_new();
    struct strbuf jpeg;
    strbuf_init(&jpeg);
    assert_ok(jpeg_encode_frame(encoder, frame, 95, &jpeg, &err), &err);
    struct image *image = NULL;
    assert_ok(jpeg_decode(decoder, jpeg.data, jpeg.size, IMAGE_RGB, 0, 0, 0, &image, &err), &err);
    strbuf_release(&jpeg);
    jpeg_encoder_free(encoder);
    jpeg_decoder_free(decoder);
    return image;
}

// Compares the middles of the four quarters, taken through the inverse of the turn.
static void assert_colours(const struct image *image, int32_t rotation, bool flip, int tolerance)
{
    for (int quarter = 0; quarter < 4; quarter++) {
        double x = quarter % 2 == 0 ? 0.25 : 0.75;
        double y = quarter < 2 ? 0.25 : 0.75;
        const uint8_t *got = image->data + (size_t)(y * image->height) * image->stride + (size_t)(x * image->width) * 3;
        // The picture was mirrored first and then turned clockwise; a point of the result came from here.
        double from_x = x;
        double from_y = y;
        if (rotation == 90)
            from_x = y, from_y = 1 - x;
        else if (rotation == 180)
            from_x = 1 - x, from_y = 1 - y;
        else if (rotation == 270)
            from_x = 1 - y, from_y = x;
        if (flip)
            from_x = 1 - from_x;
        uint8_t expected[3];
        colour_at(from_x, from_y, expected);
        for (int c = 0; c < 3; c++) {
            if (abs(got[c] - expected[c]) > tolerance)
                fail_msg("quarter %d, channel %d: %d instead of %d", quarter, c, got[c], expected[c]);
        }
    }
}

static void colours_are_right_in_every_format_range_and_matrix(void **state)
{
    (void)state;
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P,
        AV_PIX_FMT_YUV440P, AV_PIX_FMT_YUV411P, AV_PIX_FMT_YUV410P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV422P10LE,
        AV_PIX_FMT_YUV444P12LE, AV_PIX_FMT_YUVA420P, AV_PIX_FMT_NV12, AV_PIX_FMT_YUYV422};
    static const enum AVColorSpace spaces[] = {AVCOL_SPC_SMPTE170M, AVCOL_SPC_BT709, AVCOL_SPC_BT2020_NCL};
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        for (size_t s = 0; s < 3; s++) {
            for (int full = 0; full < 2; full++) {
                struct frame *frame =
                    picture_in(formats[f], spaces[s], full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG, 0, false);
                struct image *image = through_jpeg(frame);
                assert_int_equal(image->width, WIDTH);
                assert_int_equal(image->height, HEIGHT);
                assert_colours(image, 0, false, 6);
                image_unref(image);
                frame_unref(frame);
            }
        }
    }
}

static void pictures_without_yuv_planes_are_encoded_too(void **state)
{
    (void)state;
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_RGB24, AV_PIX_FMT_BGRA, AV_PIX_FMT_GBRP, AV_PIX_FMT_RGB8};
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        struct frame *frame = picture_in(formats[f], AVCOL_SPC_RGB, AVCOL_RANGE_JPEG, 0, false);
        struct image *image = through_jpeg(frame);
        assert_colours(image, 0, false, formats[f] == AV_PIX_FMT_RGB8 ? 60 : 6);
        image_unref(image);
        frame_unref(frame);
    }
}

static void turned_and_mirrored_pictures_come_out_upright(void **state)
{
    (void)state;
    static const enum AVPixelFormat formats[] = {
        AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P10LE, AV_PIX_FMT_YUV411P};
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        for (int32_t rotation = 0; rotation < 360; rotation += 90) {
            for (int flip = 0; flip < 2; flip++) {
                enum AVColorRange range = formats[f] == AV_PIX_FMT_YUVJ420P ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
                struct frame *frame = picture_in(formats[f], AVCOL_SPC_SMPTE170M, range, rotation, flip != 0);
                struct image *image = through_jpeg(frame);
                assert_int_equal(image->width, rotation % 180 == 0 ? WIDTH : HEIGHT);
                assert_int_equal(image->width, frame_width(frame));
                assert_int_equal(image->height, frame_height(frame));
                assert_colours(image, rotation, flip != 0, 6);
                image_unref(image);
                frame_unref(frame);
            }
        }
    }
}

static void grey_and_odd_sized_pictures_work(void **state)
{
    (void)state;
    static const enum AVPixelFormat formats[] = {AV_PIX_FMT_GRAY8, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_YUV420P,
        AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV411P, AV_PIX_FMT_YUV420P10LE};
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        for (int32_t rotation = 0; rotation < 360; rotation += 90) {
            AVFrame *picture = av_frame_alloc();
            picture->format = formats[f];
            picture->width = 35;
            picture->height = 17;
            picture->color_range = AVCOL_RANGE_MPEG;
            picture->colorspace = AVCOL_SPC_BT709;
            assert_int_equal(av_frame_get_buffer(picture, 0), 0);
            bool wide = av_pix_fmt_desc_get(formats[f])->comp[0].depth > 8;
            for (int p = 0; p < 3 && picture->data[p] != NULL; p++) {
                int rows = p == 0 ? 17 : AV_CEIL_RSHIFT(17, av_pix_fmt_desc_get(formats[f])->log2_chroma_h);
                for (int i = 0; i < rows * picture->linesize[p] / (wide ? 2 : 1); i++) {
                    // White in luma, nothing in chroma.
                    int value = p == 0 ? 235 : 128;
                    if (wide)
                        ((uint16_t *)(void *)picture->data[p])[i] = (uint16_t)(value << 2);
                    else
                        picture->data[p][i] = (uint8_t)value;
                }
            }
            struct frame *frame = frame_new(picture, rotation, false);
            av_frame_free(&picture);
            struct image *image = through_jpeg(frame);
            assert_int_equal(image->width, rotation % 180 == 0 ? 35 : 17);
            const uint8_t *last = image->data + (size_t)(image->height - 1) * image->stride + (image->width - 1) * 3;
            for (int c = 0; c < 3; c++) {
                assert_in_range(image->data[c], 252, 255);
                assert_in_range(last[c], 252, 255);
            }
            image_unref(image);
            frame_unref(frame);
        }
    }
}

static struct image *quarters(enum image_order order)
{
    struct image *image = image_new(WIDTH, HEIGHT, order);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            uint8_t rgb[3];
            colour_at((double)x / WIDTH, (double)y / HEIGHT, rgb);
            uint8_t *out = image->data + (size_t)y * image->stride + (size_t)x * 3;
            for (int c = 0; c < 3; c++)
                out[c] = rgb[order == IMAGE_RGB ? c : 2 - c];
        }
    }
    return image;
}

static void a_crop_is_the_rectangle_asked_for(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct jpeg_encoder *encoder = jpeg_encoder_new();
    struct jpeg_decoder *decoder = jpeg_decoder_new();
    for (int order = IMAGE_RGB; order <= IMAGE_BGR; order++) {
        struct image *image = quarters((enum image_order)order);
        struct strbuf jpeg;
        strbuf_init(&jpeg);
        assert_ok(jpeg_encode_crop(encoder, image, 52, 4, 40, 24, 95, &jpeg, &err), &err);
        struct image *crop = NULL;
        assert_ok(jpeg_decode(decoder, jpeg.data, jpeg.size, (enum image_order)order, 0, 0, 0, &crop, &err), &err);
        assert_int_equal(crop->width, 40);
        assert_int_equal(crop->height, 24);
        const uint8_t *pixel = crop->data + 12 * crop->stride + 20 * 3;
        assert_in_range(pixel[1], 175, 185); // the green quarter
        assert_in_range(pixel[order == IMAGE_RGB ? 0 : 2], 24, 36);
        assert_code(jpeg_encode_crop(encoder, image, 90, 0, 10, 10, 90, &jpeg, &err), ERR_INVALID);
        assert_code(jpeg_encode_crop(encoder, image, -1, 0, 10, 10, 90, &jpeg, &err), ERR_INVALID);
        assert_code(jpeg_encode_crop(encoder, image, 0, 0, 0, 10, 90, &jpeg, &err), ERR_INVALID);
        assert_code(jpeg_encode_crop(encoder, image, 0, 0, INT32_MAX, INT32_MAX, 90, &jpeg, &err), ERR_INVALID);
        assert_code(jpeg_encode_crop(encoder, image, 0, 0, 10, 10, 0, &jpeg, &err), ERR_INVALID);
        strbuf_release(&jpeg);
        image_unref(crop);
        image_unref(image);
    }
    jpeg_encoder_free(encoder);
    jpeg_decoder_free(decoder);
}

static void a_jpeg_is_decoded_at_the_smallest_scale_that_is_enough(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct jpeg_encoder *encoder = jpeg_encoder_new();
    struct jpeg_decoder *decoder = jpeg_decoder_new();
    struct image *image = quarters(IMAGE_RGB);
    struct strbuf jpeg;
    strbuf_init(&jpeg);
    assert_ok(jpeg_encode_crop(encoder, image, 0, 0, WIDTH, HEIGHT, 90, &jpeg, &err), &err);
    static const int32_t cases[][3] = {
        {12, 8, 12}, {13, 8, 24}, {24, 16, 24}, {25, 1, 48}, {49, 1, 96}, {500, 500, 96}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct image *scaled = NULL;
        assert_ok(
            jpeg_decode(decoder, jpeg.data, jpeg.size, IMAGE_RGB, cases[i][0], cases[i][1], 0, &scaled, &err), &err);
        assert_int_equal(scaled->width, cases[i][2]);
        image_unref(scaled);
    }
    struct image *none = NULL;
    assert_code(
        jpeg_decode(decoder, jpeg.data, jpeg.size, IMAGE_RGB, 0, 0, WIDTH * HEIGHT - 1, &none, &err), ERR_LIMIT);
    assert_code(jpeg_decode(decoder, "no picture", 10, IMAGE_RGB, 0, 0, 0, &none, &err), ERR_CORRUPT);
    assert_code(jpeg_decode(decoder, jpeg.data, 20, IMAGE_RGB, 0, 0, 0, &none, &err), ERR_CORRUPT);
    // Cut in the coded data: what is there is given.
    assert_ok(jpeg_decode(decoder, jpeg.data, jpeg.size - 20, IMAGE_RGB, 0, 0, 0, &none, &err), &err);
    image_unref(none);
    strbuf_release(&jpeg);
    image_unref(image);
    jpeg_encoder_free(encoder);
    jpeg_decoder_free(decoder);
}

int main(void)
{
    media_log_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_right_in_every_format_range_and_matrix),
        cmocka_unit_test(pictures_without_yuv_planes_are_encoded_too),
        cmocka_unit_test(turned_and_mirrored_pictures_come_out_upright),
        cmocka_unit_test(grey_and_odd_sized_pictures_work),
        cmocka_unit_test(a_crop_is_the_rectangle_asked_for),
        cmocka_unit_test(a_jpeg_is_decoded_at_the_smallest_scale_that_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
