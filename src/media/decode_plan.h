// What of a segment has to be decoded to get its sampled frames. Internal to the module.
//
// A sampled frame needs the packets from the random access point before it up to its own, less those that nothing
// refers to. Between two such stretches the decoder is emptied and begins anew at the next random access point.
#pragma once

#include "base/id.h"
#include "media/segment.h"
#include "media/source.h"

struct plan_packet {
    int64_t pts_us;
    bool presented; // a frame of the segment comes out of it
    bool hidden;    // no frame that is shown comes out of it, or not out of it alone
    bool clean;     // decoding may begin here
    bool exact;     // and all that shows later is right at once; not so where a video begins with something else
    bool reference;
    bool send;  // give it to the decoder
    bool begin; // after emptying the decoder
};

// A frame of the segment, in presentation order.
struct plan_frame {
    int64_t pts_us;
    int32_t packet;
    int32_t index; // of the sampling; -1: not sampled
    bool came;     // out of the decoder
};

struct decode_plan {
    struct plan_packet *packets; // in decoding order
    size_t packet_count;
    struct plan_frame *frames;
    size_t frame_count;
    int reorder_depth; // most pictures that come before another in the file and show after it
    int64_t skipped;
};

// Reads the segment's packets to the end. ERR_LIMIT if an index is larger than FRAME_INDEX_MAX.
enum err_code decode_plan_make(struct media_source *source, const struct media_segment *segment,
    const struct sampling *sampling, bool everything, struct decode_plan *plan, struct err *err) ERR_MUST_CHECK;
void decode_plan_release(struct decode_plan *plan);
// The time of a stamp in the segment's file.
int64_t segment_pts_us(const struct media_segment *segment, AVRational file_time_base, int64_t pts);
