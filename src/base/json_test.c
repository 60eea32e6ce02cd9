#include "base/json.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"

static json_t *parsed(const char *text)
{
    struct err err = ERR_INIT;
    json_t *value = NULL;
    assert_ok(json_parse(text, strlen(text), NULL, &value, &err), &err);
    return value;
}

static void assert_refused(const char *text, enum err_code code, const char *part)
{
    struct err err = ERR_INIT;
    json_t *value = NULL;
    assert_code(json_parse(text, strlen(text), NULL, &value, &err), code);
    assert_null(value);
    if (strstr(err.message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
}

static void malformed_text_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_refused("{\"a\": }", ERR_INVALID, "line 1, column");
    assert_refused("{\"a\": 1} x", ERR_INVALID, "malformed JSON");
    assert_refused("{\"a\": 1, \"a\": 2}", ERR_INVALID, "duplicate");
    assert_refused("\"\\u0000\"", ERR_INVALID, "malformed");
    assert_refused("\"\xFF\"", ERR_INVALID, "0xff");
    assert_refused("", ERR_INVALID, "malformed");
    assert_refused("99999999999999999999", ERR_INVALID, "too big");
}

static void text_beyond_the_limits_is_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *value = NULL;
    const struct json_limits limits = {.size_bytes = 20, .depth = 2};
    assert_code(json_parse("[1,2,3,4,5,6,7,8,9,10]", 22, &limits, &value, &err), ERR_LIMIT);
    assert_code(json_parse("[[[1]]]", 7, &limits, &value, &err), ERR_LIMIT);
    assert_string_equal(err.message, "the JSON text is nested deeper than 2 levels");
    const struct json_limits few = {.size_bytes = 100, .depth = 3, .values = 4};
    assert_ok(json_parse("[[1,2],3]", 9, &few, &value, &err), &err);
    json_decref(value);
    assert_ok(json_parse("[\"1,2,3,4,5\",2]", 15, &few, &value, &err), &err);
    json_decref(value);
    assert_code(json_parse("[{},{},{}]", 10, &few, &value, &err), ERR_LIMIT);
    assert_string_equal(err.message, "the JSON text has more than 4 values");
    assert_code(json_parse("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}", 31, &few, &value, &err), ERR_LIMIT);
    // Brackets inside texts do not count.
    assert_ok(json_parse("[\"[[[\\\"[\", [1]]", 15, &limits, &value, &err), &err);
    json_decref(value);
}

static void an_unknown_field_is_named_with_the_nearest_known_one(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const char *const allowed[] = {"source", "chunk_seconds", NULL};
    json_t *value = parsed("{\"source\": \"x\", \"chunk_second\": 3}");
    assert_code(json_check_fields(value, allowed, &err), ERR_INVALID);
    assert_string_equal(err.message, "unknown field \"chunk_second\": did you mean \"chunk_seconds\"?");
    assert_string_equal(err.field, "chunk_second");
    json_decref(value);
    value = parsed("[]");
    assert_code(json_check_fields(value, allowed, &err), ERR_INVALID);
    json_decref(value);
}

