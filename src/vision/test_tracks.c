#include "vision/test_tracks.h"

struct track_box person(double x, double y, double score)
{
    return (struct track_box){.x = x, .y = y, .width = 40, .height = 100, .score = score, .class_id = 1};
}

struct tracker *new_tracker(const struct tracker_settings *settings, int dimension)
{
    struct err err = ERR_INIT;
    struct tracker *t = NULL;
    assert_ok(tracker_new(settings, dimension, &t, &err), &err);
    return t;
}

void add(struct tracker *t, int frame, const struct track_box *boxes, size_t count)
{
    struct err err = ERR_INIT;
    assert_ok(tracker_add(t, (int64_t)frame * STEP_US, boxes, count, &err), &err);
}

struct tracks finish(struct tracker *t)
{
    struct err err = ERR_INIT;
    struct tracks tracks;
    assert_ok(tracker_finish(t, &tracks, &err), &err);
    return tracks;
}

int32_t track_of(const struct tracks *tracks, size_t frame, int32_t box)
{
    int32_t found = 0;
    for (size_t i = 0; i < tracks->count; i++) {
        for (size_t k = 0; k < tracks->items[i].count; k++) {
            const struct track_point *p = &tracks->items[i].points[k];
            if (p->frame == frame && p->box == box) {
                assert_int_equal(found, 0);
                found = tracks->items[i].number;
            }
        }
    }
    return found;
}
