#include "base/plain_text.h"

#include <string.h>

#include "base/test.h"

static struct err err;

static void assert_shown(const char *text, const char *wanted)
{
    struct strbuf out;
    strbuf_init(&out);
    plain_text_add(&out, text, strlen(text));
    assert_string_equal(out.data, wanted);
    strbuf_release(&out);
}

static void what_a_terminal_obeys_is_replaced(void **state)
{
    (void)state;
    assert_shown("evil\033]0;PWNED\007\033[31mred", "evil\uFFFD]0;PWNED\uFFFD\uFFFD[31mred");
    assert_shown("\x01\x08\x1F\x7F", "\uFFFD\uFFFD\uFFFD\uFFFD");
    assert_shown("\xC2\x80 \xC2\x9B[31m \xC2\x9F", "\uFFFD \uFFFD[31m \uFFFD");
    assert_shown("safe\u202Egpj.exe \u202A\u202D \u2066x\u2069", "safe\uFFFDgpj.exe \uFFFD\uFFFD \uFFFDx\uFFFD");
}

static void line_breaks_and_tabs_are_spaces(void **state)
{
    (void)state;
    assert_shown("one\nforged\r\ntab\tend", "one forged  tab end");
    assert_shown("a\u2028b\u2029c\xC2\x85"
                 "d\v\f",
        "a b c d  ");
}

static void bytes_that_are_no_characters_are_replaced(void **state)
{
    (void)state;
    assert_shown("caf\xE9 \x9B[31m \xC2", "caf\uFFFD \uFFFD[31m \uFFFD");
    assert_shown("\xF0\x9F\x9A", "\uFFFD\uFFFD\uFFFD");
}

static void text_of_any_script_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "red car ~", "Zürich \xC2\xA0", "\u05d0\u05d3\u05d5\u05dd", "\u4e2d\u6587",
        "\U0001F697", "\u200F\u061C\u200D", "\u2027\u202F\u2065\u206A"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_shown(texts[i], texts[i]);
        assert_ok(plain_text_check(texts[i], "a name", &err), &err);
    }
}

static void a_copy_is_cut_between_characters(void **state)
{
    (void)state;
    char out[6];
    plain_text_copy(out, sizeof(out), "\u4e2d\u6587");
    assert_string_equal(out, "\u4e2d");
    plain_text_copy(out, sizeof(out), "a\033\033");
    assert_string_equal(out, "a\uFFFD");
    plain_text_copy(out, sizeof(out), "abcdefgh");
    assert_string_equal(out, "abcde");
    plain_text_copy(out, 1, "abc");
    assert_string_equal(out, "");
}

static void a_check_says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a\nb", "a name has no control characters or line breaks, but this one has U+000A: take it out"},
        {"\xC2\x9B", "control characters or line breaks, but this one has U+009B"},
        {"a\u2029", "control characters or line breaks, but this one has U+2029"},
        {"a\u202E", "a name has no marks that turn the text's direction, but this one has U+202E"},
        {"a\xFF", "a name is not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_code(plain_text_check(cases[i][0], "a name", &err), ERR_INVALID);
        if (strstr(err.message, cases[i][1]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_obeys_is_replaced),
        cmocka_unit_test(line_breaks_and_tabs_are_spaces),
        cmocka_unit_test(bytes_that_are_no_characters_are_replaced),
        cmocka_unit_test(text_of_any_script_stays),
        cmocka_unit_test(a_copy_is_cut_between_characters),
        cmocka_unit_test(a_check_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
