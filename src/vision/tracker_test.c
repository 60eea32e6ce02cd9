#include "vision/tracker.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "vision/test_tracks.h"

#define SCENE_MAX 64

static uint32_t random_state = 7;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static double random_unit(void)
{
    return (double)random_below(1000001) / 500000.0 - 1.0;
}

static void one_walker_is_one_track(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 50; i++) {
        struct track_box box = person(100 + 3.0 * i, 200, 0.9);
        add(t, i, &box, 1);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].count, 50);
    assert_int_equal(tracks.items[0].seen, 50);
    assert_int_equal(tracks.items[0].number, 1);
    assert_int_equal(tracks.items[0].class_id, 1);
    assert_true(fabs(tracks.items[0].points[25].x - 175) < 1.0);
    assert_true(fabs(tracks.items[0].score - 0.9) < 1e-9);
    tracker_free(t);
}

static void two_who_cross_keep_their_tracks(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 60; i++) {
        struct track_box boxes[2] = {person(100 + 5.0 * i, 200, 0.9), person(400 - 5.0 * i, 215, 0.8)};
        add(t, i, boxes, 2);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 2);
    for (size_t f = 0; f < 60; f++) {
        assert_int_equal(track_of(&tracks, f, 0), 1);
        assert_int_equal(track_of(&tracks, f, 1), 2);
    }
    tracker_free(t);
}

static void a_short_absence_is_filled(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 60; i++) {
        struct track_box box = person(100 + 4.0 * i, 200, 0.9);
        add(t, i, &box, i >= 30 && i < 40 ? 0 : 1);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].count, 60);
    assert_int_equal(tracks.items[0].seen, 50);
    for (int i = 30; i < 40; i++) {
        const struct track_point *p = &tracks.items[0].points[i];
        assert_int_equal(p->box, -1);
        assert_int_equal(p->frame, i);
        assert_true(fabs(p->x - (100 + 4.0 * i)) < 4.0);
    }
    tracker_free(t);
}

static void boxes_of_low_score_continue_tracks_and_begin_none(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 40; i++) {
        struct track_box boxes[2] = {person(100 + 2.0 * i, 200, i < 20 ? 0.9 : 0.2), person(700, 200, 0.2)};
        add(t, i, boxes, 2);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].seen, 40);
    assert_int_equal(track_of(&tracks, 30, 1), 0);
    tracker_free(t);
}

static void what_is_seen_twice_only_is_no_track_in_dense_video(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 40; i++) {
        struct track_box box = person(100, 200, 0.95);
        add(t, i, &box, i == 10 || i == 11 ? 1 : 0);
    }
    assert_int_equal(finish(t).count, 0);
    tracker_free(t);
}

static void one_box_is_a_track_where_frames_are_far_apart(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 5; i++) {
        struct track_box box = person(100, 200, 0.95);
        assert_ok(tracker_add(t, i * 1000000, &box, i == 2 ? 1 : 0, &err), &err);
    }
    assert_int_equal(finish(t).count, 1);
    tracker_free(t);
}

// A second between frames: boxes of the same walker do not touch any more.
static void walkers_are_followed_at_one_frame_a_second(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 10; i++) {
        struct track_box boxes[2] = {person(100 + 60.0 * i, 200, 0.9), person(900 - 60.0 * i, 500, 0.8)};
        assert_ok(tracker_add(t, i * 1000000, boxes, 2, &err), &err);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 2);
    assert_int_equal(tracks.items[0].seen, 10);
    tracker_free(t);
}

static void who_stands_still_is_one_track_however_seldom_somebody_looks(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int frame = 0; frame < 8; frame++) {
        // Somebody walks by meanwhile, too fast to be followed at this rate.
        struct track_box boxes[2] = {
            person(300 + frame % 3, 100 - frame % 2, 0.9), person(20 + 150 * frame, 300, 0.95)};
        add(t, frame * (3000000 / STEP_US), boxes, 2);
    }
    struct tracks tracks = finish(t);
    for (size_t frame = 1; frame < 8; frame++)
        assert_int_equal(track_of(&tracks, frame, 0), track_of(&tracks, 0, 0));
    tracker_free(t);
}

