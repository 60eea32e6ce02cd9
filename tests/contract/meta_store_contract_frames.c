// What every meta store does with frames, objects and tracks, and when it settles a video.
#include "meta_store_contract.h"

#include <math.h>
#include <string.h>

#include "base/strbuf.h"

// ---- frames

static void frames_are_counted_once_and_keep_what_the_indexer_found(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 5);
    put_frames(f, VIDEO, 0, 5);
    put_objects(f, VIDEO, 2, 3);
    put_frames(f, VIDEO, 0, 5);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_emitted, 5);
    assert_int_equal(video.frames_indexed, 1);
    assert_int_equal(video.objects, 3);
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(f->store, VIDEO, 2, &frame, &failure), &failure);
    assert_int_equal(frame.items[0].state, FRAME_INDEXED);
    assert_int_equal(frame.items[0].object_count, 3);
    meta_frames_release(&frame);
}

static void objects_come_back_bit_for_bit(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    struct meta_object objects[] = {
        {.x = 0.1f,
            .y = -0.0f,
            .width = 1e-30f,
            .height = 12345.678f,
            .score = 0.99999994f,
            .class_name = "car",
            .track = -1},
        {.x = 3, .y = 4, .width = 5, .height = 6, .score = 0.25f, .class_name = "traffic light", .track = 4711},
        {.class_name = "car", .track = 0},
    };
    struct meta_frame frame = frame_at(42);
    frame.objects = objects;
    frame.object_count = 3;
    assert_ok(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), &failure);
    struct meta_frames got;
    assert_ok(meta_store_get_frame(f->store, VIDEO, 42, &got, &failure), &failure);
    assert_int_equal(got.count, 1);
    assert_int_equal(got.items[0].index, 42);
    assert_int_equal(got.items[0].segment, 4);
    assert_int_equal(got.items[0].pts_us, 42 * 200000 + 7);
    assert_int_equal(got.items[0].width, 640);
    assert_int_equal(got.items[0].height, 480);
    assert_int_equal(got.items[0].object_count, 3);
    for (size_t k = 0; k < 3; k++) {
        assert_memory_equal(&got.items[0].objects[k].x, &objects[k].x, 5 * sizeof(float));
        assert_string_equal(got.items[0].objects[k].class_name, objects[k].class_name);
        assert_int_equal(got.items[0].objects[k].track, objects[k].track);
    }
    meta_frames_release(&got);
    objects[1].score = NAN;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), ERR_INVALID);
    objects[1].score = 0.5f;
    objects[2].height = -1;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), ERR_INVALID);
    assert_non_null(strstr(failure.message, "height of -1"));
    objects[2].height = INFINITY;
    assert_code(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), ERR_INVALID);
}

static void objects_put_again_replace_and_count_once(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 2);
    put_objects(f, VIDEO, 0, 5);
    put_objects(f, VIDEO, 0, 5);
    assert_int_equal(get(f, VIDEO).objects, 5);
    put_objects(f, VIDEO, 0, 2);
    put_objects(f, VIDEO, 1, 0);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.objects, 2);
    assert_int_equal(video.frames_indexed, 2);
    assert_int_equal(video.frames_emitted, 2);
}

static void objects_of_a_frame_not_yet_known_make_it_known(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_objects(f, VIDEO, 7, 1);
    put_frames(f, VIDEO, 7, 1);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_emitted, 1);
    assert_int_equal(video.frames_indexed, 1);
}

static void a_failed_frame_can_be_undone_and_an_indexed_one_does_not_fail(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    put_frames(f, VIDEO, 0, 2);
    for (int i = 0; i < 2; i++)
        assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, true, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_failed, 1);
    for (int i = 0; i < 2; i++)
        assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, false, &failure), &failure);
    assert_int_equal(get(f, VIDEO).frames_failed, 0);
    put_objects(f, VIDEO, 1, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, true, &failure), &failure);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, false, &failure), &failure);
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.frames_indexed, 1);
    // A late success after the failure counts as indexed only.
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 0, true, &failure), &failure);
    put_objects(f, VIDEO, 0, 1);
    video = get(f, VIDEO);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.frames_indexed, 2);
}

static void assert_range(struct fixture *f, struct meta_frame_range range, const char *wanted)
{
    struct meta_frames frames;
    assert_ok(meta_store_list_frames(f->store, VIDEO, &range, &frames, &failure), &failure);
    struct strbuf got;
    strbuf_init(&got);
    for (size_t i = 0; i < frames.count; i++)
        strbuf_addf(&got, "%d ", frames.items[i].index);
    assert_string_equal(got.data, wanted);
    strbuf_release(&got);
    meta_frames_release(&frames);
}

