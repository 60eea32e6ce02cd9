// Decodes a segment and picks the frames on the sampling grid.
//
// Grid point i is taken by the first frame at or after its time (base/id.h); with `all`, a frame's index is its
// position in the video's presentation order. So index and pts_us depend on the source and the sampling only. Packets
// that are neither sampled nor needed by one that is are not decoded; what comes out is the same, bit by bit.
//
// Damaged pictures: a frame the decoder had to patch up is emitted and counted; one that misses what it is predicted
// from (at the start of a broken stream) or cannot be decoded at all is not emitted. Its grid point goes to the next
// frame of the segment that can be, and stays unused if there is none.
//
// One call uses the thread it is called from plus `threads` of the decoder; calls are independent of each other.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "media/frame.h"
#include "media/probe.h"
#include "media/segment.h"
#include "os/cancel.h"

struct decoded_frame {
    int32_t index;
    int64_t pts_us;
    int32_t width, height;     // upright
    bool damaged;              // the decoder patched it up
    const struct frame *frame; // lives during the call; frame_ref() keeps it longer
};

struct decode_options {
    struct sampling sampling;
    int32_t threads;                   // of the decoder; 0: as many as this process may use
    bool decode_everything;            // skip nothing: slower, and of use only to compare
    const struct media_limits *limits; // NULL: the defaults
    const struct cancel *cancel;       // NULL: never
    struct log *log;                   // NULL: none

    void *context;
    // Called for each sampled frame in order of time. An error ends the decoding and is returned.
    enum err_code (*frame)(void *context, const struct decoded_frame *frame, struct err *err);
};

struct decode_result {
    int64_t emitted;
    int64_t decoded; // pictures that came out of the decoder
    int64_t packets; // in the segment
    int64_t skipped; // of those, never given to the decoder
    int64_t damaged; // emitted though patched up
    int64_t lost;    // frames that should have been there and did not decode
};

// Errors: ERR_CORRUPT (the segment cannot be read at all), ERR_LIMIT (a picture or an index is too large),
// ERR_CANCELLED, or what the callback returned. Damage inside is no error: see the result.
enum err_code media_decode(const struct media_input *input, const struct media_segment *segment,
    const struct decode_options *options, struct decode_result *result, struct err *err) ERR_MUST_CHECK;
