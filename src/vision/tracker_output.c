// Tracks out of tracklets: joined, smoothed, gaps filled, numbered.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vision/tracker_internal.h"

struct box_filter *tracklet_smooth(const struct tracker *t, const struct observation *seen, size_t count)
{
    const struct tracker_settings *s = &t->settings;
    struct box_filter *states = mem_calloc(count, sizeof(*states));
    filter_begin(&states[0], &seen[0].place, s);
    for (size_t i = 1; i < count; i++) {
        states[i] = states[i - 1];
        filter_predict(&states[i], seconds_between(t, seen[i - 1].frame, seen[i].frame), s);
        filter_update(&states[i], &seen[i].place, s);
    }
    for (size_t i = count - 1; i-- > 0;)
        filter_smooth(&states[i], &states[i + 1], seconds_between(t, seen[i].frame, seen[i + 1].frame), s);
    return states;
}

// Between two states with places and speeds: the cubic through both (Hermite).
static double between(const struct filter_axis *a, const struct filter_axis *b, double seconds, double u)
{
    double uu = u * u;
    double uuu = uu * u;
    return (2.0 * uuu - 3.0 * uu + 1.0) * a->x + (uuu - 2.0 * uu + u) * seconds * a->v + (3.0 * uu - 2.0 * uuu) * b->x +
        (uuu - uu) * seconds * b->v;
}

struct builder {
    struct tracker *t;
    struct track_point *points;
    size_t count;
};

static void put_point(struct builder *b, int32_t frame, const struct box_place *p, double score, int32_t box)
{
    const struct frame_info *info = &b->t->frames[frame];
    b->points[b->count++] = (struct track_point){.frame = (size_t)frame,
        .time_us = info->time_us,
        .x = p->cx - p->width / 2.0 + info->camera_x,
        .y = p->cy - p->height / 2.0 + info->camera_y,
        .width = p->width,
        .height = p->height,
        .score = score,
        .box = box};
}

static void fill_gap(struct builder *b, const struct observation *from, const struct observation *to,
    const struct box_filter *state_from, const struct box_filter *state_to)
{
    double seconds = seconds_between(b->t, from->frame, to->frame);
    for (int32_t f = from->frame + 1; f < to->frame; f++) {
        double u = seconds_between(b->t, from->frame, f) / seconds;
        const struct box_place *p = &from->place;
        const struct box_place *q = &to->place;
        // Sides go straight: their speeds are mostly noise.
        struct box_place place = {between(&state_from->axes[FILTER_CX], &state_to->axes[FILTER_CX], seconds, u),
            between(&state_from->axes[FILTER_CY], &state_to->axes[FILTER_CY], seconds, u),
            p->width + u * (q->width - p->width), p->height + u * (q->height - p->height)};
        put_point(b, f, &place, 0.0, -1);
    }
}

static bool is_filled(const struct tracker *t, const struct observation *from, const struct observation *to)
{
    return seconds_between(t, from->frame, to->frame) <= t->settings.fill_s;
}

static size_t points_most(const struct tracker *t, const struct observation *seen, size_t count)
{
    size_t points = count;
    for (size_t i = 1; i < count; i++) {
        if (is_filled(t, &seen[i - 1], &seen[i]))
            points += (size_t)(seen[i].frame - seen[i - 1].frame - 1);
    }
    return points;
}

static void build_points(struct tracker *t, const struct observation *seen, size_t count, struct track *track)
{
    struct box_filter *states = tracklet_smooth(t, seen, count);
    struct builder b = {.t = t};
    b.points = arena_alloc_array(t->arena, points_most(t, seen, count), sizeof(*b.points));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && is_filled(t, &seen[i - 1], &seen[i]))
            fill_gap(&b, &seen[i - 1], &seen[i], &states[i - 1], &states[i]);
        struct box_place place = t->settings.smooth > 0.0 ? filter_place(&states[i]) : seen[i].place;
        put_point(&b, seen[i].frame, &place, seen[i].score, seen[i].box);
    }
    track->points = b.points;
    track->count = b.count;
    free(states);
}

static const float *mean_look(struct tracker *t, const struct tracklet *first)
{
    if (first->next == NULL)
        return first->look;
    float *mean = NULL;
    for (const struct tracklet *k = first; k != NULL; k = k->next) {
        if (k->look == NULL)
            continue;
        if (mean == NULL)
            mean = arena_alloc_array(t->arena, (size_t)t->dimension, sizeof(float));
        for (int i = 0; i < t->dimension; i++)
            mean[i] += (float)k->looks * k->look[i];
    }
    double length = 0.0;
    for (int i = 0; i < t->dimension && mean != NULL; i++)
        length += (double)mean[i] * (double)mean[i];
    for (int i = 0; i < t->dimension && mean != NULL; i++)
        mean[i] = (float)((double)mean[i] / fmax(sqrt(length), 1e-12));
    return mean;
}

static void build_track(struct tracker *t, const struct tracklet *first, struct track *track)
{
    struct class_votes votes = {0};
    size_t count = 0;
    for (const struct tracklet *k = first; k != NULL; k = k->next)
        count += k->count;
    struct observation *seen = mem_calloc(count, sizeof(*seen));
    size_t at = 0;
    double score = 0.0;
    for (const struct tracklet *k = first; k != NULL; k = k->next) {
        memcpy(seen + at, k->seen, k->count * sizeof(*seen));
        at += k->count;
        class_votes_merge(&votes, &k->votes);
    }
    for (size_t i = 0; i < count; i++)
        score += seen[i].score;
    build_points(t, seen, count, track);
    track->class_id = class_votes_best(&votes);
    track->seen = count;
    track->score = score / (double)count;
    track->embedding = mean_look(t, first);
    free(seen);
}

void tracker_output(struct tracker *t, struct tracks *tracks)
{
    struct track *items = arena_alloc_array(t->arena, t->all_count + 1, sizeof(*items));
    // Tracklets began in the order of frames and, within one, of scores and positions.
    for (size_t i = 0; i < t->all_count; i++) {
        if (t->all[i]->goes_on)
            continue;
        struct track *track = &items[tracks->count++];
        track->number = (int32_t)tracks->count;
        build_track(t, t->all[i], track);
    }
    tracks->items = items;
}
