// Which box belongs to which object: the rounds of ByteTrack and OC-SORT over one frame.
#include <math.h>
#include <string.h>

#include "vision/tracker_internal.h"

#define STEP_LEAST 0.1 // a movement shorter than this, in sizes, has no direction
// A prediction this unsure, in sizes, lets looks count twice.
#define UNSURE 0.5
// The negative log likelihood of a box that is where a well-known object should be.
#define BEST_FIT (-10.0)
#define ALONE 1.0

double place_overlap(const struct box_place *a, const struct box_place *b)
{
    double width =
        fmin(a->cx + a->width / 2.0, b->cx + b->width / 2.0) - fmax(a->cx - a->width / 2.0, b->cx - b->width / 2.0);
    double height =
        fmin(a->cy + a->height / 2.0, b->cy + b->height / 2.0) - fmax(a->cy - a->height / 2.0, b->cy - b->height / 2.0);
    if (!(width > 0.0) || !(height > 0.0))
        return 0.0;
    double shared = width * height;
    return shared / (a->width * a->height + b->width * b->height - shared);
}

// OC-SORT's momentum: 0 … 1, how far the way to the box turns from the way so far. Taken from what was seen, not from
// the filter, whose speed is noisier.
static double turn(const struct tracker *t, const struct tracklet *k, const struct box_place *to)
{
    const struct observation *last = last_seen(k);
    const struct observation *before = NULL;
    for (size_t i = k->count - 1; i-- > 0;) {
        before = &k->seen[i];
        if (seconds_between(t, before->frame, last->frame) >= t->settings.direction_s)
            break;
    }
    if (before == NULL)
        return 0.0;
    double least = STEP_LEAST * box_size(last->place.width, last->place.height);
    double ax = last->place.cx - before->place.cx;
    double ay = last->place.cy - before->place.cy;
    double bx = to->cx - last->place.cx;
    double by = to->cy - last->place.cy;
    double a = hypot(ax, ay);
    double b = hypot(bx, by);
    if (a < least || b < least)
        return 0.0;
    return (1.0 - (ax * bx + ay * by) / (a * b)) / 2.0;
}

enum round { ROUND_SURE, ROUND_LOW, ROUND_NEW, ROUND_AGAIN };

struct round_limits {
    double overlap; // least overlap; 0: none is needed
    double least;   // score of boxes
    double below;   // and their upper end
    bool predicted; // where it should be by now, or where it was last seen
};

static double look_cost(const struct tracker *t, const struct tracklet *k, const struct seen_box *box)
{
    const struct tracker_settings *s = &t->settings;
    if (k->look == NULL || box->embedding == NULL)
        return 0.0;
    double distance = look_distance(k->look, box->embedding, t->dimension);
    double different = (distance - s->look_same) / fmax(s->look_other - s->look_same, 1e-6);
    return s->look_weight * (1.0 + fmin(k->unsure / UNSURE, 1.0)) * fmin(fmax(different, 0.0), 1.5);
}

static double distance_of(const struct box_place *a, const struct box_place *b, const double weight[FILTER_AXES])
{
    double dx = a->cx - b->cx;
    double dy = a->cy - b->cy;
    double dw = a->width - b->width;
    double dh = a->height - b->height;
    return (dx * dx * weight[FILTER_CX] + dy * dy * weight[FILTER_CY] + dw * dw * weight[FILTER_WIDTH] +
               dh * dh * weight[FILTER_HEIGHT]) /
        2.0;
}

// How well the box fits: the negative logarithm of its likelihood, scaled so that the best there is comes near 0, and a
// box no more likely than a stranger's costs as much as staying alone. A track that is unsure of its place reaches far,
// but not at the expense of one that is sure: the likelihood is spread over what it reaches. The object goes on as
// predicted or, as many do, stays: over seconds without a look, that is the one place where it can be told.
static double fit_cost(const struct tracklet *k, const struct box_place *box, const struct tracker_settings *s)
{
    double fit = k->log_spread + distance_of(box, &k->predicted, k->weight);
    if (s->still_share > 0.0) {
        double still = k->still_doubt + k->still_log_spread + distance_of(box, &last_seen(k)->place, k->still_weight);
        fit -= log(1.0 - s->still_share);
        // The sum of both likelihoods.
        fit = fmin(fit, still) - log1p(exp(-fabs(fit - still)));
    }
    return (fit - BEST_FIT) / (s->stranger - BEST_FIT);
}

