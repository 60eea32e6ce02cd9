// What labelling answers and refuses, over real stores. Run as: labels_test BACKEND
#include "search/labels.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "search/test_labels.h"

// ---- labels and their objects

static void a_label_is_made_by_its_first_example(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(listed(f), "");
    struct label_change change;
    const char *yes[] = {object_of(VIDEO_A, 0, 0)};
    const char *no[] = {object_of(VIDEO_A, 0, 1)};
    const struct label_examples examples = {.positive = yes, .positive_count = 1, .negative = no, .negative_count = 1};
    const struct label_editor ann = {.by = "ann", .expected_version = 0};
    assert_ok(labels_examples(f->labels, PROJECT, "red car", &examples, &ann, &change, &failure), &failure);
    assert_int_equal(change.version, 1);
    assert_int_equal(change.step.id, 1);
    assert_int_equal(change.step.kind, LABEL_STEP_EXAMPLES);
    assert_string_equal(change.step.by, "ann");
    assert_int_equal(change.step.at_us, f->clock.now_us);
    assert_true(change.has_label);
    assert_string_equal(change.label.name, "red car");
    assert_int_equal(change.label.positives, 1);
    assert_int_equal(change.label.negatives, 1);
    assert_string_equal(change.label.example, yes[0]);
    assert_true(change.has_undo);
    assert_int_equal(change.undo.id, 1);
    assert_false(change.has_redo);
    assert_string_equal(shown(f, yes[0]), "red car");
    assert_string_equal(shown(f, no[0]), "-");
}

static void what_looks_the_same_is_probable_at_once_and_what_was_rejected_never(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown(f, object_of(VIDEO_A, 5, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_B, 7, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 5, 1)), "-");
    const char *rejected = object_of(VIDEO_A, 5, 0);
    say_no(f, "red", rejected);
    assert_string_equal(shown(f, rejected), "-");
    count_found(f, "red", LABEL_LIST_PROBABLE, NULL, rejected);
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    // Explicit ones are not probable.
    count_found(f, "red", LABEL_LIST_PROBABLE, NULL, object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, NULL, NULL), 1);
    assert_int_equal(count_found(f, "red", LABEL_LIST_EXPLICIT, VIDEO_B, NULL), 0);
}

static void an_object_has_one_best_label_and_undo_restores_the_answers(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    char *before = mem_strdup(listed(f));
    say_yes(f, "blue", object_of(VIDEO_A, 0, 1));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 2)), "-");
    // Moved: blue has nothing left, and lays claim to nothing.
    say_yes(f, "red", object_of(VIDEO_A, 0, 1));
    assert_string_not_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    undo(f);
    assert_string_equal(shown(f, object_of(VIDEO_A, 6, 1)), "blue?");
    undo(f);
    undo(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_string_equal(listed(f), before);
    free(before);
}

static void a_label_with_only_negatives_lays_claim_to_nothing(void **state)
{
    struct fixture *f = *state;
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(listed(f), "red 0/1/0");
    struct label_questions questions;
    assert_ok(labels_candidates(f->labels, PROJECT, "red", NULL, 10, &questions, &failure), &failure);
    assert_int_equal(questions.hits.count, 0);
    assert_true(questions.settled);
    assert_false(questions.is_estimated);
    label_questions_release(&questions);
}

static void suggestions_are_like_the_examples_and_store_nothing(void **state)
{
    struct fixture *f = *state;
    const char *yes[] = {object_of(VIDEO_A, 0, 0)};
    const char *no[] = {object_of(VIDEO_A, 0, 1)};
    struct label_suggest request = {.project = PROJECT,
        .positive = yes,
        .positive_count = 1,
        .negative = no,
        .negative_count = 1,
        .label = "not there yet",
        .limit = 5};
    struct labelled_objects hits;
    assert_ok(labels_suggest(f->labels, &request, &hits, &failure), &failure);
    assert_int_equal(hits.count, 5);
    assert_true(hits.more);
    for (size_t i = 0; i < hits.count; i++) {
        assert_string_not_equal(hits.items[i].object, yes[0]);
        assert_int_equal(hits.items[i].object[OBJECT_ID_SIZE - 2], '0');
        assert_true(hits.items[i].confidence >= 0.5f);
    }
    labelled_objects_release(&hits);
    assert_string_equal(listed(f), "");
    yes[0] = object_of(ELSEWHERE, 0, 0);
    assert_code(labels_suggest(f->labels, &request, &hits, &failure), ERR_INVALID);
    yes[0] = no[0];
    assert_code(labels_suggest(f->labels, &request, &hits, &failure), ERR_INVALID);
    assert_says("named twice");
}

