#include "search/label_step.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/test.h"
#include "search/test_label_book.h"

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
    assert_ok(label_entry_decode(text.data, text.size, &back, &failure), &failure);
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
    assert_ok(label_entry_decode(text.data, text.size, &back, &failure), &failure);
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

static void what_an_older_program_would_misread_says_that_it_is_newer(void **state)
{
    (void)state;
    struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = "car",
        .clear = (const char(*)[OBJECT_ID_SIZE])objects,
        .clear_count = 1,
        .removes_empty = true};
    for (int removes = 1; removes >= 0; removes--) {
        struct strbuf text;
        struct label_entry back;
        entry.removes_empty = removes == 1;
        strbuf_init(&text);
        label_entry_encode(&entry, &text);
        assert_non_null(strstr(text.data, removes == 1 ? "\"format\":3" : "\"format\":1"));
        assert_ok(label_entry_decode(text.data, text.size, &back, &failure), &failure);
        assert_int_equal(back.removes_empty, removes);
        label_entry_release(&back);
        strbuf_release(&text);
    }
}

static void assert_undecodable(const char *text, enum err_code code, const char *words)
{
    struct label_entry entry;
    assert_code(label_entry_decode(text, strlen(text), &entry, &failure), code);
    assert_null(entry.memory);
    if (strstr(failure.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", failure.message, words);
}

static void entries_of_a_newer_program_or_damaged_ones_are_refused(void **state)
{
    (void)state;
    assert_undecodable("{\"format\": 4, \"kind\": \"dream\"}", ERR_INVALID, "upgrade the program");
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
    assert_undecodable(
        "{\"format\": 3, \"kind\": \"examples\", \"label\": \"x\", \"remove_empty\": 1}", ERR_CORRUPT, "remove_empty");
    assert_undecodable("", ERR_CORRUPT, "not what labelling writes");
    assert_undecodable("[]", ERR_CORRUPT, "not what labelling writes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_comes_back_as_it_was_written),
        cmocka_unit_test(an_import_comes_back_as_it_was_written),
        cmocka_unit_test(what_an_older_program_would_misread_says_that_it_is_newer),
        cmocka_unit_test(entries_of_a_newer_program_or_damaged_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, name_objects, NULL);
}
