#include "base/test.h"

#include <inttypes.h>
#include <string.h>

#include "vector_index/weaviate_address.h"
#include "vector_index/weaviate_id.h"

static struct err err;

static void ids_are_uuids_that_sort_as_objects_do_and_give_them_back(void **state)
{
    (void)state;
    static const char *const objects[] = {
        "0000000000000000-00000000-000",
        "0000000000000000-00000000-001",
        "0000000000000000-99999999-999",
        "000000000000000f-00000000-000",
        "00000000000000ff-00000012-000",
        "00000000000fffff-00000000-000",
        "0123456789abcdef-00000000-999",
        "0123456789abcdef-00000001-000",
        "f000000000000000-00000000-000",
        "ffffffffffffffff-99999999-999",
    };
    char before[WEAVIATE_ID_SIZE] = "";
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        char id[WEAVIATE_ID_SIZE], object[OBJECT_ID_SIZE];
        struct vector_key key;
        weaviate_id_of_object(objects[i], id);
        assert_int_equal(strlen(id), 36);
        assert_int_equal(id[14], '8');
        assert_non_null(strchr("89ab", id[19]));
        assert_true(strcmp(before, id) < 0);
        assert_true(weaviate_id_key(id, &key));
        vector_key_format(key, object);
        assert_string_equal(object, objects[i]);
        strcpy(before, id);
    }
}

static void a_known_id_stays_as_it_is(void **state)
{
    (void)state;
    char id[WEAVIATE_ID_SIZE];
    // Ids are in people's servers: another way of making them would make all vectors unknown.
    weaviate_id_of_object("0123456789abcdef-00000042-007", id);
    assert_string_equal(id, "01234567-89ab-8cde-bc00-00000000a418");
    weaviate_id_of_track("0123456789abcdef", 0, id);
    assert_string_equal(id, "01234567-89ab-8cde-bc00-000000000001");
}

static void the_place_before_the_first_is_nobodys(void **state)
{
    (void)state;
    char before[WEAVIATE_ID_SIZE], first[WEAVIATE_ID_SIZE];
    struct vector_key key;
    weaviate_id_make(0x0123456789abcdefu, 0, before);
    weaviate_id_of_object("0123456789abcdef-00000000-000", first);
    assert_true(strcmp(before, first) < 0);
    assert_false(weaviate_id_key(before, &key));
}

static void what_is_no_id_of_ours_is_none(void **state)
{
    (void)state;
    static const char *const others[] = {"", "0", "01234567-89ab-8cde-bc00", "01234567-89ab-4cde-bc00-00000000a418",
        "01234567-89ab-8cde-fc00-00000000a418", "01234567-89ab-8cde-bc00-00000000a4188",
        "01234567-89ab-8cde-bc00-00000000a41g", "0123456789ab8cdebc0000000000a418",
        "01234567-89ab-8cde-bc00_00000000a418", "01234567-89ab-8cde-bfff-ffffffffffff"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct vector_key key;
        if (weaviate_id_key(others[i], &key))
            fail_msg("\"%s\" was taken for an object's", others[i]);
    }
}

static void assert_address(const char *text, const char *url, const char *label, const char *prefix)
{
    struct weaviate_address address;
    assert_ok(weaviate_address_parse(text, &address, &err), &err);
    assert_string_equal(address.url, url);
    assert_string_equal(address.label, label);
    assert_string_equal(address.prefix, prefix);
    weaviate_address_release(&address);
}

static void an_address_says_host_port_and_prefix(void **state)
{
    (void)state;
    assert_address("weaviate://localhost", "http://localhost:8080", "weaviate://localhost:8080", "Framehound");
    assert_address(
        "weaviate://w.example.org:81/", "http://w.example.org:81", "weaviate://w.example.org:81", "Framehound");
    assert_address("weaviates://w.example.org/Prod_2", "https://w.example.org", "weaviates://w.example.org", "Prod_2");
    assert_address("weaviates://10.0.0.7:8443", "https://10.0.0.7:8443", "weaviates://10.0.0.7:8443", "Framehound");
    assert_address("weaviate://[::1]", "http://[::1]:8080", "weaviate://[::1]:8080", "Framehound");
    assert_address("weaviate://[fe80::1]:9/A", "http://[fe80::1]:9", "weaviate://[fe80::1]:9", "A");
}

static void a_wrong_address_is_refused_with_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"http://localhost:8080", "begins with neither"},
        {"weaviate:/localhost", "begins with neither"},
        {"weaviate://", "names no host"},
        {"weaviate://:8080", "names no host"},
        {"weaviate://a b", "names no host"},
        {"weaviate://h?x=1", "names no host"},
        {"weaviate://[::1", "names no host"},
        {"weaviate://[]:1", "names no host"},
        {"weaviate://h:", "port"},
        {"weaviate://h:0", "port"},
        {"weaviate://h:65536", "port"},
        {"weaviate://h:80x", "port"},
        {"weaviate://::1", "names no host"},
        {"weaviate://user:s3cret@h", "--vector-key-file"},
        {"weaviate://h/prod", "prefix"},
        {"weaviate://h/A/B", "prefix"},
        {"weaviate://h/A-B", "prefix"},
        {"weaviate://h/A1234567890123456789012345678901234567890123456789012345678901234", "prefix"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weaviate_address address;
        assert_code(weaviate_address_parse(cases[i].text, &address, &err), ERR_INVALID);
        if (strstr(err.message, cases[i].part) == NULL || strstr(err.message, "s3cret") != NULL)
            fail_msg("\"%s\" is refused with: %s", cases[i].text, err.message);
        assert_non_null(strstr(err.message, "--vector-index"));
        weaviate_address_release(&address);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_uuids_that_sort_as_objects_do_and_give_them_back),
        cmocka_unit_test(a_known_id_stays_as_it_is),
        cmocka_unit_test(the_place_before_the_first_is_nobodys),
        cmocka_unit_test(what_is_no_id_of_ours_is_none),
        cmocka_unit_test(an_address_says_host_port_and_prefix),
        cmocka_unit_test(a_wrong_address_is_refused_with_what_is_wrong),
    };
    return cmocka_run_group_tests_name("weaviate", tests, NULL, NULL);
}
