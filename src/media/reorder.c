#include "media/reorder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// A picture shows at most 16 pictures later than it is coded (the largest decoded picture buffer of H.264 and HEVC), or
// 32 fields.
#define REORDER_DEPTH 33
#define QUEUE_SIZE (2 * REORDER_DEPTH)

struct waiting {
    AVPacket *packet;
    int64_t epoch; // counts the pictures at which the order starts anew
    int64_t order; // within the epoch
    bool timed;
};

struct reorder {
    AVCodecParserContext *parser;
    AVCodecContext *codec;
    int64_t frame_duration;
    int64_t step;                     // from the newest slot to the next, where there is no decoding time
    struct waiting queue[QUEUE_SIZE]; // in decoding order
    int queued;
    int untimed;
    int64_t *slots; // decoding times not given away yet, in order
    size_t slot_head;
    size_t slot_count;
    size_t slot_capacity;
    int64_t last_slot;
    int64_t epoch;
    int64_t pictures;
    int64_t last_anchor; // index in `order` units of the newest picture that others refer to
    bool finished;
};

struct reorder *reorder_new(const AVCodecParameters *par, int64_t frame_duration)
{
    struct reorder *reorder = mem_calloc(1, sizeof(*reorder));
    reorder->frame_duration = frame_duration > 0 ? frame_duration : 1;
    reorder->last_slot = AV_NOPTS_VALUE;
    reorder->last_anchor = -1;
    reorder->parser = av_parser_init((int)par->codec_id);
    if (reorder->parser != NULL)
        reorder->parser->flags |= PARSER_FLAG_COMPLETE_FRAMES;
    reorder->codec = avcodec_alloc_context3(NULL);
    if (reorder->codec != NULL && avcodec_parameters_to_context(reorder->codec, par) < 0)
        avcodec_free_context(&reorder->codec);
    return reorder;
}

void reorder_free(struct reorder *reorder)
{
    if (reorder == NULL)
        return;
    for (int i = 0; i < reorder->queued; i++)
        av_packet_free(&reorder->queue[i].packet);
    if (reorder->parser != NULL)
        av_parser_close(reorder->parser);
    avcodec_free_context(&reorder->codec);
    free(reorder->slots);
    free(reorder);
}

static void push_slot(struct reorder *reorder, int64_t dts)
{
    if (dts == AV_NOPTS_VALUE || (reorder->last_slot != AV_NOPTS_VALUE && dts <= reorder->last_slot))
        dts = reorder->last_slot == AV_NOPTS_VALUE ? 0 : reorder->last_slot + reorder->step;
    reorder->last_slot = dts;
    if (reorder->slot_head > 0 && reorder->slot_head == reorder->slot_count)
        reorder->slot_head = reorder->slot_count = 0;
    if (reorder->slot_count == reorder->slot_capacity) {
        size_t left = reorder->slot_count - reorder->slot_head;
        if (left > 0 && reorder->slot_head > 0)
            memmove(reorder->slots, reorder->slots + reorder->slot_head, left * sizeof(*reorder->slots));
        reorder->slot_head = 0;
        reorder->slot_count = left;
        if (left == reorder->slot_capacity) {
            reorder->slot_capacity = reorder->slot_capacity == 0 ? 64 : 2 * reorder->slot_capacity;
            reorder->slots = mem_realloc_array(reorder->slots, reorder->slot_capacity, sizeof(*reorder->slots));
        }
    }
    reorder->slots[reorder->slot_count++] = dts;
}

static void find_order(struct reorder *reorder, const AVPacket *packet, struct waiting *waiting)
{
    int64_t number = reorder->pictures++;
    waiting->epoch = reorder->epoch;
    waiting->order = 2 * number;
    if (reorder->parser == NULL || reorder->codec == NULL)
        return;
    uint8_t *out = NULL;
    int out_size = 0;
    av_parser_parse2(reorder->parser, reorder->codec, &out, &out_size, packet->data, packet->size, packet->pts,
        packet->dts, packet->pos);
    enum AVCodecID id = reorder->codec->codec_id;
    if (id == AV_CODEC_ID_H264 || id == AV_CODEC_ID_HEVC) {
        int poc = reorder->parser->output_picture_number;
        // The count starts anew at an IDR picture, where it is about zero; what was before shows before.
        if (reorder->parser->key_frame == 1 && poc >= -1 && poc <= 1 && number > 0)
            reorder->epoch++;
        waiting->epoch = reorder->epoch;
        waiting->order = poc;
    } else if (id == AV_CODEC_ID_MPEG1VIDEO || id == AV_CODEC_ID_MPEG2VIDEO || id == AV_CODEC_ID_MPEG4) {
        // A B picture shows before the anchor that was coded last.
        if (reorder->parser->pict_type == AV_PICTURE_TYPE_B && reorder->last_anchor >= 0)
            waiting->order = reorder->last_anchor - 1;
        else
            reorder->last_anchor = waiting->order;
    }
}

// Gives the next decoding time to the picture that shows first of those that have none.
static void time_one(struct reorder *reorder)
{
    struct waiting *first = NULL;
    for (int i = 0; i < reorder->queued; i++) {
        struct waiting *w = &reorder->queue[i];
        if (w->timed)
            continue;
        if (first == NULL || w->epoch < first->epoch || (w->epoch == first->epoch && w->order < first->order))
            first = w;
    }
    if (first == NULL)
        return;
    first->packet->pts = reorder->slots[reorder->slot_head++];
    first->timed = true;
    reorder->untimed--;
}

enum err_code reorder_push(struct reorder *reorder, AVPacket *packet, struct err *err)
{
    if (reorder->queued == QUEUE_SIZE) {
        av_packet_free(&packet);
        return err_set(err, ERR_INTERNAL, "the queue of pictures without time stamps is full");
    }
    struct waiting *waiting = &reorder->queue[reorder->queued++];
    *waiting = (struct waiting){.packet = packet};
    find_order(reorder, packet, waiting);
    push_slot(reorder, packet->dts);
    reorder->step = packet->duration > 0 ? packet->duration : reorder->frame_duration;
    reorder->untimed++;
    while (reorder->untimed > REORDER_DEPTH)
        time_one(reorder);
    return ERR_NONE;
}

void reorder_finish(struct reorder *reorder)
{
    reorder->finished = true;
    while (reorder->untimed > 0)
        time_one(reorder);
}

AVPacket *reorder_pull(struct reorder *reorder)
{
    // A queue that is nearly full is one whose head waits behind an order that makes no sense.
    while (reorder->queued >= QUEUE_SIZE - 1 && !reorder->queue[0].timed)
        time_one(reorder);
    if (reorder->queued == 0 || !reorder->queue[0].timed)
        return NULL;
    AVPacket *packet = reorder->queue[0].packet;
    reorder->queued--;
    memmove(reorder->queue, reorder->queue + 1, (size_t)reorder->queued * sizeof(*reorder->queue));
    return packet;
}