// The cost of a pair, or HUGE_VAL. Staying alone costs ALONE.
static double pair_cost(
    const struct tracker *t, const struct tracklet *k, const struct seen_box *box, const struct round_limits *limits)
{
    const struct tracker_settings *s = &t->settings;
    double overlap = limits->overlap > 0.0
        ? place_overlap(limits->predicted ? &k->predicted : &last_seen(k)->place, &box->place)
        : 0.0;
    if (overlap < limits->overlap)
        return HUGE_VAL;
    double cost = limits->predicted ? fit_cost(k, &box->place, s) : 1.0 - overlap;
    if (cost > ALONE)
        return HUGE_VAL;
    cost += s->class_weight * class_mismatch(&k->votes, box->class_id);
    cost += s->direction_weight * turn(t, k, &box->place);
    return cost + look_cost(t, k, box);
}

static bool takes_part(const struct tracker *t, const struct tracklet *k, enum round round, int32_t frame)
{
    if (k->found)
        return false;
    switch (round) {
    case ROUND_SURE:
        return k->confirmed;
    case ROUND_LOW:
        return k->confirmed && last_seen(k)->frame == frame - 1;
    case ROUND_NEW:
        return !k->confirmed;
    case ROUND_AGAIN:
        return seconds_between(t, last_seen(k)->frame, frame) <= t->settings.again_s;
    }
    return false;
}

static void make_room(struct tracker *t, size_t rows, size_t edges)
{
    if (rows + 1 > t->row_capacity) {
        t->row_capacity = (rows + 1) * 2;
        t->rows = mem_realloc_array(t->rows, t->row_capacity, sizeof(struct tracklet *));
        t->begin = mem_realloc_array(t->begin, t->row_capacity, sizeof(*t->begin));
        t->column_of = mem_realloc_array(t->column_of, t->row_capacity, sizeof(*t->column_of));
    }
    if (edges > t->edge_capacity) {
        t->edge_capacity = edges * 2;
        t->columns = mem_realloc_array(t->columns, t->edge_capacity, sizeof(*t->columns));
        t->costs = mem_realloc_array(t->costs, t->edge_capacity, sizeof(*t->costs));
    }
}

// The boxes that take part in a round, as columns.
static size_t pick_boxes(struct tracker *t, const struct round_limits *limits)
{
    if (t->box_count > t->picked_capacity) {
        t->picked_capacity = t->box_count * 2;
        t->picked = mem_realloc_array(t->picked, t->picked_capacity, sizeof(*t->picked));
    }
    size_t count = 0;
    for (size_t j = 0; j < t->box_count; j++) {
        const struct seen_box *box = &t->boxes[j];
        if (!box->taken && box->score >= limits->least && box->score < limits->below)
            t->picked[count++] = (int32_t)j;
    }
    return count;
}

