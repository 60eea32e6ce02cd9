// How much of its track an object of a label stands for. Run as: labels_parts_test BACKEND
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "fault.h"
#include "search/test_labels.h"

#define TRACK 60

// The tracker took thing 1 for thing 0 from frame `change` on: one track of both.
static void follow(struct fixture *f, int change)
{
    struct vector_attributes changes[FRAMES] = {0};
    struct label_object moved[FRAMES] = {0};
    for (int32_t i = 0; i < FRAMES; i++) {
        int32_t k = i < change ? 0 : 1;
        int64_t numbers[THINGS] = {-1, -1, -1};
        const struct meta_frame_tracks frame = {.frame = i, .tracks = numbers, .count = THINGS};
        numbers[k] = TRACK;
        assert_ok(meta_store_put_frame_tracks(f->meta, VIDEO_A, &frame, 1, &failure), &failure);
        changes[i] = (struct vector_attributes){.set_track = true, .track = TRACK};
        object_id_make(VIDEO_A, i, k, changes[i].object);
        moved[i] = (struct label_object){.object = changes[i].object, .track = TRACK};
    }
    const struct meta_track track = {
        .n = TRACK, .last_frame = FRAMES - 1, .last_us = (FRAMES - 1) * INT64_C(200000), .objects = FRAMES};
    assert_ok(vector_index_set_attributes(f->vectors, PROJECT, changes, FRAMES, &failure), &failure);
    assert_ok(meta_store_put_tracks(f->meta, VIDEO_A, &track, 1, 0, &failure), &failure);
    assert_ok(labels_follow_tracks(f->labels, PROJECT, VIDEO_A, moved, FRAMES, &failure), &failure);
}

// "frame: objects first-last" of what is listed of the video, in frames and in the order of time; "frame" without one.
static const char *parts(struct fixture *f, const char *label, enum label_listing listing)
{
    static char text[1024];
    char of_frame[FRAMES][64] = {""};
    struct labelled_objects hits;
    size_t used = 0;
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_ok(labels_objects(f->labels, PROJECT, label, listing, VIDEO_A, 0, 1000, &hits, &failure), &failure);
    for (size_t i = 0; i < hits.count; i++) {
        const struct label_part *part = &hits.items[i].part;
        struct label_key key;
        assert_true(label_key_of(hits.items[i].object, &key));
        char *out = of_frame[label_key_frame(key)];
        if (part->objects == 0)
            snprintf(out, sizeof(of_frame[0]), "%d", label_key_frame(key));
        else
            snprintf(out, sizeof(of_frame[0]), "%d: %" PRId64 " %" PRId64 "-%" PRId64, label_key_frame(key),
                part->objects, part->first_us / 200000, part->last_us / 200000);
    }
    text[0] = '\0';
    for (int i = 0; i < FRAMES; i++) {
        if (of_frame[i][0] != '\0')
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? ", " : "", of_frame[i]);
    }
    labelled_objects_release(&hits);
    return text;
}

static void one_yes_stands_for_all_of_its_track(void **state)
{
    struct fixture *f = *state;
    follow(f, FRAMES);
    say_yes(f, "red", object_of(VIDEO_A, 3, 0));
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "3: 12 0-11");
    say_yes(f, "red", object_of(VIDEO_A, 5, 2));
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "3: 12 0-11, 5");
}

static void of_a_divided_track_each_stands_for_its_own_part(void **state)
{
    struct fixture *f = *state;
    follow(f, 6);
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    say_no(f, "red", object_of(VIDEO_A, 10, 1));
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "1: 6 0-5");
    // The thing itself goes on without a track.
    assert_string_equal(
        parts(f, "red", LABEL_LIST_PROBABLE), "0: 6 0-5, 2: 6 0-5, 3: 6 0-5, 4: 6 0-5, 5: 6 0-5, 6, 7, 8, 9, 10, 11");
    assert_string_equal(parts(f, "red", LABEL_LIST_NEGATIVE), "10");
    undo(f);
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "1: 12 0-11");
}

static void what_is_on_both_sides_of_a_no_stands_for_two_parts(void **state)
{
    struct fixture *f = *state;
    follow(f, FRAMES);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 11, 0));
    say_no(f, "red", object_of(VIDEO_A, 6, 0));
    const char *found = parts(f, "red", LABEL_LIST_EXPLICIT);
    int first = 0;
    int second = 0;
    int64_t sizes[2] = {0};
    assert_int_equal(
        sscanf(found, "0: %" SCNd64 " 0-%d, 11: %" SCNd64 " %d-11", &sizes[0], &first, &sizes[1], &second), 4);
    assert_true(first < 6 && second > 6);
    assert_int_equal(sizes[0], first + 1);
    assert_int_equal(sizes[1], 12 - second);
    assert_int_equal(sizes[0] + sizes[1], 2 + (int64_t)count_found(f, "red", LABEL_LIST_PROBABLE, VIDEO_A, NULL));
}

static void what_was_said_to_be_something_else_is_no_part_of_it(void **state)
{
    struct fixture *f = *state;
    follow(f, FRAMES);
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 4, 0));
    say_no(f, "red", object_of(VIDEO_A, 4, 0));
    say_yes(f, "red", object_of(VIDEO_A, 7, 0));
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "7: 10 1-11");
    assert_string_equal(parts(f, "blue", LABEL_LIST_EXPLICIT), "4: 1 4-4");
    say_no(f, "red", object_of(VIDEO_A, 11, 0));
    say_yes(f, "red", object_of(VIDEO_A, 7, 0));
    assert_string_equal(parts(f, "red", LABEL_LIST_EXPLICIT), "7: 9 1-10");
}

