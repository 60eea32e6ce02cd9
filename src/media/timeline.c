#include "media/timeline.h"

#include <stdlib.h>
#include <string.h>

#include <libavcodec/bsf.h>

#include "base/mem.h"
#include "media/fields.h"
#include "media/parameter_sets.h"
#include "media/reorder.h"
#include "media/time_mend.h"

// Packets looked at to see whether the container has time stamps.
#define PEEK_PACKETS 32
// Reading goes on after errors (a lost part in the middle), but not for ever.
#define READ_ERRORS_IN_A_ROW_MAX 4096
// Time stamps beyond this many microseconds (about 126 years) are taken for damage.
#define TIME_MAX_US ((int64_t)4000000000000000)

struct timeline {
    struct media_source *source;
    AVRational time_base;
    struct picture_parser parser;
    AVBSFContext *unpacker; // NULL but for MPEG-4
    struct parameter_sets sets;
    struct field_pairs *fields;
    struct reorder *reorder; // NULL where the container has time stamps
    AVPacket *peeked[PEEK_PACKETS];
    int peeked_count;
    int peeked_next;
    struct time_mender *mender;
    bool untimed; // there are no times of showing; FFmpeg's guesses at them are left alone
    bool goes_on; // after another source, whose pictures showed until `resume`
    int64_t resume;
    bool opened;
    bool input_ended;
    bool started;      // the first picture that decoding can begin with has been seen
    bool start_closed; // and those that lead it can be decoded
    bool start_leads;  // pictures may still lead the first one
    int64_t start_pts;
    int64_t shift;     // added to all time stamps since they jumped back
    int64_t shown_max; // newest time of a shown picture, AV_NOPTS_VALUE before the first
    int64_t delay;     // pts - dts of the last picture that had both
    int64_t frame_duration;
    struct timeline_stats stats;
};

// In AVI files, MPEG-4's B pictures may be packed into the packet of the picture before, with an empty packet after.
static void open_unpacker(struct timeline *timeline)
{
    AVStream *video = timeline->source->video;
    const AVBitStreamFilter *filter = av_bsf_get_by_name("mpeg4_unpack_bframes");
    if (video->codecpar->codec_id != AV_CODEC_ID_MPEG4 || filter == NULL ||
        av_bsf_alloc(filter, &timeline->unpacker) < 0)
        return;
    timeline->unpacker->time_base_in = video->time_base;
    if (avcodec_parameters_copy(timeline->unpacker->par_in, video->codecpar) < 0 ||
        av_bsf_init(timeline->unpacker) < 0 ||
        avcodec_parameters_copy(video->codecpar, timeline->unpacker->par_out) < 0)
        av_bsf_free(&timeline->unpacker);
}

static void open_stream(struct timeline *timeline, struct media_source *source)
{
    timeline->source = source;
    timeline->time_base = source->video->time_base;
    timeline->mender = time_mender_new();
    open_unpacker(timeline);
    picture_parser_init(&timeline->parser, source->video->codecpar);
    timeline->fields = field_pairs_new(source->video->codecpar);
    // Where containers give time stamps to B pictures only, a reference shows when the next one is decoded. (Not so
    // with the codecs that refer to B pictures, see reorder.h, nor where pictures are packed, see above.)
    enum AVCodecID codec = source->video->codecpar->codec_id;
    bool avi = strcmp(source->format->iformat->name, "avi") == 0;
    timeline->untimed = (codec == AV_CODEC_ID_MPEG4 && avi) || media_source_is_raw(source);
    if ((codec == AV_CODEC_ID_MPEG1VIDEO || codec == AV_CODEC_ID_MPEG2VIDEO || codec == AV_CODEC_ID_MPEG4) &&
        !timeline->untimed)
        source->format->flags |= AVFMT_FLAG_GENPTS;
    AVRational fps = source->video->avg_frame_rate;
    if (fps.num <= 0 || fps.den <= 0)
        fps = source->video->r_frame_rate;
    if (fps.num <= 0 || fps.den <= 0)
        fps = (AVRational){25, 1};
    timeline->frame_duration = av_rescale_q(1, av_inv_q(fps), timeline->time_base);
    if (timeline->frame_duration < 1)
        timeline->frame_duration = 1;
}

