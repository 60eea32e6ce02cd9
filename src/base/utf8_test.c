#include "base/utf8.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

// The character is read from memory that ends with it: what is read beyond is seen by a sanitizer.
static size_t sequence(const char *text)
{
    size_t size = strlen(text);
    char *exact = mem_dup(text, size);
    size_t length = utf8_sequence(exact, size);
    free(exact);
    return length;
}

static void characters_are_as_long_as_their_first_byte_says(void **state)
{
    (void)state;
    assert_int_equal(sequence("a"), 1);
    assert_int_equal(sequence("\x7F"), 1);
    assert_int_equal(sequence("\xC2\x80"), 2);
    assert_int_equal(sequence("\xDF\xBF"), 2);
    assert_int_equal(sequence("\xE0\xA0\x80"), 3);
    assert_int_equal(sequence("\xEF\xBF\xBF"), 3);
    assert_int_equal(sequence("\xF0\x90\x80\x80"), 4);
    assert_int_equal(sequence("\xF4\x8F\xBF\xBF"), 4);
    assert_int_equal(sequence("\xC3\xA9tude"), 2);
}

static void what_the_standard_forbids_is_no_character(void **state)
{
    (void)state;
    assert_int_equal(sequence("\x80"), 0);
    assert_int_equal(sequence("\xC1\xBF"), 0);         // overlong
    assert_int_equal(sequence("\xE0\x9F\xBF"), 0);     // overlong
    assert_int_equal(sequence("\xF0\x8F\xBF\xBF"), 0); // overlong
    assert_int_equal(sequence("\xED\xA0\x80"), 0);     // a surrogate
    assert_int_equal(sequence("\xF4\x90\x80\x80"), 0); // past U+10FFFF
    assert_int_equal(sequence("\xF5\x80\x80\x80"), 0);
    assert_int_equal(sequence("\xC3"), 0);
    assert_int_equal(sequence("\xE2\x82"), 0);
    assert_int_equal(sequence("\xF0\x9F\x9A"), 0);
    assert_int_equal(sequence("\xE2\x28\xA1"), 0);
    assert_int_equal(utf8_sequence("a", 0), 0);
}

static void a_text_is_valid_if_all_of_it_is_characters_without_nul(void **state)
{
    (void)state;
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("Zürich \xF0\x9F\x9A\x8C", strlen("Zürich \xF0\x9F\x9A\x8C")));
    assert_false(utf8_is_valid("a\0b", 3));
    assert_false(utf8_is_valid("bus \xE9", 5));
    // Cut within a character, though the rest follows in memory.
    assert_false(utf8_is_valid("\xE2\x82\xAC", 2));
}

static void nul_is_a_character_of_one_byte(void **state)
{
    (void)state;
    assert_int_equal(utf8_sequence("\0", 1), 1);
}

static void a_character_is_decoded_to_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t character;
    } cases[] = {{"a", 'a'}, {"\x7F", 0x7F}, {"\xC2\x80", 0x80}, {"\u07FF", 0x7FF}, {"\u0800", 0x800},
        {"\u4e2d", 0x4E2D}, {"\uFFFF", 0xFFFF}, {"\U00010000", 0x10000}, {"\U0001F697", 0x1F697},
        {"\U0010FFFF", 0x10FFFF}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t character = 1;
        assert_int_equal(utf8_decode(cases[i].text, strlen(cases[i].text), &character), strlen(cases[i].text));
        assert_int_equal(character, cases[i].character);
    }
    uint32_t character = 1;
    assert_int_equal(utf8_decode("\xC3", 1, &character), 0);
    assert_int_equal(character, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_as_long_as_their_first_byte_says),
        cmocka_unit_test(what_the_standard_forbids_is_no_character),
        cmocka_unit_test(a_text_is_valid_if_all_of_it_is_characters_without_nul),
        cmocka_unit_test(a_character_is_decoded_to_its_number),
        cmocka_unit_test(nul_is_a_character_of_one_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
