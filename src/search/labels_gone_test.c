// Labels of videos and objects that go and come. Run as: labels_gone_test BACKEND
#include <string.h>

#include "base/test.h"
#include "search/labels.h"
#include "search/test_labels.h"

static void objects_of_a_deleted_video_do_not_count_until_it_is_back(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_B, 0, 0));
    say_no(f, "red", object_of(VIDEO_B, 0, 1));
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_B, &failure), &failure);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_B, &failure), &failure);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_string_equal(listed(f), "red 1/0/11");
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, object_of(VIDEO_B, 0, 0)), 1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 0);
    assert_code(try_say(f, "red", object_of(VIDEO_B, 1, 0), NULL), ERR_NOT_FOUND);
    ingest(f, PROJECT, VIDEO_B);
    assert_int_equal(count_indexed(f, "red"), 1);
    assert_int_equal(count_indexed_negatives(f, "red"), 0);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 2);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    assert_int_equal(count_searched(f, "red"), 2);
    assert_int_equal(count_negatives(f, "red"), 1);
}

static void what_is_being_deleted_is_gone_already(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_B, 0, 0));
    assert_ok(meta_store_set_video_state(f->meta, VIDEO_B, ~0u, VIDEO_DELETING, &failure), &failure);
    pass_seconds(f, 2);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, object_of(VIDEO_B, 0, 0)), 1);
    assert_code(try_say(f, "red", object_of(VIDEO_B, 1, 0), NULL), ERR_NOT_FOUND);
    assert_says("its video is not there");
}

static void a_video_that_came_back_between_two_looks_is_looked_at_anew(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 0, 2));
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 2);
    // Nothing looks in the background any more.
    assert_int_equal(count_searched(f, "red"), 2);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    pass_seconds(f, 2);
    // Another detector found less in it.
    add_video(f, PROJECT, VIDEO_A);
    add_frame(f, VIDEO_A, 0, 2, -1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, object_of(VIDEO_A, 0, 2)), 1);
}

// The index may be later than the store: vectors of what is gone are found for a while yet.
static void nothing_is_learnt_from_what_is_gone(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 2));
    assert_string_equal(shown(f, object_of(VIDEO_B, 5, 2)), "red?");
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    pass_seconds(f, 2);
    add_video(f, PROJECT, VIDEO_A);
    add_frame(f, VIDEO_A, 0, 2, -1);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_string_equal(shown(f, object_of(VIDEO_B, 5, 2)), "-");
    // Nor suggested by it: what the label has besides counts alone.
    const char *yes = object_of(VIDEO_B, 0, 0);
    const struct label_suggest request = {
        .project = PROJECT, .label = "red", .positive = &yes, .positive_count = 1, .limit = 100};
    struct labelled_objects hits;
    assert_ok(labels_suggest(f->labels, &request, &hits, &failure), &failure);
    assert_true(hits.count > 0);
    for (size_t i = 0; i < hits.count; i++)
        assert_string_equal(hits.items[i].object + OBJECT_ID_SIZE - 4, "000");
    labelled_objects_release(&hits);
}

// Not only when all of it is there and tracked: an ingestion may be cancelled.
static void labels_of_a_video_that_comes_back_are_there_with_its_frames(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, 1, 0));
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_A, &failure), &failure);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    pass_seconds(f, 2);
    add_video(f, PROJECT, VIDEO_A);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 0);
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, VIDEO_A, i, THINGS, -1);
    add_vectors(f, PROJECT, VIDEO_A);
    pass_seconds(f, 2);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    assert_int_equal(count_searched(f, "red"), 1);
}

static void what_a_frame_does_not_show_any_more_is_not_found_by_its_label(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 2));
    say_yes(f, "red", object_of(VIDEO_A, 1, 2));
    assert_int_equal(count_searched(f, "red"), 2);
    add_frame(f, VIDEO_A, 0, 2, -1);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    assert_int_equal(count_searched(f, "red"), 1);
    add_frame(f, VIDEO_A, 0, 3, -1);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    assert_int_equal(count_searched(f, "red"), 2);
}

static void vectors_that_came_back_are_found_by_their_labels(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_A, &failure), &failure);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    add_vectors(f, PROJECT, VIDEO_A);
    pass_seconds(f, 2);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_int_equal(count_searched(f, "red"), 1);
}

static void a_video_replaced_while_nothing_ran_gets_its_labels_again(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, 0, 1));
    assert_int_equal(count_negatives(f, "red"), 1);
    labels_free(f->labels);
    f->labels = NULL;
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_A, &failure), &failure);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    pass_seconds(f, 2);
    ingest(f, PROJECT, VIDEO_A);
    assert_int_equal(count_indexed(f, "red"), 0);
    assert_int_equal(count_indexed_negatives(f, "red"), 0);
    f->labels = new_labels(f);
    assert_string_equal(listed(f), "red 1/1/0");
    assert_int_equal(count_searched(f, "red"), 1);
    assert_int_equal(count_negatives(f, "red"), 1);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(objects_of_a_deleted_video_do_not_count_until_it_is_back),
        with_stores(what_is_being_deleted_is_gone_already),
        with_stores(a_video_that_came_back_between_two_looks_is_looked_at_anew),
        with_stores(nothing_is_learnt_from_what_is_gone),
        with_stores(labels_of_a_video_that_comes_back_are_there_with_its_frames),
        with_stores(what_a_frame_does_not_show_any_more_is_not_found_by_its_label),
        with_stores(vectors_that_came_back_are_found_by_their_labels),
        with_stores(a_video_replaced_while_nothing_ran_gets_its_labels_again),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
