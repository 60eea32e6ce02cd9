// Decoded pictures as the planes of a JPEG: 8 bits, full range, BT.601 matrix, upright. Internal to the module.
//
// Conversion between YUV's own flavours is done plane by plane without a detour over RGB; the chroma subsampling stays.
// The change of matrix takes each luma sample's correction from the chroma sample that covers it.
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "media/frame_internal.h"

struct yuv_planes {
    const uint8_t *data[3];
    int stride[3];
    int width;
    int height;
    int components; // 1 or 3
    int log2_chroma_w;
    int log2_chroma_h;
};

// Keeps buffers from picture to picture; one thread at a time.
struct yuv_converter;

struct yuv_converter *yuv_converter_new(void);
void yuv_converter_free(struct yuv_converter *converter);
// The planes live until the next call, and as long as the frame.
enum err_code yuv_convert(struct yuv_converter *converter, const struct frame *frame, struct yuv_planes *planes,
    struct err *err) ERR_MUST_CHECK;