static void frames_are_listed_by_time_page_and_state(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    create(f, OTHER_VIDEO);
    put_frames(f, VIDEO, 0, 10);
    put_frames(f, VIDEO, 20, 3);
    put_frames(f, OTHER_VIDEO, 0, 3);
    put_objects(f, VIDEO, 4, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 5, true, &failure), &failure);
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = -1, .limit = 4}, "0 1 2 3 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 3, .limit = 4}, "4 5 6 7 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 9, .limit = 1000}, "20 21 22 ");
    assert_range(f, (struct meta_frame_range){.to_us = -1, .after = 22, .limit = 1000}, "");
    // Frame i is at i * 200 ms + 7 us; the end is not in the range.
    assert_range(f, (struct meta_frame_range){.from_us = 400007, .to_us = 800007, .after = -1, .limit = 9}, "2 3 ");
    assert_range(f, (struct meta_frame_range){.from_us = 400008, .to_us = 800008, .after = -1, .limit = 9}, "3 4 ");
    assert_range(f, (struct meta_frame_range){.from_us = 400008, .to_us = 800008, .after = 3, .limit = 9}, "4 ");
    assert_range(f, (struct meta_frame_range){.from_us = 2000000, .to_us = 4000000, .after = -1, .limit = 9}, "");
    assert_range(f, (struct meta_frame_range){.from_us = 99 * SECOND_US, .to_us = -1, .after = -1, .limit = 9}, "");
    assert_range(
        f, (struct meta_frame_range){.to_us = -1, .after = -1, .limit = 9, .state_mask = 1u << FRAME_INDEXED}, "4 ");
    assert_range(f,
        (struct meta_frame_range){
            .to_us = -1, .after = -1, .limit = 9, .state_mask = 1u << FRAME_INDEXED | 1u << FRAME_FAILED},
        "4 5 ");
    const struct meta_frame_range none = {.to_us = -1, .after = -1};
    struct meta_frames frames;
    assert_code(meta_store_list_frames(f->store, VIDEO, &none, &frames, &failure), ERR_INVALID);
}

// ---- tracks

static struct meta_track track_at(int64_t n)
{
    return (struct meta_track){.n = n,
        .class_name = "car",
        .score = 0.75f,
        .first_frame = 1,
        .last_frame = 4,
        .first_us = 200007,
        .last_us = 800007,
        .objects = 3,
        .best_frame = 2,
        .best_k = 1,
        .typical_frame = 4,
        .typical_k = 7};
}

static int64_t track_of(struct fixture *f, int32_t index, size_t k)
{
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(f->store, VIDEO, index, &frame, &failure), &failure);
    assert_true(k < frame.items[0].object_count);
    int64_t track = frame.items[0].objects[k].track;
    meta_frames_release(&frame);
    return track;
}

static void set_tracks(struct fixture *f, int32_t index, const int64_t *tracks, size_t count)
{
    const struct meta_frame_tracks frame = {.frame = index, .tracks = tracks, .count = count};
    assert_ok(meta_store_put_frame_tracks(f->store, VIDEO, &frame, 1, &failure), &failure);
}

static void objects_get_their_tracks_and_keep_them_when_they_are_put_again(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    put_objects(f, VIDEO, 0, 2);
    set_tracks(f, 0, (const int64_t[]){7, -1}, 2);
    assert_int_equal(track_of(f, 0, 0), 7);
    assert_int_equal(track_of(f, 0, 1), -1);
    put_objects(f, VIDEO, 0, 2);
    assert_int_equal(track_of(f, 0, 0), 7);
    // Another box in its place is another object.
    struct meta_object moved = {.x = 50, .y = 2, .width = 3, .height = 4, .class_name = "car", .track = -1};
    struct meta_frame frame = frame_at(0);
    frame.objects = &moved;
    frame.object_count = 1;
    assert_ok(meta_store_put_objects(f->store, VIDEO, &frame, 1, &failure), &failure);
    assert_int_equal(track_of(f, 0, 0), -1);
}

static void tracks_of_a_frame_that_has_changed_are_passed_over(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 1);
    put_objects(f, VIDEO, 0, 2);
    set_tracks(f, 0, (const int64_t[]){1, 2, 3}, 3);
    set_tracks(f, 5, (const int64_t[]){1}, 1);
    assert_int_equal(track_of(f, 0, 0), -1);
    assert_int_equal(get(f, VIDEO).objects, 2);
    assert_int_equal(get(f, VIDEO).frames_emitted, 1);
}

