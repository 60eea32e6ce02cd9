// Corrections over in-memory stores: what is stored after them, and what is refused.
#include "ingest/track_corrections.h"

#include <string.h>

#include "blob_store/blob_store.h"
#include "ingest/test_corrections.h"
#include "meta_store/meta_store.h"
#include "vector_index/vector_index.h"

static void a_correction_is_stored_everywhere_and_kept_when_the_video_is_tracked_again(void **state)
{
    (void)state;
    struct pipeline p;
    struct correction done;
    open_tracked(&p);
    char *before = stored(&p);
    const struct correction_request split = split_at(2, 5);
    assert_ok(change(&p, &split, &done), &failure);
    assert_int_equal(done.version, 1);
    assert_int_equal(done.object_count, FRAMES - 5);
    assert_int_equal(done.track_count, 2);
    assert_int_equal(done.tracks[0].n, 2);
    assert_int_equal(done.tracks[0].objects, 5);
    assert_int_equal(done.tracks[1].n, WALKERS + 1);
    assert_int_equal(done.gone_count, 0);
    assert_true(done.has_undo && !done.has_redo);
    correction_release(&done);
    assert_follows(&p);
    do_it(&p, step(TRACK_STEP_UNDO));
    assert_follows(&p);
    char *after = stored(&p);
    // All but how many corrections there were is as it was.
    assert_memory_equal(after, before, (size_t)(strstr(before, " tracks after") - before));
    do_it(&p, step(TRACK_STEP_REDO));
    assert_follows(&p);
    free(before);
    free(after);
    pipeline_close(&p);
}

static void many_corrections_are_stored_everywhere(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    static const char *const swapped[] = {VIDEO "-00000003-000", VIDEO "-00000004-000", VIDEO "-00000009-001"};
    do_it(&p, split_at(1, 4));
    do_it(&p, split_at(3, 4));
    do_it(&p, merge_of(WALKERS + 1, 3)); // the first walker's end to the third one's beginning
    do_it(&p,
        (struct correction_request){
            .kind = TRACK_STEP_GIVE, .into = 3, .objects = swapped, .count = 3, .expected_version = -1});
    assert_follows(&p);
    do_it(&p,
        (struct correction_request){
            .kind = TRACK_STEP_GIVE, .into = -1, .objects = swapped, .count = 2, .expected_version = -1});
    assert_follows(&p);
    for (int i = 0; i < 4; i++)
        do_it(&p, step(TRACK_STEP_UNDO));
    assert_follows(&p);
    for (int i = 0; i < 3; i++)
        do_it(&p, step(TRACK_STEP_REDO));
    do_it(&p, merge_of(WALKERS + 2, 1));
    assert_follows(&p);
    pipeline_close(&p);
}

static void what_cannot_be_corrected_yet_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct pipeline p;
    const struct correction_request split = split_at(1, 4);
    pipeline_open(&p);
    assert_code(change(&p, &split, NULL), ERR_NOT_FOUND);
    index_video(&p, VIDEO);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "were not followed yet"));
    track(&p, VIDEO);
    assert_ok(meta_store_set_video_state(p.ingest.meta, VIDEO, 1u << VIDEO_DONE, VIDEO_RUNNING, &failure), &failure);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "running"));
    assert_ok(
        meta_store_set_video_state(p.ingest.meta, VIDEO, 1u << VIDEO_RUNNING, VIDEO_DELETING, &failure), &failure);
    assert_code(change(&p, &split, NULL), ERR_NOT_FOUND);
    pipeline_close(&p);
}

static void a_video_that_is_being_indexed_again_is_not_corrected(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    put_frame(&p, VIDEO, 4, WALKERS - 1, 0);
    const struct correction_request split = split_at(1, 4);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "being indexed again"));
    put_frame(&p, VIDEO, 4, WALKERS, 1);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    track(&p, VIDEO);
    assert_ok(change(&p, &split, NULL), &failure);
    assert_follows(&p);
    pipeline_close(&p);
}

