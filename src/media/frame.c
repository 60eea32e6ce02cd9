#include "media/frame.h"

#include <stdlib.h>

#include "base/mem.h"
#include "media/frame_internal.h"

struct frame *frame_new(AVFrame *picture, int32_t rotation, bool flip)
{
    AVFrame *own = av_frame_alloc();
    if (own == NULL)
        abort(); // as mem_alloc() does
    av_frame_move_ref(own, picture);
    struct frame *frame = mem_calloc(1, sizeof(*frame));
    atomic_init(&frame->refs, 1);
    frame->picture = own;
    frame->rotation = rotation;
    frame->flip = flip;
    return frame;
}

struct frame *frame_ref(const struct frame *frame)
{
    struct frame *shared = (struct frame *)frame;
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void frame_unref(struct frame *frame)
{
    if (frame == NULL || atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) != 1)
        return;
    av_frame_free(&frame->picture);
    free(frame);
}

static bool is_turned(const struct frame *frame)
{
    return frame->rotation == 90 || frame->rotation == 270;
}

int32_t frame_width(const struct frame *frame)
{
    return is_turned(frame) ? frame->picture->height : frame->picture->width;
}

int32_t frame_height(const struct frame *frame)
{
    return is_turned(frame) ? frame->picture->width : frame->picture->height;
}