static void the_same_is_told_of_what_was_said(void **state)
{
    struct fixture *f = *state;
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    struct assertion_hits page;
    follow(f, 6);
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    say_no(f, "red", object_of(VIDEO_A, 10, 1));
    assert_ok(labels_assertions(f->labels, PROJECT, &filter, NULL, 10, &page, &failure), &failure);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].object.part.objects, 6);
    assert_int_equal(page.items[0].object.part.last_us, 1000000);
    assertion_hits_release(&page);
}

// What does not answer is told, and what is not there any more is left out.
static void parts_are_not_guessed_without_the_store(void **state)
{
    struct fixture *f = *state;
    struct labelled_objects hits = {0};
    follow(f, 6);
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 2, 0));
    bool struck = true;
    for (int64_t at = 1; struck; at++) {
        atomic_store(&f->fault->calls, 0);
        f->fault->at = at;
        enum err_code code =
            labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 10, &hits, &failure);
        struck = atomic_load(&f->fault->calls) >= at;
        f->fault->at = 0;
        assert_int_equal(code, struck ? ERR_UNAVAILABLE : ERR_NONE);
        assert_int_equal(hits.count, struck ? 0 : 2);
        labelled_objects_release(&hits);
    }
    assert_ok(meta_store_put_tracks(f->meta, VIDEO_A, NULL, 0, 0, &failure), &failure);
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 10, &hits, &failure), &failure);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.items[0].part.objects, 0);
    labelled_objects_release(&hits);
}

#define LONG_FRAMES 2000

static void index_object(struct fixture *f, int32_t frame)
{
    const float vector[DIMENSION] = {1};
    struct vector_item item = {.class_name = "car", .track = TRACK, .vector = vector};
    object_id_make(VIDEO_A, frame, 0, item.object);
    assert_ok(vector_index_upsert(f->vectors, PROJECT, "model", DIMENSION, &item, 1, &failure), &failure);
}

// Thing 0 goes on on its track: it is seen from frame `first` to `last`, said to be red in the first of these, and at
// both ends of its track, where it was said not to be.
static void go_on(struct fixture *f, int32_t first, int32_t last)
{
    const int64_t none[THINGS] = {-1, -1, -1};
    const struct meta_track track = {.n = TRACK,
        .last_frame = LONG_FRAMES - 1,
        .last_us = (LONG_FRAMES - 1) * INT64_C(200000),
        .objects = last - first + 3};
    follow(f, FRAMES);
    for (int32_t i = 1; i < LONG_FRAMES; i++) {
        const struct meta_frame_tracks hidden = {.frame = i, .tracks = none, .count = THINGS};
        bool is_seen = (i >= first && i <= last) || i == LONG_FRAMES - 1;
        if (i >= FRAMES)
            add_frame(f, VIDEO_A, i, 1, is_seen ? TRACK : -1);
        else if (!is_seen)
            assert_ok(meta_store_put_frame_tracks(f->meta, VIDEO_A, &hidden, 1, &failure), &failure);
    }
    index_object(f, first);
    index_object(f, LONG_FRAMES - 1);
    assert_ok(meta_store_put_tracks(f->meta, VIDEO_A, &track, 1, 0, &failure), &failure);
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, LONG_FRAMES - 1, 0));
    say_yes(f, "red", object_of(VIDEO_A, first, 0));
}

// How many times the store was asked for the one object of the label and its part.
static int64_t ask_for_part(struct fixture *f, struct label_part *part)
{
    struct labelled_objects hits = {0};
    atomic_store(&f->fault->calls, 0);
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 10, &hits, &failure), &failure);
    int64_t calls = atomic_load(&f->fault->calls);
    assert_int_equal(hits.count, 1);
    *part = hits.items[0].part;
    labelled_objects_release(&hits);
    return calls;
}

// The frames of a day are not read for it.
static void an_end_that_is_something_else_is_looked_for_from_there(void **state)
{
    struct fixture *f = *state;
    struct label_part part;
    go_on(f, 1, LONG_FRAMES - 2);
    assert_in_range(ask_for_part(f, &part), 1, 6);
    assert_int_equal(part.objects, LONG_FRAMES - 2);
    assert_int_equal(part.first_us, 200000);
    assert_int_equal(part.last_us, (LONG_FRAMES - 2) * INT64_C(200000));
}

// Further from the ends than one page of frames.
static void an_end_is_found_however_far_it_is(void **state)
{
    struct fixture *f = *state;
    struct label_part part;
    go_on(f, 750, 1234);
    ask_for_part(f, &part);
    assert_int_equal(part.objects, 1234 - 750 + 1);
    assert_int_equal(part.first_us, 750 * INT64_C(200000));
    assert_int_equal(part.last_us, 1234 * INT64_C(200000));
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(one_yes_stands_for_all_of_its_track),
        with_stores(of_a_divided_track_each_stands_for_its_own_part),
        with_stores(what_is_on_both_sides_of_a_no_stands_for_two_parts),
        with_stores(what_was_said_to_be_something_else_is_no_part_of_it),
        with_stores(the_same_is_told_of_what_was_said),
        with_stores(parts_are_not_guessed_without_the_store),
        with_stores(an_end_that_is_something_else_is_looked_for_from_there),
        with_stores(an_end_is_found_however_far_it_is),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
