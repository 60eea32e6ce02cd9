#include "base/id.h"

#include <string.h>

#include "base/test.h"

static void project_names_are_checked_at_the_border(void **state)
{
    (void)state;
    const char *good[] = {"a", "0", "demo", "my-project-1", "a-"};
    const char *bad[] = {"", "-a", "A", "a b", "../x", "a/b", "a.b", "\xC3\xA9", "a\n"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(project_name_is_valid(good[i]));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(project_name_is_valid(bad[i]));
    char longest[PROJECT_NAME_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[PROJECT_NAME_MAX + 1] = '\0';
    assert_false(project_name_is_valid(longest));
    longest[PROJECT_NAME_MAX] = '\0';
    assert_true(project_name_is_valid(longest));
}

static void a_sampling_rate_is_an_exact_number(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int32_t num, den;
        const char *canonical;
    } cases[] = {{"5", 5, 1, "5"}, {"5.0", 5, 1, "5"}, {"0.5", 1, 2, "1/2"}, {"29.97", 2997, 100, "2997/100"},
        {"30000/1001", 30000, 1001, "30000/1001"}, {".25", 1, 4, "1/4"}, {"1000", 1000, 1, "1000"},
        {".20456709", 20456709, 100000000, "20456709/100000000"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sampling s;
        struct err err = ERR_INIT;
        char text[SAMPLING_TEXT_SIZE];
        assert_ok(sampling_parse(cases[i].text, &s, &err), &err);
        assert_int_equal(s.fps_num, cases[i].num);
        assert_int_equal(s.fps_den, cases[i].den);
        sampling_format(&s, text);
        assert_string_equal(text, cases[i].canonical);
        assert_ok(sampling_parse(text, &s, &err), &err);
    }
}

static void what_is_no_sampling_rate_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"", "0", "-1", "0.0", "nan", "inf", "1e3", "1001", "5x", " 5", "5/0", "0/5", "/", ".", "1/",
        "99999999999", "0.000001", "ALL", ".204567091"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sampling s;
        struct err err = ERR_INIT;
        if (sampling_parse(bad[i], &s, &err) != ERR_INVALID)
            fail_msg("\"%s\" was taken for a rate", bad[i]);
    }
}

static void the_grid_and_its_inverse_agree(void **state)
{
    (void)state;
    const struct sampling rates[] = {{.fps_num = 5, .fps_den = 1}, {.fps_num = 30000, .fps_den = 1001},
        {.fps_num = 1, .fps_den = 7}, {.fps_num = 999, .fps_den = 1}};
    for (size_t r = 0; r < 4; r++) {
        for (int64_t i = 0; i < 5000; i++) {
            int64_t t = sampling_point_us(&rates[r], i);
            assert_int_equal(sampling_first_after(&rates[r], t), i + 1);
            if (t > 0)
                assert_int_equal(sampling_first_after(&rates[r], t - 1), i);
        }
        assert_int_equal(sampling_first_after(&rates[r], -1), 0);
    }
}

static void a_videos_id_depends_on_each_of_its_parts(void **state)
{
    (void)state;
    struct sampling five = {.fps_num = 5, .fps_den = 1};
    struct sampling all = {.all = true, .fps_den = 1};
    char id[6][VIDEO_ID_SIZE];
    video_id_make("p", "file:///a", 10000000, -1, &five, id[0]);
    video_id_make("q", "file:///a", 10000000, -1, &five, id[1]);
    video_id_make("p", "file:///b", 10000000, -1, &five, id[2]);
    video_id_make("p", "file:///a", 20000000, -1, &five, id[3]);
    video_id_make("p", "file:///a", 10000000, 5, &five, id[4]);
    video_id_make("p", "file:///a", 10000000, -1, &all, id[5]);
    for (size_t i = 0; i < 6; i++) {
        assert_true(video_id_is_valid(id[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(id[i], id[j]);
    }
}

static void ids_can_be_taken_apart_again(void **state)
{
    (void)state;
    const char *video = "0123456789abcdef";
    char id[OBJECT_ID_SIZE];
    char back[VIDEO_ID_SIZE];
    int32_t index;
    int32_t k;
    int64_t n;
    object_id_make(video, 42, 7, id);
    assert_string_equal(id, "0123456789abcdef-00000042-007");
    assert_true(object_id_parse(id, back, &index, &k));
    assert_string_equal(back, video);
    assert_int_equal(index, 42);
    assert_int_equal(k, 7);
    assert_false(frame_id_parse(id, back, &index));
    frame_id_make(video, FRAME_INDEX_MAX, id);
    assert_true(frame_id_parse(id, back, &index));
    assert_int_equal(index, FRAME_INDEX_MAX);
    assert_true(track_id_parse("0123456789abcdef-t12", back, &n));
    assert_int_equal(n, 12);
    assert_true(track_id_parse("0123456789abcdef-t0", back, &n));
    assert_false(track_id_parse("0123456789abcdef-t012", back, &n));
}

static void what_is_no_id_is_refused(void **state)
{
    (void)state;
    const char *bad[] = {"", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdef-0000004x-007",
        "0123456789abcdeX-00000042-007", "0123456789abcdef-00000042-0071", "../../etc/passwd", "0123456789abcdef-t",
        "0123456789abcdef-00000042-7"};
    int32_t index;
    int32_t k;
    int64_t n;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(object_id_parse(bad[i], NULL, &index, &k));
        assert_false(frame_id_parse(bad[i], NULL, &index));
        assert_false(track_id_parse(bad[i], NULL, &n));
        if (i != 1)
            assert_false(video_id_is_valid(bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(project_names_are_checked_at_the_border),
        cmocka_unit_test(a_sampling_rate_is_an_exact_number),
        cmocka_unit_test(what_is_no_sampling_rate_is_refused),
        cmocka_unit_test(the_grid_and_its_inverse_agree),
        cmocka_unit_test(a_videos_id_depends_on_each_of_its_parts),
        cmocka_unit_test(ids_can_be_taken_apart_again),
        cmocka_unit_test(what_is_no_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