struct timeline *timeline_new(struct media_source *source)
{
    struct timeline *timeline = mem_calloc(1, sizeof(*timeline));
    timeline->shown_max = AV_NOPTS_VALUE;
    open_stream(timeline, source);
    return timeline;
}

static void close_stream(struct timeline *timeline)
{
    for (int i = timeline->peeked_next; i < timeline->peeked_count; i++)
        av_packet_free(&timeline->peeked[i]);
    time_mender_free(timeline->mender);
    reorder_free(timeline->reorder);
    field_pairs_free(timeline->fields);
    av_bsf_free(&timeline->unpacker);
    parameter_sets_release(&timeline->sets);
}

void timeline_free(struct timeline *timeline)
{
    if (timeline == NULL)
        return;
    close_stream(timeline);
    free(timeline);
}

void timeline_go_on(struct timeline *timeline, struct media_source *source)
{
    struct timeline before = *timeline;
    close_stream(timeline);
    *timeline = (struct timeline){
        .shift = before.shift,
        .shown_max = before.shown_max,
        .goes_on = before.shown_max != AV_NOPTS_VALUE,
        .resume = before.shown_max + before.frame_duration,
        .stats = before.stats,
    };
    open_stream(timeline, source);
}

int64_t timeline_shift(const struct timeline *timeline)
{
    return timeline->shift;
}

void coded_picture_release(struct coded_picture *picture)
{
    av_packet_free(&picture->packet);
}

const struct timeline_stats *timeline_stats(const struct timeline *timeline)
{
    return &timeline->stats;
}

static bool time_is_sane(const struct timeline *timeline, int64_t time)
{
    if (time == AV_NOPTS_VALUE)
        return false;
    int64_t limit = av_rescale_q_rnd(TIME_MAX_US, AV_TIME_BASE_Q, timeline->time_base, AV_ROUND_DOWN);
    return time >= -limit && time <= limit;
}

// False if the packet has no picture of its own.
static bool unpack(struct timeline *timeline, AVPacket *packet)
{
    if (timeline->unpacker == NULL)
        return true;
    return av_bsf_send_packet(timeline->unpacker, packet) >= 0 &&
        av_bsf_receive_packet(timeline->unpacker, packet) >= 0 && packet->size > 0;
}

// The next packet of the video as the demuxer gives it; NULL at the end.
static enum err_code read_packet(struct timeline *timeline, AVPacket **out, struct err *err)
{
    *out = NULL;
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    int errors = 0;
    while (true) {
        enum err_code code = cancel_check(timeline->source->cancel, err);
        if (code != ERR_NONE) {
            av_packet_free(&packet);
            return code;
        }
        int rc = av_read_frame(timeline->source->format, packet);
        if (rc == AVERROR_EOF || (rc < 0 && ++errors > READ_ERRORS_IN_A_ROW_MAX)) {
            timeline->stats.ended_by_error = timeline->stats.ended_by_error || rc != AVERROR_EOF;
            av_packet_free(&packet);
            return ERR_NONE;
        }
        if (rc < 0) {
            timeline->stats.read_errors++;
            continue;
        }
        media_source_hear(timeline->source, packet);
        if (packet->stream_index == timeline->source->video->index && packet->size > 0 && unpack(timeline, packet))
            break;
        av_packet_unref(packet);
    }
    timeline->stats.packets++;
    if (media_source_is_damaged(timeline->source, packet))
        timeline->stats.damaged++;
    parameter_sets_apply(&timeline->sets, timeline->source->video->codecpar, packet);
    if (timeline->untimed || !time_is_sane(timeline, packet->pts))
        packet->pts = AV_NOPTS_VALUE;
    if (!time_is_sane(timeline, packet->dts))
        packet->dts = AV_NOPTS_VALUE;
    *out = packet;
    return ERR_NONE;
}

