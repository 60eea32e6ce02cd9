#include "media/decode_plan.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/picture.h"

// Packets of one segment: a day at 100 frames a second.
#define PACKETS_MAX (10 * 1000 * 1000)
#define REORDER_WINDOW 64

int64_t segment_pts_us(const struct media_segment *segment, AVRational file_time_base, int64_t pts)
{
    AVRational time_base = {segment->time_base_num, segment->time_base_den};
    int64_t source_pts = av_rescale_q(pts, file_time_base, time_base);
    return av_rescale_q(source_pts + segment->pts_offset, time_base, AV_TIME_BASE_Q);
}

void decode_plan_release(struct decode_plan *plan)
{
    free(plan->packets);
    free(plan->frames);
    *plan = (struct decode_plan){0};
}

struct scan {
    struct decode_plan *plan;
    size_t capacity;
    uint8_t top_layer; // highest temporal layer seen
    uint8_t *layers;   // of each packet
};

static void scan_add(struct scan *scan, const struct plan_packet *packet, uint8_t layer)
{
    struct decode_plan *plan = scan->plan;
    if (plan->packet_count == scan->capacity) {
        scan->capacity = scan->capacity == 0 ? 512 : 2 * scan->capacity;
        plan->packets = mem_realloc_array(plan->packets, scan->capacity, sizeof(*plan->packets));
        scan->layers = mem_realloc_array(scan->layers, scan->capacity, 1);
    }
    assert(scan->layers != NULL);
    plan->packets[plan->packet_count] = *packet;
    scan->layers[plan->packet_count++] = layer;
    if (layer > scan->top_layer)
        scan->top_layer = layer;
}

static enum err_code scan_packets(
    struct scan *scan, struct media_source *source, const struct media_segment *segment, struct err *err)
{
    struct picture_parser parser;
    picture_parser_init(&parser, source->video->codecpar);
    AVPacket *packet = av_packet_alloc();
    if (packet == NULL)
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && av_read_frame(source->format, packet) >= 0) {
        struct picture_info info;
        picture_inspect(&parser, packet, &info);
        int64_t pts_us = segment_pts_us(segment, source->video->time_base, packet->pts);
        bool hidden = !info.shown || (packet->flags & AV_PKT_FLAG_DISPOSABLE) != 0;
        struct plan_packet entry = {
            .pts_us = pts_us,
            .presented = !hidden && pts_us >= segment->start_us && pts_us < segment->end_us,
            .clean = (info.clean && !hidden) || scan->plan->packet_count == 0,
            .exact = info.clean,
            .hidden = hidden,
            .reference = info.reference,
        };
        scan_add(scan, &entry, info.temporal_id);
        av_packet_unref(packet);
        if (scan->plan->packet_count > PACKETS_MAX)
            code = err_set(err, ERR_LIMIT, "the segment has more than %d coded pictures", PACKETS_MAX);
        else if (scan->plan->packet_count % 256 == 0)
            code = cancel_check(source->cancel, err);
    }
    if (code == ERR_NONE)
        code = cancel_check(source->cancel, err);
    // A picture may be needed by those of higher layers even if it is marked as needed by none of its own.
    for (size_t i = 0; scan->layers != NULL && i < scan->plan->packet_count; i++) {
        if (scan->layers[i] < scan->top_layer)
            scan->plan->packets[i].reference = true;
    }
    av_packet_free(&packet);
    return code;
}

static int by_time(const void *a, const void *b)
{
    const struct plan_frame *x = a;
    const struct plan_frame *y = b;
    if (x->pts_us != y->pts_us)
        return x->pts_us < y->pts_us ? -1 : 1;
    return x->packet < y->packet ? -1 : 1;
}

static void list_frames(struct decode_plan *plan)
{
    plan->frames = mem_realloc_array(NULL, plan->packet_count + 1, sizeof(*plan->frames));
    for (size_t i = 0; i < plan->packet_count; i++) {
        if (plan->packets[i].presented)
            plan->frames[plan->frame_count++] =
                (struct plan_frame){.pts_us = plan->packets[i].pts_us, .packet = (int32_t)i, .index = -1};
    }
    qsort(plan->frames, plan->frame_count, sizeof(*plan->frames), by_time);
    for (size_t i = 0; i < plan->packet_count; i++) {
        int later = 0;
        size_t from = i > REORDER_WINDOW ? i - REORDER_WINDOW : 0;
        for (size_t j = from; j < i; j++)
            later += plan->packets[j].pts_us > plan->packets[i].pts_us;
        if (later > plan->reorder_depth)
            plan->reorder_depth = later;
    }
}

