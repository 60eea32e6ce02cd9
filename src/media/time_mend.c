#include "media/time_mend.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// One more than the pictures that a picture can show before, or that can show before it (see REORDER_DEPTH).
#define REACH 17
// Fields may be packets of their own.
#define AHEAD_MAX (2 * REACH)
// A time that is missing before the nearest ones may be of a picture that was coded earlier still.
#define BEHIND_MAX (2 * REACH)
#define AROUND_MAX (BEHIND_MAX + REACH)
// Times whose differences may be multiplied by the distances looked over.
#define RECKONED_MOST (INT64_MAX / (4 * REACH))
// So many pictures that show equally long after they are decoded say that none is reordered.
#define STEADY_MIN 8

struct stamp {
    int64_t pts;
    int64_t dts;
};

struct time_mender {
    AVPacket *queue[AHEAD_MAX + 1]; // the first is the next to be given
    int queued;
    struct stamp behind[BEHIND_MAX]; // of the newest that were given and have a pts; the newest first
    int behind_count;
    int64_t last_dts;
    bool finished;
    bool goes_on;
    bool leads;
    int64_t mended;
};

// What is around the packet that is next.
struct around {
    struct stamp items[AROUND_MAX]; // in the order of decoding, of those that have a pts
    int count;
    int behind;                             // so many of them were before it
    int64_t behind_max;                     // newest of their pts
    int64_t min, max;                       // of all pts
    bool dts_goes_on;                       // no decoding time goes back
    bool steady;                            // all show equally long after they are decoded
    int64_t offset_min, offset, offset_max; // least, middle and most of pts - dts
    int64_t step;                           // the usual distance between pictures as they show; 0: unknown
    int64_t dts_step;                       // and as they are decoded
};

struct time_mender *time_mender_new(void)
{
    struct time_mender *mender = mem_calloc(1, sizeof(*mender));
    mender->last_dts = AV_NOPTS_VALUE;
    return mender;
}

void time_mender_free(struct time_mender *mender)
{
    if (mender == NULL)
        return;
    for (int i = 0; i < mender->queued; i++)
        av_packet_free(&mender->queue[i]);
    free(mender);
}

void time_mender_push(struct time_mender *mender, AVPacket *packet)
{
    assert(mender->queued <= AHEAD_MAX);
    mender->queue[mender->queued++] = packet;
}

void time_mender_finish(struct time_mender *mender)
{
    mender->finished = true;
}

bool time_mender_goes_on(const struct time_mender *mender)
{
    return mender->goes_on;
}

bool time_mender_leads(const struct time_mender *mender)
{
    return mender->leads;
}