// Shifts the times of a source that goes on after another one so that none of its frames shows before the end there.
static void follow_on(struct timeline *timeline)
{
    int64_t earliest = AV_NOPTS_VALUE;
    int64_t start = AV_NOPTS_VALUE;
    bool closed = false;
    for (int i = 0; i < timeline->peeked_count; i++) {
        const AVPacket *packet = timeline->peeked[i];
        struct picture_info info;
        picture_inspect(&timeline->parser, packet, &info);
        if (start == AV_NOPTS_VALUE) {
            if (!info.starts && (packet->flags & AV_PKT_FLAG_KEY) == 0)
                continue;
            start = packet->pts;
            closed = info.closed;
        }
        bool decodes = packet->pts >= start || closed || info.leading_kept;
        if (packet->pts != AV_NOPTS_VALUE && info.shown && decodes)
            earliest = earliest == AV_NOPTS_VALUE ? packet->pts : FFMIN(earliest, packet->pts);
    }
    if (earliest != AV_NOPTS_VALUE && earliest + timeline->shift < timeline->resume) {
        timeline->shift = timeline->resume - earliest;
        timeline->stats.jumps++;
    }
}

// Looks at the first packets to decide where the time stamps come from.
static enum err_code peek(struct timeline *timeline, struct err *err)
{
    int missing = 0;
    while (timeline->peeked_count < PEEK_PACKETS) {
        AVPacket *packet;
        enum err_code code = read_packet(timeline, &packet, err);
        if (code != ERR_NONE)
            return code;
        if (packet == NULL) {
            timeline->input_ended = true;
            break;
        }
        missing += packet->pts == AV_NOPTS_VALUE;
        timeline->peeked[timeline->peeked_count++] = packet;
    }
    if (2 * missing > timeline->peeked_count) {
        timeline->stats.derived = true;
        timeline->reorder = reorder_new(timeline->source->video->codecpar, timeline->frame_duration);
    }
    if (timeline->goes_on)
        follow_on(timeline);
    timeline->opened = true;
    return ERR_NONE;
}

static enum err_code next_peeked(struct timeline *timeline, AVPacket **packet, struct err *err)
{
    *packet = NULL;
    if (timeline->peeked_next < timeline->peeked_count) {
        *packet = timeline->peeked[timeline->peeked_next];
        timeline->peeked[timeline->peeked_next++] = NULL;
        return ERR_NONE;
    }
    if (timeline->input_ended)
        return ERR_NONE;
    enum err_code code = read_packet(timeline, packet, err);
    timeline->input_ended = code == ERR_NONE && *packet == NULL;
    return code;
}

static enum err_code next_mended(struct timeline *timeline, AVPacket **packet, struct err *err)
{
    while ((*packet = time_mender_pull(timeline->mender)) == NULL) {
        AVPacket *next;
        enum err_code code = next_peeked(timeline, &next, err);
        if (code != ERR_NONE)
            return code;
        if (next == NULL) {
            time_mender_finish(timeline->mender);
            *packet = time_mender_pull(timeline->mender);
            break;
        }
        time_mender_push(timeline->mender, next);
    }
    timeline->stats.mended = time_mender_mended(timeline->mender);
    return ERR_NONE;
}

// The next packet that decoding can begin with or go on with.
static enum err_code next_started(struct timeline *timeline, AVPacket **packet, struct err *err)
{
    while (true) {
        enum err_code code = next_mended(timeline, packet, err);
        if (code != ERR_NONE || *packet == NULL || timeline->started)
            return code;
        struct picture_info info;
        picture_inspect(&timeline->parser, *packet, &info);
        if (info.starts || ((*packet)->flags & AV_PKT_FLAG_KEY) != 0) {
            timeline->started = true;
            timeline->start_leads = !info.no_leading;
            timeline->start_closed = info.closed;
            timeline->start_pts = AV_NOPTS_VALUE;
            return ERR_NONE;
        }
        timeline->stats.skipped++;
        av_packet_free(packet);
    }
}

