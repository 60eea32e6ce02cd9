#include "media/remux.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/remux_track.h"
#include "media/source.h"
#include "media/timeline.h"

// A later start of the time line makes players show an empty beginning.
#define START_MAX_US 1000000
// Pictures looked at for the one that shows first: no picture shows more than this many later than it is coded.
#define FIRST_PICTURES 40

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

bool media_is_playable(const struct media_info *info)
{
    static const char *const mp4_video[] = {"h264", "vp9", "av1", NULL};
    static const char *const mp4_audio[] = {"aac", "mp3", "opus", "flac", NULL};
    static const char *const webm_video[] = {"vp8", "vp9", "av1", NULL};
    static const char *const webm_audio[] = {"opus", "vorbis", NULL};
    static const char *const formats[] = {"yuv420p", "yuvj420p", NULL};
    bool mp4 = strcmp(info->container, "mp4") == 0;
    bool webm = strcmp(info->container, "webm") == 0;
    if ((!mp4 && !webm) || info->video_streams != 1)
        return false;
    bool deep = strcmp(info->pixel_format, "yuv420p10le") == 0 && strcmp(info->video_codec, "h264") != 0;
    if (!is_one_of(info->pixel_format, formats) && !deep)
        return false;
    if (info->container_start_us != INT64_MIN && info->container_start_us > START_MAX_US)
        return false;
    return is_one_of(info->video_codec, mp4 ? mp4_video : webm_video) &&
        (!info->has_audio || is_one_of(info->audio_codec, mp4 ? mp4_audio : webm_audio));
}

// The time of the frame that shows first, in the source's time base; `*found` is false where there is none.
static enum err_code first_shown(struct media_source *source, int64_t *first_pts, bool *found, struct err *err)
{
    struct timeline *timeline = timeline_new(source);
    enum err_code code = ERR_NONE;
    bool end = false;
    *found = false;
    for (int seen = 0; seen < FIRST_PICTURES && code == ERR_NONE && !end;) {
        struct coded_picture picture;
        code = timeline_next(timeline, &picture, &end, err);
        if (code != ERR_NONE || end)
            break;
        if (picture.presented && (!*found || picture.pts < *first_pts))
            *first_pts = picture.pts;
        *found = *found || picture.presented;
        seen += *found;
        coded_picture_release(&picture);
    }
    timeline_free(timeline);
    return code;
}

static enum err_code no_frame(struct err *err)
{
    return err_set(err, ERR_INVALID, "no frame of the video can be decoded");
}

// Finds where the copy begins: a transport stream may have a video before of which no frame can be decoded.
static enum err_code find_beginning(struct remux_output *output, struct err *err)
{
    const struct cancel *cancel = output->options->cancel;
    struct media_source *source;
    int parts = 0;
    enum err_code code = media_source_open(output->input, MEDIA_SOURCE_FOREIGN, &output->limits, cancel, &source, err);
    while (code == ERR_NONE) {
        bool found;
        code = first_shown(source, &output->origin_pts, &found, err);
        output->origin_time_base = source->video->time_base;
        output->begin = source->begin;
        int64_t rest = media_source_rest(source);
        media_source_close(source);
        if (code != ERR_NONE || found)
            return code;
        if (rest < 0)
            return no_frame(err);
        code = media_source_open_rest(output->input, rest, &parts, &output->limits, cancel, &source, err);
        if (code == ERR_NOT_FOUND || code == ERR_LIMIT)
            return no_frame(err);
    }
    return code;
}

enum err_code remux_open_source(const struct remux_output *output, struct media_source **source, struct err *err)
{
    const struct cancel *cancel = output->options->cancel;
    int parts = 0;
    if (output->begin == 0)
        return media_source_open(output->input, MEDIA_SOURCE_FOREIGN, &output->limits, cancel, source, err);
    return media_source_open_rest(output->input, output->begin, &parts, &output->limits, cancel, source, err);
}

enum err_code media_offset(const struct media_input *input, const struct media_limits *limits,
    const struct cancel *cancel, int64_t *media_offset_us, struct err *err)
{
    struct media_source *source;
    enum err_code code = media_source_open(input, MEDIA_SOURCE_FOREIGN, limits, cancel, &source, err);
    if (code != ERR_NONE)
        return code;
    int64_t first_pts = 0;
    bool found;
    code = first_shown(source, &first_pts, &found, err);
    if (code == ERR_NONE && !found)
        code = no_frame(err);
    if (code == ERR_NONE) {
        *media_offset_us = av_rescale_q(first_pts, source->video->time_base, AV_TIME_BASE_Q);
        // Browsers move a time line that begins before zero to begin at zero, and leave others alone.
        if (source->info.container_start_us != INT64_MIN && source->info.container_start_us < 0)
            *media_offset_us -= source->info.container_start_us;
    }
    media_source_close(source);
    return code;
}

// MP4 has 32 bits for the distance of each packet's times from each other and from those of the one before. Readers
// (FFmpeg's among them) take larger distances between decoding and showing than this for damage.
#define SHOWING_DISTANCE_MAX (1 << 27)

static bool distances_fit(const struct remux_output *output, const AVPacket *packet)
{
    int64_t last = output->last_dts[packet->stream_index];
    int64_t step = last == INT64_MIN ? 0 : packet->dts - last;
    return step <= INT32_MAX && packet->pts - packet->dts <= SHOWING_DISTANCE_MAX && packet->duration <= INT32_MAX;
}

