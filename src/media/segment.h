// What identifies and times a segment: made by the splitter, carried in the `segments` message, used by the decoder.
//
// A segment is a file of its own with the packets of one stretch of the video, from a keyframe on. It also carries the
// packets past its end that its last frames need (pictures that show before the next keyframe but follow it in the
// file), so each frame is emitted by exactly one segment: the one with start_us <= pts_us < end_us. All times are in
// microseconds from the video's first frame that can be shown, rounded to the nearest from the source's own time base.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct media_segment {
    int32_t index;
    int64_t start_us;
    int64_t end_us;
    int64_t prev_pts_us;        // of the last frame shown before this segment; -1 for the first
    int64_t first_frame_number; // position of its first frame among all frames of the video, in presentation order
    int64_t frames;             // that show in [start_us, end_us)
    // From a time stamp t in the segment's file (rescaled to time_base, which is exact) to the frame's time:
    // pts_us = round((t + pts_offset) * time_base_num * 1e6 / time_base_den).
    int32_t time_base_num;
    int32_t time_base_den;
    int64_t pts_offset;
    // How to make the decoded picture upright: mirrored left to right first if `flip`, then turned clockwise.
    int32_t rotation; // 0, 90, 180 or 270
    bool flip;
};
