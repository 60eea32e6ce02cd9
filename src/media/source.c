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

// Coded pictures without a container. They have no times, but mostly a rate. FFmpeg takes 25 a second where a stream
// does not say; it is told to take one that no stream has, which is refused then.
#define RAW_FORMATS "h264", "hevc", "mpegvideo", "obu"
#define NO_RATE "1/100"
#define RATE_MIN ((AVRational){1, 10})

// FFmpeg's demuxers that read one file of timed pictures and nothing else.
static const char *const foreign_formats[] = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "mpeg", "avi",
    "flv", "gif", "ogg", "asf", "ivf", "nut", "mxf", "dv", "swf", "yuv4mpegpipe", RAW_FORMATS};
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

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

bool media_source_is_raw(const struct media_source *source)
{
    static const char *const raw_formats[] = {RAW_FORMATS};
    return is_one_of(source->format->iformat->name, raw_formats, sizeof(raw_formats) / sizeof(*raw_formats));
}

bool media_source_is_damaged(const struct media_source *source, const AVPacket *packet)
{
    bool marked = (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
    return marked && (source->watch == NULL || !ts_watch_is_whole(source->watch, source->begin + packet->pos));
}

void media_source_hear(struct media_source *source, const AVPacket *packet)
{
    AVStream *stream = source->format->streams[packet->stream_index];
    if (source->watch == NULL || source->info.has_audio || source->late_sound != NULL || packet->size == 0 ||
        stream->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
        return;
    if (avcodec_find_decoder(stream->codecpar->codec_id) != NULL)
        source->late_sound = stream;
    else if (source->unheard == NULL)
        source->unheard = stream;
}

static bool format_is_listed(const AVInputFormat *format, enum media_source_kind kind)
{
    const char *const *names = kind == MEDIA_SOURCE_SEGMENT ? segment_formats : foreign_formats;
    size_t count = kind == MEDIA_SOURCE_SEGMENT ? sizeof(segment_formats) / sizeof(*segment_formats)
                                                : sizeof(foreign_formats) / sizeof(*foreign_formats);
    return is_one_of(format->name, names, count);
}

// What other video containers can be made with FFmpeg's program; NULL for what is no video.
static const char *container_remedy(const char *name)
{
    static const char *const videos[] = {"4xm", "bink", "dirac", "dxa", "ea", "film_cpk", "flic", "gxf", "idcin",
        "ipmovie", "live_flv", "lvf", "m4v", "mlv", "mv", "nsv", "nuv", "pmp", "pva", "rl2", "rm", "roq", "smk", "thp",
        "tmv", "ty", "vc1", "vc1test", "vmd", "vivo", "wc3movie", "wsvqa", "wtv", "xmv", "yop"};
    if (strcmp(name, "apng") == 0)
        return "-c:v ffv1 NEW.mkv";
    return is_one_of(name, videos, sizeof(videos) / sizeof(*videos)) ? "NEW.mp4" : NULL;
}

static bool is_animated_webp(const struct media_source *source)
{
    uint8_t head[21];
    return source_io_read_at(source, 0, head, sizeof(head)) == sizeof(head) && memcmp(head + 12, "VP8X", 4) == 0 &&
        (head[20] & 2) != 0;
}

// Whether one picture ends and another begins, as they do in the streams of cameras.
static bool holds_several_jpegs(const struct media_source *source)
{
    uint8_t *bytes = mem_alloc(FORMAT_PROBE_BYTES);
    int64_t got = source_io_read_at(source, 0, bytes, FORMAT_PROBE_BYTES);
    bool several = memmem(bytes, (size_t)got, "\xFF\xD9\xFF\xD8\xFF", 5) != NULL;
    free(bytes);
    return several;
}

static enum err_code refuse_format(const struct media_source *source, const AVInputFormat *format, struct err *err)
{
    const char *name = format->name;
    const char *what = format->long_name != NULL ? format->long_name : name;
    size_t length = strlen(name);
    const char *remedy = container_remedy(name);
    if (strcmp(name, "webp_pipe") == 0 && is_animated_webp(source))
        return err_set(err, ERR_INVALID,
            "this is an animated WebP picture, which cannot be read here: make a GIF or a video of it first, as with "
            "ImageMagick: convert FILE.webp NEW.gif");
    if (strcmp(name, "mjpeg") == 0 || (strcmp(name, "jpeg_pipe") == 0 && holds_several_jpegs(source)))
        return err_set(err, ERR_INVALID,
            "these are JPEG pictures one after another, without times: give them a container and a rate, as with "
            "ffmpeg -f mjpeg -framerate 25 -i FILE -c copy NEW.mkv");
    if (remedy != NULL)
        return err_set(err, ERR_INVALID, "this is %s, which is not read here: write it anew, as with ffmpeg -i FILE %s",
            what, remedy);
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
        return refuse_format(source, *format, err);
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
    av_dict_set(&options, "framerate", NO_RATE, 0); // of raw streams
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
static enum err_code check_rate(const struct media_source *source, struct err *err)
{
    enum AVCodecID codec = source->video->codecpar->codec_id;
    AVRational rate = source->video->avg_frame_rate;
    if (!media_source_is_raw(source) || (rate.num > 0 && rate.den > 0 && av_cmp_q(rate, RATE_MIN) > 0))
        return ERR_NONE;
    // The first two write the rate into the stream: FFmpeg cannot tell the times of pictures that change places.
    const char *remedy = "-framerate 25 -i FILE -c copy NEW.mkv";
    if (codec == AV_CODEC_ID_H264)
        remedy = "-i FILE -c copy -bsf:v h264_metadata=tick_rate=50 NEW.h264";
    else if (codec == AV_CODEC_ID_HEVC)
        remedy = "-i FILE -c copy -bsf:v hevc_metadata=tick_rate=25:num_ticks_poc_diff_one=1 NEW.hevc";
    return err_set(err, ERR_INVALID,
        "this is %s without a container, and it does not say how many pictures a second it has; with 25, "
        "ffmpeg %s adds that%s",
        avcodec_get_name(codec), remedy, codec == AV_CODEC_ID_H264 ? " (as twice as many ticks)" : "");
}

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
    code = check_rate(source, err);
    if (code != ERR_NONE)
        return code;
    source_describe(source);
    return ERR_NONE;
}

// `*end` is where what was opened, or could not be, ends; -1 where that is not known, or where nothing follows.
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
    *end = source->end < source->size && source->end > from ? source->end : -1;
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
    enum err_code code = open_from(input, kind, 0, limits, cancel, out, &end, err);
    if (end < 0 || (code != ERR_INVALID && code != ERR_CORRUPT))
        return code;
    struct err why = ERR_INIT;
    int parts = 0;
    enum err_code rest = media_source_open_rest(input, end, &parts, limits, cancel, out, &why);
    // Of a file without any video, what is wrong with its beginning says more.
    if (rest == ERR_NOT_FOUND || rest == ERR_LIMIT)
        return code;
    if (rest == ERR_NONE)
        (*out)->follows_damaged |= code == ERR_CORRUPT;
    err_clear(err);
    return rest == ERR_NONE ? ERR_NONE : err_set(err, rest, "%s", why.message);
}

int64_t media_source_rest(const struct media_source *source)
{
    return source->end < source->size ? source->end : -1;
}

enum err_code media_source_open_rest(const struct media_input *input, int64_t from, int *parts,
    const struct media_limits *limits, const struct cancel *cancel, struct media_source **out, struct err *err)
{
    enum err_code code = ERR_INVALID;
    bool is_any_damaged = false;
    *out = NULL;
    for (int64_t next = from; next >= 0 && (code == ERR_INVALID || code == ERR_CORRUPT); from = next) {
        if (++*parts > MEDIA_SOURCE_PARTS_MAX)
            return err_set(err, ERR_LIMIT, "it changes more than %d times", MEDIA_SOURCE_PARTS_MAX);
        code = open_from(input, MEDIA_SOURCE_FOREIGN, from, limits, cancel, out, &next, err);
        is_any_damaged |= code == ERR_CORRUPT;
    }
    if (code == ERR_INVALID || code == ERR_CORRUPT)
        return err_set(err, ERR_NOT_FOUND, "it is none that can be read");
    if (code == ERR_NONE) {
        (*out)->follows_damaged = is_any_damaged;
        err_clear(err); // of those that were left out
    }
    return code;
}

void media_source_close(struct media_source *source)
{
    if (source == NULL)
        return;
    avformat_close_input(&source->format);
    source_io_close(source);
    free(source);
}
