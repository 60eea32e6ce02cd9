// What each stage of the tracker is there for: with it and without it, on what only it can tell.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "vision/test_tracks.h"
#include "vision/tracker_internal.h"

#define LOOKS 4

static const float red[LOOKS] = {1, 0, 0, 0};
static const float blue[LOOKS] = {0, 1, 0, 0};

static uint32_t random_state = 11;

// -1 … 1
static double random_unit(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (double)(random_state % 1000001) / 500000.0 - 1.0;
}

// ---- association

static void who_walks_on_is_likelier_than_who_turns_round(void **state)
{
    (void)state;
    enum { LAST = 20 };
    for (int with = 0; with < 2; with++) {
        struct tracker_settings settings = tracker_settings_default();
        settings.still_share = 0;
        if (!with)
            settings.direction_weight = 0;
        struct tracker *t = new_tracker(&settings, 0);
        for (int i = 0; i < LAST; i++) {
            struct track_box box = person(100 + 4.0 * i, 200, 0.9);
            add(t, i, &box, 1);
        }
        // Where it should be there is nothing: a little nearer behind it than before it.
        double there = 100 + 4.0 * LAST;
        const struct track_box boxes[2] = {person(there - 11.5, 200, 0.9), person(there + 12, 200, 0.9)};
        add(t, LAST, boxes, 2);
        struct tracks tracks = finish(t);
        assert_int_equal(track_of(&tracks, LAST, with), 1);
        tracker_free(t);
    }
}

static void looks_decide_where_places_do_not(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct tracker_settings settings = tracker_settings_default();
        if (!with)
            settings.look_weight = 0;
        struct tracker *t = new_tracker(&settings, LOOKS);
        int kept = 0;
        for (int i = 0; i < 20; i++) {
            // From frame 10 on the two lie in each other's way by turns.
            double swap = i >= 10 && i % 2 == 0 ? 12.0 : 0.0;
            struct track_box boxes[2] = {person(100 + swap, 200, 0.9), person(112 - swap, 200, 0.8)};
            boxes[0].embedding = red;
            boxes[1].embedding = blue;
            add(t, i, boxes, 2);
        }
        struct tracks tracks = finish(t);
        for (size_t f = 0; f < 20; f++)
            kept += track_of(&tracks, f, 0) == track_of(&tracks, 0, 0);
        assert_int_equal(kept == 20, with);
        tracker_free(t);
    }
}

// It was walking when it was hidden, and has stopped when it is seen again: no prediction leads there.
static void who_stopped_out_of_sight_is_found_where_he_was_seen_last(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        struct tracker_settings settings = tracker_settings_default();
        settings.still_share = 0;
        settings.link_s = 0;
        if (!with)
            settings.again_s = 0;
        struct tracker *t = new_tracker(&settings, 0);
        for (int i = 0; i < 40; i++) {
            struct track_box box = person(100 + 10.0 * (i < 20 ? i : 19), 200, 0.9);
            add(t, i, &box, i >= 20 && i < 25 ? 0 : 1);
        }
        struct tracks tracks = finish(t);
        assert_int_equal(tracks.count, with ? 1 : 2);
        tracker_free(t);
    }
}

// OC-SORT's re-update: between two looks at the same place it cannot have gone on at its pace of before.
static void who_is_found_again_has_come_there_on_the_straight_way(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 26; i++) {
        struct track_box box = person(100 + 10.0 * (i < 20 ? i : 19), 200, 0.9);
        add(t, i, &box, i >= 20 && i < 25 ? 0 : 1);
    }
    assert_int_equal(t->live_count, 1);
    const struct tracklet *k = t->live[0];
    assert_int_equal(k->count, 21);
    // Looked at in every frame, it would be filtered to the same.
    struct box_filter expected;
    const struct box_place first = {120, 250, 40, 100};
    filter_begin(&expected, &first, &t->settings);
    for (int i = 1; i < 26; i++) {
        const struct box_place place = {100 + 10.0 * (i < 20 ? i : 19) + 20, 250, 40, 100};
        filter_predict(&expected, STEP_US * 1e-6, &t->settings);
        filter_update(&expected, &place, &t->settings);
    }
    for (int i = 0; i < FILTER_AXES; i++) {
        assert_true(fabs(k->filter.axes[i].x - expected.axes[i].x) < 1e-6);
        assert_true(fabs(k->filter.axes[i].v - expected.axes[i].v) < 1e-6);
    }
    tracker_free(t);
}

