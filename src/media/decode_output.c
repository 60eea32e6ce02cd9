#include "media/decode_output.h"

#include <stdlib.h>

#include "media/frame_internal.h"
#include "media/source.h"

void decode_output_begin(struct decode_output *output, struct decode_plan *plan, bool patient)
{
    decode_output_release(output);
    output->plan = plan;
    output->patient = patient;
    output->frame_lost = false;
    output->next = 0;
    output->ahead = 0;
    output->orphan = -1;
    output->resume_us = output->emitted_us;
}

void decode_output_release(struct decode_output *output)
{
    for (size_t i = 0; i < output->held_count; i++)
        av_frame_free(&output->held[i].picture);
    output->held_count = 0;
}

static enum err_code emit(
    struct decode_output *output, AVFrame *picture, int32_t index, int64_t pts_us, struct err *err)
{
    enum err_code code = media_size_check(&output->limits, picture->width, picture->height, err);
    if (code != ERR_NONE)
        return code;
    code = cancel_check(output->options->cancel, err);
    if (code != ERR_NONE)
        return code;
    bool damaged = picture->decode_error_flags != 0;
    struct frame *frame = frame_new(picture, output->segment->rotation, output->segment->flip);
    const struct decoded_frame decoded = {
        .index = index,
        .pts_us = pts_us,
        .width = frame_width(frame),
        .height = frame_height(frame),
        .damaged = damaged,
        .frame = frame,
    };
    code = output->options->frame(output->options->context, &decoded, err);
    frame_unref(frame);
    output->emitted_us = pts_us;
    output->result->emitted++;
    output->result->damaged += damaged;
    return code;
}

static void lose(struct decode_output *output, const struct plan_frame *frame)
{
    if (output->patient)
        output->result->lost++;
    if (frame->index < 0 || frame->pts_us <= output->resume_us)
        return;
    output->frame_lost = true;
    if (output->orphan < 0 && !output->options->sampling.all)
        output->orphan = frame->index;
}

// A frame's turn has come. `picture` is NULL for one that is not sampled and was not kept.
static enum err_code pass(
    struct decode_output *output, const struct plan_frame *frame, AVFrame *picture, struct err *err)
{
    if (picture == NULL || frame->pts_us <= output->resume_us)
        return ERR_NONE;
    int32_t index = frame->index >= 0 ? frame->index : output->orphan;
    if (index < 0)
        return ERR_NONE;
    output->orphan = -1;
    return emit(output, picture, index, frame->pts_us, err);
}

static AVFrame *take_held(struct decode_output *output, size_t frame)
{
    for (size_t i = 0; i < output->held_count; i++) {
        if (output->held[i].frame == frame) {
            AVFrame *picture = output->held[i].picture;
            output->held[i] = output->held[--output->held_count];
            return picture;
        }
    }
    return NULL;
}

// Goes on as far as it is certain what comes next. Frames of packets before `drained` that did not come are lost.
static enum err_code go_on(struct decode_output *output, size_t drained, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (; output->next < output->plan->frame_count && code == ERR_NONE; output->next++) {
        const struct plan_frame *frame = &output->plan->frames[output->next];
        if (!output->plan->packets[frame->packet].send)
            continue;
        if (frame->came) {
            output->ahead--;
            AVFrame *picture = take_held(output, output->next);
            code = pass(output, frame, picture, err);
            av_frame_free(&picture);
        } else if (output->ahead >= OUTPUT_HELD_MAX - 1 || (size_t)frame->packet < drained) {
            lose(output, frame);
            if (output->frame_lost && !output->patient)
                return ERR_NONE;
        } else {
            break;
        }
    }
    return code;
}

// The first frame of that time which has not come yet; frame_count if there is none.
static size_t find_frame(const struct decode_output *output, int64_t pts_us)
{
    const struct plan_frame *frames = output->plan->frames;
    size_t low = output->next;
    size_t high = output->plan->frame_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (frames[middle].pts_us < pts_us)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < output->plan->frame_count && frames[low].pts_us == pts_us && frames[low].came)
        low++;
    return low < output->plan->frame_count && frames[low].pts_us == pts_us ? low : output->plan->frame_count;
}

enum err_code decode_output_take(struct decode_output *output, AVFrame *picture, int64_t pts_us, struct err *err)
{
    size_t at = find_frame(output, pts_us);
    if (at == output->plan->frame_count)
        return ERR_NONE; // hidden, late, or given twice by the decoder
    struct plan_frame *frame = &output->plan->frames[at];
    frame->came = true;
    output->ahead++;
    if (frame->index >= 0 || output->patient) {
        AVFrame *kept = av_frame_alloc();
        if (kept == NULL)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        av_frame_move_ref(kept, picture);
        output->held[output->held_count].picture = kept;
        output->held[output->held_count++].frame = at;
    }
    return go_on(output, 0, err);
}

enum err_code decode_output_drained(struct decode_output *output, size_t packet, struct err *err)
{
    return go_on(output, packet, err);
}
