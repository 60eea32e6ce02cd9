#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "media/decode_room.h"
#include "media/remux_track.h"
#include "media/source.h"

#define ENCODER "libx264"
#define ENCODER_PRESET "veryfast"
#define ENCODER_QUALITY "23"
#define KEYFRAME_DISTANCE 50 // frames: seeking in the player should not take long
#define ENCODER_TIMESCALE_MAX 1000000
// Behind a gap of this length the encoder begins anew.
#define GAP_US 10000000
// Pictures are decoded so long before they show at most, if they can.
#define NEAR_US 1000000

bool remux_can_copy_video(const AVCodecParameters *par)
{
    bool plain = par->format == AV_PIX_FMT_YUV420P || par->format == AV_PIX_FMT_YUVJ420P;
    switch (par->codec_id) {
    case AV_CODEC_ID_H264:
        return plain && par->extradata_size > 0;
    case AV_CODEC_ID_VP9:
        return plain || par->format == AV_PIX_FMT_YUV420P10LE;
    case AV_CODEC_ID_AV1:
        return (plain || par->format == AV_PIX_FMT_YUV420P10LE) && par->extradata_size > 0;
    default:
        return false;
    }
}

static enum err_code open_decoder(struct remux_video *video, struct err *err)
{
    const AVCodecParameters *par = video->source->video->codecpar;
    const AVCodec *decoder = avcodec_find_decoder(par->codec_id);
    video->decoder = decoder != NULL ? avcodec_alloc_context3(decoder) : NULL;
    if (video->decoder == NULL)
        return err_set(err, ERR_INVALID, "there is no decoder for %s here", avcodec_get_name(par->codec_id));
    int rc = avcodec_parameters_to_context(video->decoder, par);
    video->decoder->max_pixels = video->output->limits.pixels_max;
    video->decoder->thread_count = decode_room_threads(video->output->options->threads, par);
    video->decoder->pkt_timebase = video->source->video->time_base;
    if (video->room == NULL)
        video->room = decode_room_new(&video->output->limits);
    decode_room_attach(video->room, video->decoder);
    if (rc >= 0)
        rc = avcodec_open2(video->decoder, decoder, NULL);
    return rc < 0 ? err_set(err, ERR_CORRUPT, "the video cannot be decoded: %s", av_err2str(rc)) : ERR_NONE;
}

