// Camera motion out of the boxes: where the camera turns, all of them are beside their predictions by the same way.
//
// BoT-SORT takes it from the pictures (sparse optical flow); the tracker has none. A shift is believed when most of the
// objects whose place is well known agree on it; who agrees on a shift gives its median. Rotation and zoom are not
// estimated: between two frames they are small against boxes, and the filter follows them.
#include <math.h>
#include <stdlib.h>

#include "vision/tracker_internal.h"

#define VOTERS_MOST 24 // the longest seen
#define VOTERS_LEAST 6 // fewer do not tell whether it is they or the camera
#define CANDIDATES_MOST 256
#define AGREE_SHARE 0.6 // of the voters
#define REACH 1.0       // of a shift, in sizes of objects
#define TOLERANCE 0.12  // between shifts that agree, in sizes
#define SIGNIFICANT 3.0 // standard errors of a median that is not noise of the boxes
#define SIZE_RATIO 1.3  // of boxes that may be the same object

struct shift {
    double dx, dy;
    double tolerance;
    int voter;
};

static int longer_seen(const void *left, const void *right)
{
    const struct tracklet *a = *(struct tracklet *const *)left;
    const struct tracklet *b = *(struct tracklet *const *)right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    // The order in which they began decides: what was seen first is never the same.
    const struct observation *p = &a->seen[0];
    const struct observation *q = &b->seen[0];
    if (p->frame != q->frame)
        return p->frame < q->frame ? -1 : 1;
    if (p->place.cx != q->place.cx)
        return p->place.cx < q->place.cx ? -1 : 1;
    return (p->place.cy > q->place.cy) - (p->place.cy < q->place.cy);
}

static bool similar(double a, double b)
{
    return a <= b * SIZE_RATIO && b <= a * SIZE_RATIO;
}

static int collect(const struct tracker *t, struct tracklet **voters, int voter_count, struct shift *shifts)
{
    int count = 0;
    for (int i = 0; i < voter_count; i++) {
        const struct box_place *p = &voters[i]->predicted;
        double size = box_size(p->width, p->height);
        for (size_t j = 0; j < t->box_count && count < CANDIDATES_MOST; j++) {
            const struct box_place *q = &t->boxes[j].place;
            double dx = q->cx - p->cx;
            double dy = q->cy - p->cy;
            if (t->boxes[j].score < t->settings.high_score || fabs(dx) > REACH * size || fabs(dy) > REACH * size ||
                !similar(p->width, q->width) || !similar(p->height, q->height))
                continue;
            shifts[count++] = (struct shift){dx, dy, TOLERANCE * size, i};
        }
    }
    return count;
}

static bool agree(const struct shift *a, const struct shift *b)
{
    return fabs(a->dx - b->dx) <= b->tolerance && fabs(a->dy - b->dy) <= b->tolerance;
}

// How many voters have a box at this shift.
static int supporters(const struct shift *shifts, int count, const struct shift *at)
{
    int found = 0;
    int last = -1;
    for (int i = 0; i < count; i++) {
        if (shifts[i].voter != last && agree(at, &shifts[i])) {
            found++;
            last = shifts[i].voter;
        }
    }
    return found;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), compare_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2.0;
}

// The median, or 0 if it may be chance: then the filter does better with the boxes as they are. The spread comes from
// the median absolute deviation (1.4826 of it is a standard deviation); a median's error is 1.2533 times a mean's.
static double significant_median(double *values, int count)
{
    double middle = median(values, count);
    for (int i = 0; i < count; i++)
        values[i] = fabs(values[i] - middle);
    double error = 1.2533 * 1.4826 * median(values, count) / sqrt((double)count);
    return fabs(middle) > SIGNIFICANT * error ? middle : 0.0;
}

void tracker_estimate_camera(const struct tracker *t, double *dx, double *dy)
{
    struct tracklet *voters[TRACKER_LIVE_MAX];
    struct shift shifts[CANDIDATES_MOST];
    double xs[CANDIDATES_MOST];
    double ys[CANDIDATES_MOST];
    int voter_count = 0;
    int32_t frame = (int32_t)t->frame_count - 1;
    *dx = *dy = 0.0;
    for (size_t i = 0; i < t->live_count; i++) {
        if (t->live[i]->confirmed && last_seen(t->live[i])->frame == frame - 1)
            voters[voter_count++] = t->live[i];
    }
    if (voter_count < VOTERS_LEAST)
        return;
    qsort(voters, (size_t)voter_count, sizeof(struct tracklet *), longer_seen);
    voter_count = voter_count < VOTERS_MOST ? voter_count : VOTERS_MOST;
    int count = collect(t, voters, voter_count, shifts);
    const struct shift none = {0};
    int best_support = supporters(shifts, count, &none);
    struct shift best = none;
    for (int i = 0; i < count; i++) {
        int support = supporters(shifts, count, &shifts[i]);
        double nearer = hypot(shifts[i].dx, shifts[i].dy) - hypot(best.dx, best.dy);
        if (support > best_support || (support == best_support && best.tolerance > 0.0 && nearer < 0.0)) {
            best_support = support;
            best = shifts[i];
        }
    }
    if (best_support < VOTERS_LEAST || (double)best_support < AGREE_SHARE * voter_count)
        return;
    int agreed = 0;
    for (int i = 0; i < count; i++) {
        if (!agree(&best, &shifts[i]))
            continue;
        xs[agreed] = shifts[i].dx;
        ys[agreed++] = shifts[i].dy;
    }
    *dx = significant_median(xs, agreed);
    *dy = significant_median(ys, agreed);
}
