// JPEG by libjpeg-turbo: frames from their YUV planes (no detour over RGB), crops from RGB, and reading.
//
// What readers assume of a JPEG (full range, BT.601 matrix) is what is written, whatever the video's range, matrix and
// bit depth are; rotation is applied. The chroma subsampling of the source is kept. HDR transfer curves are not mapped.
// An encoder and a decoder belong to one thread at a time; they keep buffers from call to call.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "media/frame.h"
#include "media/image.h"

#define JPEG_QUALITY_DEFAULT 90

struct jpeg_encoder;

struct jpeg_encoder *jpeg_encoder_new(void);
void jpeg_encoder_free(struct jpeg_encoder *encoder);

// Both append nothing but replace what is in `out`. `quality` is 1 to 100.
enum err_code jpeg_encode_frame(struct jpeg_encoder *encoder, const struct frame *frame, int32_t quality,
    struct strbuf *out, struct err *err) ERR_MUST_CHECK;
// The rectangle of the image, which must lie within it and not be empty.
enum err_code jpeg_encode_crop(struct jpeg_encoder *encoder, const struct image *image, int32_t x, int32_t y,
    int32_t width, int32_t height, int32_t quality, struct strbuf *out, struct err *err) ERR_MUST_CHECK;

struct jpeg_decoder;

struct jpeg_decoder *jpeg_decoder_new(void);
void jpeg_decoder_free(struct jpeg_decoder *decoder);

// Size from the header. ERR_CORRUPT if it is no JPEG.
enum err_code jpeg_read_size(struct jpeg_decoder *decoder, const void *data, size_t size, int32_t *width,
    int32_t *height, struct err *err) ERR_MUST_CHECK;

// Decodes, at the smallest scale of 1, 1/2, 1/4 and 1/8 (which the transform gives for less than nothing) that still
// has at least min_width x min_height pixels; 0, 0 for full size. ERR_LIMIT if the full picture has more than
// `pixels_max` (0: IMAGE_PIXELS_MAX) pixels; ERR_CORRUPT if it is no JPEG or ends in its header. Damage in the coded
// data gives what could be read.
enum err_code jpeg_decode(struct jpeg_decoder *decoder, const void *data, size_t size, enum image_order order,
    int32_t min_width, int32_t min_height, int64_t pixels_max, struct image **image, struct err *err) ERR_MUST_CHECK;