static void put_on_track(struct fixture *f, const char *video, int64_t track)
{
    for (int32_t i = 0; i < FRAMES; i++) {
        add_frame(f, video, i, THINGS, track);
        for (int k = 0; k < THINGS; k++) {
            struct vector_attributes change = {.set_track = true, .track = track + k};
            memcpy(change.object, object_of(video, i, k), sizeof(change.object));
            assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &change, 1, &failure), &failure);
        }
    }
    assert_ok(labels_resolve(f->labels, PROJECT, video, &failure), &failure);
}

static const char *suggested_for; // a label; NULL: none

// How many are suggested for thing 0 of the first video's first frame that are of the video.
static size_t count_suggested(struct fixture *f, const char *video, const char *refused, bool per_track, size_t limit)
{
    const char *yes[] = {object_of(VIDEO_A, 0, 0)};
    const struct label_suggest request = {.project = PROJECT,
        .label = suggested_for,
        .positive = yes,
        .positive_count = 1,
        .negative = &refused,
        .negative_count = refused != NULL,
        .per_track = per_track,
        .limit = limit};
    struct labelled_objects hits;
    size_t count = 0;
    assert_ok(labels_suggest(f->labels, &request, &hits, &failure), &failure);
    for (size_t i = 0; i < hits.count; i++)
        count += memcmp(hits.items[i].object, video, VIDEO_ID_LENGTH) == 0;
    labelled_objects_release(&hits);
    return count;
}

static void what_is_on_the_track_of_an_example_needs_no_suggestion(void **state)
{
    struct fixture *f = *state;
    put_on_track(f, VIDEO_A, 40);
    // However many there are, they take nobody's place.
    assert_int_equal(count_suggested(f, VIDEO_A, NULL, false, 5), 0);
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 5), 5);
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 100), FRAMES);
    // Where the track is of two things, which of them an object is remains to be said.
    add_frame(f, VIDEO_A, FRAMES - 1, THINGS, 39);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    assert_int_equal(count_suggested(f, VIDEO_A, object_of(VIDEO_A, FRAMES - 1, 1), false, 100), FRAMES - 1);
}

static void what_was_said_of_the_label_and_of_others_counts_for_suggestions(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 100), FRAMES);
    say_no(f, "red", object_of(VIDEO_B, 5, 0));
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 100), FRAMES);
    suggested_for = "red";
    size_t left = count_suggested(f, VIDEO_B, NULL, false, 100);
    suggested_for = NULL;
    // Not only the one itself: what looks like it as well.
    assert_true(left < FRAMES - 1);
    undo(f);
    say_yes(f, "blue", object_of(VIDEO_B, 5, 0));
    assert_true(count_suggested(f, VIDEO_B, NULL, false, 100) < FRAMES - 1);
}

static void what_is_on_the_track_of_a_no_is_not_suggested(void **state)
{
    struct fixture *f = *state;
    put_on_track(f, VIDEO_B, 40);
    // Unlike the rest of the track, so that nothing but the track speaks against that.
    add_frame(f, VIDEO_B, FRAMES - 1, THINGS, 39);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_B, &failure), &failure);
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 100), FRAMES);
    assert_int_equal(count_suggested(f, VIDEO_B, object_of(VIDEO_B, FRAMES - 1, 1), false, 100), 0);
}

