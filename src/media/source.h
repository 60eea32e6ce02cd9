// Opens foreign media safely; internal to the module (it shows FFmpeg's types).
//
// The bytes come through callbacks of our own from one file or from memory, the demuxer is chosen by content and must
// be on a fixed list, and opening anything else fails: no protocol, playlist or reference is ever followed.
#pragma once

#include <libavformat/avformat.h>

#include "media/probe.h"

enum media_source_kind {
    MEDIA_SOURCE_FOREIGN, // anything a user may bring
    MEDIA_SOURCE_SEGMENT, // made by segment_file.h: time stamps as stored, and no look at the packets on opening
};

struct media_source {
    AVFormatContext *format;
    AVStream *video;
    struct media_info info;
    // Of a transport stream that had no sound where it was opened: the first of which a packet came
    AVStream *late_sound; // that can be decoded; NULL: none so far
    AVStream *unheard;    // for which there is no decoder
    bool follows_damaged; // a video before it in the file was passed over, as nothing in it makes sense
    // Internal.
    AVIOContext *io;
    const struct cancel *cancel;
    const uint8_t *data;
    int64_t size;       // of the file
    int64_t begin, end; // of what is read of it
    int64_t position;   // in the file
    int64_t bytes_read;
    struct ts_watch *watch; // NULL but for transport streams
    int fd;
};

// A transport stream is opened at the first video in it, where other ones (a radio programme) come before.
enum err_code media_source_open(const struct media_input *input, enum media_source_kind kind,
    const struct media_limits *limits, const struct cancel *cancel, struct media_source **source,
    struct err *err) ERR_MUST_CHECK;
void media_source_close(struct media_source *source);

// Whether something of the packet is missing, as far as its container can tell.
bool media_source_is_damaged(const struct media_source *source, const AVPacket *packet);

// Coded pictures without a container: what times there are come from FFmpeg.
bool media_source_is_raw(const struct media_source *source);

// Is told of each packet that is read, for `late_sound`. What is announced only may never come.
void media_source_hear(struct media_source *source, const AVPacket *packet);

// Videos that follow one another in a transport stream; a splice every minute of a day has fewer.
#define MEDIA_SOURCE_PARTS_MAX 2000

// A transport stream may go on as another one, with other pictures in other packets (ts_watch.h). A source gives those
// up to there. Once it has been read to its end, this says where the rest begins; -1: there is none.
int64_t media_source_rest(const struct media_source *source);
// Opens what begins at `from`, or, where that is no video, what follows it. ERR_NOT_FOUND if there is no more video;
// ERR_LIMIT for more than MEDIA_SOURCE_PARTS_MAX of them, which `parts` counts from 0 on.
enum err_code media_source_open_rest(const struct media_input *input, int64_t from, int *parts,
    const struct media_limits *limits, const struct cancel *cancel, struct media_source **source,
    struct err *err) ERR_MUST_CHECK;

// Limits to use where the caller gave none.
struct media_limits media_limits_or_default(const struct media_limits *limits);
// ERR_LIMIT if the picture is larger than allowed, ERR_CORRUPT if it has no size.
enum err_code media_size_check(
    const struct media_limits *limits, int32_t width, int32_t height, struct err *err) ERR_MUST_CHECK;

// Takes FFmpeg's messages off standard error and bounds its allocations, once for the process; the last message of this
// thread is kept.
void media_log_init(void);
const char *media_log_last(void);
// "cannot <what> <path>: <why>" for an error code of the libraries, which is an errno in some cases only.
enum err_code media_error(struct err *err, int rc, const char *what, const char *path);
void media_log_clear(void);