static enum err_code next_timed(struct timeline *timeline, AVPacket **packet, struct err *err)
{
    if (timeline->reorder == NULL)
        return next_started(timeline, packet, err);
    while ((*packet = reorder_pull(timeline->reorder)) == NULL) {
        AVPacket *untimed;
        enum err_code code = next_started(timeline, &untimed, err);
        if (code != ERR_NONE)
            return code;
        if (untimed == NULL) {
            reorder_finish(timeline->reorder);
            *packet = reorder_pull(timeline->reorder);
            return ERR_NONE;
        }
        code = reorder_push(timeline->reorder, untimed, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static int64_t repaired_pts(struct timeline *timeline, const AVPacket *packet, const struct picture_info *info)
{
    int64_t next = timeline->shown_max == AV_NOPTS_VALUE ? 0 : timeline->shown_max + timeline->frame_duration;
    int64_t pts = packet->pts;
    if (pts == AV_NOPTS_VALUE) {
        if (packet->dts == AV_NOPTS_VALUE)
            return next;
        pts = packet->dts + (info->reference && timeline->parser.reorders ? timeline->delay : 0);
    } else if (packet->dts != AV_NOPTS_VALUE && info->reference) {
        timeline->delay = pts - packet->dts;
    }
    pts += timeline->shift;
    bool hidden = (packet->flags & AV_PKT_FLAG_DISCARD) != 0;
    if (info->clean && !hidden && timeline->shown_max != AV_NOPTS_VALUE && pts < timeline->shown_max &&
        !time_mender_goes_on(timeline->mender)) {
        timeline->shift += next - pts;
        timeline->stats.jumps++;
        pts = next;
    }
    return pts;
}

// Whether the picture leads the very first one and needs what is not there.
static bool is_undecodable(struct timeline *timeline, int64_t pts, const struct picture_info *info)
{
    if (!timeline->start_leads)
        return false;
    if (timeline->start_pts == AV_NOPTS_VALUE) {
        timeline->start_pts = pts;
        return false;
    }
    if (info->clean) {
        timeline->start_leads = false;
        return false;
    }
    return pts < timeline->start_pts && !timeline->start_closed && !info->leading_kept;
}

enum err_code timeline_next(struct timeline *timeline, struct coded_picture *picture, bool *end, struct err *err)
{
    *end = false;
    *picture = (struct coded_picture){0};
    if (!timeline->opened) {
        enum err_code code = peek(timeline, err);
        if (code != ERR_NONE)
            return code;
    }
    AVPacket *packet;
    enum err_code code = next_timed(timeline, &packet, err);
    if (code != ERR_NONE)
        return code;
    if (packet == NULL) {
        *end = true;
        return ERR_NONE;
    }
    picture->packet = packet;
    picture_inspect(&timeline->parser, packet, &picture->info);
    bool second_field = field_pairs_is_second(timeline->fields, packet, picture->info.closed);
    if (second_field)
        picture->info.clean = picture->info.starts = false;
    picture->pts = repaired_pts(timeline, packet, &picture->info);
    picture->duration = packet->duration > 0 ? packet->duration : timeline->frame_duration;
    picture->presented = (packet->flags & AV_PKT_FLAG_DISCARD) == 0 && picture->info.shown && !second_field &&
        !is_undecodable(timeline, picture->pts, &picture->info);
    if (picture->presented && (timeline->shown_max == AV_NOPTS_VALUE || picture->pts > timeline->shown_max))
        timeline->shown_max = picture->pts;
    // Where one that nothing leads is not the first to show, its time is wrong, and no border between times.
    if (picture->info.no_leading && timeline->reorder == NULL && !time_mender_leads(timeline->mender))
        picture->info.clean = false;
    return ERR_NONE;
}
