#include "media/decode.h"

#include <libavcodec/avcodec.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/decode_output.h"
#include "media/decode_plan.h"
#include "media/decode_room.h"
#include "media/source.h"

struct decoding {
    const struct media_input *input;
    const struct media_segment *segment;
    const struct decode_options *options;
    struct media_limits limits;
    struct decode_result *result;
    struct media_source *source;
    AVCodecContext *codec;
    struct decode_room *room;
    AVFrame *picture;
    struct decode_plan plan;
    struct decode_output output;
    bool recovered; // what comes out misses none of its references
    bool draining;
};

static enum err_code open_source(struct decoding *decoding, struct err *err)
{
    media_source_close(decoding->source);
    enum err_code code = media_source_open(
        decoding->input, MEDIA_SOURCE_SEGMENT, &decoding->limits, decoding->options->cancel, &decoding->source, err);
    return code == ERR_INVALID ? err_set(err, ERR_CORRUPT, "the segment is no file that the splitter made") : code;
}

static enum err_code open_codec(struct decoding *decoding, struct err *err)
{
    const AVCodecParameters *par = decoding->source->video->codecpar;
    const AVCodec *decoder = avcodec_find_decoder(par->codec_id);
    if (decoder == NULL)
        return err_set(err, ERR_INVALID, "there is no decoder for %s here", avcodec_get_name(par->codec_id));
    avcodec_free_context(&decoding->codec);
    AVCodecContext *codec = avcodec_alloc_context3(decoder);
    if (codec == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    decoding->codec = codec;
    int rc = avcodec_parameters_to_context(codec, par);
    if (rc < 0)
        return err_set(err, ERR_CORRUPT, "the segment's parameters make no sense: %s", av_err2str(rc));
    codec->thread_count = decode_room_threads(decoding->options->threads, par);
    codec->max_pixels = decoding->limits.pixels_max;
    codec->pkt_timebase = decoding->source->video->time_base;
    decode_room_attach(decoding->room, codec);
    // H.264 streams need not say how far pictures are reordered. The decoder would have to guess and, guessing too low,
    // drop some; the segment's time stamps tell.
    if (codec->has_b_frames < decoding->plan.reorder_depth)
        codec->has_b_frames = decoding->plan.reorder_depth > 16 ? 16 : decoding->plan.reorder_depth;
    rc = avcodec_open2(codec, decoder, NULL);
    if (rc < 0)
        return err_set(err, ERR_CORRUPT, "the decoder refuses the video (%s): %s", decoder->name, av_err2str(rc));
    return ERR_NONE;
}

// FFmpeg's H.264 decoder holds back what it has not seen recover, and after a keyframe that is no IDR it sees that only
// when the keyframe is put out: pictures still inside at the end were dropped. Where decoding begins with a keyframe
// that is exact at once the decoder has to give all, and is_garbage() tells them apart.
static void begin_at(struct decoding *decoding, const struct plan_packet *keyframe)
{
    bool ours = decoding->codec->codec_id == AV_CODEC_ID_H264 && keyframe->exact;
    decoding->recovered = !ours;
    if (ours)
        decoding->codec->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    else
        decoding->codec->flags &= ~AV_CODEC_FLAG_OUTPUT_CORRUPT;
}

static bool is_exact_keyframe(const struct decode_plan *plan, int64_t pts_us)
{
    for (size_t i = 0; i < plan->packet_count; i++) {
        if (plan->packets[i].exact && plan->packets[i].pts_us == pts_us)
            return true;
    }
    return false;
}

// Whether a picture misses its references. (Patched-up pictures have decode_error_flags instead.)
static bool is_garbage(struct decoding *decoding, const AVFrame *picture, int64_t pts_us)
{
    if ((picture->flags & AV_FRAME_FLAG_CORRUPT) != 0)
        return true;
    // What the decoder still holds at the end is not marked; it is right from the keyframe on.
    if (!decoding->recovered)
        decoding->recovered = !decoding->draining || is_exact_keyframe(&decoding->plan, pts_us);
    return !decoding->recovered;
}

static bool must_begin_again(const struct decoding *decoding)
{
    return decoding->output.frame_lost && !decoding->output.patient;
}

// Gives a packet that is not shown a time that no frame has; those of pictures that an edit list hides are frames' too.
static void hide(AVPacket *packet, size_t index)
{
    packet->pts = -1 - (int64_t)index;
}

static enum err_code no_memory(const struct decoding *decoding, struct err *err)
{
    return decode_room_was_full(decoding->room) ? decode_room_error(decoding->room, err)
                                                : err_set(err, ERR_UNAVAILABLE, "out of memory while decoding");
}

// Takes a picture that came out of the decoder.
static enum err_code take_picture(struct decoding *decoding, struct err *err)
{
    AVFrame *picture = decoding->picture;
    decoding->result->decoded++;
    if (picture->pts == AV_NOPTS_VALUE || picture->width <= 0)
        return ERR_NONE;
    bool hidden = picture->pts < 0;
    size_t hidden_packet = hidden ? (size_t)(-1 - picture->pts) : 0;
    if (hidden_packet >= decoding->plan.packet_count)
        return ERR_NONE;
    int64_t pts_us = hidden ? decoding->plan.packets[hidden_packet].pts_us
                            : segment_pts_us(decoding->segment, decoding->source->video->time_base, picture->pts);
    if (is_garbage(decoding, picture, pts_us) || hidden)
        return ERR_NONE;
    if (pts_us < decoding->segment->start_us || pts_us >= decoding->segment->end_us)
        return ERR_NONE;
    return decode_output_take(&decoding->output, picture, pts_us, err);
}

static enum err_code receive_pictures(struct decoding *decoding, struct err *err)
{
    while (true) {
        int rc = avcodec_receive_frame(decoding->codec, decoding->picture);
        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
            return ERR_NONE;
        if (rc == AVERROR(ENOMEM) || decode_room_was_full(decoding->room))
            return no_memory(decoding, err);
        if (rc < 0)
            return ERR_NONE; // a picture that cannot be decoded; it is missed when the next one comes
        enum err_code code = take_picture(decoding, err);
        av_frame_unref(decoding->picture);
        if (code != ERR_NONE)
            return code;
        if (must_begin_again(decoding))
            return ERR_NONE;
    }
}

// Gets everything out of the decoder, which was given the packets before `packet`.
static enum err_code empty_decoder(struct decoding *decoding, size_t packet, struct err *err)
{
    avcodec_send_packet(decoding->codec, NULL);
    decoding->draining = true;
    enum err_code code = receive_pictures(decoding, err);
    decoding->draining = false;
    avcodec_flush_buffers(decoding->codec);
    if (code == ERR_NONE && !must_begin_again(decoding))
        code = decode_output_drained(&decoding->output, packet, err);
    return code;
}

static enum err_code send_packet(struct decoding *decoding, const AVPacket *packet, struct err *err)
{
    enum err_code code = ERR_NONE;
    int rc;
    while ((rc = avcodec_send_packet(decoding->codec, packet)) == AVERROR(EAGAIN) && code == ERR_NONE)
        code = receive_pictures(decoding, err);
    if (rc == AVERROR(ENOMEM) || decode_room_was_full(decoding->room))
        return no_memory(decoding, err);
    return code == ERR_NONE ? receive_pictures(decoding, err) : code;
}

static enum err_code run_decoder(struct decoding *decoding, struct err *err)
{
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    enum err_code code = ERR_NONE;
    size_t unsent = decoding->plan.packet_count - (size_t)decoding->plan.skipped;
    for (size_t i = 0; i < decoding->plan.packet_count && unsent > 0 && code == ERR_NONE; i++) {
        if (av_read_frame(decoding->source->format, packet) < 0)
            break;
        const struct plan_packet *planned = &decoding->plan.packets[i];
        if (planned->send) {
            unsent--;
            if (planned->begin)
                code = empty_decoder(decoding, i, err);
            if (planned->begin || i == 0)
                begin_at(decoding, planned);
            if (planned->hidden)
                hide(packet, i);
            if (code == ERR_NONE && !must_begin_again(decoding))
                code = send_packet(decoding, packet, err);
        }
        av_packet_unref(packet);
        if (must_begin_again(decoding))
            break;
        if (code == ERR_NONE && i % 32 == 0)
            code = cancel_check(decoding->options->cancel, err);
    }
    av_packet_free(&packet);
    if (code == ERR_NONE && !must_begin_again(decoding))
        code = empty_decoder(decoding, decoding->plan.packet_count, err);
    return code;
}

// Plans and decodes once: with as little as is needed, or everything if `patient`.
static enum err_code decode_once(struct decoding *decoding, bool patient, struct err *err)
{
    bool everything = patient || decoding->options->decode_everything;
    decode_output_release(&decoding->output);
    decode_plan_release(&decoding->plan);
    enum err_code code = open_source(decoding, err);
    if (code == ERR_NONE)
        code = decode_plan_make(
            decoding->source, decoding->segment, &decoding->options->sampling, everything, &decoding->plan, err);
    if (code == ERR_NONE && decoding->plan.packet_count == 0)
        code = err_set(err, ERR_CORRUPT, "there are no coded pictures in the segment");
    if (code == ERR_NONE)
        code = open_source(decoding, err);
    if (code == ERR_NONE)
        code = open_codec(decoding, err);
    if (code != ERR_NONE)
        return code;
    decode_output_begin(&decoding->output, &decoding->plan, everything);
    decoding->result->packets = (int64_t)decoding->plan.packet_count;
    decoding->result->skipped = decoding->plan.skipped;
    return run_decoder(decoding, err);
}

enum err_code media_decode(const struct media_input *input, const struct media_segment *segment,
    const struct decode_options *options, struct decode_result *result, struct err *err)
{
    *result = (struct decode_result){0};
    if (segment->time_base_num <= 0 || segment->time_base_den <= 0)
        return err_set(err, ERR_INVALID, "the segment's time base makes no sense");
    struct decoding decoding = {
        .input = input,
        .segment = segment,
        .options = options,
        .limits = media_limits_or_default(options->limits),
        .result = result,
        .picture = av_frame_alloc(),
    };
    decoding.output = (struct decode_output){
        .segment = segment, .options = options, .limits = decoding.limits, .result = result, .emitted_us = INT64_MIN};
    decoding.room = decode_room_new(&decoding.limits);
    enum err_code code = ERR_NONE;
    if (decoding.picture == NULL)
        code = err_set(err, ERR_UNAVAILABLE, "out of memory");
    if (code == ERR_NONE)
        code = decode_once(&decoding, false, err);
    if (code == ERR_NONE && must_begin_again(&decoding))
        code = decode_once(&decoding, true, err);
    if (result->lost > 0 || result->damaged > 0)
        log_warn(options->log != NULL ? options->log : log_none(),
            "%lld frames of the segment could not be decoded, and %lld were damaged", (long long)result->lost,
            (long long)result->damaged);
    decode_output_release(&decoding.output);
    av_frame_free(&decoding.picture);
    avcodec_free_context(&decoding.codec);
    media_source_close(decoding.source);
    decode_plan_release(&decoding.plan);
    decode_room_free(decoding.room);
    return code;
}