static void corrections_are_kept_when_the_objects_are_others(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    do_it(&p, split_at(3, 5));
    do_it(&p, merge_of(WALKERS + 2, 2)); // the third walker goes on from the second
    // Another detector: all boxes a little aside, and the first walker is not seen any more.
    for (int32_t f = 0; f < FRAMES; f++) {
        struct meta_object objects[WALKERS - 1];
        struct vector_item items[WALKERS - 1];
        for (size_t k = 0; k < WALKERS - 1; k++) {
            objects[k] = (struct meta_object){.x = (float)(k + 1) * 200.0f + (float)f * 4.0f + 5.0f,
                .y = 47.0f,
                .width = 44.0f,
                .height = 90.0f,
                .score = 0.7f,
                .class_name = "man",
                .track = -1};
            items[k] = (struct vector_item){.class_name = "man", .track = -1, .vector = looks[k + 1]};
            object_id_make(VIDEO, f, (int32_t)k, items[k].object);
        }
        const char *gone[] = {VIDEO "-00000000-002"};
        char text[OBJECT_ID_SIZE];
        object_id_make(VIDEO, f, 2, text);
        gone[0] = text;
        const struct meta_frame frame = {.index = f,
            .pts_us = f * INT64_C(200000),
            .width = 1000,
            .height = 500,
            .state = FRAME_INDEXED,
            .objects = objects,
            .object_count = WALKERS - 1};
        assert_ok(vector_index_remove(p.ingest.vectors, "demo", gone, 1, &failure), &failure);
        assert_ok(
            vector_index_upsert(p.ingest.vectors, "demo", "made", DIMENSION, items, WALKERS - 1, &failure), &failure);
        assert_ok(meta_store_put_objects(p.ingest.meta, VIDEO, &frame, 1, &failure), &failure);
    }
    track(&p, VIDEO);
    struct meta_frames frames = {0};
    assert_ok(meta_store_get_frame(p.ingest.meta, VIDEO, 0, &frames, &failure), &failure);
    int64_t second = frames.items[0].objects[0].track;
    meta_frames_release(&frames);
    assert_ok(meta_store_get_frame(p.ingest.meta, VIDEO, FRAMES - 1, &frames, &failure), &failure);
    assert_int_equal(frames.items[0].objects[1].track, second);
    assert_int_not_equal(frames.items[0].objects[0].track, second);
    meta_frames_release(&frames);
    struct correction_list list;
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &failure), &failure);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(list.steps[i].passed_over, "");
    correction_list_release(&list);
    pipeline_close(&p);
}

static void of_two_who_saw_the_same_version_the_second_is_refused(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    struct correction_request split = split_at(1, 4);
    split.expected_version = 0;
    split.by = "ann";
    assert_ok(change(&p, &split, NULL), &failure);
    split.at_us = 400000;
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "at version 1, not 0"));
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 1);
    pipeline_close(&p);
}

static void the_history_comes_newest_first_and_by_page(void **state)
{
    (void)state;
    struct pipeline p;
    struct correction_list list;
    open_tracked(&p);
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &failure), &failure);
    assert_int_equal(list.version, 0);
    assert_false(list.has_undo || list.has_redo || list.more);
    correction_list_release(&list);
    do_it(&p, split_at(1, 4));
    do_it(&p, split_at(2, 4));
    do_it(&p, step(TRACK_STEP_UNDO));
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 2, &list, &failure), &failure);
    assert_int_equal(list.count, 2);
    assert_true(list.more && list.has_undo && list.has_redo);
    assert_int_equal(list.steps[0].kind, TRACK_STEP_UNDO);
    assert_int_equal(list.steps[0].step, 2);
    assert_int_equal(list.undo.id, 1);
    assert_int_equal(list.undo.made, WALKERS + 1);
    assert_int_equal(list.redo.id, 2);
    assert_true(list.steps[1].undone);
    correction_list_release(&list);
    assert_ok(corrections_list(&p.ingest, VIDEO, 2, 2, &list, &failure), &failure);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.steps[0].id, 1);
    assert_false(list.more);
    correction_list_release(&list);
    assert_code(corrections_list(&p.ingest, "00000000000000aa", 0, 2, &list, &failure), ERR_NOT_FOUND);
    pipeline_close(&p);
}