static enum err_code open_encoder(struct remux_video *video, struct err *err)
{
    const AVStream *input = video->source->video;
    const AVCodec *encoder = avcodec_find_encoder_by_name(ENCODER);
    if (encoder == NULL)
        return err_set(err, ERR_UNAVAILABLE,
            "the video (%s) does not play in browsers, and there is no H.264 encoder here to convert it",
            avcodec_get_name(input->codecpar->codec_id));
    AVCodecContext *codec = video->encoder = avcodec_alloc_context3(encoder);
    if (codec == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    codec->width = input->codecpar->width & ~1;
    codec->height = input->codecpar->height & ~1;
    if (codec->width < 2 || codec->height < 2)
        return err_set(err, ERR_INVALID, "a video of %dx%d pixels cannot be converted for browsers",
            input->codecpar->width, input->codecpar->height);
    codec->pix_fmt = AV_PIX_FMT_YUV420P;
    codec->time_base = input->time_base.den > ENCODER_TIMESCALE_MAX ? (AVRational){1, 90000} : input->time_base;
    codec->sample_aspect_ratio = input->codecpar->sample_aspect_ratio;
    codec->framerate = input->avg_frame_rate;
    codec->color_range = AVCOL_RANGE_MPEG;
    bool rgb = (av_pix_fmt_desc_get((enum AVPixelFormat)input->codecpar->format) != NULL) &&
        (av_pix_fmt_desc_get((enum AVPixelFormat)input->codecpar->format)->flags & AV_PIX_FMT_FLAG_RGB) != 0;
    codec->colorspace = rgb ? AVCOL_SPC_SMPTE170M : input->codecpar->color_space;
    codec->color_primaries = input->codecpar->color_primaries;
    codec->color_trc = input->codecpar->color_trc;
    codec->gop_size = KEYFRAME_DISTANCE;
    codec->thread_count = video->output->options->threads;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *settings = NULL;
    av_dict_set(&settings, "preset", ENCODER_PRESET, 0);
    av_dict_set(&settings, "crf", ENCODER_QUALITY, 0);
    av_dict_set(&settings, "forced-idr", "1", 0);
    int rc = avcodec_open2(codec, encoder, &settings);
    av_dict_free(&settings);
    return rc < 0 ? err_set(err, ERR_INTERNAL, "the H.264 encoder cannot be set up: %s", av_err2str(rc)) : ERR_NONE;
}

static enum err_code add_stream(struct remux_video *video, struct err *err)
{
    const AVStream *input = video->source->video;
    AVStream *stream = video->stream = avformat_new_stream(video->output->muxer, NULL);
    if (stream == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    int rc = video->encoder != NULL ? avcodec_parameters_from_context(stream->codecpar, video->encoder)
                                    : avcodec_parameters_copy(stream->codecpar, input->codecpar);
    stream->codecpar->codec_tag = 0;
    stream->time_base = video->encoder != NULL ? video->encoder->time_base : input->time_base;
    stream->avg_frame_rate = input->avg_frame_rate;
    stream->sample_aspect_ratio = stream->codecpar->sample_aspect_ratio;
    size_t size = 0;
    const uint8_t *matrix = av_stream_get_side_data(input, AV_PKT_DATA_DISPLAYMATRIX, &size);
    uint8_t *copy = matrix != NULL ? av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, size) : NULL;
    if (copy != NULL)
        memcpy(copy, matrix, size);
    return rc < 0 ? err_set(err, ERR_UNAVAILABLE, "out of memory") : ERR_NONE;
}

enum err_code remux_video_open(struct remux_video *video, struct remux_output *output, struct err *err)
{
    video->output = output;
    video->last_dts = INT64_MIN;
    video->last_pts = INT64_MIN;
    enum err_code code = remux_open_source(output, &video->source, err);
    if (code != ERR_NONE)
        return code;
    video->timeline = timeline_new(video->source);
    video->begin = video->source->begin;
    video->picture = av_frame_alloc();
    video->packet = av_packet_alloc();
    if (video->picture == NULL || video->packet == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    if (output->encode || !remux_can_copy_video(video->source->video->codecpar)) {
        code = open_decoder(video, err);
        if (code == ERR_NONE)
            code = open_encoder(video, err);
    }
    return code == ERR_NONE ? add_stream(video, err) : code;
}

void remux_video_close(struct remux_video *video)
{
    av_packet_free(&video->packet);
    av_frame_free(&video->picture);
    av_frame_free(&video->scaled);
    sws_freeContext(video->scaler);
    avcodec_free_context(&video->decoder);
    avcodec_free_context(&video->encoder);
    decode_room_free(video->room);
    timeline_free(video->timeline);
    media_source_close(video->source);
}

static enum err_code write_packet(struct remux_video *video, AVRational time_base, struct err *err)
{
    bool kept;
    enum err_code code = remux_write(video->output, video->packet, video->stream, time_base, &kept, err);
    if (code != ERR_NONE || kept)
        return code;
    if (video->output->coarse && video->output->encode)
        return err_set(err, ERR_LIMIT,
            "there is a gap of more than %d days in the video, which no MP4 file holds: cut it into parts there",
            INT32_MAX / 1000 / 86400);
    // Encoded, no picture is decoded before a gap and shown after it.
    video->output->encode = video->output->encode || video->output->coarse;
    video->output->coarse = video->output->again = true;
    return ERR_NONE;
}

// A decoding time that is not far before the showing of a picture after which all others show: behind a gap, it is
// still that of a picture before.
static int64_t near_dts(const AVPacket *packet, AVRational time_base, int64_t last_dts)
{
    int64_t earliest = packet->pts - av_rescale_q(NEAR_US, AV_TIME_BASE_Q, time_base);
    return FFMAX(packet->dts, FFMAX(earliest, last_dts + 1));
}

static enum err_code drain_encoder(struct remux_video *video, struct err *err)
{
    while (true) {
        int rc = avcodec_receive_packet(video->encoder, video->packet);
        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
            return ERR_NONE;
        if (rc < 0)
            return err_set(err, ERR_INTERNAL, "the video cannot be encoded: %s", av_err2str(rc));
        // Without one, players do not show the last picture: the time line ends where it begins.
        if (video->packet->duration <= 0)
            video->packet->duration = video->duration;
        if ((video->packet->flags & AV_PKT_FLAG_KEY) != 0)
            video->packet->dts = near_dts(video->packet, video->encoder->time_base, video->last_dts);
        if (video->last_dts != INT64_MIN && video->packet->dts <= video->last_dts)
            video->packet->dts = video->last_dts + 1;
        video->last_dts = video->packet->dts;
        enum err_code code = write_packet(video, video->encoder->time_base, err);
        if (code != ERR_NONE || video->output->again)
            return code;
    }
}

// To the encoder's format and size (also where those change in the middle of the video).
static enum err_code scale(struct remux_video *video, struct err *err)
{
    const AVFrame *in = video->picture;
    video->scaler = sws_getCachedContext(video->scaler, in->width, in->height, (enum AVPixelFormat)in->format,
        video->encoder->width, video->encoder->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
    if (video->scaler == NULL)
        return err_set(err, ERR_INVALID, "pictures of the format %s cannot be converted",
            av_get_pix_fmt_name((enum AVPixelFormat)in->format));
    uint64_t flags = av_pix_fmt_desc_get((enum AVPixelFormat)in->format)->flags;
    const int *matrix = sws_getCoefficients((flags & AV_PIX_FMT_FLAG_RGB) != 0 ? SWS_CS_ITU601 : (int)in->colorspace);
    bool full = in->color_range == AVCOL_RANGE_JPEG || (flags & AV_PIX_FMT_FLAG_RGB) != 0;
    sws_setColorspaceDetails(video->scaler, matrix, full, matrix, 0, 0, 1 << 16, 1 << 16);
    av_frame_free(&video->scaled);
    AVFrame *out = video->scaled = av_frame_alloc();
    if (out == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    out->format = AV_PIX_FMT_YUV420P;
    out->width = video->encoder->width;
    out->height = video->encoder->height;
    if (av_frame_get_buffer(out, 0) < 0)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    sws_scale(video->scaler, (const uint8_t *const *)in->data, in->linesize, 0, in->height, out->data, out->linesize);
    return ERR_NONE;
}

static enum err_code encode_picture(struct remux_video *video, struct err *err)
{
    int64_t pts = av_rescale_q(
        video->picture->pts - video->output->origin_pts, video->source->video->time_base, video->encoder->time_base);
    if (video->picture->pts == AV_NOPTS_VALUE || pts < 0 || pts <= video->last_pts)
        return ERR_NONE;
    enum err_code code = scale(video, err);
    if (code != ERR_NONE)
        return code;
    bool gap = video->last_pts != INT64_MIN &&
        av_rescale_q(pts - video->last_pts, video->encoder->time_base, AV_TIME_BASE_Q) > GAP_US;
    video->scaled->pict_type = gap ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    video->scaled->pts = video->last_pts = pts;
    video->duration = av_rescale_q(video->coded_duration, video->source->video->time_base, video->encoder->time_base);
    if (video->duration < 1)
        video->duration = 1;
    video->time_us = av_rescale_q(pts, video->encoder->time_base, AV_TIME_BASE_Q);
    int rc = avcodec_send_frame(video->encoder, video->scaled);
    if (rc < 0)
        return err_set(err, ERR_INTERNAL, "the video cannot be encoded: %s", av_err2str(rc));
    return drain_encoder(video, err);
}

// NULL gets out what the decoder holds back.
static enum err_code transcode(struct remux_video *video, AVPacket *packet, struct err *err)
{
    // What cannot be decoded is left out; its frame's place shows the one before.
    avcodec_send_packet(video->decoder, packet);
    while (avcodec_receive_frame(video->decoder, video->picture) >= 0) {
        enum err_code code = encode_picture(video, err);
        av_frame_unref(video->picture);
        if (code != ERR_NONE)
            return code;
    }
    return decode_room_was_full(video->room) ? decode_room_error(video->room, err) : ERR_NONE;
}

static enum err_code end_track(struct remux_video *video, struct err *err)
{
    video->done = true;
    if (video->encoder == NULL)
        return ERR_NONE;
    avcodec_send_frame(video->encoder, NULL);
    return drain_encoder(video, err);
}

static void tell_unheard(const struct remux_video *video)
{
    const struct media_source *source = video->source;
    struct log *log = video->output->options->log;
    if (source->unheard != NULL && source->late_sound == NULL)
        log_warn(log != NULL ? log : log_none(),
            "sound is missing in the copy for browsers: there is no decoder here for what begins in the middle (%s)",
            avcodec_get_name(source->unheard->codecpar->codec_id));
}

// At the end of the source: goes on with what follows it, or ends the track.
static enum err_code next_part(struct remux_video *video, struct err *err)
{
    enum err_code code = video->decoder != NULL ? transcode(video, NULL, err) : ERR_NONE;
    int64_t rest = media_source_rest(video->source);
    tell_unheard(video);
    if (code != ERR_NONE)
        return code;
    if (rest < 0)
        return end_track(video, err);
    struct media_source *source;
    struct remux_output *output = video->output;
    code = media_source_open_rest(
        output->input, rest, &video->parts, &output->limits, output->options->cancel, &source, err);
    if (code == ERR_NOT_FOUND || code == ERR_LIMIT) {
        err_clear(err);
        return end_track(video, err);
    }
    if (code != ERR_NONE)
        return code;
    bool first_sound = source->info.has_audio && !output->has_sound;
    if (video->decoder == NULL || first_sound) {
        // One track of an MP4 file that browsers play is coded in one way.
        output->encode = output->again = true;
        output->late_sound = output->late_sound || first_sound;
        media_source_close(source);
        return ERR_NONE;
    }
    timeline_go_on(video->timeline, source);
    media_source_close(video->source);
    video->source = source;
    avcodec_free_context(&video->decoder);
    return open_decoder(video, err);
}

static enum err_code copy(struct remux_video *video, const struct coded_picture *picture, struct err *err)
{
    AVPacket *packet = picture->packet;
    int64_t origin = video->output->origin_pts;
    // Pictures before the first keyframe's that cannot be decoded only confuse players.
    if (!picture->presented && picture->info.shown && (packet->flags & AV_PKT_FLAG_DISCARD) == 0)
        return ERR_NONE;
    int64_t pts = picture->pts - origin;
    int64_t dts = packet->dts;
    if (dts != AV_NOPTS_VALUE) {
        dts += picture->pts - (packet->pts != AV_NOPTS_VALUE ? packet->pts : picture->pts) - origin;
        if (timeline_stats(video->timeline)->derived) // there the times of showing are those of decoding
            dts -= (video->source->video->codecpar->video_delay + 1) * picture->duration;
    }
    if (dts == AV_NOPTS_VALUE)
        dts = video->last_dts == INT64_MIN ? pts - 4 * picture->duration : video->last_dts + 1;
    packet->pts = pts;
    packet->dts = dts;
    if (picture->info.no_leading)
        dts = near_dts(packet, video->source->video->time_base, video->last_dts);
    if (dts <= video->last_dts)
        dts = video->last_dts + 1;
    if (dts > pts && pts > video->last_dts)
        dts = pts;
    if (dts > pts)
        return ERR_NONE;
    video->last_dts = dts;
    video->time_us = av_rescale_q(dts, video->source->video->time_base, AV_TIME_BASE_Q);
    av_packet_move_ref(video->packet, packet);
    video->packet->dts = dts;
    video->packet->duration = picture->duration;
    video->packet->flags &= AV_PKT_FLAG_KEY;
    return write_packet(video, video->source->video->time_base, err);
}

enum err_code remux_video_step(struct remux_video *video, struct err *err)
{
    struct coded_picture picture;
    bool end;
    int64_t shift = timeline_shift(video->timeline);
    enum err_code code = timeline_next(video->timeline, &picture, &end, err);
    if (code != ERR_NONE)
        return code;
    if (end)
        return next_part(video, err);
    video->begin = video->source->begin;
    video->pos = picture.packet->pos;
    if (timeline_shift(video->timeline) != shift)
        video->jump_pos = video->pos;
    if (!video->output->has_sound && video->source->late_sound != NULL)
        video->output->late_sound = video->output->again = true;
    if (video->decoder == NULL) {
        code = copy(video, &picture, err);
    } else {
        picture.packet->pts = picture.pts;
        video->coded_duration = picture.duration;
        code = transcode(video, picture.packet, err);
    }
    coded_picture_release(&picture);
    return code;
}
