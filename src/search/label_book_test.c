#include "search/label_book.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"

static struct err err;

#define OBJECTS 40
static char objects[OBJECTS][OBJECT_ID_SIZE];

static int name_objects(void **state)
{
    (void)state;
    for (int i = 0; i < OBJECTS; i++)
        object_id_make(i % 2 == 0 ? "00000000000000aa" : "f0000000000000bb", i / 4, i % 4, objects[i]);
    return 0;
}

// ---- saying things

static int64_t now_us = 1000;

static enum err_code apply(struct label_book *book, const struct label_entry *entry)
{
    return label_book_apply(book, entry, now_us++, &err);
}

static void yes(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .positive = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .positive_count = 1};
    assert_ok(apply(book, &entry), &err);
}

static void no(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .negative = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .negative_count = 1};
    assert_ok(apply(book, &entry), &err);
}

static void clear(struct label_book *book, const char *label, int object)
{
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = label,
        .clear = (const char(*)[OBJECT_ID_SIZE]) & objects[object],
        .clear_count = 1};
    assert_ok(apply(book, &entry), &err);
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

static void undo(struct label_book *book)
{
    assert_ok(apply(book, &(struct label_entry){.kind = LABEL_STEP_UNDO, .step = label_book_undo_step(book)}), &err);
}

static void redo(struct label_book *book)
{
    assert_ok(apply(book, &(struct label_entry){.kind = LABEL_STEP_REDO, .step = label_book_redo_step(book)}), &err);
}

// ---- seeing what is so

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Everything that is so, one thing a line, sorted. Steps by their times, because a replay numbers them anew.
static char *dump(const struct label_book *book)
{
    char *lines[4 * OBJECTS + 100];
    size_t count = 0;
    for (size_t i = 0; i < label_book_label_count(book); i++) {
        const struct label_book_label *l = label_book_label(book, (int32_t)i);
        if (l->alive)
            lines[count++] = mem_sprintf(
                "label %s %s made %" PRId64 " changed %" PRId64, l->key, l->name, l->created_us, l->updated_us);
    }
    for (size_t i = 0; i < label_book_object_count(book); i++) {
        const struct label_book_object *o = label_book_object(book, i);
        char id[OBJECT_ID_SIZE];
        label_key_format(o->key, id);
        if (o->label >= 0)
            lines[count++] = mem_sprintf("%s is %s since %" PRId64 "%s %" PRId64, id,
                label_book_label(book, o->label)->name, label_book_step_at_us(book, o->step),
                o->kept != 0 ? " kept" : "", o->kept != 0 ? label_book_step_at_us(book, o->kept) : 0);
        for (size_t k = 0; k < o->negative_count; k++)
            lines[count++] =
                mem_sprintf("%s is not %s since %" PRId64 "%s", id, label_book_label(book, o->negatives[k].label)->name,
                    label_book_step_at_us(book, o->negatives[k].step), o->negatives[k].kept != 0 ? " kept" : "");
    }
    qsort(lines, count, sizeof(*lines), compare_texts);
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < count; i++) {
        strbuf_adds(&text, lines[i]);
        strbuf_addc(&text, '\n');
        free(lines[i]);
    }
    return strbuf_detach(&text, NULL);
}

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
    assert_ok(change_name(book, "red", "crimson"), &err);
    yes(book, "blue", 3);
    assert_ok(merge(book, "crimson", "blue"), &err);
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
    assert_non_null(strstr(err.message, "merge"));
    assert_ok(change_name(book, "red", "RED"), &err);
    assert_said(book, 0, "RED");
    assert_ok(change_name(book, "red", "green"), &err);
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
    assert_ok(merge(book, "a", "b"), &err);
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

