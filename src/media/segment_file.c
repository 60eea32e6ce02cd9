#include "media/segment_file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/nal.h"
#include "media/source.h"

// MP4's time scale has 32 bits. Its distances between time stamps have too, but readers (FFmpeg's among them) take
// larger ones than this for damage.
#define MP4_TIMESCALE_MIN 1000
#define MP4_TIMESCALE_MAX 10000000
#define MP4_DISTANCE_MAX (1 << 27)
// The room between a picture's decoding time and its showing, which pictures that come too fast use up.
#define SLACK_US 1000000
// A picture shows before this many that were coded before it, never before more (see REORDER_DEPTH).
#define EARLIEST_OF 17

struct segment_file {
    char *path;
    const AVStream *video;
    AVFormatContext *muxer;
    AVStream *stream;
    AVRational time_base; // of the stream, as the muxer chose it
    bool is_mp4;
    bool header_written;
    bool finished;
    int64_t origin_pts; // source time that is `lead` in the file
    int64_t lead;
    int64_t recent[EARLIEST_OF]; // times of the newest frames, in the file
    int64_t recent_count;        // so many were there in all
    int64_t last_dts;            // in the file's time base; -1 before the first
    int64_t packets;
};

static int mp4_timescale(AVRational time_base)
{
    if (time_base.num <= 0 || time_base.den <= 0 || time_base.den > MP4_TIMESCALE_MAX)
        return 0;
    int times = time_base.den >= MP4_TIMESCALE_MIN ? 1 : (MP4_TIMESCALE_MIN + time_base.den - 1) / time_base.den;
    return time_base.den * times;
}

static bool fits(const AVStream *video, const char *format)
{
    const AVCodecParameters *par = video->codecpar;
    bool needs_header = par->codec_id == AV_CODEC_ID_H264 || par->codec_id == AV_CODEC_ID_HEVC ||
        par->codec_id == AV_CODEC_ID_AV1 || par->codec_id == AV_CODEC_ID_MPEG4;
    if (needs_header && par->extradata_size == 0)
        return false;
    const AVOutputFormat *muxer = av_guess_format(format, NULL, NULL);
    // MOV has only some of the raw formats, and FFmpeg writes the others as what they are not. NUT keeps the source's
    // tag, which tells all but those that depend on the number of bits too: MOV's own, and AVI's without a tag.
    if (par->codec_id == AV_CODEC_ID_RAWVIDEO && muxer != NULL && par->codec_tag != 0 &&
        av_codec_get_id(muxer->codec_tag, par->codec_tag) != par->codec_id)
        return false;
    return muxer != NULL && avformat_query_codec(muxer, par->codec_id, FF_COMPLIANCE_NORMAL) == 1 &&
        mp4_timescale(video->time_base) > 0;
}

// Opens a file and writes the header. On failure what was opened stays for close_muxer().
static int open_muxer(struct segment_file *file, const char *path, const char *format)
{
    bool mp4 = strcmp(format, "nut") != 0;
    int rc = avformat_alloc_output_context2(&file->muxer, NULL, format, NULL);
    if (rc < 0)
        return rc;
    file->is_mp4 = mp4;
    file->stream = avformat_new_stream(file->muxer, NULL);
    if (file->stream == NULL)
        return AVERROR(ENOMEM);
    rc = avcodec_parameters_copy(file->stream->codecpar, file->video->codecpar);
    if (rc < 0)
        return rc;
    // Some decoders (Ut Video's) tell by it how pictures are coded.
    uint32_t tag = file->stream->codecpar->codec_tag;
    if (mp4 || av_codec_get_id(file->muxer->oformat->codec_tag, tag) != file->stream->codecpar->codec_id)
        file->stream->codecpar->codec_tag = 0;
    file->stream->time_base = file->video->time_base;
    file->stream->avg_frame_rate = file->video->avg_frame_rate;
    file->stream->sample_aspect_ratio = file->stream->codecpar->sample_aspect_ratio;
    size_t matrix_size = 0;
    const uint8_t *matrix = av_stream_get_side_data(file->video, AV_PKT_DATA_DISPLAYMATRIX, &matrix_size);
    if (mp4 && matrix != NULL) {
        uint8_t *copy = av_stream_new_side_data(file->stream, AV_PKT_DATA_DISPLAYMATRIX, matrix_size);
        if (copy != NULL)
            memcpy(copy, matrix, matrix_size);
    }
    char *url = mem_sprintf("file:%s", path);
    rc = avio_open(&file->muxer->pb, url, AVIO_FLAG_WRITE);
    free(url);
    if (rc < 0)
        return rc;
    file->muxer->flags |= AVFMT_FLAG_BITEXACT;
    AVDictionary *options = NULL;
    if (mp4)
        av_dict_set_int(&options, "video_track_timescale", mp4_timescale(file->video->time_base), 0);
    else
        // FFmpeg aborts the process when it is to index keyframes whose times go back; nobody seeks in segments.
        av_dict_set_int(&options, "write_index", 0, 0);
    rc = avformat_write_header(file->muxer, &options);
    av_dict_free(&options);
    file->header_written = rc >= 0;
    file->time_base = file->stream->time_base;
    return rc;
}

