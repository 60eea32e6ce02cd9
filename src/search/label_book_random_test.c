// Random steps against plain replay of those that count.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "search/label_book.h"
#include "search/test_label_book.h"

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
        entry->removes_empty = draw(3) == 0;
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
        assert_ok(label_entry_decode(journal->texts[i], journal->sizes[i], &entry, &failure), &failure);
        assert_ok(label_book_apply(plain, &entry, journal->at_us[i], &failure), &failure);
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
            if (label_book_check(book, &entry, &failure) != ERR_NONE)
                continue;
            encode(journal, &entry);
            assert_ok(apply(book, &entry), &failure);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_any_steps_the_book_is_what_replaying_those_that_count_gives),
        cmocka_unit_test(undoing_everything_and_redoing_everything_gives_the_same_states),
    };
    return cmocka_run_group_tests(tests, name_objects, NULL);
}
