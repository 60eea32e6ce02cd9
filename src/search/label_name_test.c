#include "search/label_name.h"

#include <string.h>

#include "base/test.h"

static struct err err;

static void assert_clean(const char *given, const char *wanted)
{
    char name[LABEL_NAME_SIZE];
    assert_ok(label_name_clean(given, name, &err), &err);
    assert_string_equal(name, wanted);
}

static void assert_refused(const char *given, const char *words)
{
    char name[LABEL_NAME_SIZE];
    assert_code(label_name_clean(given, name, &err), ERR_INVALID);
    if (strstr(err.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, words);
}

static bool same(const char *a, const char *b)
{
    char *x = NULL;
    char *y = NULL;
    assert_ok(label_name_key(a, &x, &err), &err);
    assert_ok(label_name_key(b, &y, &err), &err);
    bool equal = strcmp(x, y) == 0;
    free(x);
    free(y);
    return equal;
}

// `count` copies of a character.
static const char *repeated(const char *character, size_t count)
{
    static char text[8192];
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(text, character);
    return text;
}

static void names_of_any_script_are_kept_composed(void **state)
{
    (void)state;
    assert_clean("red car", "red car");
    assert_clean("Cafe\u0301", "Caf\u00e9");
    assert_clean("\u05d0\u05d3\u05d5\u05dd", "\u05d0\u05d3\u05d5\u05dd");
    assert_clean("\u4e2d\u6587", "\u4e2d\u6587");
    assert_clean("a/b ?&#%", "a/b ?&#%");
    assert_clean("...", "...");
}

static void a_name_has_at_most_100_characters_however_many_bytes(void **state)
{
    (void)state;
    char name[LABEL_NAME_SIZE];
    assert_ok(label_name_clean(repeated("\U0001F697", 100), name, &err), &err);
    assert_int_equal(strlen(name), LABEL_NAME_SIZE - 1);
    assert_ok(label_name_clean(repeated("e\u0301", 100), name, &err), &err);
    assert_refused(repeated("x", 101), "at most 100 characters; this one has 101");
    assert_refused(repeated("\u00e9", 4000), "at most 100 characters");
    assert_refused("", "needs a name");
}

static void names_that_deceive_or_cannot_be_seen_are_refused(void **state)
{
    (void)state;
    assert_refused("a\nb", "U+000A");
    assert_refused("a\x7f", "U+007F");
    assert_refused("a\u2028b", "U+2028");
    assert_refused("safe\u202egpj.exe", "U+202E");
    assert_refused("\u2066x\u2069", "U+2066");
    assert_refused(" x", "space");
    assert_refused("x\u00a0", "space");
    assert_refused("\u200b", "can be seen");
    assert_refused("\xff\xfe", "UTF-8");
    assert_refused("\xc0\xaf", "UTF-8");
    assert_refused("\xed\xa0\x80", "UTF-8");
    assert_refused(".", "addresses");
    assert_refused("..", "addresses");
}

static void names_that_differ_only_in_case_or_form_are_the_same(void **state)
{
    (void)state;
    assert_true(same("Red Car", "rED cAR"));
    assert_true(same("Cafe\u0301", "CAF\u00c9"));
    assert_true(same("stra\u00dfe", "STRASSE"));
    assert_true(same("\uff21\uff22", "ab"));
    assert_true(same("\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u03a3\u0399\u0301\u03a3\u03a5\u03a6\u039f\u03a3"));
    assert_false(same("car 1", "car 2"));
    assert_false(same("e", "\u00e9"));
    assert_false(same("redcar", "red car"));
}

static void a_name_whose_key_is_long_has_one(void **state)
{
    (void)state;
    // U+FDFA is one character that stands for eighteen.
    assert_true(same(repeated("\ufdfa", 100), repeated("\ufdfa", 100)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_any_script_are_kept_composed),
        cmocka_unit_test(a_name_has_at_most_100_characters_however_many_bytes),
        cmocka_unit_test(names_that_deceive_or_cannot_be_seen_are_refused),
        cmocka_unit_test(names_that_differ_only_in_case_or_form_are_the_same),
        cmocka_unit_test(a_name_whose_key_is_long_has_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