static void close_muxer(struct segment_file *file)
{
    if (file->muxer == NULL)
        return;
    if (file->muxer->pb != NULL)
        avio_closep(&file->muxer->pb);
    avformat_free_context(file->muxer);
    file->muxer = NULL;
    file->stream = NULL;
    file->header_written = false;
}

// Ends the file properly and says whether all bytes got there.
static int end_muxer(struct segment_file *file)
{
    int rc = av_write_trailer(file->muxer);
    file->header_written = false;
    avio_flush(file->muxer->pb);
    if (rc >= 0 && file->muxer->pb->error < 0)
        rc = file->muxer->pb->error;
    int closed = avio_closep(&file->muxer->pb);
    close_muxer(file);
    return rc < 0 ? rc : closed;
}

static int64_t decoding_time(const struct coded_picture *picture)
{
    if (picture->packet->dts == AV_NOPTS_VALUE)
        return AV_NOPTS_VALUE;
    int64_t shift = picture->packet->pts == AV_NOPTS_VALUE ? 0 : picture->pts - picture->packet->pts;
    return picture->packet->dts + shift;
}

enum err_code segment_file_create(const char *path, const AVStream *video, const struct coded_picture *first,
    struct segment_file **out, struct err *err)
{
    *out = NULL;
    struct segment_file *file = mem_calloc(1, sizeof(*file));
    file->path = mem_strdup(path);
    file->video = video;
    file->last_dts = -1;
    file->origin_pts = first->pts;
    int64_t slack = av_rescale_q(SLACK_US, AV_TIME_BASE_Q, video->time_base) + 1;
    int64_t dts = decoding_time(first);
    if (dts == AV_NOPTS_VALUE || dts > first->pts || dts < first->pts - 16 * slack)
        dts = first->pts;
    file->lead = slack + first->pts - dts;
    int rc = -1;
    static const char *const formats[] = {"mp4", "mov", "nut"};
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats) && rc < 0; i++) {
        bool last_resort = strcmp(formats[i], "nut") == 0;
        if (!last_resort && !fits(video, formats[i]))
            continue;
        close_muxer(file);
        rc = open_muxer(file, path, formats[i]);
    }
    if (rc < 0) {
        enum err_code code = media_error(err, rc, "write", path);
        segment_file_free(file);
        return code;
    }
    *out = file;
    return ERR_NONE;
}

void segment_file_free(struct segment_file *file)
{
    if (file == NULL)
        return;
    if (file->muxer != NULL && file->header_written)
        av_write_trailer(file->muxer); // frees what the muxer holds
    close_muxer(file);
    if (!file->finished)
        unlink(file->path);
    free(file->path);
    free(file);
}

// Times are in the file's time base.
static int write_packet(
    struct segment_file *file, const AVPacket *source, int64_t pts, int64_t dts, int64_t duration, bool hidden)
{
    AVPacket *packet = av_packet_clone(source);
    if (packet == NULL)
        return AVERROR(ENOMEM);
    packet->stream_index = 0;
    packet->pts = pts;
    packet->dts = dts;
    packet->duration = duration;
    packet->pos = -1;
    // "Disposable" is the one mark that gets through an MP4 file (as "nothing depends on it"); see segment_file.h.
    packet->flags = (packet->flags & AV_PKT_FLAG_KEY) | (hidden ? AV_PKT_FLAG_DISPOSABLE : 0);
    assert(file->muxer != NULL);
    int rc = av_write_frame(file->muxer, packet);
    av_packet_free(&packet);
    if (rc >= 0 && file->muxer->pb->error < 0)
        rc = file->muxer->pb->error;
    return rc;
}

// MP4 has the length before each unit of H.264 and HEVC, whose place start codes take in a transport stream.
static void put_start_codes(AVPacket *packet)
{
    struct nal_reader reader = {.data = packet->data, .size = (size_t)packet->size, .length_size = 4};
    const uint8_t *unit;
    size_t size;
    while (nal_next(&reader, &unit, &size))
        memcpy(packet->data + (unit - packet->data) - 4, "\0\0\0\1", 4);
}

static int copy_packets(struct segment_file *file, struct media_source *source)
{
    bool start_codes =
        (file->video->codecpar->codec_id == AV_CODEC_ID_H264 || file->video->codecpar->codec_id == AV_CODEC_ID_HEVC) &&
        nal_length_size(file->video->codecpar) == 0;
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return AVERROR(ENOMEM);
    int rc;
    while ((rc = av_read_frame(source->format, packet)) >= 0) {
        av_packet_rescale_ts(packet, source->video->time_base, file->time_base);
        if (packet->dts <= file->last_dts)
            packet->dts = file->last_dts + 1;
        file->last_dts = packet->dts;
        if (start_codes)
            put_start_codes(packet);
        rc = write_packet(
            file, packet, packet->pts, packet->dts, packet->duration, (packet->flags & AV_PKT_FLAG_DISPOSABLE) != 0);
        av_packet_unref(packet);
        if (rc < 0)
            break;
    }
    av_packet_free(&packet);
    return rc == AVERROR_EOF ? 0 : rc;
}