static void a_class_that_was_never_voted_for_is_joined_with_nothing(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct tracker *t = new_tracker(NULL, 0);
        // Out of sight for longer than it is looked for.
        for (int i = 0; i < 120; i++) {
            struct track_box box = person(100 + 2.0 * i, 200, 0.9);
            box.class_id = i < 40 || same ? 1 : 3;
            add(t, i, &box, i < 40 || i >= 72 ? 1 : 0);
        }
        assert_int_equal(finish(t).count, same ? 1 : 2);
        tracker_free(t);
    }
}

static void what_looks_another_is_not_joined_by_its_way(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct tracker *t = new_tracker(NULL, LOOKS);
        for (int i = 0; i < 120; i++) {
            struct track_box box = person(100 + 2.0 * i, 200, 0.9);
            box.embedding = i < 40 || same ? red : blue;
            add(t, i, &box, i < 40 || i >= 72 ? 1 : 0);
        }
        assert_int_equal(finish(t).count, same ? 1 : 2);
        tracker_free(t);
    }
}

// ---- the camera

static void a_little_more_than_half_that_move_alike_are_not_the_camera(void **state)
{
    (void)state;
    enum { OBJECTS = 14, LAST = 15 };
    for (int movers = 8; movers <= 9; movers++) {
        struct tracker *t = new_tracker(NULL, 0);
        for (int i = 0; i <= LAST; i++) {
            struct track_box boxes[OBJECTS];
            for (int k = 0; k < OBJECTS; k++)
                boxes[k] = person(100 + 300.0 * k + (i == LAST && k < movers ? 20.0 : 0.0), 200, 0.9);
            add(t, i, boxes, OBJECTS);
        }
        assert_int_equal(t->frames[LAST].camera_x != 0, movers == 9);
        tracker_free(t);
    }
}

static void noise_of_the_boxes_is_no_motion_of_the_camera(void **state)
{
    (void)state;
    enum { OBJECTS = 10, COUNT = 100 };
    int moved = 0;
    random_state = 11;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < COUNT; i++) {
        struct track_box boxes[OBJECTS];
        for (int k = 0; k < OBJECTS; k++)
            boxes[k] = person(100 + 300.0 * k + 3 * random_unit(), 200 + 3 * random_unit(), 0.9);
        add(t, i, boxes, OBJECTS);
        moved += i > 0 && t->frames[i].camera_x != t->frames[i - 1].camera_x;
    }
    assert_true(moved < COUNT / 10);
    tracker_free(t);
}

// ---- what comes out

static void positions_are_smoothed(void **state)
{
    (void)state;
    double wrong[2] = {0};
    for (int with = 0; with < 2; with++) {
        struct tracker_settings settings = tracker_settings_default();
        settings.smooth = with;
        random_state = 11;
        struct tracker *t = new_tracker(&settings, 0);
        for (int i = 0; i < 60; i++) {
            struct track_box box = person(100 + 3.0 * i + 4 * random_unit(), 200 + 4 * random_unit(), 0.9);
            add(t, i, &box, 1);
        }
        struct tracks tracks = finish(t);
        assert_int_equal(tracks.count, 1);
        assert_int_equal(tracks.items[0].count, 60);
        for (int i = 0; i < 60; i++)
            wrong[with] += hypot(tracks.items[0].points[i].x - (100 + 3.0 * i), tracks.items[0].points[i].y - 200);
        tracker_free(t);
    }
    assert_true(wrong[1] < 0.7 * wrong[0]);
}

static void a_long_absence_is_joined_and_stays_open(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    // 1.28 seconds; fill_s is half of that.
    for (int i = 0; i < 120; i++) {
        struct track_box box = person(100 + 2.0 * i, 200, 0.9);
        add(t, i, &box, i < 40 || i >= 72 ? 1 : 0);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].seen, 88);
    assert_int_equal(tracks.items[0].count, 88);
    tracker_free(t);
}

static void the_motion_of_the_camera_is_put_back(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 30; i++) {
        struct track_box boxes[6];
        for (int k = 0; k < 6; k++)
            boxes[k] = person(100 + 50.0 * k + (i >= 15 ? 45.0 : 0.0), 200 - (i >= 15 ? 30.0 : 0.0), 0.9 - 0.01 * k);
        add(t, i, boxes, 6);
    }
    assert_true(fabs(t->frames[29].camera_x - 45) < 1 && fabs(t->frames[29].camera_y + 30) < 1);
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 6);
    for (size_t i = 0; i < 6; i++) {
        for (size_t f = 0; f < 30; f++) {
            const struct track_point *p = &tracks.items[i].points[f];
            assert_true(fabs(p->x - (100 + 50.0 * p->box + (f >= 15 ? 45.0 : 0.0))) < 2);
            assert_true(fabs(p->y - (200 - (f >= 15 ? 30.0 : 0.0))) < 2);
        }
    }
    tracker_free(t);
}

