// From pictures as the decoder gives them to sampled frames in order of time. Internal to the module.
//
// A picture is matched with the plan by its time. Sources whose time stamps contradict the coding order make the
// decoder give pictures out of order, so a frame counts as lost only when many later ones have come or the decoder is
// empty.
#pragma once

#include "media/decode.h"
#include "media/decode_plan.h"

// More pictures than a decoder holds back (see REORDER_DEPTH in reorder.c).
#define OUTPUT_HELD_MAX 34

struct decode_output {
    const struct media_segment *segment;
    const struct decode_options *options;
    struct media_limits limits;
    struct decode_result *result;
    struct decode_plan *plan;
    bool patient;       // everything is decoded, because a sampled frame did not come
    bool frame_lost;    // a sampled frame did not come
    size_t next;        // of the plan's frames: the first that is neither emitted, nor passed, nor lost
    size_t ahead;       // frames that came and are past `next`
    int64_t emitted_us; // time of the newest emitted frame; INT64_MIN before the first
    int64_t resume_us;  // frames up to here were emitted before everything had to be decoded
    int32_t orphan;     // index whose own frame is lost and which waits for the next frame; -1: none
    struct {
        AVFrame *picture;
        size_t frame;
    } held[OUTPUT_HELD_MAX];
    size_t held_count;
};

// Begins with a new plan. What was emitted before stays known.
void decode_output_begin(struct decode_output *output, struct decode_plan *plan, bool patient);
void decode_output_release(struct decode_output *output);
// Takes a picture of the time (the caller's frame is emptied) and emits what is due.
enum err_code decode_output_take(
    struct decode_output *output, AVFrame *picture, int64_t pts_us, struct err *err) ERR_MUST_CHECK;
// The decoder has given all pictures of the packets before `packet`: emits them, those that did not come are lost.
enum err_code decode_output_drained(struct decode_output *output, size_t packet, struct err *err) ERR_MUST_CHECK;