// Every object jumps by more than half its width at once; without the estimate each would find its neighbour.
static void a_jerk_of_the_camera_is_no_movement_of_the_objects(void **state)
{
    (void)state;
    struct tracker_settings still = tracker_settings_default();
    still.camera = 0.0;
    for (int with = 0; with < 2; with++) {
        struct tracker *t = new_tracker(with ? NULL : &still, 0);
        for (int i = 0; i < 30; i++) {
            struct track_box boxes[6];
            for (int k = 0; k < 6; k++)
                boxes[k] = person(100 + 50.0 * k + (i >= 15 ? 45.0 : 0.0), 200, 0.9 - 0.01 * k);
            add(t, i, boxes, 6);
        }
        struct tracks tracks = finish(t);
        int kept = 0;
        for (int k = 0; k < 6; k++)
            kept += track_of(&tracks, 10, k) == track_of(&tracks, 20, k);
        assert_int_equal(kept == 6, with);
        tracker_free(t);
    }
}

static void classes_decide_where_places_do_not(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 20; i++) {
        // From frame 10 on the two lie in each other's way by turns.
        double swap = i >= 10 && i % 2 == 0 ? 12.0 : 0.0;
        struct track_box boxes[2] = {person(100 + swap, 200, 0.9), person(112 - swap, 200, 0.8)};
        boxes[1].class_id = 3;
        add(t, i, boxes, 2);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 2);
    for (size_t f = 0; f < 20; f++)
        assert_int_equal(track_of(&tracks, f, 0), track_of(&tracks, 0, 0));
    tracker_free(t);
}

static void looks_join_what_was_gone_for_long(void **state)
{
    (void)state;
    const float red[4] = {1, 0, 0, 0};
    const float blue[4] = {0, 1, 0, 0};
    for (int same = 0; same < 2; same++) {
        struct tracker *t = new_tracker(NULL, 4);
        for (int i = 0; i < 300; i++) {
            struct track_box box = person(i < 100 ? 100 : 900, 200, 0.9);
            box.embedding = i < 100 || same ? red : blue;
            add(t, i, &box, i < 100 || i >= 200 ? 1 : 0);
        }
        struct tracks tracks = finish(t);
        assert_int_equal(tracks.count, same ? 1 : 2);
        assert_true(tracks.items[0].embedding[0] > 0.99f);
        assert_int_equal(tracks.items[0].seen, same ? 200 : 100);
        tracker_free(t);
    }
}

static void what_ends_is_joined_with_what_goes_on_from_it(void **state)
{
    (void)state;
    struct tracker_settings apart = tracker_settings_default();
    apart.link_s = 0.0;
    for (int linked = 0; linked < 2; linked++) {
        struct tracker *t = new_tracker(linked ? NULL : &apart, 0);
        // Out of sight for longer than it is looked for.
        for (int i = 0; i < 120; i++) {
            struct track_box box = person(100 + 2.0 * i, 200, 0.9);
            add(t, i, &box, i < 40 || i >= 72 ? 1 : 0);
        }
        struct tracks tracks = finish(t);
        assert_int_equal(tracks.count, linked ? 1 : 2);
        tracker_free(t);
    }
}

static void the_class_is_voted_for(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    for (int i = 0; i < 30; i++) {
        struct track_box box = person(100, 200, 0.9);
        box.class_id = i % 3 == 0 ? 5 : i % 7 == 0 ? -1 : 2;
        add(t, i, &box, 1);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].class_id, 2);
    tracker_free(t);
}

// ---- Order of input

struct scene_frame {
    struct track_box boxes[SCENE_MAX];
    int32_t original[SCENE_MAX]; // of each box, its number in the unshuffled frame
    size_t count;
};

#define SCENE_FRAMES 30
#define SCENE_LOOKS 8

static float scene_looks[12][SCENE_LOOKS];

// A crowd with misses, false alarms, equal scores and equal boxes.
static void make_scene(struct scene_frame *frames)
{
    for (size_t k = 0; k < 12; k++) {
        float length = 0.0f;
        for (size_t i = 0; i < SCENE_LOOKS; i++) {
            scene_looks[k][i] = (float)random_unit();
            length += scene_looks[k][i] * scene_looks[k][i];
        }
        for (size_t i = 0; i < SCENE_LOOKS; i++)
            scene_looks[k][i] /= sqrtf(length);
    }
    for (int f = 0; f < SCENE_FRAMES; f++) {
        struct scene_frame *frame = &frames[f];
        frame->count = 0;
        for (size_t k = 0; k < 12; k++) {
            if (random_below(10) == 0)
                continue;
            double way = (k % 2 == 0 ? 4.0 : -4.0) * f;
            struct track_box box = person(200 + 25.0 * (double)k + way + random_unit(), 200 + 3.0 * random_unit(),
                (double)random_below(4) * 0.2 + 0.3);
            box.embedding = scene_looks[k];
            frame->boxes[frame->count++] = box;
        }
        frame->boxes[frame->count++] = person(1000, 300, 0.7);
        frame->boxes[frame->count++] = person(1000, 300, 0.7); // twice the same box
        for (size_t i = 0; i < frame->count; i++)
            frame->original[i] = (int32_t)i;
    }
}