static void a_track_is_suggested_as_one_where_that_is_asked_for(void **state)
{
    struct fixture *f = *state;
    put_on_track(f, VIDEO_B, 40);
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, false, 100), FRAMES);
    assert_int_equal(count_suggested(f, VIDEO_B, NULL, true, 100), 1);
    // What was not followed stands for itself.
    assert_int_equal(count_suggested(f, VIDEO_A, NULL, true, 100), FRAMES - 1);
}

static void candidates_are_never_what_was_answered_already(void **state)
{
    struct fixture *f = *state;
    const char *yes = object_of(VIDEO_A, 0, 0);
    const char *no = object_of(VIDEO_A, 3, 0);
    assert_ok(try_say(f, "red", yes, no), &failure);
    struct label_questions questions;
    assert_ok(labels_candidates(f->labels, PROJECT, "red", VIDEO_A, 10, &questions, &failure), &failure);
    for (size_t i = 0; i < questions.hits.count; i++) {
        assert_string_not_equal(questions.hits.items[i].object, yes);
        assert_string_not_equal(questions.hits.items[i].object, no);
        assert_memory_equal(questions.hits.items[i].object, VIDEO_A, VIDEO_ID_LENGTH);
    }
    label_questions_release(&questions);
    assert_code(labels_candidates(f->labels, PROJECT, "blue", NULL, 10, &questions, &failure), ERR_NOT_FOUND);
}

static void make_somewhat_like_thing_0(struct fixture *f, const char *object)
{
    const float likeness = 0.85f;
    float vector[DIMENSION] = {likeness};
    vector[DIMENSION - 1] = sqrtf(1 - likeness * likeness);
    struct vector_item item = {.class_name = "car", .track = -1, .vector = vector};
    memcpy(item.object, object, sizeof(item.object));
    assert_ok(vector_index_upsert(f->vectors, PROJECT, "model", DIMENSION, &item, 1, &failure), &failure);
}

// The index may be later than the store.
static void nobody_is_asked_about_what_is_gone(void **state)
{
    struct fixture *f = *state;
    struct label_questions questions;
    make_somewhat_like_thing_0(f, object_of(VIDEO_B, 5, 2));
    assert_ok(try_say(f, "red", object_of(VIDEO_A, 0, 0), object_of(VIDEO_A, 3, 1)), &failure);
    assert_ok(labels_candidates(f->labels, PROJECT, "red", NULL, 10, &questions, &failure), &failure);
    assert_true(questions.hits.count > 0);
    assert_false(questions.settled);
    label_questions_release(&questions);
    for (int32_t i = 0; i < 2 * FRAMES; i++)
        add_frame(f, i < FRAMES ? VIDEO_A : VIDEO_B, i % FRAMES, i == 0 ? 1 : i == 3 ? 2 : 0, -1);
    assert_ok(labels_candidates(f->labels, PROJECT, "red", NULL, 10, &questions, &failure), &failure);
    assert_int_equal(questions.hits.count, 0);
    assert_true(questions.settled);
    label_questions_release(&questions);
}

static void pages_of_objects_follow_each_other(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        say_yes(f, "red", object_of(VIDEO_A, i, 0));
        pass_seconds(f, 1);
    }
    struct labelled_objects hits;
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 2, &hits, &failure), &failure);
    assert_int_equal(hits.count, 2);
    assert_true(hits.more);
    assert_string_equal(hits.items[0].object, object_of(VIDEO_A, 4, 0));
    assert_int_equal(hits.items[0].at_us, f->clock.now_us - 1000000);
    labelled_objects_release(&hits);
    assert_ok(labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 4, 2, &hits, &failure), &failure);
    assert_int_equal(hits.count, 1);
    assert_false(hits.more);
    assert_string_equal(hits.items[0].object, object_of(VIDEO_A, 0, 0));
    labelled_objects_release(&hits);
    assert_code(
        labels_objects(f->labels, PROJECT, "red", LABEL_LIST_EXPLICIT, NULL, 0, 0, &hits, &failure), ERR_INVALID);
}