enum err_code remux_write(struct remux_output *output, AVPacket *packet, const AVStream *stream, AVRational time_base,
    bool *kept, struct err *err)
{
    packet->stream_index = stream->index;
    packet->pos = -1;
    av_packet_rescale_ts(packet, time_base, stream->time_base);
    *kept = distances_fit(output, packet);
    if (!*kept) {
        av_packet_unref(packet);
        return ERR_NONE;
    }
    output->last_dts[packet->stream_index] = packet->dts;
    int rc = av_interleaved_write_frame(output->muxer, packet);
    if (rc >= 0 && output->muxer->pb->error < 0)
        rc = output->muxer->pb->error;
    if (rc >= 0 || rc == AVERROR_INVALIDDATA || rc == AVERROR(EINVAL))
        return ERR_NONE; // a packet that the muxer finds senseless is left out
    return media_error(err, rc, "write", "the playable copy");
}

static enum err_code open_output(struct remux_output *output, const char *path, struct err *err)
{
    char *url = mem_sprintf("file:%s", path);
    int rc = avformat_alloc_output_context2(&output->muxer, NULL, "mp4", url);
    if (rc >= 0)
        rc = avio_open(&output->muxer->pb, url, AVIO_FLAG_WRITE);
    free(url);
    return rc < 0 ? media_error(err, rc, "write", path) : ERR_NONE;
}

static enum err_code write_tracks(
    struct remux_output *output, struct remux_video *video, struct remux_audio *audio, struct err *err)
{
    AVDictionary *settings = NULL;
    av_dict_set(&settings, "movflags", "+faststart", 0);
    if (output->coarse)
        av_dict_set_int(&settings, "video_track_timescale", 1000, 0);
    int rc = avformat_write_header(output->muxer, &settings);
    av_dict_free(&settings);
    if (rc < 0)
        return err_set(err, ERR_INTERNAL, "the playable copy cannot be begun: %s", av_err2str(rc));
    enum err_code code = ERR_NONE;
    audio->done = audio->source == NULL;
    for (int64_t i = 0; code == ERR_NONE && !output->again && !(video->done && audio->done); i++) {
        bool waits = remux_audio_waits(audio, video);
        bool sound_next = !audio->done && !waits && (video->done || audio->time_us < video->time_us);
        code = sound_next ? remux_audio_step(audio, video, err) : remux_video_step(video, err);
        if (i % 64 == 0 && output->options->progress != NULL)
            output->options->progress(output->options->context, video->time_us);
    }
    rc = av_write_trailer(output->muxer);
    if (code == ERR_NONE && rc >= 0 && output->muxer->pb->error < 0)
        rc = output->muxer->pb->error;
    if (code == ERR_NONE && rc < 0)
        code = media_error(err, rc, "write", "the playable copy");
    return code;
}

static enum err_code make_copy_once(
    const char *path, struct remux_output *output, struct remux_result *result, struct err *err)
{
    struct remux_video video = {0};
    struct remux_audio audio = {0};
    output->again = false;
    output->last_dts[0] = output->last_dts[1] = INT64_MIN;
    enum err_code code = open_output(output, path, err);
    if (code == ERR_NONE)
        code = remux_video_open(&video, output, err);
    bool sound = output->has_sound = code == ERR_NONE && (video.source->info.has_audio || output->late_sound);
    if (sound)
        code = remux_audio_open(&audio, output, err);
    if (code == ERR_NONE)
        code = write_tracks(output, &video, &audio, err);
    result->has_audio = sound && output->last_dts[1] != INT64_MIN;
    result->video_encoded = video.encoder != NULL;
    result->audio_encoded = audio.encoder != NULL;
    remux_video_close(&video);
    remux_audio_close(&audio);
    if (output->muxer != NULL && output->muxer->pb != NULL)
        avio_closep(&output->muxer->pb);
    avformat_free_context(output->muxer);
    output->muxer = NULL;
    return code;
}

static enum err_code make_copy(
    const char *path, struct remux_output *output, struct remux_result *result, struct err *err)
{
    enum err_code code;
    do
        code = make_copy_once(path, output, result, err);
    while (code == ERR_NONE && output->again);
    return code;
}

enum err_code media_make_playable(const struct media_input *input, const char *output_path,
    const struct remux_options *options, struct remux_result *result, struct err *err)
{
    *result = (struct remux_result){0};
    struct remux_output output = {
        .input = input, .limits = media_limits_or_default(options->limits), .options = options};
    enum err_code code = find_beginning(&output, err);
    if (code != ERR_NONE)
        return code;
    char *temporary = mem_sprintf("%s.part", output_path);
    code = make_copy(temporary, &output, result, err);
    // The muxer has its own way of writing where the time line begins, so what it came to is looked up.
    const struct media_input copy = {.path = temporary};
    if (code == ERR_NONE)
        code = media_offset(&copy, options->limits, options->cancel, &result->media_offset_us, err);
    if (code == ERR_NONE && rename(temporary, output_path) != 0)
        code = err_set_errno(err, errno, "cannot rename the playable copy to %s", output_path);
    if (code != ERR_NONE)
        unlink(temporary);
    free(temporary);
    return code;
}
