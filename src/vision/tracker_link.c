// Joins tracklets when the video is complete: what ended somewhere and what began later and goes on from it.
//
// By motion over short gaps: both ends are smoothed, the earlier one is predicted forward to the beginning of the
// later, and places and speeds must agree within what the filter is unsure of. By looks over long ones, where
// embeddings are there. All pairs compete in one assignment.
#include <math.h>
#include <stdlib.h>

#include "vision/tracker_internal.h"

#define SIDE_RATIO 1.6 // of the boxes on both sides of a gap, in either side's length
#define LOOK_COST 0.5  // of the gate's width, for looking just so much alike

struct end {
    struct tracklet *tracklet;
    struct box_filter state;
    int32_t frame;
};

static int by_frame(const void *left, const void *right)
{
    const struct end *a = left;
    const struct end *b = right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    const struct box_place p = filter_place(&a->state);
    const struct box_place q = filter_place(&b->state);
    if (p.cy != q.cy)
        return p.cy < q.cy ? -1 : 1;
    return (p.cx > q.cx) - (p.cx < q.cx);
}

static bool similar(double a, double b)
{
    return a <= b * SIDE_RATIO && b <= a * SIDE_RATIO;
}

// From 0 to 1 for pairs that may be joined, else HUGE_VAL.
static double link_cost(const struct tracker *t, const struct end *ended, const struct end *began)
{
    const struct tracker_settings *s = &t->settings;
    double gap = seconds_between(t, ended->frame, began->frame);
    const struct box_filter *a = &ended->state;
    const struct box_filter *b = &began->state;
    double mismatch = class_votes_mismatch(&ended->tracklet->votes, &began->tracklet->votes);
    if (s->class_weight > 0.0 && mismatch > 0.5)
        return HUGE_VAL;
    const float *look_a = ended->tracklet->look;
    const float *look_b = began->tracklet->look;
    double distance = look_a != NULL && look_b != NULL ? look_distance(look_a, look_b, t->dimension) : NAN;
    if (gap <= s->link_s && similar(a->axes[FILTER_WIDTH].x, b->axes[FILTER_WIDTH].x) &&
        similar(a->axes[FILTER_HEIGHT].x, b->axes[FILTER_HEIGHT].x) && !(distance > s->look_other)) {
        struct box_filter there = *a;
        filter_predict(&there, gap, s);
        double far = filter_distance(&there, b);
        if (far < s->link_gate)
            return far / s->link_gate;
    }
    if (gap <= s->look_link_s && distance < s->look_link)
        return LOOK_COST + (1.0 - LOOK_COST) * distance / s->look_link;
    return HUGE_VAL;
}

static void collect_ends(const struct tracker *t, struct end *ended, struct end *began)
{
    for (size_t i = 0; i < t->all_count; i++) {
        struct tracklet *k = t->all[i];
        struct box_filter *states = tracklet_smooth(t, k->seen, k->count);
        began[i] = (struct end){k, states[0], k->seen[0].frame};
        ended[i] = (struct end){k, states[k->count - 1], last_seen(k)->frame};
        free(states);
    }
    qsort(ended, t->all_count, sizeof(*ended), by_frame);
    qsort(began, t->all_count, sizeof(*began), by_frame);
}

void tracker_link(struct tracker *t)
{
    size_t count = t->all_count;
    double longest = fmax(t->settings.link_s, t->dimension > 0 ? t->settings.look_link_s : 0.0);
    if (count < 2 || !(longest > 0.0))
        return;
    struct end *ended = mem_calloc(count, sizeof(*ended));
    struct end *began = mem_calloc(count, sizeof(*began));
    size_t *begin = mem_calloc(count + 1, sizeof(*begin));
    int32_t *column_of = mem_calloc(count, sizeof(*column_of));
    int32_t *columns = NULL;
    double *costs = NULL;
    size_t edges = 0;
    size_t capacity = 0;
    size_t first = 0;
    collect_ends(t, ended, began);
    for (size_t i = 0; i < count; i++) {
        begin[i] = edges;
        while (first < count && began[first].frame <= ended[i].frame)
            first++;
        for (size_t j = first; j < count && j < first + TRACKER_LINK_MAX; j++) {
            if (seconds_between(t, ended[i].frame, began[j].frame) > longest)
                break;
            double cost = link_cost(t, &ended[i], &began[j]);
            if (cost == HUGE_VAL)
                continue;
            if (edges == capacity) {
                capacity = capacity * 2 + 256;
                columns = mem_realloc_array(columns, capacity, sizeof(*columns));
                costs = mem_realloc_array(costs, capacity, sizeof(*costs));
            }
            columns[edges] = (int32_t)j;
            costs[edges++] = cost;
        }
    }
    begin[count] = edges;
    const struct assignment_problem problem = {count, count, begin, columns, costs, 1.0};
    assignment_solve(t->solver, &problem, column_of);
    for (size_t i = 0; i < count; i++) {
        if (column_of[i] == ASSIGNMENT_NONE)
            continue;
        ended[i].tracklet->next = began[column_of[i]].tracklet;
        began[column_of[i]].tracklet->goes_on = true;
    }
    free(ended);
    free(began);
    free(begin);
    free(column_of);
    free(columns);
    free(costs);
}