static void shuffle(struct scene_frame *frame)
{
    for (size_t i = frame->count; i > 1; i--) {
        size_t j = random_below((uint32_t)i);
        struct track_box box = frame->boxes[i - 1];
        int32_t original = frame->original[i - 1];
        frame->boxes[i - 1] = frame->boxes[j];
        frame->original[i - 1] = frame->original[j];
        frame->boxes[j] = box;
        frame->original[j] = original;
    }
}

struct outline {
    size_t tracks, points;
    double sums[4];
    int32_t of_box[SCENE_FRAMES][SCENE_MAX];
};

static void run_scene(const struct scene_frame *frames, struct outline *out)
{
    memset(out, 0, sizeof(*out));
    struct tracker *t = new_tracker(NULL, SCENE_LOOKS);
    for (int f = 0; f < SCENE_FRAMES; f++)
        add(t, f, frames[f].boxes, frames[f].count);
    struct tracks tracks = finish(t);
    out->tracks = tracks.count;
    for (size_t i = 0; i < tracks.count; i++) {
        const struct track *track = &tracks.items[i];
        for (size_t k = 0; k < track->count; k++) {
            const struct track_point *p = &track->points[k];
            out->points++;
            // In a fixed order: the sums are equal to the last bit or the tracks are not.
            out->sums[0] = out->sums[0] * 0.999 + p->x;
            out->sums[1] = out->sums[1] * 0.999 + p->y;
            out->sums[2] = out->sums[2] * 0.999 + p->width;
            out->sums[3] = out->sums[3] * 0.999 + (double)p->frame;
            if (p->box >= 0)
                out->of_box[p->frame][frames[p->frame].original[p->box]] = track->number;
        }
    }
    // The two equal boxes may change places: nothing tells one from the other.
    for (int f = 0; f < SCENE_FRAMES; f++) {
        int32_t *last = &out->of_box[f][frames[f].count - 2];
        if (last[0] > last[1]) {
            int32_t swap = last[0];
            last[0] = last[1];
            last[1] = swap;
        }
    }
    tracker_free(t);
}

static void the_order_of_boxes_does_not_matter(void **state)
{
    (void)state;
    struct scene_frame *frames = mem_calloc(SCENE_FRAMES, sizeof(*frames));
    struct outline *first = mem_calloc(1, sizeof(*first));
    struct outline *other = mem_calloc(1, sizeof(*other));
    make_scene(frames);
    run_scene(frames, first);
    assert_true(first->tracks >= 10);
    for (int i = 0; i < 1000; i++) {
        for (int f = 0; f < SCENE_FRAMES; f++)
            shuffle(&frames[f]);
        run_scene(frames, other);
        assert_memory_equal(first, other, sizeof(*first));
    }
    free(frames);
    free(first);
    free(other);
}

// ---- Bad input

static void what_is_no_box_is_refused_and_leaves_no_trace(void **state)
{
    (void)state;
    const double bad[][5] = {{NAN, 0, 1, 1, 1}, {0, INFINITY, 1, 1, 1}, {0, 0, -1, 1, 1}, {0, 0, 1, 0, 1},
        {0, 0, NAN, 1, 1}, {0, 0, 1, 1, NAN}, {1e12, 0, 1, 1, 1}};
    const float embedding[2] = {NAN, 0};
    struct err err = ERR_INIT;
    struct tracker *t = new_tracker(NULL, 2);
    for (int i = 0; i < 10; i++) {
        struct track_box box = person(100, 100, 0.9);
        add(t, i, &box, 1);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct track_box boxes[2] = {
            person(100, 100, 0.9), {bad[i][0], bad[i][1], bad[i][2], bad[i][3], bad[i][4], 1, NULL}};
        assert_code(tracker_add(t, 10 * STEP_US, boxes, 2, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "box 1 of the frame"));
    }
    struct track_box box = person(100, 100, 0.9);
    box.embedding = embedding;
    assert_code(tracker_add(t, 10 * STEP_US, &box, 1, &err), ERR_INVALID);
    box.embedding = NULL;
    assert_code(tracker_add(t, 9 * STEP_US, &box, 1, &err), ERR_INVALID); // not later than the one before
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, 1);
    assert_int_equal(tracks.items[0].count, 10);
    assert_code(tracker_add(t, 20 * STEP_US, &box, 1, &err), ERR_INVALID);
    assert_code(tracker_finish(t, &tracks, &err), ERR_INVALID);
    tracker_free(t);
    assert_code(tracker_new(NULL, TRACKER_EMBEDDING_MAX + 1, &t, &err), ERR_LIMIT);
}