static void run_round(struct tracker *t, enum round round, const struct round_limits *limits, int32_t frame)
{
    size_t columns = pick_boxes(t, limits);
    size_t rows = 0;
    size_t edges = 0;
    if (columns == 0)
        return;
    make_room(t, t->live_count, 0);
    for (size_t i = 0; i < t->live_count; i++) {
        struct tracklet *k = t->live[i];
        if (!takes_part(t, k, round, frame))
            continue;
        make_room(t, rows, edges + columns);
        t->begin[rows] = edges;
        for (size_t j = 0; j < columns; j++) {
            double cost = pair_cost(t, k, &t->boxes[t->picked[j]], limits);
            if (cost == HUGE_VAL)
                continue;
            t->columns[edges] = (int32_t)j;
            t->costs[edges++] = cost;
        }
        if (edges > t->begin[rows])
            t->rows[rows++] = k;
    }
    t->begin[rows] = edges;
    const struct assignment_problem problem = {rows, columns, t->begin, t->columns, t->costs, ALONE};
    assignment_solve(t->solver, &problem, t->column_of);
    for (size_t i = 0; i < rows; i++) {
        if (t->column_of[i] == ASSIGNMENT_NONE)
            continue;
        struct seen_box *box = &t->boxes[t->picked[t->column_of[i]]];
        box->taken = true;
        tracklet_add(t, t->rows[i], box, frame);
    }
}

void tracker_associate(struct tracker *t, int32_t frame)
{
    const struct tracker_settings *s = &t->settings;
    const struct round_limits sure = {0.0, s->high_score, HUGE_VAL, true};
    const struct round_limits low = {s->low_gate_overlap, s->low_score, s->high_score, true};
    const struct round_limits again = {s->again_gate_overlap, s->high_score, HUGE_VAL, false};
    run_round(t, ROUND_SURE, &sure, frame);
    run_round(t, ROUND_LOW, &low, frame);
    run_round(t, ROUND_NEW, &sure, frame);
    run_round(t, ROUND_AGAIN, &again, frame);
}

// OC-SORT's re-update: while the object was out of sight the filter drifted. It is set back to where it was last seen
// and led along a straight line to where it is now, as if it had been seen on the way.
static void filter_again(struct tracker *t, struct tracklet *k, const struct box_place *now, int32_t frame)
{
    const struct observation *last = last_seen(k);
    double whole = seconds_between(t, last->frame, frame);
    k->filter = k->after_last;
    for (int32_t f = last->frame + 1; f < frame; f++) {
        double share = seconds_between(t, last->frame, f) / whole;
        const struct box_place *p = &last->place;
        const struct box_place between = {p->cx + share * (now->cx - p->cx), p->cy + share * (now->cy - p->cy),
            p->width + share * (now->width - p->width), p->height + share * (now->height - p->height)};
        filter_predict(&k->filter, seconds_between(t, f - 1, f), &t->settings);
        filter_update(&k->filter, &between, &t->settings);
    }
    filter_predict(&k->filter, seconds_between(t, frame - 1, frame), &t->settings);
}

// Frames in which a track must be seen before it counts: as many as the time asks for, and never more than three.
static size_t frames_to_confirm(const struct tracker *t, int32_t frame)
{
    enum { MOST = 3 };
    double step = frame > 0 ? seconds_between(t, frame - 1, frame) : 0.0;
    double frames = step > 0.0 ? floor(t->settings.confirm_s / step) : MOST;
    return frames >= MOST - 1 ? MOST : 1 + (size_t)frames;
}

void tracklet_add(struct tracker *t, struct tracklet *k, const struct seen_box *box, int32_t frame)
{
    if (k->count == 0) {
        filter_begin(&k->filter, &box->place, &t->settings);
    } else {
        if (last_seen(k)->frame + 1 < frame)
            filter_again(t, k, &box->place, frame);
        filter_update(&k->filter, &box->place, &t->settings);
    }
    k->after_last = k->filter;
    if (k->count == k->capacity) {
        k->capacity = k->capacity * 2 + 8;
        k->seen = mem_realloc_array(k->seen, k->capacity, sizeof(*k->seen));
    }
    k->seen[k->count++] = (struct observation){box->place, box->score, frame, box->box, box->class_id};
    class_votes_add(&k->votes, box->class_id, box->score + 1e-3);
    // What is barely seen looks like what hides it.
    if (box->score >= t->settings.high_score)
        look_add(t, k, box->embedding);
    k->best_score = fmax(k->best_score, box->score);
    k->found = true;
    if (k->count >= frames_to_confirm(t, frame))
        k->confirmed = true;
}