static void tracks_are_replaced_as_a_whole_and_listed_by_page(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    create(f, OTHER_VIDEO);
    assert_int_equal(get(f, VIDEO).tracked_us, 0);
    const struct meta_track first[] = {track_at(0), track_at(3), track_at(9)};
    assert_ok(meta_store_put_tracks(f->store, VIDEO, first, 3, 0, &failure), &failure);
    assert_int_equal(get(f, VIDEO).tracks, 3);
    assert_int_equal(get(f, VIDEO).tracked_us, clock_wall_us(&f->clock.clock));

    struct meta_track *tracks;
    size_t count;
    assert_ok(meta_store_list_tracks(f->store, VIDEO, -1, 2, &tracks, &count, &failure), &failure);
    assert_int_equal(count, 2);
    assert_int_equal(tracks[1].n, 3);
    assert_string_equal(tracks[0].class_name, "car");
    assert_float_equal(tracks[0].score, 0.75, 0);
    assert_int_equal(tracks[0].last_us, 800007);
    assert_int_equal(tracks[0].best_k, 1);
    assert_int_equal(tracks[0].typical_frame, 4);
    assert_int_equal(tracks[0].typical_k, 7);
    free(tracks);
    assert_ok(meta_store_list_tracks(f->store, VIDEO, 3, 10, &tracks, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_int_equal(tracks[0].n, 9);
    free(tracks);

    const struct meta_track second[] = {track_at(1)};
    assert_ok(meta_store_put_tracks(f->store, VIDEO, second, 1, 5, &failure), &failure);
    assert_int_equal(get(f, VIDEO).track_steps, 5);
    struct meta_track track;
    assert_ok(meta_store_get_track(f->store, VIDEO, 1, &track, &failure), &failure);
    assert_int_equal(track.objects, 3);
    assert_code(meta_store_get_track(f->store, VIDEO, 0, &track, &failure), ERR_NOT_FOUND);
    assert_code(meta_store_get_track(f->store, OTHER_VIDEO, 1, &track, &failure), ERR_NOT_FOUND);
    assert_ok(meta_store_put_tracks(f->store, VIDEO, NULL, 0, 0, &failure), &failure);
    assert_int_equal(get(f, VIDEO).tracks, 0);
    assert_int_equal(get(f, VIDEO).track_steps, 0);
}

// The clock of a machine may be set back, and who tracks may be on another machine than who settles.
static void tracks_are_of_the_state_that_was_there_however_the_clock_goes(void **state)
{
    struct fixture *f = *state;
    const struct meta_track one = track_at(0);
    run_video(f, VIDEO, 1);
    put_objects(f, VIDEO, 0, 1);
    assert_true(settle(f, VIDEO));
    f->clock.now_us -= 100 * SECOND_US;
    assert_ok(meta_store_put_tracks(f->store, VIDEO, &one, 1, 0, &failure), &failure);
    struct meta_video tracked = get(f, VIDEO);
    assert_true(tracked.tracked_us >= tracked.finished_us);
    // Who looks whether they are still the same sees that they are not.
    assert_ok(meta_store_put_tracks(f->store, VIDEO, &one, 1, 0, &failure), &failure);
    assert_true(get(f, VIDEO).tracked_us > tracked.tracked_us);
    set_state(f, VIDEO, VIDEO_RUNNING);
    f->clock.now_us -= 100 * SECOND_US;
    assert_true(settle(f, VIDEO));
    assert_true(get(f, VIDEO).tracked_us < get(f, VIDEO).finished_us);
}

static void tracks_out_of_order_or_without_a_video_are_refused(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    const struct meta_track twice[] = {track_at(2), track_at(2)};
    struct meta_track wrong = track_at(0);
    wrong.score = NAN;
    assert_code(meta_store_put_tracks(f->store, VIDEO, twice, 2, 0, &failure), ERR_INVALID);
    assert_code(meta_store_put_tracks(f->store, VIDEO, &wrong, 1, 0, &failure), ERR_INVALID);
    const struct meta_track right = track_at(0);
    assert_code(meta_store_put_tracks(f->store, VIDEO, &right, 1, -1, &failure), ERR_INVALID);
    assert_code(meta_store_put_tracks(f->store, NO_VIDEO, twice, 1, 0, &failure), ERR_NOT_FOUND);
    const struct meta_frame_tracks frame = {.frame = 0};
    assert_code(meta_store_put_frame_tracks(f->store, NO_VIDEO, &frame, 1, &failure), ERR_NOT_FOUND);
}

static void tracks_go_with_their_video(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    const struct meta_track one = track_at(0);
    assert_ok(meta_store_put_tracks(f->store, VIDEO, &one, 1, 2, &failure), &failure);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &failure), &failure);
    create(f, VIDEO);
    struct meta_track track;
    assert_code(meta_store_get_track(f->store, VIDEO, 0, &track, &failure), ERR_NOT_FOUND);
    assert_int_equal(get(f, VIDEO).tracked_us, 0);
    assert_int_equal(get(f, VIDEO).track_steps, 0);
}

