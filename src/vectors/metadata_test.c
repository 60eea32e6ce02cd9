#include "vectors/metadata.h"

#include "base/test.h"

#include <string.h>

#include "base/json.h"

static struct err err;

static json_t *parse(const char *text)
{
    json_t *value = NULL;
    assert_ok(json_parse(text, strlen(text), NULL, &value, &err), &err);
    return value;
}

static bool matches(const char *filter, const char *metadata)
{
    json_t *f = parse(filter);
    json_t *m = metadata != NULL ? parse(metadata) : NULL;
    assert_ok(metadata_filter_check(f, &err), &err);
    bool result = metadata_filter_matches(f, m);
    json_decref(f);
    json_decref(m);
    return result;
}

static void conditions_on_a_missing_field(void **state)
{
    (void)state;
    assert_false(matches("{\"a\": 1}", "{}"));
    assert_false(matches("{\"a\": {\"$gt\": 0}}", NULL));
    assert_true(matches("{\"a\": {\"$ne\": 1}}", "{}"));
    assert_true(matches("{\"a\": {\"$nin\": [1]}}", NULL));
    assert_true(matches("{\"a\": {\"$exists\": false}}", NULL));
}

static void a_list_matches_by_any_of_its_elements(void **state)
{
    (void)state;
    assert_true(matches("{\"a\": \"y\"}", "{\"a\": [\"x\", \"y\"]}"));
    assert_true(matches("{\"a\": {\"$in\": [\"z\", \"y\"]}}", "{\"a\": [\"x\", \"y\"]}"));
    assert_false(matches("{\"a\": {\"$ne\": \"y\"}}", "{\"a\": [\"x\", \"y\"]}"));
}

static void kinds_of_values_are_not_mixed(void **state)
{
    (void)state;
    assert_true(matches("{\"a\": 1}", "{\"a\": 1.0}"));
    assert_false(matches("{\"a\": \"1\"}", "{\"a\": 1}"));
    assert_false(matches("{\"a\": 1}", "{\"a\": true}"));
    assert_false(matches("{\"a\": {\"$gte\": 0}}", "{\"a\": \"1\"}"));
}

static void junctions_nest(void **state)
{
    (void)state;
    const char *filter = "{\"$or\": [{\"$and\": [{\"a\": 1}, {\"b\": 2}]}, {\"c\": {\"$gt\": 5, \"$lt\": 7}}]}";
    assert_true(matches(filter, "{\"a\": 1, \"b\": 2}"));
    assert_true(matches(filter, "{\"c\": 6}"));
    assert_false(matches(filter, "{\"a\": 1, \"c\": 7}"));
}

static void a_term_is_found_only_where_every_match_has_it(void **state)
{
    (void)state;
    struct metadata_term term;
    json_t *filter = parse("{\"$or\": [{\"a\": 1}], \"b\": {\"$gt\": 1}}");
    assert_false(metadata_filter_term(filter, &term));
    json_decref(filter);
    filter = parse("{\"b\": {\"$ne\": 1}, \"$and\": [{\"x\": {\"$gt\": 1}}, {\"c\": {\"$in\": [\"u\", 2]}}]}");
    assert_true(metadata_filter_term(filter, &term));
    assert_string_equal(term.field, "c");
    assert_int_equal(json_array_size(term.values), 2);
    json_decref(filter);
}

static void equal_values_have_equal_terms_and_others_have_not(void **state)
{
    (void)state;
    const char *const values[] = {"[1]", "[1.0]", "[\"1\"]", "[true]", "[-0.0]", "[0]", "[\"b1\"]"};
    struct strbuf texts[7];
    for (size_t i = 0; i < 7; i++) {
        json_t *list = parse(values[i]);
        strbuf_init(&texts[i]);
        metadata_term_text(json_array_get(list, 0), &texts[i]);
        json_decref(list);
    }
    assert_string_equal(texts[0].data, texts[1].data);
    assert_string_equal(texts[4].data, texts[5].data);
    for (size_t i = 1; i < 7; i++) {
        for (size_t k = i + 1; k < 7; k++)
            assert_true((i == 4 && k == 5) == (strcmp(texts[i].data, texts[k].data) == 0));
    }
    for (size_t i = 0; i < 7; i++)
        strbuf_release(&texts[i]);
}

static void what_is_no_metadata_or_no_filter_is_refused(void **state)
{
    (void)state;
    const char *const metadata[] = {"{\"a\": null}", "{\"a\": {}}", "{\"a\": [1]}", "{\"$a\": 1}", "[]", "{\"\": 1}"};
    const char *const filters[] = {"[]", "{\"a\": null}", "{\"a\": []}", "{\"a\": {}}", "{\"a\": {\"$x\": 1}}",
        "{\"$and\": []}", "{\"$and\": {}}", "{\"$nor\": [{}]}", "{\"a\": {\"$in\": 1}}", "{\"a\": {\"$in\": [[]]}}",
        "{\"a\": {\"$exists\": 1}}", "{\"a\": {\"$lt\": true}}", "{\"$or\": [1]}"};
    for (size_t i = 0; i < sizeof(metadata) / sizeof(metadata[0]); i++) {
        json_t *value = parse(metadata[i]);
        assert_code(metadata_check(value, &err), ERR_INVALID);
        json_decref(value);
    }
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        json_t *value = parse(filters[i]);
        assert_code(metadata_filter_check(value, &err), ERR_INVALID);
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_on_a_missing_field),
        cmocka_unit_test(a_list_matches_by_any_of_its_elements),
        cmocka_unit_test(kinds_of_values_are_not_mixed),
        cmocka_unit_test(junctions_nest),
        cmocka_unit_test(a_term_is_found_only_where_every_match_has_it),
        cmocka_unit_test(equal_values_have_equal_terms_and_others_have_not),
        cmocka_unit_test(what_is_no_metadata_or_no_filter_is_refused),
    };
    return cmocka_run_group_tests_name("metadata", tests, NULL, NULL);
}
