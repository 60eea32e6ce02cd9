#include "search/label_book.h"

#include <string.h>

#include "base/test.h"
#include "search/test_label_book.h"

// ---- saying things

static void yes(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .positive = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .positive_count = 1};
    assert_ok(apply(book, &entry), &failure);
}

static void no(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .negative = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .negative_count = 1};
    assert_ok(apply(book, &entry), &failure);
}

static void clear(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .clear = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .clear_count = 1};
    assert_ok(apply(book, &entry), &failure);
}

static enum err_code change_name(struct label_book *book, const char *label, const char *other)
{
    return apply(book, &(struct label_entry){.kind = LABEL_STEP_RENAME, .label = label, .other = other});
}

static enum err_code merge(struct label_book *book, const char *label, const char *into)
{
    return apply(book, &(struct label_entry){.kind = LABEL_STEP_MERGE, .label = label, .other = into});
}

static enum err_code delete (struct label_book *book, const char *label) {
    return apply(book, &(struct label_entry){.kind = LABEL_STEP_DELETE, .label = label});
}

// ---- seeing what is so

// What an object is, and is not: "red", "-", "red not blue".
static void assert_said(const struct label_book *book, int object, const char *wanted)
{
    char text[512] = "-";
    struct label_key key;
    assert_true(label_key_of(objects[object], &key));
    int64_t place = label_book_find_object(book, key);
    if (place >= 0) {
        const struct label_book_object *o = label_book_object(book, (size_t)place);
        size_t used =
            (size_t)snprintf(text, sizeof(text), "%s", o->label >= 0 ? label_book_label(book, o->label)->name : "-");
        for (size_t i = 0; i < o->negative_count; i++)
            used += (size_t)snprintf(
                text + used, sizeof(text) - used, " not %s", label_book_label(book, o->negatives[i].label)->name);
    }
    assert_string_equal(text, wanted);
}

// ---- what steps do

static void an_object_carries_the_label_it_was_given_last(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    assert_said(book, 0, "red");
    yes(book, "blue", 0);
    assert_said(book, 0, "blue");
    yes(book, "BLUE", 1);
    assert_said(book, 1, "blue");
    clear(book, "red", 0);
    assert_said(book, 0, "blue");
    clear(book, "blue", 0);
    assert_said(book, 0, "-");
    label_book_free(book);
}

static void yes_takes_back_no_of_the_same_label_and_the_other_way_round(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    no(book, "red", 0);
    no(book, "blue", 0);
    assert_said(book, 0, "- not red not blue");
    yes(book, "red", 0);
    assert_said(book, 0, "red not blue");
    no(book, "red", 0);
    assert_said(book, 0, "- not blue not red");
    clear(book, "blue", 0);
    assert_said(book, 0, "- not red");
    label_book_free(book);
}

static void keep(struct label_book *book, const char *label, int object, bool is_no, enum err_code wanted)
{
    const char(*one)[OBJECT_ID_SIZE] = (const char(*)[OBJECT_ID_SIZE]) & objects[object];
    struct label_entry entry = {.kind = LABEL_STEP_KEEP, .label = label};
    if (is_no) {
        entry.negative = one;
        entry.negative_count = 1;
    } else {
        entry.positive = one;
        entry.positive_count = 1;
    }
    assert_code(apply(book, &entry), wanted);
}

static bool is_kept(const struct label_book *book, int object)
{
    struct label_key key;
    assert_true(label_key_of(objects[object], &key));
    const struct label_book_object *o = label_book_object(book, (size_t)label_book_find_object(book, key));
    return o->label >= 0 ? o->kept != 0 : o->negatives[0].kept != 0;
}

static void what_was_said_is_right_until_something_else_is_said(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    no(book, "red", 1);
    keep(book, "blue", 0, false, ERR_NOT_FOUND);
    keep(book, "red", 0, true, ERR_NOT_FOUND);
    keep(book, "red", 2, false, ERR_NOT_FOUND);
    assert_false(is_kept(book, 0) || is_kept(book, 1));
    int64_t changed = label_book_label(book, label_book_find(book, "red"))->changed;
    keep(book, "RED", 0, false, ERR_NONE);
    keep(book, "red", 1, true, ERR_NONE);
    assert_true(is_kept(book, 0) && is_kept(book, 1));
    // Nothing is to be learnt from it.
    assert_int_equal(label_book_label(book, label_book_find(book, "red"))->changed, changed);
    undo(book);
    assert_true(is_kept(book, 0) && !is_kept(book, 1));
    redo(book);
    assert_true(is_kept(book, 1));
    assert_ok(change_name(book, "red", "crimson"), &failure);
    yes(book, "blue", 3);
    assert_ok(merge(book, "crimson", "blue"), &failure);
    assert_true(is_kept(book, 0) && is_kept(book, 1));
    yes(book, "blue", 0);
    no(book, "blue", 1);
    assert_false(is_kept(book, 0) || is_kept(book, 1));
    label_book_free(book);
}

