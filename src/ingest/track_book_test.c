#include "ingest/track_book.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "ingest/test_track_book.h"

struct scene {
    struct track_sheet sheet;
    struct track_book *book;
};

// Walkers 1 and 2, both in all of four frames, and 3 in the two after them.
static void scene_init(struct scene *scene)
{
    *scene = (struct scene){.book = track_book_new()};
    for (size_t f = 0; f < 4; f++) {
        struct meta_object objects[] = {walker(f, 1), walker(f, 2)};
        add_frame(&scene->sheet, (int32_t)f, objects, 2);
    }
    for (size_t f = 4; f < 6; f++) {
        struct meta_object object = walker(f, 3);
        add_frame(&scene->sheet, (int32_t)f, &object, 1);
    }
}

static void scene_release(struct scene *scene)
{
    track_book_free(scene->book);
    track_sheet_release(&scene->sheet);
}

static enum err_code try(struct scene *scene, const struct correction_request *request)
{
    struct track_state *state = NULL;
    enum err_code code = correct(scene->book, &scene->sheet, request, 5, &state);
    track_state_free(state);
    return code;
}

static void tracks_that_meet_are_not_merged_and_the_sentence_says_where(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    const struct correction_request merge = {.kind = TRACK_STEP_MERGE, .track = 1, .into = 2};
    assert_code(try(&scene, &merge), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "in 4 frames, the first of them at 0.000 s"));
    const struct correction_request split = {.kind = TRACK_STEP_SPLIT, .track = 1, .at_us = 600000};
    assert_code(try(&scene, &split), ERR_NONE);
    const struct correction_request second = {.kind = TRACK_STEP_MERGE, .track = 4, .into = 2};
    assert_code(try(&scene, &second), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "in 1 frame, which is at 0.600 s"));
    scene_release(&scene);
}

static void a_split_that_leaves_a_side_empty_names_the_times(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct correction_request split = {.kind = TRACK_STEP_SPLIT, .track = 3, .at_us = 800000};
    assert_code(try(&scene, &split), ERR_INVALID);
    assert_string_equal(failure.field, "at_us");
    assert_non_null(strstr(failure.message, "0.800000 s"));
    assert_non_null(strstr(failure.message, "1.000000 s"));
    split.at_us = 1000001;
    assert_code(try(&scene, &split), ERR_INVALID);
    split.at_us = INT64_MAX;
    assert_code(try(&scene, &split), ERR_INVALID);
    split.at_us = 1000000;
    assert_code(try(&scene, &split), ERR_NONE);
    // Now it has one object.
    assert_code(try(&scene, &split), ERR_CONFLICT);
    assert_string_equal(failure.field, "track");
    split.track = 99;
    assert_code(try(&scene, &split), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "track");
    scene_release(&scene);
}

static void an_object_that_nobody_followed_takes_the_place_of_another(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.sheet.objects[0].track = -1;
    const char *ids[] = {VIDEO "-00000000-000"};
    const struct correction_request give = {.kind = TRACK_STEP_GIVE, .into = 2, .objects = ids, .count = 1};
    assert_code(try(&scene, &give), ERR_NONE);
    struct track_state *after = track_book_replay(scene.book, &scene.sheet, VIDEO, 1);
    assert_int_equal(track_state_numbers(after)[0], 2);
    assert_int_equal(track_state_numbers(after)[1], -1);
    track_state_free(after);
    scene_release(&scene);
}