static void the_first_correction_tracks_a_video_of_an_earlier_program_again(void **state)
{
    (void)state;
    struct pipeline p;
    bool due = true;
    open_tracked(&p);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_ok(corrections_are_due(&p.ingest, &video, &due, &failure), &failure);
    assert_false(due);
    assert_ok(blob_store_remove(p.ingest.blobs, "demo/" VIDEO "/tracks", &failure), &failure);
    assert_ok(corrections_are_due(&p.ingest, &video, &due, &failure), &failure);
    assert_true(due);
    do_it(&p, split_at(1, 4));
    assert_follows(&p);

    // Damaged, it is the same.
    assert_ok(blob_store_put(p.ingest.blobs, "demo/" VIDEO "/tracks", "FHTRACKS\1 no more", 17, &failure), &failure);
    do_it(&p, split_at(2, 4));
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS + 2);
    assert_follows(&p);
    pipeline_close(&p);
}

static void at_a_start_a_video_without_its_sheet_is_tracked_once(void **state)
{
    (void)state;
    struct pipeline p;
    struct queue_stats stats;
    open_tracked(&p);
    assert_ok(blob_store_remove(p.ingest.blobs, "demo/" VIDEO "/tracks", &failure), &failure);
    for (int start = 0; start < 3; start++)
        assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &failure), &failure);
    assert_ok(queue_stats(p.ingest.queue, TOPIC_DETECTIONS, &stats, &failure), &failure);
    assert_int_equal(stats.ready, 1);
    pipeline_start(&p, RUN_TRACKER);
    pipeline_wait_queues(&p);
    pipeline_stop(&p);
    assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &failure), &failure);
    assert_ok(queue_stats(p.ingest.queue, TOPIC_DETECTIONS, &stats, &failure), &failure);
    assert_int_equal(stats.ready, 0);
    pipeline_close(&p);
}

static void a_video_that_comes_back_is_corrected_as_before(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    char *before = stored(&p);
    assert_ok(lifecycle_delete_video(&p.ingest, VIDEO, NULL, &failure), &failure);
    struct blob_info info;
    assert_code(blob_store_stat(p.ingest.blobs, "demo/" VIDEO "/tracks", &info, &failure), ERR_NOT_FOUND);
    index_video(&p, VIDEO);
    track(&p, VIDEO);
    char *after = stored(&p);
    assert_string_equal(after, before);
    free(before);
    free(after);

    // With the project the corrections go.
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &failure), &failure);
    index_video(&p, VIDEO);
    track(&p, VIDEO);
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 0);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS);
    pipeline_close(&p);
}

static void an_entry_that_cannot_be_read_keeps_the_tracks_as_they_are(void **state)
{
    (void)state;
    struct pipeline p;
    static const char newer[] = "{\"format\":2,\"kind\":\"teleport\"}";
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    assert_ok(
        meta_store_append_journal(p.ingest.meta, "demo", "tracks-" VIDEO, 1, newer, sizeof(newer) - 1, NULL, &failure),
        &failure);
    const struct correction_request split = split_at(1, 5);
    assert_code(change(&p, &split, NULL), ERR_INVALID);
    assert_non_null(strstr(failure.message, "correction 2"));
    assert_non_null(strstr(failure.message, "newer Framehound"));
    assert_code(tracking_run(&p.ingest, VIDEO, NULL, NULL, &failure), ERR_INVALID);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS + 1);
    pipeline_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correction_is_stored_everywhere_and_kept_when_the_video_is_tracked_again),
        cmocka_unit_test(many_corrections_are_stored_everywhere),
        cmocka_unit_test(what_cannot_be_corrected_yet_is_refused_with_the_reason),
        cmocka_unit_test(a_video_that_is_being_indexed_again_is_not_corrected),
        cmocka_unit_test(corrections_are_kept_when_the_objects_are_others),
        cmocka_unit_test(of_two_who_saw_the_same_version_the_second_is_refused),
        cmocka_unit_test(the_history_comes_newest_first_and_by_page),
        cmocka_unit_test(the_first_correction_tracks_a_video_of_an_earlier_program_again),
        cmocka_unit_test(at_a_start_a_video_without_its_sheet_is_tracked_once),
        cmocka_unit_test(a_video_that_comes_back_is_corrected_as_before),
        cmocka_unit_test(an_entry_that_cannot_be_read_keeps_the_tracks_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
