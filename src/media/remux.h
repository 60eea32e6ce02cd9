// A copy of a video that browsers play, where the stored source is none.
//
// Streams that browsers decode are copied; others are encoded again (H.264 and AAC). The copy is an MP4 file that can
// be played while it is loaded, and its frames keep their times. Sound that cannot be decoded is left out, with a
// warning in the log. One call uses one thread plus the encoder's.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "media/probe.h"
#include "os/cancel.h"

// Whether browsers play the file as it is: container, codecs, chroma format, and a time line that starts at zero.
bool media_is_playable(const struct media_info *info);

struct remux_options {
    int32_t threads;                   // of the encoder; 0: as many as there are cores
    const struct media_limits *limits; // NULL: the defaults
    const struct cancel *cancel;       // NULL: never
    struct log *log;                   // NULL: none
    void *context;
    void (*progress)(void *context, int64_t position_us); // may be NULL
};

struct remux_result {
    bool video_encoded; // else copied
    bool audio_encoded;
    bool has_audio;
    // What is to be added to a frame's pts_us to get its time in the copy (the browser's currentTime).
    int64_t media_offset_us;
};

// The same number for a source that is served as it is: the time of its first shown frame in its own time line.
enum err_code media_offset(const struct media_input *input, const struct media_limits *limits,
    const struct cancel *cancel, int64_t *media_offset_us, struct err *err) ERR_MUST_CHECK;

// Writes the copy to `output_path`, which is replaced; no half file is left after an error. ERR_UNAVAILABLE where an
// encoder is needed that this FFmpeg does not have; ERR_FULL.
enum err_code media_make_playable(const struct media_input *input, const char *output_path,
    const struct remux_options *options, struct remux_result *result, struct err *err) ERR_MUST_CHECK;