int64_t time_mender_mended(const struct time_mender *mender)
{
    return mender->mended;
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

// Sorts the values; 0 if there are none.
static int64_t middle_of(int64_t *values, int count)
{
    if (count == 0)
        return 0;
    qsort(values, (size_t)count, sizeof(*values), ascending);
    return values[count / 2];
}

static bool has_own_time(const AVPacket *packet)
{
    return packet->pts != AV_NOPTS_VALUE && (packet->flags & AV_PKT_FLAG_DISCARD) == 0;
}

// The usual distance between the times that are next to each other in order; 0 if it cannot be told.
static int64_t usual_step(const int64_t *sorted, int count)
{
    int64_t steps[AROUND_MAX];
    int step_count = 0;
    for (int i = 1; i < count; i++) {
        if (sorted[i] > sorted[i - 1])
            steps[step_count++] = sorted[i] - sorted[i - 1];
    }
    return middle_of(steps, step_count);
}

static int sorted_times(const struct around *around, int64_t *times)
{
    for (int i = 0; i < around->count; i++)
        times[i] = around->items[i].pts;
    qsort(times, (size_t)around->count, sizeof(*times), ascending);
    return around->count;
}

static void add_ahead(const struct time_mender *mender, struct around *around)
{
    int64_t steps[AHEAD_MAX];
    int step_count = 0;
    int64_t before = mender->last_dts;
    for (int i = 1; i < mender->queued && around->count < around->behind + REACH; i++) {
        const AVPacket *packet = mender->queue[i];
        if (packet->dts != AV_NOPTS_VALUE) {
            bool first = before == AV_NOPTS_VALUE;
            around->dts_goes_on = around->dts_goes_on && (first || packet->dts >= before);
            if (!first && packet->dts > before)
                steps[step_count++] = packet->dts - before;
            before = packet->dts;
        }
        if (has_own_time(packet))
            around->items[around->count++] = (struct stamp){.pts = packet->pts, .dts = packet->dts};
    }
    around->dts_step = middle_of(steps, step_count);
}

static void find_offsets(struct around *around)
{
    int64_t offsets[AROUND_MAX];
    int count = 0;
    for (int i = 0; i < around->count; i++) {
        if (around->items[i].dts != AV_NOPTS_VALUE)
            offsets[count++] = around->items[i].pts - around->items[i].dts;
    }
    around->offset = middle_of(offsets, count);
    around->offset_min = count > 0 ? offsets[0] : 0;
    around->offset_max = count > 0 ? offsets[count - 1] : 0;
    around->steady = count >= STEADY_MIN && around->offset_min == around->offset_max;
}

static void look_around(const struct time_mender *mender, struct around *around)
{
    *around = (struct around){.behind = mender->behind_count, .dts_goes_on = true};
    for (int i = 0; i < mender->behind_count; i++)
        around->items[i] = mender->behind[mender->behind_count - 1 - i];
    around->count = around->behind;
    around->behind_max = INT64_MIN;
    for (int i = 0; i < around->behind; i++)
        around->behind_max = FFMAX(around->behind_max, around->items[i].pts);
    add_ahead(mender, around);
    around->min = INT64_MAX;
    around->max = INT64_MIN;
    for (int i = FFMAX(around->behind - REACH, 0); i < around->count; i++) {
        around->min = FFMIN(around->min, around->items[i].pts);
        around->max = FFMAX(around->max, around->items[i].pts);
    }
    int64_t sorted[AROUND_MAX];
    around->step = usual_step(sorted, sorted_times(around, sorted));
    find_offsets(around);
}

static bool is_usual_offset(const struct around *around, int64_t offset)
{
    return offset >= around->offset_min && offset <= around->offset_max;
}

// Whether the packet's decoding time is not between those before and after it, though these leave room for it.
static bool dts_is_wrong(
    const struct time_mender *mender, const AVPacket *packet, const struct around *around, int64_t *right)
{
    int64_t before = mender->last_dts;
    int64_t next = mender->queued > 1 ? mender->queue[1]->dts : AV_NOPTS_VALUE;
    int64_t step = around->dts_step > 0 ? around->dts_step : around->step;
    if (packet->dts == AV_NOPTS_VALUE || step == 0)
        return false;
    if (before != AV_NOPTS_VALUE && next != AV_NOPTS_VALUE) {
        int64_t by_pts = packet->pts - around->offset;
        bool fits = around->steady && has_own_time(packet) && by_pts > before && by_pts < next;
        *right = fits ? by_pts : before + (next - before) / 2;
        bool room = 2 * (next - before) >= 3 * step;
        int64_t margin = room ? 0 : step;
        return next > before && (packet->dts <= before - margin || packet->dts >= next + margin);
    }
    if (next != AV_NOPTS_VALUE) {
        *right = next - step;
        return around->dts_goes_on && packet->dts >= next;
    }
    return false;
}

static int64_t nearer(int64_t a, int64_t b, int64_t to)
{
    return b == AV_NOPTS_VALUE || llabs(a - to) < llabs(b - to) ? a : b;
}

// The time that is missing among those around, as near to `expected` as there is one.
static int64_t missing_time(const struct around *around, int64_t expected)
{
    int64_t step = around->step;
    int64_t sorted[AROUND_MAX];
    int count = sorted_times(around, sorted);
    int64_t nearest = AV_NOPTS_VALUE;
    for (int i = 1; i < count; i++) {
        int64_t gap = sorted[i] - sorted[i - 1];
        if (2 * gap < 3 * step)
            continue;
        bool one = 2 * gap < 5 * step;
        nearest = nearer(one ? sorted[i - 1] + gap / 2 : sorted[i - 1] + step, nearest, expected);
        if (!one)
            nearest = nearer(sorted[i] - step, nearest, expected);
    }
    // It may be the video's first or one of its last.
    if (around->behind == 0)
        nearest = nearer(sorted[0] - step, nearest, expected);
    if (count - around->behind < REACH)
        nearest = nearer(sorted[count - 1] + step, nearest, expected);
    bool found = nearest != AV_NOPTS_VALUE && llabs(nearest - expected) <= REACH * step;
    return found ? nearest : expected;
}

static bool pts_is_wrong(const struct time_mender *mender, const AVPacket *packet, const struct around *around)
{
    int64_t pts = packet->pts;
    int ahead = around->count - around->behind;
    if (!around->dts_goes_on || around->step == 0)
        return false;
    if (packet->dts != AV_NOPTS_VALUE && mender->last_dts != AV_NOPTS_VALUE && packet->dts < mender->last_dts)
        return false;
    if (around->steady && packet->dts != AV_NOPTS_VALUE && around->behind >= STEADY_MIN) {
        int64_t by_pts = pts - around->offset;
        int64_t next = mender->queued > 1 ? mender->queue[1]->dts : AV_NOPTS_VALUE;
        if (next == AV_NOPTS_VALUE)
            next = mender->last_dts + 2 * around->step;
        bool between = mender->last_dts != AV_NOPTS_VALUE && by_pts > mender->last_dts && by_pts < next;
        return !between && 2 * llabs(by_pts - packet->dts) > around->step;
    }
    if (pts > around->max + 2 * around->step)
        // One that is coded long before it shows has another after it, sooner or later, that shows after it.
        return ahead == REACH && (around->behind == 0 || around->items[around->count - 1].pts > around->behind_max);
    // Nothing says of the last one which of its two times is wrong.
    if (packet->dts != AV_NOPTS_VALUE && ahead > 0 && around->offset_min >= 0 && pts < packet->dts - 2 * around->step)
        return true;
    return around->behind >= REACH && pts < around->min - 2 * around->step;
}

static void mend(struct time_mender *mender, AVPacket *packet, struct around *around)
{
    int64_t right;
    bool together = false;
    bool mended = false;
    int64_t offset = around->offset;
    if (dts_is_wrong(mender, packet, around, &right)) {
        // Where one stamp stands for both, both are wrong.
        together = has_own_time(packet) && is_usual_offset(around, packet->pts - packet->dts) &&
            !is_usual_offset(around, packet->pts - right);
        offset = together ? packet->pts - packet->dts : offset;
        packet->dts = right;
        mended = true;
    }
    if (has_own_time(packet) && (together || pts_is_wrong(mender, packet, around))) {
        int64_t expected = packet->dts != AV_NOPTS_VALUE ? packet->dts + offset : packet->pts;
        packet->pts = around->steady || around->step == 0 ? expected : missing_time(around, expected);
        mended = true;
    }
    mender->mended += mended;
}

// What is before is told by its second newest picture: the newest may have been wrong.
static bool goes_on(const struct time_mender *mender, const AVPacket *packet, const struct around *around)
{
    if (packet->dts != AV_NOPTS_VALUE && mender->last_dts != AV_NOPTS_VALUE && packet->dts < mender->last_dts)
        return false;
    int64_t newest = INT64_MIN;
    int64_t second = INT64_MIN;
    for (int i = 0; i < around->behind; i++) {
        int64_t pts = around->items[i].pts;
        second = pts > newest ? newest : FFMAX(second, pts);
        newest = FFMAX(newest, pts);
    }
    for (int i = around->behind; i < around->count; i++) {
        if (around->items[i].pts <= second)
            return false;
    }
    return around->behind > 1 && around->count > around->behind;
}

static bool leads(const AVPacket *packet, const struct around *around)
{
    for (int i = around->behind; i < around->count; i++) {
        if (packet->pts != AV_NOPTS_VALUE && around->items[i].pts < packet->pts)
            return false;
    }
    return true;
}

static bool can_be_reckoned(int64_t time)
{
    return time == AV_NOPTS_VALUE || (time > -RECKONED_MOST && time < RECKONED_MOST);
}

// Whether sums and multiples of all that is looked at are numbers: otherwise nothing is said of it.
static bool all_can_be_reckoned(const struct time_mender *mender)
{
    bool can = can_be_reckoned(mender->last_dts);
    for (int i = 0; i < mender->queued; i++)
        can = can && can_be_reckoned(mender->queue[i]->pts) && can_be_reckoned(mender->queue[i]->dts);
    for (int i = 0; i < mender->behind_count; i++)
        can = can && can_be_reckoned(mender->behind[i].pts) && can_be_reckoned(mender->behind[i].dts);
    return can;
}

AVPacket *time_mender_pull(struct time_mender *mender)
{
    if (mender->queued == 0 || (!mender->finished && mender->queued <= AHEAD_MAX))
        return NULL;
    AVPacket *packet = mender->queue[0];
    struct around around;
    mender->goes_on = false;
    mender->leads = true;
    if (all_can_be_reckoned(mender)) {
        look_around(mender, &around);
        mend(mender, packet, &around);
        mender->goes_on = goes_on(mender, packet, &around);
        mender->leads = leads(packet, &around);
    }
    if (packet->dts != AV_NOPTS_VALUE)
        mender->last_dts = packet->dts;
    if (has_own_time(packet)) {
        memmove(mender->behind + 1, mender->behind, (BEHIND_MAX - 1) * sizeof(*mender->behind));
        mender->behind[0] = (struct stamp){.pts = packet->pts, .dts = packet->dts};
        mender->behind_count = FFMIN(mender->behind_count + 1, BEHIND_MAX);
    }
    mender->queued--;
    memmove(mender->queue, mender->queue + 1, (size_t)mender->queued * sizeof(AVPacket *));
    return packet;
}