static void a_label_keeps_its_objects_under_its_new_name(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    yes(book, "blue", 1);
    assert_code(change_name(book, "red", "Blue"), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "merge"));
    assert_ok(change_name(book, "red", "RED"), &failure);
    assert_said(book, 0, "RED");
    assert_ok(change_name(book, "red", "green"), &failure);
    assert_said(book, 0, "green");
    assert_int_equal(label_book_find(book, "red"), -1);
    assert_code(change_name(book, "red", "x"), ERR_NOT_FOUND);
    assert_code(change_name(book, "green", " "), ERR_INVALID);
    label_book_free(book);
}

static void a_merge_hands_everything_over_and_a_yes_wins_over_a_no(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "a", 0);
    no(book, "b", 0);
    no(book, "a", 1);
    yes(book, "b", 1);
    no(book, "a", 2);
    no(book, "a", 3);
    no(book, "b", 3);
    assert_code(merge(book, "a", "A"), ERR_INVALID);
    assert_code(merge(book, "a", "c"), ERR_NOT_FOUND);
    assert_code(merge(book, "c", "a"), ERR_NOT_FOUND);
    assert_ok(merge(book, "a", "b"), &failure);
    assert_said(book, 0, "b");
    assert_said(book, 1, "b");
    assert_said(book, 2, "- not b");
    assert_said(book, 3, "- not b");
    assert_int_equal(label_book_find(book, "a"), -1);
    undo(book);
    assert_said(book, 0, "a not b");
    assert_said(book, 1, "b not a");
    label_book_free(book);
}

// Who said it, and that it is right, is told by the step.
static void a_no_that_both_labels_had_stays_the_one_of_the_label_that_stays(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    no(book, "b", 0);
    no(book, "a", 0);
    no(book, "b", 1);
    assert_ok(merge(book, "a", "b"), &failure);
    const struct label_book_object *object = label_book_object(book, 0);
    assert_int_equal(object->negative_count, 1);
    assert_int_equal(object->negatives[0].step, 1);
    label_book_free(book);
}

static void a_deleted_label_leaves_nothing_and_undo_brings_all_back(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    no(book, "red", 1);
    char *before = dump(book);
    assert_ok(delete (book, "red"), &failure);
    assert_said(book, 0, "-");
    assert_said(book, 1, "-");
    assert_code(delete (book, "red"), ERR_NOT_FOUND);
    undo(book);
    char *after = dump(book);
    assert_string_equal(after, before);
    free(before);
    free(after);
    label_book_free(book);
}

static void take_back(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .clear = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .clear_count = 1,
        .removes_empty = true};
    assert_ok(apply(book, &entry), &failure);
}

static void a_step_may_remove_the_label_of_which_nothing_is_said_any_more(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    no(book, "car", 0);
    no(book, "car", 1);
    yes(book, "red", 2);
    take_back(book, "car", 0);
    assert_true(label_book_find(book, "car") >= 0);
    take_back(book, "red", 3);
    assert_said(book, 2, "red");
    char *before = dump(book);
    take_back(book, "car", 1);
    assert_int_equal(label_book_find(book, "car"), -1);
    assert_int_equal(label_book_step_label(book, label_book_version(book)), -1);
    char *after = dump(book);
    undo(book);
    char *now = dump(book);
    assert_string_equal(now, before);
    free(now);
    redo(book);
    now = dump(book);
    assert_string_equal(now, after);
    // Without the wish it stays.
    clear(book, "red", 2);
    assert_true(label_book_find(book, "red") >= 0);
    free(now);
    free(before);
    free(after);
    label_book_free(book);
}

static void a_new_step_forgets_what_could_have_been_redone(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    assert_int_equal(label_book_undo_step(book), 0);
    yes(book, "red", 0);
    yes(book, "blue", 1);
    undo(book);
    assert_int_equal(label_book_redo_step(book), 2);
    redo(book);
    assert_said(book, 1, "blue");
    struct label_step step;
    label_book_step(book, 2, &step);
    assert_false(step.undone);
    assert_int_equal(step.undone_us, 0);
    undo(book);
    yes(book, "green", 2);
    assert_int_equal(label_book_redo_step(book), 0);
    assert_int_equal(label_book_undo_step(book), 6);
    undo(book);
    undo(book);
    assert_int_equal(label_book_undo_step(book), 0);
    assert_said(book, 0, "-");
    label_book_step(book, 2, &step);
    assert_true(step.undone);
    // Step 5 undid it for the second time.
    assert_int_equal(step.undone_us, label_book_step_at_us(book, 5));
    label_book_step(book, 5, &step);
    assert_int_equal(step.undone_us, 0);
    label_book_step(book, 7, &step);
    assert_int_equal(step.kind, LABEL_STEP_UNDO);
    assert_string_equal(step.label, "green");
    assert_int_equal(step.positive, 1);
    assert_code(apply(book, &(struct label_entry){.kind = LABEL_STEP_UNDO, .step = 1}), ERR_CONFLICT);
    assert_code(apply(book, &(struct label_entry){.kind = LABEL_STEP_REDO, .step = 2}), ERR_CONFLICT);
    assert_int_equal(label_book_version(book), 8);
    label_book_free(book);
}