// ---- bounds

static void what_is_followed_at_a_time_is_bounded(void **state)
{
    (void)state;
    struct track_box *boxes = mem_calloc(TRACKER_BOXES_MAX, sizeof(*boxes));
    struct tracker *t = new_tracker(NULL, 0);
    size_t most = 0;
    // New ones in every frame, each of them looked for during a second.
    for (int f = 0; f < 12; f++) {
        for (int i = 0; i < TRACKER_BOXES_MAX; i++)
            boxes[i] = person(60.0 * (i % 60) + 100000.0 * f, 120.0 * (double)(i / 60), 0.9);
        add(t, f, boxes, TRACKER_BOXES_MAX);
        most = t->live_count > most ? t->live_count : most;
        // The newest are among them.
        assert_int_equal(last_seen(t->live[t->live_count - 1])->frame, f);
    }
    assert_int_equal(most, TRACKER_LIVE_MAX);
    tracker_free(t);
    free(boxes);
}

static void what_nobody_believes_in_is_let_go_of(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    size_t most = 0;
    for (int f = 0; f < 2000; f++) {
        const struct track_box boxes[2] = {person(5000 + 4000 * random_unit(), 5000 + 4000 * random_unit(), 0.5),
            person(5000 + 4000 * random_unit(), 5000 + 4000 * random_unit(), 0.5)};
        add(t, f, boxes, 2);
        most = t->all_count > most ? t->all_count : most;
    }
    // Two a frame for a second, and as many again until they are swept.
    assert_true(most <= 2 * (2 * 26) + 4);
    assert_int_equal(finish(t).count, 0);
    tracker_free(t);
}

// Somebody comes back after many others came and went.
static size_t tracks_after(int others)
{
    enum { SEEN = 4 };
    struct track_box *boxes = mem_calloc((size_t)others + 1, sizeof(*boxes));
    struct tracker *t = new_tracker(NULL, LOOKS);
    for (int f = 0; f < 60; f++) {
        int count = 0;
        if (f < SEEN || f >= 60 - SEEN) {
            boxes[count] = person(f < SEEN ? 100 : 9000, 9000, 0.95);
            boxes[count++].embedding = red;
        } else if (f >= 20 && f < 20 + SEEN) {
            for (; count < others; count++) {
                boxes[count] = person(60.0 * (count % 60), 120.0 * (double)(count / 60), 0.9);
                boxes[count].embedding = blue;
            }
        }
        add(t, f, boxes, (size_t)count);
    }
    size_t count = finish(t).count;
    tracker_free(t);
    free(boxes);
    return count;
}

static void what_ended_is_compared_with_so_many_only(void **state)
{
    (void)state;
    assert_int_equal(tracks_after(TRACKER_LINK_MAX - 1), TRACKER_LINK_MAX - 1 + 1);
    assert_int_equal(tracks_after(TRACKER_LINK_MAX), TRACKER_LINK_MAX + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_walks_on_is_likelier_than_who_turns_round),
        cmocka_unit_test(looks_decide_where_places_do_not),
        cmocka_unit_test(who_stopped_out_of_sight_is_found_where_he_was_seen_last),
        cmocka_unit_test(who_is_found_again_has_come_there_on_the_straight_way),
        cmocka_unit_test(a_class_that_was_never_voted_for_is_joined_with_nothing),
        cmocka_unit_test(what_looks_another_is_not_joined_by_its_way),
        cmocka_unit_test(a_little_more_than_half_that_move_alike_are_not_the_camera),
        cmocka_unit_test(noise_of_the_boxes_is_no_motion_of_the_camera),
        cmocka_unit_test(positions_are_smoothed),
        cmocka_unit_test(a_long_absence_is_joined_and_stays_open),
        cmocka_unit_test(the_motion_of_the_camera_is_put_back),
        cmocka_unit_test(what_is_followed_at_a_time_is_bounded),
        cmocka_unit_test(what_nobody_believes_in_is_let_go_of),
        cmocka_unit_test(what_ended_is_compared_with_so_many_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
