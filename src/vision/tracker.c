#include "vision/tracker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vision/tracker_internal.h"

enum err_code tracker_new(const struct tracker_settings *settings, int dimension, struct tracker **out, struct err *err)
{
    *out = NULL;
    if (dimension < 0 || dimension > TRACKER_EMBEDDING_MAX)
        return err_set(
            err, ERR_LIMIT, "embeddings of %d numbers: the tracker takes up to %d", dimension, TRACKER_EMBEDDING_MAX);
    struct tracker *t = mem_calloc(1, sizeof(*t));
    t->settings = settings != NULL ? *settings : tracker_settings_default();
    t->dimension = dimension;
    t->arena = arena_new();
    t->solver = assignment_new();
    *out = t;
    return ERR_NONE;
}

static void tracklet_free(struct tracklet *k)
{
    free(k->seen);
    free(k->look);
    free(k);
}

void tracker_free(struct tracker *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->all_count; i++)
        tracklet_free(t->all[i]);
    free(t->all);
    free(t->live);
    free(t->frames);
    free(t->boxes);
    free(t->rows);
    free(t->begin);
    free(t->columns);
    free(t->column_of);
    free(t->costs);
    free(t->picked);
    assignment_free(t->solver);
    arena_free(t->arena);
    free(t);
}

static bool is_finite_embedding(const float *embedding, int dimension)
{
    for (int i = 0; i < dimension; i++) {
        if (!isfinite(embedding[i]))
            return false;
    }
    return true;
}

static enum err_code check_box(const struct tracker *t, const struct track_box *b, size_t index, struct err *err)
{
    const double numbers[] = {b->x, b->y, b->width, b->height};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!(fabs(numbers[i]) <= TRACKER_COORDINATE_MAX))
            return err_set(err, ERR_INVALID, "box %zu of the frame: %g is no coordinate or size", index, numbers[i]);
    }
    if (!(b->width > 0.0) || !(b->height > 0.0))
        return err_set(err, ERR_INVALID, "box %zu of the frame: a width of %g and a height of %g is no size", index,
            b->width, b->height);
    if (!isfinite(b->score))
        return err_set(err, ERR_INVALID, "box %zu of the frame: the score is not finite", index);
    if (b->embedding != NULL && !is_finite_embedding(b->embedding, t->dimension))
        return err_set(err, ERR_INVALID, "box %zu of the frame: the embedding is not finite", index);
    return ERR_NONE;
}