static void what_changed_is_touched_once_until_forgotten(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    size_t count;
    yes(book, "red", 0);
    yes(book, "blue", 0);
    yes(book, "red", 1);
    no(book, "red", 2);
    label_book_touched(book, &count);
    assert_int_equal(count, 3);
    label_book_forget_touched(book);
    assert_ok(change_name(book, "red", "Red"), &failure);
    const size_t *touched = label_book_touched(book, &count);
    assert_int_equal(count, 2);
    assert_int_equal(label_book_object(book, touched[0])->label, label_book_find(book, "red"));
    assert_true(label_book_is_negative(label_book_object(book, touched[1]), label_book_find(book, "red")));
    label_book_forget_touched(book);
    // A no that is taken back.
    yes(book, "Red", 2);
    label_book_touched(book, &count);
    assert_int_equal(count, 1);
    label_book_free(book);
}

static void there_are_at_most_so_many_labels(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    char name[32];
    for (int i = 0; i < LABEL_BOOK_LABELS_MAX; i++) {
        snprintf(name, sizeof(name), "label %d", i);
        yes(book, name, i % OBJECTS);
    }
    const struct label_entry one_more = {.kind = LABEL_STEP_EXAMPLES,
        .label = "one more",
        .positive = (const char(*)[OBJECT_ID_SIZE]) & objects[0],
        .positive_count = 1};
    assert_code(apply(book, &one_more), ERR_LIMIT);
    const struct label_entry_group groups[] = {{.label = "label 8"}, {.label = "one more"}};
    const struct label_entry import = {.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 2};
    assert_code(label_book_check(book, &import, &failure), ERR_LIMIT);
    assert_ok(delete (book, "label 7"), &failure);
    assert_ok(label_book_check(book, &import, &failure), &failure);
    assert_ok(apply(book, &one_more), &failure);
    label_book_free(book);
}

static void an_import_speaks_about_several_labels_and_is_one_step(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    no(book, "blue", 1);
    char *before = dump(book);
    const struct label_entry_group groups[] = {
        {.label = "BLUE", .positive = (const char(*)[OBJECT_ID_SIZE])objects, .positive_count = 2},
        {.label = "green",
            .positive = (const char(*)[OBJECT_ID_SIZE])objects + 2,
            .positive_count = 1,
            .negative = (const char(*)[OBJECT_ID_SIZE])objects,
            .negative_count = 2},
    };
    assert_ok(
        apply(book, &(struct label_entry){.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 2}), &failure);
    assert_said(book, 0, "blue not green");
    assert_said(book, 1, "blue not green");
    assert_said(book, 2, "green");
    struct label_step step;
    label_book_step(book, 3, &step);
    assert_int_equal(step.kind, LABEL_STEP_IMPORT);
    assert_int_equal(step.labels, 2);
    assert_int_equal(step.positive, 3);
    assert_int_equal(step.negative, 2);
    assert_string_equal(step.label, "");
    assert_int_equal(label_book_step_label(book, 3), -1);
    undo(book);
    char *after = dump(book);
    assert_string_equal(after, before);
    assert_ok(
        apply(book, &(struct label_entry){.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 1}), &failure);
    label_book_step(book, 5, &step);
    assert_string_equal(step.label, "BLUE");
    assert_int_equal(step.labels, 1);
    assert_int_equal(label_book_step_label(book, 5), label_book_find(book, "blue"));
    free(before);
    free(after);
    label_book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_carries_the_label_it_was_given_last),
        cmocka_unit_test(yes_takes_back_no_of_the_same_label_and_the_other_way_round),
        cmocka_unit_test(what_was_said_is_right_until_something_else_is_said),
        cmocka_unit_test(a_label_keeps_its_objects_under_its_new_name),
        cmocka_unit_test(a_merge_hands_everything_over_and_a_yes_wins_over_a_no),
        cmocka_unit_test(a_no_that_both_labels_had_stays_the_one_of_the_label_that_stays),
        cmocka_unit_test(a_deleted_label_leaves_nothing_and_undo_brings_all_back),
        cmocka_unit_test(a_step_may_remove_the_label_of_which_nothing_is_said_any_more),
        cmocka_unit_test(a_new_step_forgets_what_could_have_been_redone),
        cmocka_unit_test(what_changed_is_touched_once_until_forgotten),
        cmocka_unit_test(there_are_at_most_so_many_labels),
        cmocka_unit_test(an_import_speaks_about_several_labels_and_is_one_step),
    };
    return cmocka_run_group_tests(tests, name_objects, NULL);
}
