// Cuts a video at its keyframes into segments of about a wanted length, without re-encoding, in one pass.
//
// A cut is made at the first clean random access point at or after the wanted length (from the start of the segment):
// one from which every later shown picture decodes to the same pixels. Pictures that lead such a point stay with the
// segment before. What the frames' times are depends on the source only, never on where the cuts are: for a source that
// has them, pts_us = round((pts - first pts) in microseconds), where the first is that of the first frame that is shown
// and can be decoded. Missing time stamps are derived from the decoding order; ones that jump back are shifted to go
// on; gaps are left as they are. Pictures that an edit list hides are carried, but are no frames.
//
// Segments are MP4 (or MOV) files where those hold the codec and the times exactly, else NUT files. They carry video
// only.
//
// One call uses one thread and is independent of others. The segment is handed over as soon as it is complete.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "media/probe.h"
#include "media/segment.h"
#include "os/cancel.h"

struct split_segment {
    struct media_segment segment;
    const char *path;         // of the finished file, in the options' directory
    int64_t size_bytes;       // of that file
    int64_t packets;          // in the file
    int64_t packets_past_end; // of those, how many are there only because frames before the end need them
    bool last;                // no further segment follows
};

struct split_progress {
    int64_t position_us; // time of the newest frame read
    int64_t duration_us; // estimate of the whole (limit included); -1 unknown
    int64_t frames;      // read so far
    int64_t bytes;       // read so far
    int64_t size_bytes;  // of the source
};

struct split_options {
    int64_t chunk_us;                  // > 0
    int64_t limit_us;                  // frames with pts_us < limit_us are kept; -1: all
    const char *directory;             // existing; segment files are made here under names of their own
    int32_t segments_max;              // 0: SEGMENTS_PER_VIDEO_MAX
    const struct media_limits *limits; // NULL: the defaults
    const struct cancel *cancel;       // NULL: never
    struct log *log;                   // NULL: none

    void *context;
    // Called once the stream is known, before any segment. May be NULL. An error ends the split.
    enum err_code (*opened)(void *context, const struct media_info *info, struct err *err);
    // Called for each finished segment, in order. The file may be moved away; it is removed after the call if it is
    // still there. An error ends the split and is returned.
    enum err_code (*segment)(void *context, const struct split_segment *segment, struct err *err);
    // Called now and then. May be NULL.
    void (*progress)(void *context, const struct split_progress *progress);
};

#define SPLIT_REASON_SIZE 256

struct split_result {
    struct media_info info;
    int32_t segments;
    int64_t frames;      // in all segments
    int64_t packets;     // of the video stream, read
    int64_t skipped;     // packets before the first keyframe of each recording, which cannot be decoded
    int64_t damaged;     // packets the container knows to be damaged
    int64_t misplaced;   // pictures left out because their time, or what is in them, makes no sense
    int64_t duration_us; // exact: the end of the last frame (or the limit, if that comes first)
    // Whether the source ends early or parts of it could not be read; then `reason` is a sentence.
    bool incomplete;
    char reason[SPLIT_REASON_SIZE];
};

// Errors: as media_probe(); ERR_INVALID where no frame can be decoded from it; ERR_LIMIT for more segments than
// allowed; ERR_FULL, ERR_UNAVAILABLE and ERR_DENIED for the directory. `result` says how far it got also with an error.
enum err_code media_split(const struct media_input *input, const struct split_options *options,
    struct split_result *result, struct err *err) ERR_MUST_CHECK;
