#include "base/clock.h"

#include "base/test.h"

static void assert_read(const char *text, const char *as)
{
    int64_t us = 0;
    char back[CLOCK_TEXT_MAX];
    if (!clock_parse(text, &us))
        fail_msg("\"%s\" is refused", text);
    clock_format_utc(us, back);
    assert_string_equal(back, as);
}

static void a_time_is_read_as_it_is_written(void **state)
{
    (void)state;
    assert_read("2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z");
    assert_read("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z");
    assert_read("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z");
    assert_read("2024-02-29T23:59:59.999999999-00:30", "2024-03-01T00:29:59.999Z");
    assert_read("1969-12-31t23:59:59.5z", "1969-12-31T23:59:59.500Z");
    assert_read("2016-12-31 23:59:60Z", "2016-12-31T23:59:59.000Z");
    int64_t us;
    assert_true(clock_parse("1970-01-01T00:00:00.000001Z", &us));
    assert_int_equal(us, 1);
}

static void a_date_is_its_beginning(void **state)
{
    (void)state;
    assert_read("2026-07-28", "2026-07-28T00:00:00.000Z");
    assert_read("2000-02-29", "2000-02-29T00:00:00.000Z");
    assert_read("0001-01-01", "0001-01-01T00:00:00.000Z");
    assert_read("9999-12-31", "9999-12-31T00:00:00.000Z");
}

static void every_day_of_a_century_is_one_after_the_other(void **state)
{
    (void)state;
    int64_t day_us = INT64_C(86400) * 1000000;
    for (int64_t day = -20000; day < 20000; day++) {
        char text[CLOCK_TEXT_MAX];
        int64_t us;
        clock_format_utc(day * day_us, text);
        assert_true(clock_parse(text, &us));
        assert_int_equal(us, day * day_us);
    }
}

static void anything_else_is_no_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "yesterday", "2026", "2026-1-1", "2026-13-01", "2026-00-01", "2026-02-29",
        "1900-02-29", "2026-04-31", "0000-01-01", "2026-01-31T", "2026-01-31T12:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00", "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+01:60", "2026-01-31T12:00:00Z ",
        " 2026-01-31", "-2026-01-31", "20260131", "2026-01-31Z"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (clock_parse(wrong[i], &(int64_t){0}))
            fail_msg("\"%s\" is taken for a time", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_read_as_it_is_written),
        cmocka_unit_test(a_date_is_its_beginning),
        cmocka_unit_test(every_day_of_a_century_is_one_after_the_other),
        cmocka_unit_test(anything_else_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