static void a_timeline_knows_which_objects_carry_a_label(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    const struct label_object asked[] = {{.object = object_of(VIDEO_A, 0, 0), .track = -1},
        {.object = object_of(VIDEO_A, 4, 0), .track = -1}, {.object = object_of(VIDEO_A, 4, 1), .track = -1}};
    enum label_kind kinds[3];
    assert_ok(labels_match(f->labels, PROJECT, "RED", asked, 3, kinds, &failure), &failure);
    assert_int_equal(kinds[0], LABEL_EXPLICIT);
    assert_int_equal(kinds[1], LABEL_PROBABLE);
    assert_int_equal(kinds[2], LABEL_NONE);
    assert_code(labels_match(f->labels, PROJECT, "blue", asked, 3, kinds, &failure), ERR_NOT_FOUND);
}

// ---- requests that are refused

static void objects_that_are_wrong_are_refused_with_their_names(void **state)
{
    struct fixture *f = *state;
    assert_code(try_say(f, "red", "nonsense", NULL), ERR_INVALID);
    assert_says("nonsense");
    assert_code(try_say(f, "red", object_of(VIDEO_A, FRAMES, 0), NULL), ERR_NOT_FOUND);
    assert_says(object_of(VIDEO_A, FRAMES, 0));
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, THINGS), NULL), ERR_NOT_FOUND);
    assert_code(try_say(f, "red", "00000000000000ee-00000000-000", NULL), ERR_NOT_FOUND);
    assert_says("00000000000000ee-00000000-000");
    assert_code(try_say(f, "red", object_of(ELSEWHERE, 0, 0), NULL), ERR_INVALID);
    assert_says("belongs to project other, not to demo");
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, 0), object_of(VIDEO_A, 0, 0)), ERR_INVALID);
    assert_says("named twice");
    assert_code(try_say(f, "red", NULL, NULL), ERR_INVALID);
    assert_says("no objects were named");
    assert_code(try_say(f, "", object_of(VIDEO_A, 0, 0), NULL), ERR_INVALID);
    assert_string_equal(listed(f), "");
    struct label_list list;
    assert_code(labels_list(f->labels, "nowhere", &list, &failure), ERR_NOT_FOUND);
}

static void a_change_for_an_older_version_is_a_conflict_that_says_what_to_do(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    const struct label_editor late = {.expected_version = 0};
    assert_code(labels_delete(f->labels, PROJECT, "red", &late, &change, &failure), ERR_CONFLICT);
    assert_says("version 1, not 0");
    assert_says("repeat the change");
    const struct label_editor in_time = {.expected_version = 1};
    assert_ok(labels_delete(f->labels, PROJECT, "red", &in_time, &change, &failure), &failure);
    assert_false(change.has_label);
    assert_string_equal(listed(f), "");
}

static void names_that_differ_only_in_case_or_form_are_one_label(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "Caf\u00e9", object_of(VIDEO_A, 0, 0));
    say_yes(f, "CAFE\u0301", object_of(VIDEO_A, 1, 0));
    say_yes(f, "\u05e9\u05dc\u05d5\u05dd", object_of(VIDEO_A, 0, 1));
    assert_ok(labels_rename(f->labels, PROJECT, "caf\u00e9", "CAF\u00c9", &anybody, &change, &failure), &failure);
    assert_string_equal(change.label.name, "CAF\u00c9");
    assert_int_equal(change.label.positives, 2);
    assert_code(labels_rename(f->labels, PROJECT, "\u05e9\u05dc\u05d5\u05dd", "caf\u00e9", &anybody, &change, &failure),
        ERR_CONFLICT);
    assert_code(labels_rename(f->labels, PROJECT, "nobody", "x", &anybody, &change, &failure), ERR_NOT_FOUND);
    assert_code(labels_merge(f->labels, PROJECT, "caf\u00e9", "CAF\u00c9", &anybody, &change, &failure), ERR_INVALID);
    assert_code(labels_merge(f->labels, PROJECT, "caf\u00e9", "x", &anybody, &change, &failure), ERR_NOT_FOUND);
    assert_ok(labels_merge(f->labels, PROJECT, "\u05e9\u05dc\u05d5\u05dd", "caf\u00e9", &anybody, &change, &failure),
        &failure);
    assert_string_equal(change.label.name, "CAF\u00c9");
    assert_int_equal(change.label.positives, 3);
}