// Writes what is there so far again as NUT, whose time stamps have no limits.
static enum err_code change_to_nut(struct segment_file *file, struct err *err)
{
    int rc = end_muxer(file);
    if (rc < 0)
        return media_error(err, rc, "write", file->path);
    char *temporary = mem_sprintf("%s.nut", file->path);
    struct media_source *source = NULL;
    const struct media_input input = {.path = file->path};
    enum err_code code = media_source_open(&input, MEDIA_SOURCE_SEGMENT, NULL, NULL, &source, err);
    if (code == ERR_NONE) {
        rc = open_muxer(file, temporary, "nut");
        file->last_dts = -1;
        if (rc >= 0)
            rc = copy_packets(file, source);
        if (rc < 0)
            code = media_error(err, rc, "write", temporary);
        else if (rename(temporary, file->path) != 0)
            code = err_set_errno(err, errno, "cannot rename %s", temporary);
        if (code != ERR_NONE)
            unlink(temporary);
    }
    media_source_close(source);
    free(temporary);
    return code;
}

struct file_times {
    int64_t pts;
    int64_t dts;
    int64_t duration;
};

static bool distance_fits(const struct segment_file *file, const struct file_times *times)
{
    int64_t step = file->last_dts < 0 ? 0 : times->dts - file->last_dts;
    return step <= MP4_DISTANCE_MAX && times->pts - times->dts <= MP4_DISTANCE_MAX &&
        times->duration <= MP4_DISTANCE_MAX;
}

static int64_t to_file(const struct segment_file *file, int64_t time)
{
    return av_rescale_q(time, file->video->time_base, file->time_base);
}

// A decoding time that no frame to come shows before, made from the times of the newest frames. The source's own are of
// no use: they go on through hidden pictures, and one that is wrong spoils all that follow.
static int64_t next_dts(const struct segment_file *file)
{
    int64_t earliest = INT64_MAX;
    for (int64_t i = 0; i < file->recent_count && i < EARLIEST_OF; i++) {
        if (file->recent[i] < earliest)
            earliest = file->recent[i];
    }
    int64_t dts = file->recent_count > 0 ? to_file(file, earliest - file->lead) : 0;
    return dts > file->last_dts ? dts : file->last_dts + 1;
}

static struct file_times file_times(
    const struct segment_file *file, const struct coded_picture *picture, int64_t time, bool frame)
{
    struct file_times times = {
        .pts = to_file(file, time), .dts = next_dts(file), .duration = to_file(file, picture->duration)};
    // What is not shown needs no time of its own.
    if (!frame && times.pts < times.dts)
        times.pts = times.dts;
    return times;
}

enum err_code segment_file_write(
    struct segment_file *file, const struct coded_picture *picture, bool *kept, struct err *err)
{
    *kept = false;
    int64_t time = picture->pts - file->origin_pts + file->lead;
    bool frame = picture->presented && to_file(file, time) > file->last_dts;
    // Others may be predicted from a picture whose time makes no sense, but NUT has no mark that hides it.
    if (picture->presented && !frame && !file->is_mp4)
        return ERR_NONE;
    if (frame)
        file->recent[file->recent_count++ % EARLIEST_OF] = time;
    struct file_times times = file_times(file, picture, time, frame);
    if (file->is_mp4 && !distance_fits(file, &times)) {
        enum err_code code = change_to_nut(file, err);
        if (code != ERR_NONE)
            return code;
        times = file_times(file, picture, time, frame);
    }
    int rc = write_packet(file, picture->packet, times.pts, times.dts, times.duration, picture->info.shown && !frame);
    if (rc < 0) {
        // A muxer refuses what is no coded picture at all; that is damage of the source, not of the disk.
        if (rc == AVERROR_INVALIDDATA || rc == AVERROR(EINVAL))
            return ERR_NONE;
        return media_error(err, rc, "write", file->path);
    }
    file->last_dts = times.dts;
    file->packets++;
    *kept = frame == picture->presented;
    return ERR_NONE;
}

enum err_code segment_file_finish(struct segment_file *file, int64_t *size_bytes, struct err *err)
{
    int rc = end_muxer(file);
    if (rc < 0)
        return media_error(err, rc, "write", file->path);
    struct stat st;
    if (stat(file->path, &st) != 0)
        return err_set_errno(err, errno, "cannot look at %s", file->path);
    *size_bytes = st.st_size;
    file->finished = true;
    return ERR_NONE;
}

int64_t segment_file_offset(const struct segment_file *file)
{
    return file->origin_pts - file->lead;
}

int64_t segment_file_packets(const struct segment_file *file)
{
    return file->packets;
}