static enum err_code choose_frames(
    struct decode_plan *plan, const struct media_segment *segment, const struct sampling *sampling, struct err *err)
{
    int64_t prev_us = segment->prev_pts_us;
    for (size_t i = 0; i < plan->frame_count; i++) {
        struct plan_frame *frame = &plan->frames[i];
        int64_t index;
        if (sampling->all) {
            index = segment->first_frame_number + (int64_t)i;
        } else {
            index = sampling_first_after(sampling, prev_us);
            if (frame->pts_us > prev_us)
                prev_us = frame->pts_us;
            if (sampling_point_us(sampling, index) > frame->pts_us)
                continue;
        }
        if (index > FRAME_INDEX_MAX)
            return err_set(
                err, ERR_LIMIT, "frame %" PRId64 " is past the largest frame number (%d)", index, FRAME_INDEX_MAX);
        frame->index = (int32_t)index;
    }
    return ERR_NONE;
}

// The random access point that decoding has to begin at to get the picture.
static int32_t decoding_start(const struct decode_plan *plan, const int32_t *clean_before, int32_t picture)
{
    int32_t start = clean_before[picture];
    // A picture that leads the random access point before it is predicted from what came before that.
    while (start > 0 && plan->packets[start].pts_us > plan->packets[picture].pts_us)
        start = clean_before[start - 1];
    return start;
}

// Marks the packets of the stretches that the sampled frames need.
static void mark_stretches(struct decode_plan *plan)
{
    int32_t *clean_before = mem_realloc_array(NULL, plan->packet_count + 1, sizeof(*clean_before));
    int32_t *depth = mem_calloc(plan->packet_count + 1, sizeof(*depth)); // changes of the number of open stretches
    int32_t last_clean = 0;
    for (size_t i = 0; i < plan->packet_count; i++) {
        if (plan->packets[i].clean)
            last_clean = (int32_t)i;
        clean_before[i] = last_clean;
    }
    for (size_t i = 0; i < plan->frame_count; i++) {
        const struct plan_frame *frame = &plan->frames[i];
        if (frame->index < 0)
            continue;
        plan->packets[frame->packet].send = true;
        depth[decoding_start(plan, clean_before, frame->packet)]++;
        depth[frame->packet + 1]--;
    }
    int32_t open = 0;
    for (size_t i = 0; i < plan->packet_count; i++) {
        struct plan_packet *packet = &plan->packets[i];
        open += depth[i];
        // A hidden packet may be the second field of the picture before.
        bool pair = packet->hidden && i > 0 && plan->packets[i - 1].send && plan->packets[i - 1].presented;
        packet->send = packet->send || pair || (open > 0 && packet->reference);
    }
    free(depth);
    free(clean_before);
}

static void choose_packets(struct decode_plan *plan, bool everything)
{
    for (size_t i = 0; i < plan->packet_count; i++)
        plan->packets[i].send = everything;
    if (!everything)
        mark_stretches(plan);
    // A stretch that does not follow on the one before begins with an empty decoder.
    bool gap = false;
    for (size_t i = 0; i < plan->packet_count; i++) {
        struct plan_packet *packet = &plan->packets[i];
        if (!packet->send) {
            gap = gap || packet->reference;
            plan->skipped++;
            continue;
        }
        packet->begin = gap;
        gap = false;
    }
}

enum err_code decode_plan_make(struct media_source *source, const struct media_segment *segment,
    const struct sampling *sampling, bool everything, struct decode_plan *plan, struct err *err)
{
    *plan = (struct decode_plan){0};
    struct scan scan = {.plan = plan};
    enum err_code code = scan_packets(&scan, source, segment, err);
    free(scan.layers);
    if (code != ERR_NONE)
        return code;
    list_frames(plan);
    code = choose_frames(plan, segment, sampling, err);
    if (code == ERR_NONE)
        choose_packets(plan, everything);
    return code;
}