// ---- settling

static void a_video_settles_when_the_last_frame_is_indexed(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    assert_false(settle(f, VIDEO));
    put_objects(f, VIDEO, 0, 1);
    assert_false(settle(f, VIDEO));
    put_objects(f, VIDEO, 1, 0);
    assert_true(settle(f, VIDEO));
    assert_false(settle(f, VIDEO));
    struct meta_video video = get(f, VIDEO);
    assert_int_equal(video.state, VIDEO_DONE);
    assert_int_equal(video.finished_us, f->clock.now_us);
}

static void a_video_does_not_settle_before_split_and_segments_are_done(void **state)
{
    struct fixture *f = *state;
    create(f, VIDEO);
    set_state(f, VIDEO, VIDEO_RUNNING);
    put_segment(f, VIDEO, 0);
    put_objects(f, VIDEO, 0, 1);
    assert_false(settle(f, VIDEO));
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 0, 1, &failure), &failure);
    assert_false(settle(f, VIDEO));
    assert_ok(meta_store_finish_split(f->store, VIDEO, 2, 2, SECOND_US, false, &failure), &failure);
    assert_false(settle(f, VIDEO));
    put_segment(f, VIDEO, 1);
    assert_ok(meta_store_finish_segment(f->store, VIDEO, 1, 0, &failure), &failure);
    assert_true(settle(f, VIDEO));
}

static void what_is_missing_makes_it_incomplete_and_nothing_at_all_failed(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 2);
    put_objects(f, VIDEO, 0, 1);
    assert_ok(meta_store_fail_frame(f->store, VIDEO, 1, true, &failure), &failure);
    assert_true(settle(f, VIDEO));
    assert_int_equal(get(f, VIDEO).state, VIDEO_INCOMPLETE);
    run_video(f, OTHER_VIDEO, 1);
    assert_ok(meta_store_fail_frame(f->store, OTHER_VIDEO, 0, true, &failure), &failure);
    assert_true(settle(f, OTHER_VIDEO));
    assert_int_equal(get(f, OTHER_VIDEO).state, VIDEO_FAILED);
    create(f, NO_VIDEO);
    set_state(f, NO_VIDEO, VIDEO_RUNNING);
    put_objects(f, NO_VIDEO, 0, 0);
    assert_ok(meta_store_finish_split(f->store, NO_VIDEO, 0, 1, SECOND_US, true, &failure), &failure);
    assert_true(settle(f, NO_VIDEO));
    assert_int_equal(get(f, NO_VIDEO).state, VIDEO_INCOMPLETE);
}

static void only_a_running_video_settles(void **state)
{
    struct fixture *f = *state;
    run_video(f, VIDEO, 0);
    const enum video_state others[] = {VIDEO_QUEUED, VIDEO_DONE, VIDEO_INCOMPLETE, VIDEO_FAILED, VIDEO_CANCELLED};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        set_state(f, VIDEO, others[i]);
        assert_false(settle(f, VIDEO));
        assert_int_equal(get(f, VIDEO).state, others[i]);
    }
}

static const struct CMUnitTest tests[] = {
    contract(frames_are_counted_once_and_keep_what_the_indexer_found),
    contract(objects_come_back_bit_for_bit),
    contract(objects_put_again_replace_and_count_once),
    contract(objects_of_a_frame_not_yet_known_make_it_known),
    contract(a_failed_frame_can_be_undone_and_an_indexed_one_does_not_fail),
    contract(frames_are_listed_by_time_page_and_state),
    contract(objects_get_their_tracks_and_keep_them_when_they_are_put_again),
    contract(tracks_of_a_frame_that_has_changed_are_passed_over),
    contract(tracks_are_replaced_as_a_whole_and_listed_by_page),
    contract(tracks_are_of_the_state_that_was_there_however_the_clock_goes),
    contract(tracks_out_of_order_or_without_a_video_are_refused),
    contract(tracks_go_with_their_video),
    contract(a_video_settles_when_the_last_frame_is_indexed),
    contract(a_video_does_not_settle_before_split_and_segments_are_done),
    contract(what_is_missing_makes_it_incomplete_and_nothing_at_all_failed),
    contract(only_a_running_video_settles),
};
CONTRACT_PART(frame_part, tests);
