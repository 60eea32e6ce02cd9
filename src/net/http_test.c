#include "net/http.h"

#include <string.h>

#include "base/test.h"

static void everything_but_plain_letters_is_encoded_and_comes_back(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    http_url_encode(&out, "a b/c?d=\xC3\xA9&~-._");
    assert_string_equal(out.data, "a%20b%2Fc%3Fd%3D%C3%A9%26~-._");
    assert_true(http_url_decode(out.data, false));
    assert_string_equal(out.data, "a b/c?d=\xC3\xA9&~-._");
    strbuf_release(&out);
}

static void a_query_is_begun_once_and_its_values_are_encoded(void **state)
{
    (void)state;
    struct strbuf out;
    strbuf_init(&out);
    strbuf_adds(&out, "/labels");
    http_url_add_query(&out, "by", "Ann & Bee?");
    http_url_add_query(&out, "label", "");
    http_url_add_query(&out, "class", "bus");
    assert_string_equal(out.data, "/labels?by=Ann%20%26%20Bee%3F&label=&class=bus");
    strbuf_release(&out);
}

static void a_plus_is_a_space_only_where_it_is_said(void **state)
{
    (void)state;
    char query[] = "a+b%2B";
    assert_true(http_url_decode(query, true));
    assert_string_equal(query, "a b+");
    char path[] = "a+b";
    assert_true(http_url_decode(path, false));
    assert_string_equal(path, "a+b");
}

static void broken_escapes_and_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "%", "a%", "a%4", "%zz", "%00", "%0a", "%7F", "%FF", "%C3", "%C0%AF", "%ED%A0%80", "%F4%90%80%80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%s", bad[i]);
        if (http_url_decode(text, false))
            fail_msg("%s is taken", bad[i]);
    }
}

static void a_url_is_shown_without_secrets(void **state)
{
    (void)state;
    char out[HTTP_URL_SHOWN_MAX];
    http_url_show("https://user:pa@ss@example.com:8080/a/b?token=x#frag", out);
    assert_string_equal(out, "https://example.com:8080/a/b?…");
    http_url_show("http://example.com", out);
    assert_string_equal(out, "http://example.com");
    http_url_show("no url\nat all", out);
    assert_string_equal(out, "no url at all");
    char long_url[2000];
    memset(long_url, 'x', sizeof(long_url));
    long_url[sizeof(long_url) - 1] = '\0';
    http_url_show(long_url, out);
    assert_int_equal(strlen(out), 200);
}

static void methods_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        enum http_method method;
        assert_true(http_method_from_name(http_method_name((enum http_method)i), &method));
        assert_int_equal(method, i);
    }
    enum http_method method;
    assert_false(http_method_from_name("get", &method));
    assert_string_equal(http_status_text(404), "Not Found");
    assert_string_equal(http_status_text(999), "");
}

static void a_date_of_a_header_is_read(void **state)
{
    (void)state;
    int64_t us = 0;
    assert_true(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT", &us));
    assert_int_equal(us, INT64_C(784111777000000));
    const char *texts[] = {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 anF 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(http_date_parse(texts[i], &us));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_but_plain_letters_is_encoded_and_comes_back),
        cmocka_unit_test(a_query_is_begun_once_and_its_values_are_encoded),
        cmocka_unit_test(a_plus_is_a_space_only_where_it_is_said),
        cmocka_unit_test(broken_escapes_and_bytes_are_refused),
        cmocka_unit_test(a_url_is_shown_without_secrets),
        cmocka_unit_test(methods_have_names),
        cmocka_unit_test(a_date_of_a_header_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