static void taking_back_one_object_needs_something_that_was_said(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *object = object_of(VIDEO_A, 0, 0);
    say_yes(f, "red", object);
    say_no(f, "blue", object);
    assert_code(
        labels_clear(f->labels, PROJECT, "red", object_of(VIDEO_A, 1, 0), &anybody, &change, &failure), ERR_NOT_FOUND);
    assert_code(labels_clear(f->labels, PROJECT, "green", object, &anybody, &change, &failure), ERR_NOT_FOUND);
    assert_ok(labels_clear(f->labels, PROJECT, "blue", object, &anybody, &change, &failure), &failure);
    assert_int_equal(change.step.cleared, 1);
    assert_string_equal(shown(f, object), "red");
    assert_ok(labels_clear(f->labels, PROJECT, "red", object, &anybody, &change, &failure), &failure);
    assert_string_equal(shown(f, object), "-");
    assert_code(labels_clear(f->labels, PROJECT, "red", object, &anybody, &change, &failure), ERR_NOT_FOUND);
}

// ---- steps

static void steps_are_undone_redone_and_listed(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    assert_code(labels_undo(f->labels, PROJECT, &anybody, &change, &failure), ERR_CONFLICT);
    assert_says("nothing to undo");
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_ok(labels_rename(f->labels, PROJECT, "red", "blue", &anybody, &change, &failure), &failure);
    assert_ok(labels_undo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_int_equal(change.step.kind, LABEL_STEP_UNDO);
    assert_string_equal(change.step.label, "red");
    assert_string_equal(change.step.other, "blue");
    assert_string_equal(change.label.name, "red");
    assert_int_equal(change.undo.id, 1);
    assert_int_equal(change.redo.id, 2);
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_string_equal(change.label.name, "blue");
    assert_code(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), ERR_CONFLICT);
    undo(f);
    undo(f);
    assert_string_equal(listed(f), "");
    struct label_step *steps;
    size_t count;
    bool more;
    assert_ok(labels_history(f->labels, PROJECT, 0, 4, &steps, &count, &more, &failure), &failure);
    assert_int_equal(count, 4);
    assert_true(more);
    assert_int_equal(steps[0].id, 6);
    assert_int_equal(steps[3].id, 3);
    free(steps);
    assert_ok(labels_history(f->labels, PROJECT, 3, 4, &steps, &count, &more, &failure), &failure);
    assert_int_equal(count, 2);
    assert_false(more);
    assert_int_equal(steps[0].kind, LABEL_STEP_RENAME);
    assert_true(steps[0].undone && steps[1].undone);
    free(steps);
}

static bool is_step(struct fixture *f, const char *label, const char *yes, const char *no)
{
    struct label_change change;
    const struct label_examples examples = {
        .positive = &yes, .positive_count = yes != NULL, .negative = &no, .negative_count = no != NULL};
    assert_ok(labels_examples(f->labels, PROJECT, label, &examples, &anybody, &change, &failure), &failure);
    assert_string_equal(change.label.name, label);
    return change.has_step;
}

static void saying_what_is_so_is_no_step(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *yes = object_of(VIDEO_A, 0, 0);
    const char *no = object_of(VIDEO_A, 0, 1);
    const char *other = object_of(VIDEO_A, 1, 0);
    const struct label_examples nothing = {.clear = &other, .clear_count = 1};
    assert_true(is_step(f, "red", yes, no));
    assert_ok(labels_keep(f->labels, PROJECT, "red", &yes, 1, &anybody, &change, &failure), &failure);
    assert_true(change.has_step);
    assert_true(is_step(f, "blue", other, NULL));
    undo(f);
    assert_false(is_step(f, "red", yes, no));
    assert_false(is_step(f, "red", yes, NULL));
    assert_false(is_step(f, "red", NULL, no));
    assert_ok(labels_examples(f->labels, PROJECT, "red", &nothing, &anybody, &change, &failure), &failure);
    assert_false(change.has_step);
    assert_ok(labels_keep(f->labels, PROJECT, "red", &yes, 1, &anybody, &change, &failure), &failure);
    assert_false(change.has_step);
    assert_ok(labels_rename(f->labels, PROJECT, "RED", "red", &anybody, &change, &failure), &failure);
    assert_false(change.has_step);
    assert_int_equal(change.version, 4);
    // What could be done again still can.
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_string_equal(shown(f, other), "blue");
    // One of two is new, and another spelling is a change.
    assert_true(is_step(f, "red", other, no));
    assert_ok(labels_rename(f->labels, PROJECT, "red", "RED", &anybody, &change, &failure), &failure);
    assert_true(change.has_step);
    // Who had seen something else is told so, though it is so.
    const struct label_editor late = {.expected_version = 4};
    const struct label_examples same = {.positive = &yes, .positive_count = 1};
    assert_code(labels_examples(f->labels, PROJECT, "RED", &same, &late, &change, &failure), ERR_CONFLICT);
}

