#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "base/test.h"

static void an_error_carries_its_code_and_sentence(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, ERR_NOT_FOUND, "no video %s", "abc"), ERR_NOT_FOUND);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.message, "no video abc");
}

static void context_goes_in_front_and_keeps_the_code(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    err_set(&err, ERR_CORRUPT, "bad header");
    assert_int_equal(err_context(&err, "clip.mp4"), ERR_CORRUPT);
    assert_string_equal(err.message, "clip.mp4: bad header");
}

static void a_long_message_is_cut_at_a_characters_border(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char text[ERR_MESSAGE_MAX + 16];
    // Two-byte characters after one byte of ASCII: the cut would fall inside one of them.
    for (size_t lead = 0; lead < 2; lead++) {
        memset(text, 'x', sizeof(text));
        for (size_t i = lead; i + 1 < sizeof(text) - 1; i += 2)
            memcpy(text + i, "\xC3\xA9", 2);
        text[sizeof(text) - 1] = '\0';
        err_set(&err, ERR_INVALID, "%s", text);
        size_t length = strlen(err.message);
        assert_in_range(length, ERR_MESSAGE_MAX - 2, ERR_MESSAGE_MAX - 1);
        assert_int_equal((length - lead) % 2, 0);
    }
}

static void a_full_disk_may_be_tried_again_and_a_missing_file_not(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_set_errno(&err, EDQUOT, "write"), ERR_FULL);
    assert_int_equal(err_set_errno(&err, ENOSPC, "write"), ERR_FULL);
    assert_true(err_is_retryable(err.code));
    assert_int_equal(err_http_status(err.code), 507);
    assert_string_equal(err.message, "write: the disk is full; free some space and try again");
    assert_false(err_is_retryable(err_set_errno(&err, ENOENT, "open")));
}

static void the_field_that_is_wrong_stays_until_another_error_is_set(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_int_equal(err_of_field(&err, err_set(&err, ERR_INVALID, "too long"), "name"), ERR_INVALID);
    assert_string_equal(err.field, "name");
    err_context(&err, "the project");
    assert_string_equal(err.field, "name");
    assert_string_equal(err.message, "the project: too long");
    err_name_field(&err, "project");
    assert_string_equal(err.field, "project");
    err_set(&err, ERR_INTERNAL, "something else");
    assert_string_equal(err.field, "");

    // An outcome that is none names nothing; a name that is too long is cut at a character's border.
    assert_int_equal(err_of_field(&err, ERR_NONE, "name"), ERR_NONE);
    assert_string_equal(err.field, "");
    char name[ERR_FIELD_MAX + 8];
    memset(name, 'x', sizeof(name));
    memcpy(name + ERR_FIELD_MAX - 2, "\xC3\xA9", 3);
    err_name_field(&err, name);
    assert_int_equal(strlen(err.field), ERR_FIELD_MAX - 2);
    err_clear(&err);
    assert_string_equal(err.field, "");
    err_name_field(NULL, "name");
}

static void no_struct_is_needed_to_get_the_code(void **state)
{
    (void)state;
    assert_int_equal(err_set(NULL, ERR_LIMIT, "too much"), ERR_LIMIT);
    assert_int_equal(err_http_status(ERR_LIMIT), 413);
}

static void every_code_has_a_name_that_leads_back(void **state)
{
    (void)state;
    for (int code = ERR_NONE; code <= ERR_INTERNAL; code++)
        assert_int_equal(err_code_from_name(err_code_name((enum err_code)code)), code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_carries_its_code_and_sentence),
        cmocka_unit_test(context_goes_in_front_and_keeps_the_code),
        cmocka_unit_test(a_long_message_is_cut_at_a_characters_border),
        cmocka_unit_test(a_full_disk_may_be_tried_again_and_a_missing_file_not),
        cmocka_unit_test(the_field_that_is_wrong_stays_until_another_error_is_set),
        cmocka_unit_test(no_struct_is_needed_to_get_the_code),
        cmocka_unit_test(every_code_has_a_name_that_leads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
