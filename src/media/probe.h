// Looks at a media file: is it a video, which stream is the video, how large and how long is it.
//
// Foreign bytes are opened with care: the format is told by content and must be one of a fixed list of containers, and
// nothing but the given file is ever read, whatever it names (playlists, references, protocols). Sizes in headers are
// compared with the limits before anything is allocated by them.
// All functions are safe from all threads. Errors: ERR_NOT_FOUND (no such file), ERR_INVALID (not a video; the sentence
// says what it is), ERR_CORRUPT (a video that cannot be read), ERR_LIMIT, ERR_CANCELLED.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"

struct media_limits {
    int64_t pixels_max;        // width times height of a picture
    int32_t side_max;          // width, height
    int32_t streams_max;       // of all kinds
    int64_t decoder_bytes_max; // of the pictures that a decoder holds at once; 0: 2 GiB
};

#define MEDIA_LIMITS_DEFAULT                                                                                           \
    ((struct media_limits){.pixels_max = (int64_t)8192 * 8192, .side_max = 16384, .streams_max = 100})

// Where the bytes are: a regular file by its path, or, if `data` is not NULL, memory (which must stay until the call
// that got the input has returned).
struct media_input {
    const char *path;
    const void *data;
    size_t size;
};

#define MEDIA_NAME_SIZE 32

struct media_info {
    char container[MEDIA_NAME_SIZE];    // "mp4", "matroska", "webm", "mpegts", "mpeg", "avi", "flv", "gif", …
    char video_codec[MEDIA_NAME_SIZE];  // FFmpeg's name: "h264", "hevc", "vp9", "av1", …
    char audio_codec[MEDIA_NAME_SIZE];  // of the stream that goes with the video; "" without sound
    char pixel_format[MEDIA_NAME_SIZE]; // FFmpeg's name; "" where unknown
    int32_t video_stream;               // index of the chosen stream: the first video stream marked default, else first
    int32_t audio_stream;               // -1: none
    int32_t video_streams;              // how many there were to choose from
    bool has_audio;
    int32_t coded_width, coded_height; // as decoded
    int32_t width, height;             // upright: of the frames that are stored and of the boxes in them
    // Shape of the upright picture's pixels: show it width * sar_num / sar_den wide. 1/1 for square ones. Frames are
    // stored with the pixels they were coded with; nothing is scaled.
    int32_t sar_num, sar_den;
    int32_t rotation;         // see struct media_segment
    bool flip;                //
    int64_t duration_us;      // the header's word or an estimate from it; -1 unknown. The splitter finds the exact one
    int32_t fps_num, fps_den; // average; 0/1 unknown
    int64_t frames;           // the header's word; -1 unknown
    int64_t bit_rate;         // of the file; -1 unknown
    int64_t size_bytes;       // of the file
    int64_t container_start_us; // the container's own time of its first packet of any kind; INT64_MIN unknown
};

// `limits` and `cancel` may be NULL (defaults, never).
enum err_code media_probe(const struct media_input *input, const struct media_limits *limits,
    const struct cancel *cancel, struct media_info *info, struct err *err) ERR_MUST_CHECK;
