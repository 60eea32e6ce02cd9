// The inside of media/frame.h. Internal to the module.
#pragma once

#include <libavutil/frame.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "media/frame.h"

struct frame {
    atomic_int refs;
    AVFrame *picture; // as decoded
    int32_t rotation; // see struct media_segment
    bool flip;
};

// Takes over the picture's buffers, leaving `picture` empty.
struct frame *frame_new(AVFrame *picture, int32_t rotation, bool flip);