static void a_field_of_the_wrong_type_is_named(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *value = parsed("{\"fps\": \"x\", \"limit\": 1.5, \"far\": 1e300, "
                           "\"deep\": true, \"name\": 3}");
    double fps = 0;
    int64_t limit = 7;
    const char *name = NULL;
    bool deep = false;
    assert_code(json_get_double(value, "fps", 0, INFINITY, &fps, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"fps\" must be a number");
    assert_string_equal(err.field, "fps");
    assert_code(json_get_int64(value, "limit", 0, 10, &limit, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"limit\" must be a whole number");
    assert_string_equal(err.field, "limit");
    assert_code(json_get_int64(value, "far", INT64_MIN, INT64_MAX, &limit, &err), ERR_INVALID);
    assert_code(json_get_string(value, "name", &name, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"name\" must be a text");
    assert_string_equal(err.field, "name");
    assert_code(json_get_string(value, "absent", &name, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"absent\" is missing");
    assert_string_equal(err.field, "absent");
    assert_ok(json_get_bool(value, "deep", &deep, &err), &err);
    assert_true(deep);
    assert_int_equal(limit, 7);
    json_decref(value);
}

static void numbers_out_of_bounds_are_refused_with_the_bounds(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *value = parsed("{\"limit\": 1000, \"score\": -0.5}");
    int64_t limit = 0;
    double score = 0;
    assert_code(json_get_int64(value, "limit", 1, 500, &limit, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"limit\" must be between 1 and 500");
    assert_string_equal(err.field, "limit");
    assert_code(json_get_double(value, "score", 0, INFINITY, &score, &err), ERR_INVALID);
    assert_string_equal(err.message, "field \"score\" must be at least 0");
    assert_string_equal(err.field, "score");
    json_decref(value);
}

static void microseconds_keep_all_their_digits(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *object = json_object();
    json_set_int64(object, "pts_us", INT64_MAX);
    struct strbuf text;
    strbuf_init(&text);
    json_dump(object, &text);
    assert_string_equal(text.data, "{\"pts_us\":9223372036854775807}");
    json_t *back = parsed(text.data);
    int64_t pts_us = 0;
    assert_ok(json_get_int64(back, "pts_us", 0, INT64_MAX, &pts_us, &err), &err);
    assert_true(pts_us == INT64_MAX);
    json_decref(back);
    json_decref(object);
    strbuf_release(&text);

    // What a browser sends for a large whole number.
    back = parsed("{\"from_us\": 4.0e3}");
    assert_ok(json_get_int64(back, "from_us", 0, INT64_MAX, &pts_us, &err), &err);
    assert_int_equal(pts_us, 4000);
    json_decref(back);
}

static void missing_and_null_leave_the_default(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *value = parsed("{\"limit\": null}");
    int64_t limit = 50;
    assert_ok(json_opt_int64(value, "limit", 1, 500, &limit, &err), &err);
    assert_int_equal(limit, 50);
    json_t *list = NULL;
    assert_ok(json_opt_array(value, "positive", 10, &list, &err), &err);
    assert_null(list);
    json_decref(value);
}

static void strange_bytes_and_numbers_do_not_spoil_a_document(void **state)
{
    (void)state;
    json_t *object = json_object();
    json_set_string(object, "file", "a\xFF\xC3\xA9\xE2\x82.mp4");
    json_set_string(object, "none", NULL);
    json_set_double(object, "score", NAN);
    struct strbuf text;
    strbuf_init(&text);
    json_dump(object, &text);
    assert_string_equal(text.data,
        "{\"file\":\"a\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD."
        "mp4\",\"none\":null,\"score\":null}");
    strbuf_release(&text);
    json_decref(object);
}

static void a_file_is_named_in_the_sentence(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *value = NULL;
    assert_code(json_parse_file("/nowhere/model.json", NULL, &value, &err), ERR_NOT_FOUND);
    char path[] = "/tmp/framehound-json-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "{\"a\": [1, 2}", 12), 12);
    close(fd);
    assert_code(json_parse_file(path, NULL, &value, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, path));
    const struct json_limits small = {.size_bytes = 4, .depth = 2};
    assert_code(json_parse_file(path, &small, &value, &err), ERR_LIMIT);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_text_is_refused_with_its_place),
        cmocka_unit_test(text_beyond_the_limits_is_refused),
        cmocka_unit_test(an_unknown_field_is_named_with_the_nearest_known_one),
        cmocka_unit_test(a_field_of_the_wrong_type_is_named),
        cmocka_unit_test(numbers_out_of_bounds_are_refused_with_the_bounds),
        cmocka_unit_test(microseconds_keep_all_their_digits),
        cmocka_unit_test(missing_and_null_leave_the_default),
        cmocka_unit_test(strange_bytes_and_numbers_do_not_spoil_a_document),
        cmocka_unit_test(a_file_is_named_in_the_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