static void a_deleted_label_leaves_nothing_and_undo_brings_all_back(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    yes(book, "red", 0);
    no(book, "red", 1);
    char *before = dump(book);
    assert_ok(delete (book, "red"), &err);
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
    undo(book);
    yes(book, "green", 2);
    assert_int_equal(label_book_redo_step(book), 0);
    assert_int_equal(label_book_undo_step(book), 6);
    undo(book);
    undo(book);
    assert_int_equal(label_book_undo_step(book), 0);
    assert_said(book, 0, "-");
    struct label_step step;
    label_book_step(book, 2, &step);
    assert_true(step.undone);
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
    assert_int_equal(count, 2);
    label_book_forget_touched(book);
    assert_ok(change_name(book, "red", "Red"), &err);
    const size_t *touched = label_book_touched(book, &count);
    assert_int_equal(count, 1);
    assert_int_equal(label_book_object(book, touched[0])->label, label_book_find(book, "red"));
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
    assert_code(label_book_check(book, &import, &err), ERR_LIMIT);
    assert_ok(delete (book, "label 7"), &err);
    assert_ok(label_book_check(book, &import, &err), &err);
    assert_ok(apply(book, &one_more), &err);
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
    assert_ok(apply(book, &(struct label_entry){.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 2}), &err);
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
    assert_ok(apply(book, &(struct label_entry){.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 1}), &err);
    label_book_step(book, 5, &step);
    assert_string_equal(step.label, "BLUE");
    assert_int_equal(step.labels, 1);
    assert_int_equal(label_book_step_label(book, 5), label_book_find(book, "blue"));
    free(before);
    free(after);
    label_book_free(book);
}

// ---- random steps against plain replay

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

static const char *const names[] = {"red", "Red", "blue", "gr\u00fcn", "GR\u00dcN", "x"};

// The texts of the journal, as they would be stored.
struct journal {
    char *texts[400];
    int64_t at_us[400];
    size_t sizes[400];
    size_t count;
};

static void encode(struct journal *journal, const struct label_entry *entry)
{
    struct strbuf text;
    strbuf_init(&text);
    label_entry_encode(entry, &text);
    journal->at_us[journal->count] = now_us;
    journal->texts[journal->count] = strbuf_detach(&text, &journal->sizes[journal->count]);
    journal->count++;
}

static void draw_import(struct label_entry *entry, const char (*some)[OBJECT_ID_SIZE])
{
    static struct label_entry_group groups[2];
    for (size_t i = 0; i < 2; i++)
        groups[i] = (struct label_entry_group){.label = names[draw(6)],
            .positive = some + 6 * i,
            .positive_count = draw(4),
            .negative = some + 6 * i + 3,
            .negative_count = draw(4)};
    *entry = (struct label_entry){.kind = LABEL_STEP_IMPORT, .groups = groups, .group_count = 1 + draw(2)};
}

// Some of what is said is right.
static void draw_keep(const struct label_book *book, struct label_entry *entry, char (*some)[OBJECT_ID_SIZE])
{
    int32_t label = label_book_find(book, entry->label);
    char yes[12][OBJECT_ID_SIZE];
    char no[12][OBJECT_ID_SIZE];
    entry->kind = LABEL_STEP_KEEP;
    for (size_t i = 0; i < 12; i++) {
        struct label_key key;
        assert_true(label_key_of(some[i], &key));
        int64_t at = label_book_find_object(book, key);
        const struct label_book_object *object = at >= 0 ? label_book_object(book, (size_t)at) : NULL;
        if (object != NULL && object->label == label)
            memcpy(yes[entry->positive_count++], some[i], OBJECT_ID_SIZE);
        else if (object != NULL && label_book_is_negative(object, label))
            memcpy(no[entry->negative_count++], some[i], OBJECT_ID_SIZE);
    }
    memcpy(some, yes, entry->positive_count * OBJECT_ID_SIZE);
    memcpy(some + entry->positive_count, no, entry->negative_count * OBJECT_ID_SIZE);
    entry->positive = (const char(*)[OBJECT_ID_SIZE])some;
    entry->negative = (const char(*)[OBJECT_ID_SIZE])some + entry->positive_count;
}

static void draw_entry(const struct label_book *book, struct label_entry *entry, char (*some)[OBJECT_ID_SIZE])
{
    size_t order[OBJECTS];
    for (size_t i = 0; i < OBJECTS; i++)
        order[i] = i;
    for (size_t i = 0; i < 12; i++) {
        size_t other = i + draw((uint32_t)(OBJECTS - i));
        size_t swap = order[i];
        order[i] = order[other];
        order[other] = swap;
        memcpy(some[i], objects[order[i]], OBJECT_ID_SIZE);
    }
    *entry = (struct label_entry){.label = names[draw(6)], .by = draw(2) == 0 ? "ann" : NULL};
    uint32_t what = draw(24);
    if (what >= 22) {
        draw_keep(book, entry, some);
    } else if (what >= 20) {
        draw_import(entry, (const char(*)[OBJECT_ID_SIZE])some);
    } else if (what < 9) {
        entry->kind = LABEL_STEP_EXAMPLES;
        entry->positive = (const char(*)[OBJECT_ID_SIZE])some;
        entry->positive_count = draw(5);
        entry->negative = (const char(*)[OBJECT_ID_SIZE])some + 4;
        entry->negative_count = draw(5);
        entry->clear = (const char(*)[OBJECT_ID_SIZE])some + 8;
        entry->clear_count = draw(5);
    } else if (what < 13) {
        *entry = (struct label_entry){.kind = LABEL_STEP_UNDO, .step = label_book_undo_step(book)};
    } else if (what < 16) {
        *entry = (struct label_entry){.kind = LABEL_STEP_REDO, .step = label_book_redo_step(book)};
    } else {
        entry->kind = what < 18 ? LABEL_STEP_RENAME : what == 18 ? LABEL_STEP_MERGE : LABEL_STEP_DELETE;
        entry->other = entry->kind != LABEL_STEP_DELETE ? names[draw(6)] : NULL;
    }
}

