#include <libavutil/audio_fifo.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "media/remux_track.h"
#include "media/source.h"

#define BIT_RATE_PER_CHANNEL 80000
#define SAMPLES_PER_PIECE 1024 // where the encoder does not care
// Times that go back by more than this jump, as the video's do where recordings were put end to end.
#define JUMP_US 1000000

bool remux_can_copy_audio(const AVCodecParameters *par)
{
    return par->codec_id == AV_CODEC_ID_AAC || par->codec_id == AV_CODEC_ID_MP3 || par->codec_id == AV_CODEC_ID_OPUS;
}

// A copy without sound is better than none.
static void leave_out(struct remux_audio *audio, const char *why)
{
    struct log *log = audio->output->options->log;
    log_warn(log != NULL ? log : log_none(), "sound (%s) is missing in the copy for browsers: %s",
        avcodec_get_name(audio->input->codecpar->codec_id), why);
    avcodec_free_context(&audio->decoder);
    audio->input = NULL;
    audio->left_out = true;
}

static enum err_code open_decoder(struct remux_audio *audio, struct err *err)
{
    const AVCodecParameters *par = audio->input->codecpar;
    const AVCodec *decoder = avcodec_find_decoder(par->codec_id);
    if (decoder == NULL) {
        leave_out(audio, "there is no decoder for it here");
        return ERR_NONE;
    }
    audio->decoder = avcodec_alloc_context3(decoder);
    if (audio->decoder == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    int rc = avcodec_parameters_to_context(audio->decoder, par);
    audio->decoder->pkt_timebase = audio->input->time_base;
    if (rc >= 0)
        rc = avcodec_open2(audio->decoder, decoder, NULL);
    if (rc == AVERROR(ENOMEM))
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    if (rc < 0)
        leave_out(audio, av_err2str(rc));
    return ERR_NONE;
}

static enum err_code open_encoder(struct remux_audio *audio, struct err *err)
{
    const AVCodec *encoder = avcodec_find_encoder(AV_CODEC_ID_AAC);
    if (encoder == NULL)
        return err_set(err, ERR_UNAVAILABLE, "the sound cannot be converted for browsers: no AAC encoder here");
    AVCodecContext *codec = audio->encoder = avcodec_alloc_context3(encoder);
    if (codec == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    int rate = audio->decoder != NULL ? audio->decoder->sample_rate : 0;
    codec->sample_rate = rate >= 8000 && rate <= 48000 ? rate : 48000;
    // More than stereo plays everywhere only when it is mixed down.
    bool mono = audio->decoder != NULL && audio->decoder->ch_layout.nb_channels == 1;
    av_channel_layout_default(&codec->ch_layout, mono ? 1 : 2);
    codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    codec->bit_rate = (int64_t)BIT_RATE_PER_CHANNEL * codec->ch_layout.nb_channels;
    codec->time_base = (AVRational){1, codec->sample_rate};
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    int rc = avcodec_open2(codec, encoder, NULL);
    if (rc >= 0) {
        audio->fifo = av_audio_fifo_alloc(codec->sample_fmt, codec->ch_layout.nb_channels, 4 * SAMPLES_PER_PIECE);
        rc = audio->fifo == NULL ? AVERROR(ENOMEM) : 0;
    }
    return rc < 0 ? err_set(err, ERR_INTERNAL, "the AAC encoder cannot be set up: %s", av_err2str(rc)) : ERR_NONE;
}

static void choose_stream(struct remux_audio *audio)
{
    const struct media_info *info = &audio->source->info;
    audio->input = info->has_audio ? audio->source->format->streams[info->audio_stream] : NULL;
    audio->left_out = false;
    audio->source->video->discard = AVDISCARD_ALL;
    if (audio->input != NULL)
        audio->input->discard = AVDISCARD_DEFAULT;
}

enum err_code remux_audio_open(struct remux_audio *audio, struct remux_output *output, struct err *err)
{
    audio->output = output;
    audio->last_dts = INT64_MIN;
    audio->next_pts = AV_NOPTS_VALUE;
    audio->resuming = true;
    audio->rest = -1;
    enum err_code code = remux_open_source(output, &audio->source, err);
    if (code != ERR_NONE)
        return code;
    choose_stream(audio);
    if (audio->input == NULL && !output->late_sound)
        return err_set(err, ERR_CORRUPT, "the file changed while it was read: it has no sound any more");
    audio->sound = av_frame_alloc();
    audio->packet = av_packet_alloc();
    audio->stream = avformat_new_stream(output->muxer, NULL);
    if (audio->sound == NULL || audio->packet == NULL || audio->stream == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    if (!audio->source->info.has_audio || output->encode || !remux_can_copy_audio(audio->input->codecpar)) {
        code = audio->input != NULL ? open_decoder(audio, err) : ERR_NONE;
        if (code == ERR_NONE)
            code = open_encoder(audio, err);
        if (code != ERR_NONE)
            return code;
    }
    int rc = audio->encoder != NULL ? avcodec_parameters_from_context(audio->stream->codecpar, audio->encoder)
                                    : avcodec_parameters_copy(audio->stream->codecpar, audio->input->codecpar);
    audio->stream->codecpar->codec_tag = 0;
    audio->stream->time_base = audio->encoder != NULL ? audio->encoder->time_base : audio->input->time_base;
    return rc < 0 ? err_set(err, ERR_UNAVAILABLE, "out of memory") : ERR_NONE;
}

void remux_audio_close(struct remux_audio *audio)
{
    av_packet_free(&audio->packet);
    av_frame_free(&audio->sound);
    av_frame_free(&audio->piece);
    swr_free(&audio->resampler);
    av_channel_layout_uninit(&audio->heard.layout);
    if (audio->fifo != NULL)
        av_audio_fifo_free(audio->fifo);
    avcodec_free_context(&audio->decoder);
    avcodec_free_context(&audio->encoder);
    media_source_close(audio->source);
}

// The time in the copy of a time stamp of the source.
static int64_t to_copy(const struct remux_audio *audio, int64_t pts)
{
    int64_t origin = av_rescale_q(audio->output->origin_pts, audio->output->origin_time_base, audio->input->time_base);
    return pts + audio->shift - origin;
}

// A sound track counts in samples, which is too fine for a gap of half a day: the sound ends before it.
static enum err_code write_packet(struct remux_audio *audio, AVPacket *packet, AVRational time_base, struct err *err)
{
    bool kept;
    if (audio->ended)
        return ERR_NONE;
    enum err_code code = remux_write(audio->output, packet, audio->stream, time_base, &kept, err);
    if (code != ERR_NONE || kept)
        return code;
    audio->ended = true;
    struct log *log = audio->output->options->log;
    log_warn(log != NULL ? log : log_none(),
        "the sound of the copy for browsers ends before a gap of many hours, which its track cannot hold");
    return ERR_NONE;
}

static enum err_code drain_encoder(struct remux_audio *audio, struct err *err)
{
    while (avcodec_receive_packet(audio->encoder, audio->packet) >= 0) {
        enum err_code code = write_packet(audio, audio->packet, audio->encoder->time_base, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static int piece_size(const struct remux_audio *audio)
{
    return audio->encoder->frame_size > 0 ? audio->encoder->frame_size : SAMPLES_PER_PIECE;
}

// Encodes what is in the fifo in pieces of the encoder's size; what is left over only with `rest`.
static enum err_code encode_pieces(struct remux_audio *audio, bool rest, struct err *err)
{
    int size = piece_size(audio);
    int available;
    while ((available = av_audio_fifo_size(audio->fifo)) >= size || (rest && available > 0)) {
        av_frame_free(&audio->piece);
        AVFrame *piece = audio->piece = av_frame_alloc();
        if (piece == NULL)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        piece->nb_samples = available < size ? available : size;
        piece->format = audio->encoder->sample_fmt;
        piece->sample_rate = audio->encoder->sample_rate;
        if (av_channel_layout_copy(&piece->ch_layout, &audio->encoder->ch_layout) < 0 ||
            av_frame_get_buffer(piece, 0) < 0 ||
            av_audio_fifo_read(audio->fifo, (void **)piece->data, piece->nb_samples) < piece->nb_samples)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        piece->pts = audio->next_pts;
        audio->next_pts += piece->nb_samples;
        audio->time_us = av_rescale_q(audio->next_pts, audio->encoder->time_base, AV_TIME_BASE_Q);
        if (avcodec_send_frame(audio->encoder, piece) < 0)
            return err_set(err, ERR_INTERNAL, "the sound cannot be encoded");
        enum err_code code = drain_encoder(audio, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

// Leaves out what there is no sound for: silence up to the end of a piece, then nothing.
static enum err_code leave_gap(struct remux_audio *audio, int64_t samples, struct err *err)
{
    int over = av_audio_fifo_size(audio->fifo) % piece_size(audio);
    int64_t silent = FFMIN(samples, over > 0 ? piece_size(audio) - over : 0);
    uint8_t *planes[2] = {NULL};
    int channels = audio->encoder->ch_layout.nb_channels;
    if (silent > 0) {
        if (av_samples_alloc(planes, NULL, channels, (int)silent, audio->encoder->sample_fmt, 0) < 0)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
        av_samples_set_silence(planes, 0, (int)silent, channels, audio->encoder->sample_fmt);
        int put = av_audio_fifo_write(audio->fifo, (void **)planes, (int)silent);
        av_freep(&planes[0]);
        if (put < 0)
            return err_set(err, ERR_UNAVAILABLE, "out of memory");
    }
    enum err_code code = encode_pieces(audio, false, err);
    if (av_audio_fifo_size(audio->fifo) == 0)
        audio->next_pts += samples - silent;
    return code;
}

// Finds the place for the first sound of a source; `*heard` says that it is before what was taken already.
static enum err_code resume(struct remux_audio *audio, const AVFrame *sound, bool *heard, struct err *err)
{
    int64_t pts = sound->pts != AV_NOPTS_VALUE ? to_copy(audio, sound->pts) : 0;
    pts = av_rescale_q(pts, audio->input->time_base, audio->encoder->time_base);
    int64_t end = pts + av_rescale(sound->nb_samples, audio->encoder->sample_rate, sound->sample_rate);
    int64_t next = audio->next_pts == AV_NOPTS_VALUE ? 0 : audio->next_pts + av_audio_fifo_size(audio->fifo);
    *heard = pts < next && end <= next;
    audio->resuming = *heard;
    if (*heard)
        return ERR_NONE;
    if (audio->next_pts == AV_NOPTS_VALUE)
        audio->next_pts = FFMAX(pts, 0);
    else if (pts > next)
        return leave_gap(audio, pts - next, err);
    return ERR_NONE;
}

// Resamples a piece of sound (NULL: what the resampler holds back) into the fifo.
static enum err_code resample(struct remux_audio *audio, const AVFrame *sound, struct err *err)
{
    int most = swr_get_out_samples(audio->resampler, sound != NULL ? sound->nb_samples : 0);
    if (most <= 0)
        return ERR_NONE;
    uint8_t *planes[2] = {NULL};
    if (av_samples_alloc(planes, NULL, audio->encoder->ch_layout.nb_channels, most, audio->encoder->sample_fmt, 0) < 0)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    int got = swr_convert(audio->resampler, planes, most, sound != NULL ? (const uint8_t **)sound->extended_data : NULL,
        sound != NULL ? sound->nb_samples : 0);
    int put = got > 0 ? av_audio_fifo_write(audio->fifo, (void **)planes, got) : 0;
    av_freep(&planes[0]);
    return put < 0 ? err_set(err, ERR_UNAVAILABLE, "out of memory") : ERR_NONE;
}

static int open_resampler(struct remux_audio *audio, const AVFrame *sound)
{
    AVCodecContext *codec = audio->encoder;
    AVChannelLayout layout = {0};
    audio->heard.format = sound->format;
    audio->heard.rate = sound->sample_rate;
    int rc = av_channel_layout_copy(&audio->heard.layout, &sound->ch_layout);
    // Of which only the number of channels is known.
    if (rc >= 0 && sound->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, sound->ch_layout.nb_channels);
    else if (rc >= 0)
        rc = av_channel_layout_copy(&layout, &sound->ch_layout);
    if (rc >= 0)
        rc = swr_alloc_set_opts2(&audio->resampler, &codec->ch_layout, codec->sample_fmt, codec->sample_rate, &layout,
            (enum AVSampleFormat)sound->format, sound->sample_rate, 0, NULL);
    av_channel_layout_uninit(&layout);
    return rc >= 0 ? swr_init(audio->resampler) : rc;
}

// The resampler reads as many channels as it was opened for: where the sound changes (a broadcast's from 5.1 to
// stereo), it is opened anew. Sound that none can be opened for is left out.
static enum err_code fit_resampler(struct remux_audio *audio, const AVFrame *sound, struct err *err)
{
    bool same = audio->heard.format == sound->format && audio->heard.rate == sound->sample_rate &&
        av_channel_layout_compare(&audio->heard.layout, &sound->ch_layout) == 0;
    if (same && audio->heard.rate > 0)
        return ERR_NONE;
    enum err_code code = audio->resampler != NULL ? resample(audio, NULL, err) : ERR_NONE;
    swr_free(&audio->resampler);
    int rc = code == ERR_NONE ? open_resampler(audio, sound) : 0;
    if (rc >= 0)
        return code;
    swr_free(&audio->resampler);
    struct log *log = audio->output->options->log;
    log_warn(log != NULL ? log : log_none(), "sound is missing in the copy for browsers: it cannot be resampled: %s",
        av_err2str(rc));
    return ERR_NONE;
}

static enum err_code take_sound(struct remux_audio *audio, const AVFrame *sound, struct err *err)
{
    if (sound != NULL && (sound->nb_samples <= 0 || sound->sample_rate <= 0 || sound->ch_layout.nb_channels <= 0))
        return ERR_NONE;
    enum err_code code = ERR_NONE;
    if (audio->resuming) {
        bool heard = true;
        code = sound != NULL ? resume(audio, sound, &heard, err) : ERR_NONE;
        if (code != ERR_NONE || heard)
            return code;
    }
    if (sound != NULL)
        code = fit_resampler(audio, sound, err);
    return code == ERR_NONE && audio->resampler != NULL ? resample(audio, sound, err) : code;
}

// NULL gets out what the decoder holds back.
static enum err_code transcode(struct remux_audio *audio, const AVPacket *packet, struct err *err)
{
    enum err_code code = ERR_NONE;
    avcodec_send_packet(audio->decoder, packet); // what cannot be decoded is left out
    while (code == ERR_NONE && avcodec_receive_frame(audio->decoder, audio->sound) >= 0) {
        code = take_sound(audio, audio->sound, err);
        av_frame_unref(audio->sound);
        if (code == ERR_NONE)
            code = encode_pieces(audio, false, err);
    }
    return code == ERR_NONE && packet == NULL ? take_sound(audio, NULL, err) : code;
}

static enum err_code end_track(struct remux_audio *audio, struct err *err)
{
    audio->done = true;
    if (audio->encoder == NULL)
        return ERR_NONE;
    enum err_code code = audio->next_pts != AV_NOPTS_VALUE ? encode_pieces(audio, true, err) : ERR_NONE;
    if (code != ERR_NONE)
        return code;
    avcodec_send_frame(audio->encoder, NULL);
    return drain_encoder(audio, err);
}

static int64_t shift_of_video(const struct remux_audio *audio, const struct remux_video *video)
{
    return av_rescale_q(timeline_shift(video->timeline), video->source->video->time_base, audio->input->time_base);
}

// Whether the recording that the sound is from may be one whose pictures are still to come.
static bool may_follow(const struct remux_audio *audio, const struct remux_video *video)
{
    if (video->done || video->begin != audio->source->begin || video->pos >= audio->packet->pos)
        return false;
    // In a transport stream, sound and pictures of one time are near each other.
    return audio->source->watch != NULL || shift_of_video(audio, video) == audio->shift;
}

bool remux_audio_waits(const struct remux_audio *audio, const struct remux_video *video)
{
    if (audio->held)
        return may_follow(audio, video);
    return !video->done && audio->rest >= 0 && audio->rest > video->begin;
}

// Whether the packet is from behind the place where the times of the pictures jumped, which the sound has not done yet.
static bool is_behind_jump(const struct remux_audio *audio, const struct remux_video *video)
{
    return audio->source->watch != NULL && video->begin == audio->source->begin &&
        shift_of_video(audio, video) != audio->shift && audio->packet->pos > video->jump_pos;
}

// Goes with the video where times jump back, once it has; whether the packet has its place.
static bool follow_jump(struct remux_audio *audio, const struct remux_video *video, int64_t source_pts)
{
    int64_t jump = av_rescale_q(JUMP_US, AV_TIME_BASE_Q, audio->input->time_base);
    bool goes_back = audio->last_dts != INT64_MIN && to_copy(audio, source_pts) < audio->last_dts - jump;
    if (!goes_back && audio->source->watch == NULL)
        return true;
    audio->held = may_follow(audio, video);
    if (audio->held)
        return false;
    if (goes_back || is_behind_jump(audio, video)) {
        audio->shift = shift_of_video(audio, video);
        audio->resuming = true;
    }
    return true;
}

static enum err_code copy(struct remux_audio *audio, AVPacket *packet, int64_t pts, struct err *err)
{
    // Sound from before the first frame would move the whole time line of some players.
    if (pts + packet->duration <= 0 || pts <= audio->last_dts)
        return ERR_NONE;
    packet->pts = packet->dts = audio->last_dts = pts;
    audio->time_us = av_rescale_q(pts, audio->input->time_base, AV_TIME_BASE_Q);
    return write_packet(audio, packet, audio->input->time_base, err);
}

static enum err_code take_packet(struct remux_audio *audio, const struct remux_video *video, struct err *err)
{
    AVPacket *packet = audio->packet;
    int64_t source_pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (source_pts != AV_NOPTS_VALUE && !follow_jump(audio, video, source_pts))
        return ERR_NONE;
    if (audio->encoder == NULL)
        return source_pts != AV_NOPTS_VALUE ? copy(audio, packet, to_copy(audio, source_pts), err) : ERR_NONE;
    if (source_pts != AV_NOPTS_VALUE)
        audio->last_dts = FFMAX(audio->last_dts, to_copy(audio, source_pts));
    return transcode(audio, packet, err);
}

// At the end of the source: its sound goes on where its video does.
static enum err_code end_part(struct remux_audio *audio, struct err *err)
{
    int64_t rest = media_source_rest(audio->source);
    if (audio->encoder == NULL && rest < 0)
        return end_track(audio, err);
    if (audio->encoder == NULL) {
        // What follows may be coded in another way, and one track holds but one.
        audio->output->encode = audio->output->again = true;
        return ERR_NONE;
    }
    audio->rest = rest;
    enum err_code code = audio->decoder != NULL ? transcode(audio, NULL, err) : ERR_NONE;
    return code == ERR_NONE && rest < 0 ? end_track(audio, err) : code;
}

static enum err_code next_part(struct remux_audio *audio, const struct remux_video *video, struct err *err)
{
    if (video->begin < audio->rest) // there is no more video
        return end_track(audio, err);
    struct media_source *source;
    int parts = 0; // as far as the video has come
    enum err_code code = media_source_open_rest(audio->output->input, video->begin, &parts, &audio->output->limits,
        audio->output->options->cancel, &source, err);
    if (code != ERR_NONE)
        return code;
    avcodec_free_context(&audio->decoder);
    swr_free(&audio->resampler); // what it held back is taken
    audio->heard.rate = 0;
    media_source_close(audio->source);
    audio->source = source;
    audio->rest = -1;
    audio->last_dts = INT64_MIN; // of another time base
    audio->resuming = true;
    choose_stream(audio);
    if (audio->input == NULL)
        return ERR_NONE;
    audio->shift = shift_of_video(audio, video);
    return open_decoder(audio, err);
}

// A transport stream may have sound from its middle on only.
static enum err_code look_for_sound(struct remux_audio *audio, struct err *err)
{
    media_source_hear(audio->source, audio->packet);
    audio->input = audio->source->late_sound;
    return audio->input != NULL ? open_decoder(audio, err) : ERR_NONE;
}

enum err_code remux_audio_step(struct remux_audio *audio, const struct remux_video *video, struct err *err)
{
    if (audio->ended) {
        audio->done = true;
        return ERR_NONE;
    }
    if (audio->rest >= 0)
        return next_part(audio, video, err);
    int rc = audio->held ? 0 : av_read_frame(audio->source->format, audio->packet);
    audio->held = false;
    enum err_code code = cancel_check(audio->output->options->cancel, err);
    if (code != ERR_NONE)
        return code;
    if (rc < 0)
        return end_part(audio, err);
    if (audio->input == NULL && !audio->left_out)
        code = look_for_sound(audio, err);
    if (code == ERR_NONE && audio->input != NULL && audio->packet->stream_index == audio->input->index &&
        audio->packet->size > 0)
        code = take_packet(audio, video, err);
    if (!audio->held)
        av_packet_unref(audio->packet);
    return code;
}