static void what_has_nothing_to_be_about_is_passed_over_and_says_why(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    const struct correction_request merge = {.kind = TRACK_STEP_MERGE, .track = 3, .into = 2};
    const char *ids[] = {VIDEO "-00000000-000", VIDEO "-00000005-000"};
    const struct correction_request give = {.kind = TRACK_STEP_GIVE, .into = -1, .objects = ids, .count = 2};
    const struct correction_request split = {.kind = TRACK_STEP_SPLIT, .track = 1, .at_us = 400000};
    assert_code(try(&scene, &merge), ERR_NONE);
    assert_code(try(&scene, &give), ERR_NONE);
    assert_code(try(&scene, &split), ERR_NONE);

    // Another detector sees the walkers 1 and 2 in two frames only, and nobody any more after that.
    struct track_sheet again = {0};
    for (size_t f = 0; f < 2; f++) {
        struct meta_object objects[] = {walker(f, 1), walker(f, 2)};
        add_frame(&again, (int32_t)f, objects, 2);
    }
    struct track_step step;
    struct track_state *after = track_book_replay(scene.book, &again, VIDEO, 3);
    track_book_step(scene.book, 1, &step);
    assert_non_null(strstr(step.passed_over, VIDEO "-00000004-000"));
    assert_int_equal(step.made, -1);
    // Of the two objects given one is still there.
    track_book_step(scene.book, 2, &step);
    assert_string_equal(step.passed_over, "");
    assert_int_equal(step.made, again.last + 2);
    assert_int_equal(track_state_numbers(after)[0], again.last + 2);
    track_book_step(scene.book, 3, &step);
    assert_non_null(strstr(step.passed_over, "not there any more"));
    track_state_free(after);
    track_sheet_release(&again);

    // On the former objects all of it counts again.
    track_state_free(track_book_replay(scene.book, &scene.sheet, VIDEO, 3));
    for (int64_t id = 1; id <= 3; id++) {
        track_book_step(scene.book, id, &step);
        assert_string_equal(step.passed_over, "");
    }
    scene_release(&scene);
}

static void undo_and_redo_name_the_step_that_is_next(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct track_entry entry = {.kind = TRACK_STEP_UNDO, .step = 1};
    assert_code(track_book_check(scene.book, &entry, &failure), ERR_CONFLICT);
    const struct correction_request split = {.kind = TRACK_STEP_SPLIT, .track = 1, .at_us = 400000};
    assert_code(try(&scene, &split), ERR_NONE);
    entry.step = 2;
    assert_code(track_book_add(scene.book, &entry, 1, &failure), ERR_CONFLICT);
    entry.step = 1;
    assert_ok(track_book_add(scene.book, &entry, 900, &failure), &failure);
    entry = (struct track_entry){.kind = TRACK_STEP_UNDO, .step = 1};
    assert_code(track_book_add(scene.book, &entry, 1, &failure), ERR_CONFLICT);
    struct track_step step;
    track_book_step(scene.book, 2, &step);
    assert_int_equal(step.kind, TRACK_STEP_UNDO);
    assert_int_equal(step.about, TRACK_STEP_SPLIT);
    assert_int_equal(step.step, 1);
    assert_int_equal(step.track, 1);
    assert_int_equal(step.made, -1);
    track_book_step(scene.book, 1, &step);
    assert_true(step.undone);
    assert_int_equal(step.undone_us, 900);
    entry = (struct track_entry){.kind = TRACK_STEP_REDO, .step = 1};
    assert_ok(track_book_add(scene.book, &entry, 1000, &failure), &failure);
    track_book_step(scene.book, 1, &step);
    assert_false(step.undone);
    assert_int_equal(step.undone_us, 0);
    scene_release(&scene);
}

static void a_book_is_full_after_so_many_corrections_and_objects(void **state)
{
    (void)state;
    struct track_book *book = track_book_new();
    struct track_anchor *objects = mem_calloc(TRACK_STEP_OBJECTS_MAX, sizeof(*objects));
    struct track_entry give = {
        .kind = TRACK_STEP_GIVE, .track = -1, .other = -1, .objects = objects, .count = TRACK_STEP_OBJECTS_MAX};
    int64_t fits = TRACK_BOOK_OBJECTS_MAX / TRACK_STEP_OBJECTS_MAX;
    for (int64_t i = 0; i < fits; i++) {
        struct track_entry one = give;
        assert_ok(track_book_add(book, &one, 1, &failure), &failure);
    }
    assert_code(track_book_check(book, &give, &failure), ERR_LIMIT);
    struct track_entry split = {.kind = TRACK_STEP_SPLIT};
    for (int64_t i = fits; i < TRACK_BOOK_STEPS_MAX; i++) {
        struct track_entry one = split;
        assert_ok(track_book_add(book, &one, 1, &failure), &failure);
    }
    assert_code(track_book_check(book, &split, &failure), ERR_LIMIT);
    track_book_free(book);
    free(objects);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tracks_that_meet_are_not_merged_and_the_sentence_says_where),
        cmocka_unit_test(a_split_that_leaves_a_side_empty_names_the_times),
        cmocka_unit_test(an_object_that_nobody_followed_takes_the_place_of_another),
        cmocka_unit_test(what_has_nothing_to_be_about_is_passed_over_and_says_why),
        cmocka_unit_test(undo_and_redo_name_the_step_that_is_next),
        cmocka_unit_test(a_book_is_full_after_so_many_corrections_and_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