// Only the steps that count, by nothing but doing.
static struct label_book *replay(const struct label_book *book, const struct journal *journal)
{
    struct label_book *plain = label_book_new();
    for (size_t i = 0; i < journal->count; i++) {
        struct label_entry entry;
        struct label_step step;
        label_book_step(book, (int64_t)i + 1, &step);
        if (step.kind == LABEL_STEP_UNDO || step.kind == LABEL_STEP_REDO || step.undone)
            continue;
        assert_ok(label_entry_decode(journal->texts[i], journal->sizes[i], &entry, &err), &err);
        assert_ok(label_book_apply(plain, &entry, journal->at_us[i], &err), &err);
        label_entry_release(&entry);
    }
    return plain;
}

static void after_any_steps_the_book_is_what_replaying_those_that_count_gives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        random_state = seed;
        struct label_book *book = label_book_new();
        struct journal *journal = mem_calloc(1, sizeof(*journal));
        while (journal->count < 120) {
            char some[12][OBJECT_ID_SIZE];
            struct label_entry entry;
            draw_entry(book, &entry, some);
            if (label_book_check(book, &entry, &err) != ERR_NONE)
                continue;
            encode(journal, &entry);
            assert_ok(apply(book, &entry), &err);
            struct label_book *plain = replay(book, journal);
            char *got = dump(book);
            char *wanted = dump(plain);
            if (strcmp(got, wanted) != 0)
                fail_msg("seed %" PRIu64 ", step %zu:\n%s\ninstead of\n%s", seed, journal->count, got, wanted);
            free(got);
            free(wanted);
            label_book_free(plain);
        }
        for (size_t i = 0; i < journal->count; i++)
            free(journal->texts[i]);
        free(journal);
        label_book_free(book);
    }
}

static void undoing_everything_and_redoing_everything_gives_the_same_states(void **state)
{
    (void)state;
    struct label_book *book = label_book_new();
    char *states[41] = {dump(book)};
    random_state = 99;
    for (int i = 1; i <= 40;) {
        char some[12][OBJECT_ID_SIZE];
        struct label_entry entry;
        draw_entry(book, &entry, some);
        if (entry.kind == LABEL_STEP_UNDO || entry.kind == LABEL_STEP_REDO || apply(book, &entry) != ERR_NONE)
            continue;
        states[i++] = dump(book);
    }
    for (int i = 39; i >= 0; i--) {
        undo(book);
        char *now = dump(book);
        assert_string_equal(now, states[i]);
        free(now);
    }
    for (int i = 1; i <= 40; i++) {
        redo(book);
        char *now = dump(book);
        assert_string_equal(now, states[i]);
        free(now);
    }
    for (int i = 0; i <= 40; i++)
        free(states[i]);
    label_book_free(book);
}

// ---- entries

static void an_entry_comes_back_as_it_was_written(void **state)
{
    (void)state;
    const struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = "Caf\u00e9 \"x\"",
        .by = "ann",
        .positive = (const char(*)[OBJECT_ID_SIZE])objects,
        .positive_count = 3,
        .clear = (const char(*)[OBJECT_ID_SIZE])objects + 5,
        .clear_count = 1};
    struct strbuf text;
    strbuf_init(&text);
    label_entry_encode(&entry, &text);
    struct label_entry back;
    assert_ok(label_entry_decode(text.data, text.size, &back, &err), &err);
    assert_string_equal(back.label, entry.label);
    assert_string_equal(back.by, "ann");
    assert_null(back.other);
    assert_int_equal(back.positive_count, 3);
    assert_string_equal(back.positive[2], objects[2]);
    assert_int_equal(back.negative_count, 0);
    assert_int_equal(back.clear_count, 1);
    assert_string_equal(back.clear[0], objects[5]);
    label_entry_release(&back);
    strbuf_release(&text);
}

