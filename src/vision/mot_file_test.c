#include "vision/mot_file.h"

#include <string.h>

#include "base/test.h"

static enum err_code parse(const char *text, struct mot_file **file, struct err *err)
{
    return mot_file_parse("det.txt", text, strlen(text), file, err);
}

static void rows_come_by_frame_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct mot_file *file = NULL;
    assert_ok(
        parse("# a comment\n3,1,1,2,3,4\n1,-1,5.5,-6,7,8,0.25,-1,-1,-1\r\n\n3, 2, 1,2,3,4,1,3,0.5,\n", &file, &err),
        &err);
    assert_int_equal(file->count, 3);
    assert_int_equal(file->frames, 3);
    assert_int_equal(file->begin[1], 0);
    assert_int_equal(file->begin[2], 1);
    assert_int_equal(file->begin[3], 1);
    assert_int_equal(file->begin[4], 3);
    assert_int_equal(file->rows[0].line, 3);
    assert_int_equal(file->rows[0].index, 1);
    assert_true(file->rows[0].x == 5.5 && file->rows[0].confidence == 0.25);
    assert_int_equal(file->rows[0].class_id, -1);
    assert_true(file->rows[1].confidence == 1.0 && file->rows[1].visibility == -1.0);
    assert_int_equal(file->rows[2].class_id, 3);
    assert_true(file->rows[2].visibility == 0.5);
    mot_file_free(file);
}

static void a_file_without_boxes_is_fine(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct mot_file *file = NULL;
    assert_ok(parse("\n# nothing\n", &file, &err), &err);
    assert_int_equal(file->count, 0);
    assert_int_equal(file->frames, 0);
    mot_file_free(file);
}

static void errors_name_the_line_and_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"1,1,1,1,5,5\n1,2,1,1,nan,5\n", "det.txt, line 2: the width is not finite"},
        {"1,1,1,inf,5,5\n", "det.txt, line 1: the top is not finite"},
        {"1,1,1,1,-5,5\n", "det.txt, line 1: the width must be above 0, not -5"},
        {"1,1,1,1,5,0\n", "det.txt, line 1: the height must be above 0, not 0"},
        {"0,1,1,1,5,5\n", "the frame 0 is not a whole number from 1"},
        {"1.5,1,1,1,5,5\n", "the frame 1.5 is not a whole number"},
        {"99999999,1,1,1,5,5\n", "is not a whole number from 1 to"},
        {"1,-2,1,1,5,5\n", "the id is not a whole number from -1"},
        {"1,1,1,1,5\n", "5 numbers instead of at least 6"},
        {"1,1,1,1,5,5,1,1,1,1,1\n", "more than 10 numbers"},
        {"1,1,,1,5,5\n", "the left is missing"},
        {"1,1,x,1,5,5\n", "the left is not a number"},
        {"1 1 1 1 5 5\n", "the frame is not a number followed by a comma"},
        {"1,1,1e10,1,5,5\n", "the left is out of bounds"},
        {"1,1,1,1,5,5,1,0.5\n", "the class is not a whole number"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = ERR_INIT;
        struct mot_file *file = NULL;
        assert_code(parse(cases[i].text, &file, &err), ERR_INVALID);
        assert_null(file);
        if (strstr(err.message, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.message, cases[i].says);
    }
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct mot_file *file = NULL;
    assert_code(mot_file_parse("x", "1,1,1\0,1,5,5\n", 13, &file, &err), ERR_INVALID);
    char line[2000];
    memset(line, '1', sizeof(line));
    assert_code(mot_file_parse("x", line, sizeof(line), &file, &err), ERR_INVALID);
}

static void an_id_twice_in_a_frame_is_no_track(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct mot_file *file = NULL;
    assert_ok(parse("1,7,1,1,5,5\n2,7,1,1,5,5\n2,8,1,1,5,5\n2,7,9,9,5,5\n", &file, &err), &err);
    assert_code(mot_file_check_ids("gt.txt", file, &err), ERR_INVALID);
    assert_string_equal(err.message, "gt.txt, line 4: the id 7 occurs twice in frame 2 (line 2 too)");
    mot_file_free(file);
    assert_ok(parse("1,-1,1,1,5,5\n", &file, &err), &err);
    assert_code(mot_file_check_ids("gt.txt", file, &err), ERR_INVALID);
    assert_string_equal(err.message, "gt.txt, line 1: the box has no id");
    mot_file_free(file);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct mot_file *file = NULL;
    struct strbuf text;
    const struct mot_row known = {.frame = 2,
        .id = 5,
        .x = -1.25,
        .y = 2,
        .width = 3,
        .height = 4.5,
        .confidence = 0.875,
        .visibility = 1,
        .class_id = 3};
    struct mot_row unknown = known;
    unknown.frame = 1;
    unknown.class_id = -1;
    strbuf_init(&text);
    mot_row_format(&known, &text);
    mot_row_format(&unknown, &text);
    assert_string_equal(text.data, "2,5,-1.25,2.00,3.00,4.50,0.875,3,1\n1,5,-1.25,2.00,3.00,4.50,0.875,-1,-1,-1\n");
    assert_ok(parse(text.data, &file, &err), &err);
    assert_true(file->rows[1].x == known.x && file->rows[1].height == known.height);
    assert_int_equal(file->rows[1].class_id, 3);
    assert_int_equal(file->rows[0].class_id, -1);
    strbuf_release(&text);
    mot_file_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_by_frame_in_the_order_of_the_file),
        cmocka_unit_test(a_file_without_boxes_is_fine),
        cmocka_unit_test(errors_name_the_line_and_what_is_wrong),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(an_id_twice_in_a_frame_is_no_track),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
