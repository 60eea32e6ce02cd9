#include "media/source.h"

#include <inttypes.h>
#include <libavutil/dict.h>
#include <libavutil/opt.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/mp4_tables.h"
#include "media/source_info.h"
#include "media/source_io.h"
#include "media/ts_watch.h"

// How much is read to tell what a file is, and to learn its streams' parameters.
#define FORMAT_PROBE_BYTES (1 << 20)
#define STREAM_PROBE_BYTES (16 << 20)
#define STREAM_PROBE_US (10 * 1000000)
#define WATCH_PROBE_BYTES 4096

// FFmpeg's demuxers that read one file of timed pictures and nothing else.
static const char *const foreign_formats[] = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "avi",
    "flv", "gif", "ogg", "asf", "ivf", "nut", "mxf", "dv", "swf"};
static const char *const segment_formats[] = {"mov,mp4,m4a,3gp,3g2,mj2", "nut"};

struct media_limits media_limits_or_default(const struct media_limits *limits)
{
    return limits != NULL ? *limits : MEDIA_LIMITS_DEFAULT;
}

enum err_code media_size_check(const struct media_limits *limits, int32_t width, int32_t height, struct err *err)
{
    if (width <= 0 || height <= 0)
        return err_set(err, ERR_CORRUPT, "the video has no picture size: no frame of it can be decoded");
    if (width > limits->side_max || height > limits->side_max || (int64_t)width * height > limits->pixels_max)
        return err_set(err, ERR_LIMIT,
            "the pictures are too large: %dx%d pixels, where up to %d on a side and %" PRId64 " in all are allowed",
            width, height, limits->side_max, limits->pixels_max);
    return ERR_NONE;
}

static int refuse_to_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    (void)format;
    (void)io;
    (void)url;
    (void)flags;
    (void)options;
    return AVERROR(EACCES);
}

static bool format_is_listed(const AVInputFormat *format, enum media_source_kind kind)
{
    const char *const *names = kind == MEDIA_SOURCE_SEGMENT ? segment_formats : foreign_formats;
    size_t count = kind == MEDIA_SOURCE_SEGMENT ? sizeof(segment_formats) / sizeof(*segment_formats)
                                                : sizeof(foreign_formats) / sizeof(*foreign_formats);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(format->name, names[i]) == 0)
            return true;
    }
    return false;
}

static enum err_code refuse_format(const AVInputFormat *format, struct err *err)
{
    const char *name = format->name;
    const char *what = format->long_name != NULL ? format->long_name : name;
    size_t length = strlen(name);
    if (strcmp(name, "image2") == 0 || (length > 5 && strcmp(name + length - 5, "_pipe") == 0))
        return err_set(
            err, ERR_INVALID, "this is a still picture, not a video; pictures can be searched for, not ingested");
    if (strcmp(name, "hls") == 0 || strcmp(name, "dash") == 0 || strcmp(name, "concat") == 0 ||
        strcmp(name, "sdp") == 0)
        return err_set(
            err, ERR_INVALID, "this is a list of other files (%s), not a video; nothing it names was opened", what);
    return err_set(err, ERR_INVALID, "this is not a video that can be read here: its content looks like %s", what);
}

static enum err_code tell_format(
    struct media_source *source, enum media_source_kind kind, const AVInputFormat **format, struct err *err)
{
    int score = av_probe_input_buffer2(source->io, format, "", NULL, 0, FORMAT_PROBE_BYTES);
    enum err_code code = cancel_check(source->cancel, err);
    if (code != ERR_NONE)
        return code;
    if (score < 0 || *format == NULL)
        return err_set(err, ERR_INVALID, "this is no video: the content is of no known media format");
    if (!format_is_listed(*format, kind))
        return refuse_format(*format, err);
    return ERR_NONE;
}

static enum err_code open_demuxer(struct media_source *source, enum media_source_kind kind,
    const struct media_limits *limits, const AVInputFormat *input_format, struct err *err)
{
    AVFormatContext *format = avformat_alloc_context();
    if (format == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    format->pb = source->io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_to_open;
    format->max_streams = limits->streams_max;
    format->probesize = STREAM_PROBE_BYTES;
    format->max_analyze_duration = STREAM_PROBE_US;
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "", 0);
    if (kind == MEDIA_SOURCE_SEGMENT) {
        // All is in the file; parsers would only guess at it again (and lose the marks of hidden pictures).
        av_dict_set(&options, "ignore_editlist", "1", 0);
        format->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    }
    media_log_clear();
    int rc = avformat_open_input(&format, "", input_format, &options);
    av_dict_free(&options);
    if (rc < 0) {
        enum err_code code = cancel_check(source->cancel, err);
        if (code != ERR_NONE)
            return code;
        const char *why = media_log_last();
        if (strstr(why, "moov atom not found") != NULL)
            return err_set(err, ERR_CORRUPT,
                "the file has no index (moov): it was cut off or never finished, and cannot be read without it");
        return err_set(err, ERR_CORRUPT, "the file begins as %s does, but cannot be read: %s",
            input_format->long_name != NULL ? input_format->long_name : input_format->name,
            why[0] != '\0' ? why : av_err2str(rc));
    }
    source->format = format;
    return ERR_NONE;
}