static void a_word_said_again_counts_where_the_rest_of_its_track_carries_something_else(void **state)
{
    struct fixture *f = *state;
    for (int32_t i = 0; i < 4; i++)
        add_frame(f, VIDEO_A, i, 1, 7);
    const char *first = object_of(VIDEO_A, 0, 0);
    const char *second = object_of(VIDEO_A, 1, 0);
    const char *rest = object_of(VIDEO_A, 3, 0);
    assert_true(is_step(f, "red", first, NULL));
    assert_false(is_step(f, "red", first, NULL));
    assert_true(is_step(f, "blue", second, NULL));
    assert_string_equal(shown_on(f, rest, 7), "blue");
    assert_true(is_step(f, "red", first, NULL));
    assert_string_equal(shown_on(f, rest, 7), "red");
    assert_false(is_step(f, "red", first, NULL));
    assert_true(is_step(f, "red", NULL, second));
    assert_false(is_step(f, "red", NULL, second));
    assert_string_equal(shown_on(f, second, 7), "blue");
    // Both at once are no word for the rest, which had none.
    assert_false(is_step(f, "red", first, second));
    assert_true(is_step(f, "red", first, NULL));
    assert_true(is_step(f, "red", first, second));
}

static void after_a_restart_everything_is_as_it_was(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_B, 0, 1));
    say_no(f, "red", object_of(VIDEO_A, 3, 1));
    undo(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    char *before = mem_strdup(listed(f));
    restart(f);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_string_equal(listed(f), before);
    assert_string_equal(shown(f, object_of(VIDEO_A, 8, 0)), "red?");
    struct label_change change;
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_int_equal(change.label.negatives, 1);
    free(before);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(a_label_is_made_by_its_first_example),
        with_stores(what_looks_the_same_is_probable_at_once_and_what_was_rejected_never),
        with_stores(an_object_has_one_best_label_and_undo_restores_the_answers),
        with_stores(a_label_with_only_negatives_lays_claim_to_nothing),
        with_stores(suggestions_are_like_the_examples_and_store_nothing),
        with_stores(what_is_on_the_track_of_an_example_needs_no_suggestion),
        with_stores(what_was_said_of_the_label_and_of_others_counts_for_suggestions),
        with_stores(what_is_on_the_track_of_a_no_is_not_suggested),
        with_stores(a_track_is_suggested_as_one_where_that_is_asked_for),
        with_stores(candidates_are_never_what_was_answered_already),
        with_stores(nobody_is_asked_about_what_is_gone),
        with_stores(pages_of_objects_follow_each_other),
        with_stores(a_timeline_knows_which_objects_carry_a_label),
        with_stores(objects_that_are_wrong_are_refused_with_their_names),
        with_stores(a_change_for_an_older_version_is_a_conflict_that_says_what_to_do),
        with_stores(names_that_differ_only_in_case_or_form_are_one_label),
        with_stores(taking_back_one_object_needs_something_that_was_said),
        with_stores(steps_are_undone_redone_and_listed),
        with_stores(saying_what_is_so_is_no_step),
        with_stores(a_word_said_again_counts_where_the_rest_of_its_track_carries_something_else),
        with_stores(after_a_restart_everything_is_as_it_was),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