static enum err_code check_frame(
    const struct tracker *t, int64_t time_us, const struct track_box *boxes, size_t count, struct err *err)
{
    if (t->finished)
        return err_set(err, ERR_INVALID, "the tracker has finished: no frame can follow");
    if (t->frame_count == TRACKER_FRAMES_MAX)
        return err_set(err, ERR_LIMIT, "a video of more than %d frames", TRACKER_FRAMES_MAX);
    if (t->frame_count > 0 && time_us <= t->frames[t->frame_count - 1].time_us)
        return err_set(err, ERR_INVALID, "the frame at %lld us does not come after the one at %lld us",
            (long long)time_us, (long long)t->frames[t->frame_count - 1].time_us);
    for (size_t i = 0; i < count; i++) {
        enum err_code code = check_box(t, &boxes[i], i, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

// By score, then by everything else that is known of a box, so that the order in which they came does not matter.
static int by_score(const void *left, const void *right, void *context)
{
    const struct tracker *t = context;
    const struct seen_box *a = left;
    const struct seen_box *b = right;
    int result = order(b->score, a->score);
    result = result != 0 ? result : order(a->place.cy, b->place.cy);
    result = result != 0 ? result : order(a->place.cx, b->place.cx);
    result = result != 0 ? result : order(a->place.height, b->place.height);
    result = result != 0 ? result : order(a->place.width, b->place.width);
    result = result != 0 ? result : (a->class_id > b->class_id) - (a->class_id < b->class_id);
    if (result != 0 || a->embedding == NULL || b->embedding == NULL)
        return result != 0 ? result : (a->embedding == NULL) - (b->embedding == NULL);
    return memcmp(a->embedding, b->embedding, (size_t)t->dimension * sizeof(float));
}

static void take_boxes(struct tracker *t, const struct track_box *boxes, size_t count)
{
    const struct frame_info *frame = &t->frames[t->frame_count - 1];
    if (count > t->box_capacity) {
        t->box_capacity = count * 2;
        t->boxes = mem_realloc_array(t->boxes, t->box_capacity, sizeof(*t->boxes));
    }
    t->box_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct track_box *b = &boxes[i];
        if (b->score < t->settings.low_score && b->score < t->settings.high_score)
            continue;
        t->boxes[t->box_count++] = (struct seen_box){.place = {b->x + b->width / 2.0 - frame->camera_x,
                                                         b->y + b->height / 2.0 - frame->camera_y, b->width, b->height},
            .score = b->score,
            .class_id = b->class_id < 0 ? -1 : b->class_id,
            .box = (int32_t)i,
            .embedding = t->dimension > 0 ? b->embedding : NULL};
    }
    if (t->box_count > 1)
        qsort_r(t->boxes, t->box_count, sizeof(*t->boxes), by_score, t);
    t->box_count = t->box_count < TRACKER_BOXES_MAX ? t->box_count : TRACKER_BOXES_MAX;
}

// How far from its prediction a box may turn up: what the filter is unsure of, and what boxes differ by.
static void set_spread(struct tracklet *k, const struct tracker_settings *s)
{
    double size = box_size(k->predicted.width, k->predicted.height);
    double product = 1.0;
    for (int i = 0; i < FILTER_AXES; i++) {
        double scale = i == FILTER_WIDTH ? k->predicted.width : i == FILTER_HEIGHT ? k->predicted.height : size;
        double noise = (i < FILTER_WIDTH ? s->place_noise : s->side_noise) * scale;
        double variance = k->filter.axes[i].pxx + noise * noise;
        k->weight[i] = 1.0 / variance;
        product *= variance / (scale * scale);
    }
    k->log_spread = log(product) / 2.0;
    k->unsure = sqrt(fmax(k->filter.axes[FILTER_CX].pxx, k->filter.axes[FILTER_CY].pxx)) / size;
}

// The same for an object that stays where it was seen last. The less its speed is known to be another than none, the
// likelier it does.
static void set_still_spread(struct tracklet *k, double unseen, const struct tracker_settings *s)
{
    const struct box_place *last = &last_seen(k)->place;
    double size = box_size(last->width, last->height);
    double product = 1.0;
    for (int i = 0; i < FILTER_AXES; i++) {
        double scale = i == FILTER_WIDTH ? last->width : i == FILTER_HEIGHT ? last->height : size;
        double noise = i < FILTER_WIDTH ? s->place_noise : s->side_noise;
        double variance = noise * noise + s->box_noise * s->box_noise + s->position_noise * s->position_noise * unseen;
        k->still_weight[i] = 1.0 / (variance * scale * scale);
        product *= variance;
    }
    k->still_log_spread = log(product) / 2.0;
    k->still_doubt = -log(s->still_share);
    for (int i = 0; i < FILTER_WIDTH; i++) {
        const struct filter_axis *axis = &k->after_last.axes[i];
        k->still_doubt += axis->v * axis->v / axis->pvv / 2.0;
    }
}

static void predict_all(struct tracker *t, double seconds)
{
    for (size_t i = 0; i < t->live_count; i++) {
        struct tracklet *k = t->live[i];
        filter_predict(&k->filter, seconds, &t->settings);
        k->predicted = filter_place(&k->filter);
        k->found = false;
        set_spread(k, &t->settings);
        if (t->settings.still_share > 0.0)
            set_still_spread(k, seconds_between(t, last_seen(k)->frame, (int32_t)t->frame_count - 1), &t->settings);
    }
}

static void follow_camera(struct tracker *t)
{
    double dx = 0.0;
    double dy = 0.0;
    tracker_estimate_camera(t, &dx, &dy);
    struct frame_info *frame = &t->frames[t->frame_count - 1];
    frame->camera_x += dx;
    frame->camera_y += dy;
    for (size_t i = 0; i < t->box_count; i++) {
        t->boxes[i].place.cx -= dx;
        t->boxes[i].place.cy -= dy;
    }
}

static void begin_tracklets(struct tracker *t, int32_t frame)
{
    for (size_t i = 0; i < t->box_count; i++) {
        const struct seen_box *box = &t->boxes[i];
        if (box->taken || box->score < t->settings.high_score)
            continue;
        struct tracklet *k = mem_calloc(1, sizeof(*k));
        tracklet_add(t, k, box, frame);
        if (t->all_count == t->all_capacity) {
            t->all_capacity = t->all_capacity * 2 + 64;
            t->all = mem_realloc_array(t->all, t->all_capacity, sizeof(struct tracklet *));
        }
        t->all[t->all_count++] = k;
        if (t->live_count == t->live_capacity) {
            t->live_capacity = t->live_capacity * 2 + 64;
            t->live = mem_realloc_array(t->live, t->live_capacity, sizeof(struct tracklet *));
        }
        t->live[t->live_count++] = k;
    }
}

// Three boxes say that something is there; fewer do where the frames are far apart, and where the beginning or the end
// of the video cut off the rest. Fewer must be surer. Of those that never counted or were never sure nothing remains.
static bool is_believed(const struct tracker *t, const struct tracklet *k)
{
    bool cut_off = k->seen[0].frame == 0 || last_seen(k)->frame == (int32_t)t->frame_count - 1;
    bool few = k->count == 1 || !k->confirmed;
    return (k->confirmed || cut_off) && k->best_score >= (few ? t->settings.alone_score : t->settings.sure_score);
}

// What nobody will ever believe in is let go of at once: of a detector that errs in every frame there would be more of
// it in the end than of tracks.
static void give_up(struct tracker *t, struct tracklet *k)
{
    if (is_believed(t, k))
        return;
    k->given_up = true;
    t->given_up++;
}

// Each time more than half of all are given up, so that the work is a share of what is added.
static void sweep_given_up(struct tracker *t)
{
    if (t->given_up * 2 <= t->all_count)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < t->all_count; i++) {
        if (t->all[i]->given_up)
            tracklet_free(t->all[i]);
        else
            t->all[kept++] = t->all[i];
    }
    t->all_count = kept;
    t->given_up = 0;
}

// Those that are unseen for too long, and, of too many, those unseen for longest.
static void drop_lost(struct tracker *t, int32_t frame)
{
    const struct tracker_settings *s = &t->settings;
    size_t kept = 0;
    for (size_t i = 0; i < t->live_count; i++) {
        int32_t last = last_seen(t->live[i])->frame;
        if (frame - last <= (int32_t)s->lost_frames || seconds_between(t, last, frame) <= s->lost_s)
            t->live[kept++] = t->live[i];
        else
            give_up(t, t->live[i]);
    }
    t->live_count = kept;
    while (t->live_count > TRACKER_LIVE_MAX) {
        int32_t oldest = frame;
        for (size_t i = 0; i < t->live_count; i++)
            oldest = last_seen(t->live[i])->frame < oldest ? last_seen(t->live[i])->frame : oldest;
        size_t over = t->live_count - TRACKER_LIVE_MAX;
        kept = 0;
        for (size_t i = 0; i < t->live_count; i++) {
            if (over == 0 || last_seen(t->live[i])->frame != oldest) {
                t->live[kept++] = t->live[i];
                continue;
            }
            give_up(t, t->live[i]);
            over--;
        }
        t->live_count = kept;
    }
    sweep_given_up(t);
}

enum err_code tracker_add(
    struct tracker *t, int64_t time_us, const struct track_box *boxes, size_t count, struct err *err)
{
    enum err_code code = check_frame(t, time_us, boxes, count, err);
    if (code != ERR_NONE)
        return code;
    if (t->frame_count == t->frame_capacity) {
        t->frame_capacity = t->frame_capacity * 2 + 256;
        t->frames = mem_realloc_array(t->frames, t->frame_capacity, sizeof(*t->frames));
    }
    struct frame_info info = {.time_us = time_us};
    if (t->frame_count > 0) {
        info = t->frames[t->frame_count - 1];
        info.time_us = time_us;
    }
    t->frames[t->frame_count++] = info;
    int32_t frame = (int32_t)t->frame_count - 1;
    take_boxes(t, boxes, count);
    if (frame > 0)
        predict_all(t, seconds_between(t, frame - 1, frame));
    if (t->settings.camera > 0.0)
        follow_camera(t);
    tracker_associate(t, frame);
    begin_tracklets(t, frame);
    drop_lost(t, frame);
    return ERR_NONE;
}

static void drop_doubtful(struct tracker *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->all_count; i++) {
        struct tracklet *k = t->all[i];
        if (!k->given_up && is_believed(t, k))
            t->all[kept++] = k;
        else
            tracklet_free(k);
    }
    t->all_count = kept;
    t->live_count = 0;
}

enum err_code tracker_finish(struct tracker *t, struct tracks *tracks, struct err *err)
{
    *tracks = (struct tracks){0};
    if (t->finished)
        return err_set(err, ERR_INVALID, "the tracker has finished already");
    t->finished = true;
    drop_doubtful(t);
    tracker_link(t);
    tracker_output(t, tracks);
    return ERR_NONE;
}