// Reads packets until all streams' parameters are known. The decoders it opens for that get the limits too.
static enum err_code learn_streams(struct media_source *source, const struct media_limits *limits, struct err *err)
{
    unsigned count = source->format->nb_streams;
    AVDictionary **options = mem_calloc(count == 0 ? 1 : count, sizeof(AVDictionary *));
    for (unsigned i = 0; i < count; i++) {
        av_dict_set_int(&options[i], "max_pixels", limits->pixels_max, 0);
        av_dict_set(&options[i], "threads", "1", 0);
    }
    media_log_clear();
    int rc = avformat_find_stream_info(source->format, count == 0 ? NULL : options);
    for (unsigned i = 0; i < count; i++)
        av_dict_free(&options[i]);
    free(options);
    enum err_code code = cancel_check(source->cancel, err);
    if (code != ERR_NONE)
        return code;
    if (rc < 0)
        return err_set(err, ERR_CORRUPT, "the file's streams cannot be read: %s", av_err2str(rc));
    return ERR_NONE;
}

// All is read again, so that the watch sees it first.
static enum err_code begin_watch(struct media_source *source, struct err *err)
{
    uint8_t beginning[WATCH_PROBE_BYTES];
    int64_t got = source_io_read_at(source, source->begin, beginning, sizeof(beginning));
    source->watch = ts_watch_new(beginning, (size_t)got);
    return source_io_rewind(source, err);
}

static enum err_code open_parts(struct media_source *source, const struct media_input *input,
    enum media_source_kind kind, const struct media_limits *limits, struct err *err)
{
    enum err_code code = source_io_open(source, input, err);
    if (code != ERR_NONE)
        return code;
    const AVInputFormat *input_format = NULL;
    code = tell_format(source, kind, &input_format, err);
    if (code != ERR_NONE)
        return code;
    if (kind == MEDIA_SOURCE_FOREIGN && strcmp(input_format->name, "mpegts") == 0)
        code = begin_watch(source, err);
    if (code == ERR_NONE && kind == MEDIA_SOURCE_FOREIGN && strncmp(input_format->name, "mov,", 4) == 0)
        code = mp4_tables_check(source, err);
    if (code != ERR_NONE)
        return code;
    code = open_demuxer(source, kind, limits, input_format, err);
    if (code != ERR_NONE)
        return code;
    if (kind == MEDIA_SOURCE_FOREIGN) {
        code = learn_streams(source, limits, err);
        if (code != ERR_NONE)
            return code;
    }
    code = source_choose_video(source, err);
    if (code != ERR_NONE)
        return code;
    if (source->watch != NULL)
        ts_watch_follow(source->watch, source->video->id);
    if (kind == MEDIA_SOURCE_SEGMENT)
        return ERR_NONE;
    code = media_size_check(limits, source->video->codecpar->width, source->video->codecpar->height, err);
    if (code != ERR_NONE)
        return code;
    source_describe(source);
    return ERR_NONE;
}

// `*end` is where what was opened ends, as far as it is known.
static enum err_code open_from(const struct media_input *input, enum media_source_kind kind, int64_t from,
    const struct media_limits *limits, const struct cancel *cancel, struct media_source **out, int64_t *end,
    struct err *err)
{
    media_log_init();
    *out = NULL;
    struct media_limits checked = media_limits_or_default(limits);
    struct media_source *source = mem_calloc(1, sizeof(*source));
    source->cancel = cancel;
    source->begin = from;
    enum err_code code = open_parts(source, input, kind, &checked, err);
    *end = source->end < source->size ? source->end : -1;
    if (code != ERR_NONE) {
        media_source_close(source);
        return code;
    }
    *out = source;
    return ERR_NONE;
}

enum err_code media_source_open(const struct media_input *input, enum media_source_kind kind,
    const struct media_limits *limits, const struct cancel *cancel, struct media_source **out, struct err *err)
{
    int64_t end;
    return open_from(input, kind, 0, limits, cancel, out, &end, err);
}

int64_t media_source_rest(const struct media_source *source)
{
    return source->end < source->size ? source->end : -1;
}

enum err_code media_source_open_rest(const struct media_input *input, int64_t from, const struct media_limits *limits,
    const struct cancel *cancel, struct media_source **out, struct err *err)
{
    enum err_code code = ERR_INVALID;
    *out = NULL;
    for (int64_t next = from; next >= 0 && (code == ERR_INVALID || code == ERR_CORRUPT); from = next)
        code = open_from(input, MEDIA_SOURCE_FOREIGN, from, limits, cancel, out, &next, err);
    return code == ERR_INVALID || code == ERR_CORRUPT ? err_set(err, ERR_NOT_FOUND, "it is none that can be read")
                                                      : code;
}

void media_source_close(struct media_source *source)
{
    if (source == NULL)
        return;
    avformat_close_input(&source->format);
    source_io_close(source);
    free(source);
}