static void nothing_and_one_frame_are_fine(void **state)
{
    (void)state;
    struct tracker *t = new_tracker(NULL, 0);
    assert_int_equal(finish(t).count, 0);
    tracker_free(t);
    t = new_tracker(NULL, 0);
    struct track_box box = person(0, 0, 0.99);
    add(t, 0, &box, 1);
    finish(t);
    tracker_free(t);
    t = new_tracker(NULL, 0);
    for (int i = 0; i < 100; i++)
        add(t, i, NULL, 0);
    assert_int_equal(finish(t).count, 0);
    tracker_free(t);
}

static void of_thousands_of_boxes_the_best_are_followed(void **state)
{
    (void)state;
    enum { COUNT = 3 * TRACKER_BOXES_MAX };
    struct track_box *boxes = mem_calloc(COUNT, sizeof(*boxes));
    struct tracker *t = new_tracker(NULL, 0);
    for (int f = 0; f < 6; f++) {
        for (int i = 0; i < COUNT; i++)
            boxes[i] = person(60.0 * (i % 60), 120.0 * (double)(i / 60), 0.9 - 0.0001 * i);
        add(t, f, boxes, COUNT);
    }
    struct tracks tracks = finish(t);
    assert_int_equal(tracks.count, TRACKER_BOXES_MAX);
    assert_int_equal(track_of(&tracks, 3, 0), 1);
    assert_int_equal(track_of(&tracks, 3, TRACKER_BOXES_MAX), 0);
    tracker_free(t);
    free(boxes);
}

static void thresholds_are_shares_of_what_the_detector_is_sure_of(void **state)
{
    (void)state;
    struct tracker_settings settings = tracker_settings_default();
    double scores[21];
    for (int i = 0; i < 21; i++)
        scores[i] = 0.5 - 0.01 * i; // in the wrong order
    tracker_settings_fit_scores(&settings, scores, 0);
    assert_float_equal(settings.high_score, 0.4, 1e-9);
    tracker_settings_fit_scores(&settings, scores, 21);
    assert_true(fabs(settings.high_score - 0.4 * 0.49) < 1e-9);
    assert_true(fabs(settings.alone_score - 0.8 * 0.49) < 1e-9);
    settings = tracker_settings_default();
    settings.score_quantile = 0;
    tracker_settings_fit_scores(&settings, scores, 21);
    assert_float_equal(settings.sure_score, 0.6, 1e-9);
}

static void settings_have_names_and_bounds(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct tracker_settings s = tracker_settings_default();
    assert_ok(tracker_settings_set(&s, "lost_s", 3.0, &err), &err);
    assert_true(s.lost_s == 3.0);
    assert_code(tracker_settings_set(&s, "lost_s", -1.0, &err), ERR_INVALID);
    assert_code(tracker_settings_set(&s, "lost_s", NAN, &err), ERR_INVALID);
    assert_code(tracker_settings_set(&s, "patience", 1.0, &err), ERR_NOT_FOUND);
    assert_true(s.lost_s == 3.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_walker_is_one_track),
        cmocka_unit_test(two_who_cross_keep_their_tracks),
        cmocka_unit_test(a_short_absence_is_filled),
        cmocka_unit_test(boxes_of_low_score_continue_tracks_and_begin_none),
        cmocka_unit_test(what_is_seen_twice_only_is_no_track_in_dense_video),
        cmocka_unit_test(one_box_is_a_track_where_frames_are_far_apart),
        cmocka_unit_test(walkers_are_followed_at_one_frame_a_second),
        cmocka_unit_test(who_stands_still_is_one_track_however_seldom_somebody_looks),
        cmocka_unit_test(a_jerk_of_the_camera_is_no_movement_of_the_objects),
        cmocka_unit_test(classes_decide_where_places_do_not),
        cmocka_unit_test(looks_join_what_was_gone_for_long),
        cmocka_unit_test(what_ends_is_joined_with_what_goes_on_from_it),
        cmocka_unit_test(the_class_is_voted_for),
        cmocka_unit_test(the_order_of_boxes_does_not_matter),
        cmocka_unit_test(what_is_no_box_is_refused_and_leaves_no_trace),
        cmocka_unit_test(nothing_and_one_frame_are_fine),
        cmocka_unit_test(of_thousands_of_boxes_the_best_are_followed),
        cmocka_unit_test(thresholds_are_shares_of_what_the_detector_is_sure_of),
        cmocka_unit_test(settings_have_names_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