static void an_import_comes_back_as_it_was_written(void **state)
{
    (void)state;
    const struct label_entry_group groups[] = {
        {.label = "red", .positive = (const char(*)[OBJECT_ID_SIZE])objects, .positive_count = 3},
        {.label = "\u05e9", .negative = (const char(*)[OBJECT_ID_SIZE])objects + 5, .negative_count = 1},
    };
    const struct label_entry entry = {.kind = LABEL_STEP_IMPORT, .by = "ann", .groups = groups, .group_count = 2};
    struct strbuf text;
    strbuf_init(&text);
    label_entry_encode(&entry, &text);
    assert_non_null(strstr(text.data, "\"format\":2"));
    struct label_entry back;
    assert_ok(label_entry_decode(text.data, text.size, &back, &err), &err);
    assert_int_equal(back.kind, LABEL_STEP_IMPORT);
    assert_int_equal(back.group_count, 2);
    assert_string_equal(back.groups[0].label, "red");
    assert_string_equal(back.groups[0].positive[2], objects[2]);
    assert_int_equal(back.groups[0].negative_count, 0);
    assert_string_equal(back.groups[1].label, "\u05e9");
    assert_string_equal(back.groups[1].negative[0], objects[5]);
    label_entry_release(&back);
    strbuf_release(&text);
}

static void assert_undecodable(const char *text, enum err_code code, const char *words)
{
    struct label_entry entry;
    assert_code(label_entry_decode(text, strlen(text), &entry, &err), code);
    assert_null(entry.memory);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static void entries_of_a_newer_program_or_damaged_ones_are_refused(void **state)
{
    (void)state;
    assert_undecodable("{\"format\": 3, \"kind\": \"dream\"}", ERR_INVALID, "upgrade the program");
    assert_undecodable("{\"format\": 1, \"kind\": \"dream\"}", ERR_CORRUPT, "no kind of step");
    assert_undecodable("{\"format\": 1, \"kind\": \"delete\"}", ERR_CORRUPT, "label");
    assert_undecodable("{\"format\": 1, \"kind\": \"undo\", \"step\": 0}", ERR_CORRUPT, "step");
    assert_undecodable("{\"format\": 1, \"kind\": \"examples\", \"label\": \"x\", \"positive\": [\"../etc\"]}",
        ERR_CORRUPT, "no object's id");
    assert_undecodable(
        "{\"format\": 1, \"kind\": \"examples\", \"label\": \"x\", \"positive\": [7]}", ERR_CORRUPT, "no object's id");
    assert_undecodable("{\"format\": 2, \"kind\": \"import\"}", ERR_CORRUPT, "labels");
    assert_undecodable("{\"format\": 2, \"kind\": \"import\", \"labels\": [7]}", ERR_CORRUPT, "label");
    assert_undecodable("{\"format\": 2, \"kind\": \"import\", \"labels\": [{\"label\": \"x\", \"negative\": [\"y\"]}]}",
        ERR_CORRUPT, "no object's id");
    assert_undecodable("", ERR_CORRUPT, "not what labelling writes");
    assert_undecodable("[]", ERR_CORRUPT, "not what labelling writes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_carries_the_label_it_was_given_last),
        cmocka_unit_test(yes_takes_back_no_of_the_same_label_and_the_other_way_round),
        cmocka_unit_test(what_was_said_is_right_until_something_else_is_said),
        cmocka_unit_test(a_label_keeps_its_objects_under_its_new_name),
        cmocka_unit_test(a_merge_hands_everything_over_and_a_yes_wins_over_a_no),
        cmocka_unit_test(a_deleted_label_leaves_nothing_and_undo_brings_all_back),
        cmocka_unit_test(a_new_step_forgets_what_could_have_been_redone),
        cmocka_unit_test(what_changed_is_touched_once_until_forgotten),
        cmocka_unit_test(there_are_at_most_so_many_labels),
        cmocka_unit_test(after_any_steps_the_book_is_what_replaying_those_that_count_gives),
        cmocka_unit_test(undoing_everything_and_redoing_everything_gives_the_same_states),
        cmocka_unit_test(an_import_speaks_about_several_labels_and_is_one_step),
        cmocka_unit_test(an_entry_comes_back_as_it_was_written),
        cmocka_unit_test(an_import_comes_back_as_it_was_written),
        cmocka_unit_test(entries_of_a_newer_program_or_damaged_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, name_objects, NULL);
}
