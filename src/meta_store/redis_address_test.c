#include "meta_store/redis_address.h"

#include <string.h>

#include "base/test.h"

static struct err err;

static struct redis_address parse(const char *text)
{
    struct redis_address address;
    assert_ok(redis_address_parse(text, &address, &err), &err);
    return address;
}

static void an_address_names_host_port_and_database(void **state)
{
    (void)state;
    struct redis_address a = parse("redis://cache.example.org:6380/3");
    assert_string_equal(a.host, "cache.example.org");
    assert_int_equal(a.port, 6380);
    assert_int_equal(a.database, 3);
    assert_false(a.tls);
    assert_null(a.user);
    assert_null(a.password);
    assert_string_equal(a.label, "redis://cache.example.org:6380/3");
    redis_address_release(&a);
    a = parse("rediss://[fd00::1]");
    assert_string_equal(a.host, "fd00::1");
    assert_int_equal(a.port, REDIS_PORT);
    assert_int_equal(a.database, 0);
    assert_true(a.tls);
    assert_string_equal(a.label, "rediss://[fd00::1]:6379/0");
    redis_address_release(&a);
    a = parse("unix:///run/redis/redis.sock?db=2");
    assert_string_equal(a.path, "/run/redis/redis.sock");
    assert_int_equal(a.database, 2);
    assert_null(a.host);
    redis_address_release(&a);
}

static void credentials_are_decoded_and_not_in_the_label(void **state)
{
    (void)state;
    struct redis_address a = parse("redis://framehound:p%40ss%3A%2fw@host/1");
    assert_string_equal(a.user, "framehound");
    assert_string_equal(a.password, "p@ss:/w");
    assert_string_equal(a.host, "host");
    assert_string_equal(a.label, "redis://host:6379/1");
    redis_address_release(&a);
    a = parse("redis://:with/slash@host");
    assert_null(a.user);
    assert_string_equal(a.password, "with/slash");
    redis_address_release(&a);
}

static void what_is_no_address_is_refused_without_showing_a_password(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "host", "http://host", "redis://", "redis://:6379", "redis://host:0",
        "redis://host:65536", "redis://host:x", "redis://host:6379x", "redis://host/one", "redis://host/-1",
        "redis://host/1?x", "redis://ho st", "redis://[::1", "redis://secret@host", "redis://u:secret%4@host",
        "redis://u:secret%zz@host", "redis://u:secret%00@host", "redis://u:secret@", "redis://host/99999999999",
        "unix://relative", "unix:///", "unix:///a?db=x", "unix:///a?name=1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct redis_address a;
        assert_code(redis_address_parse(wrong[i], &a, &err), ERR_INVALID);
        assert_null(strstr(err.message, "secret"));
        assert_null(a.label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_names_host_port_and_database),
        cmocka_unit_test(credentials_are_decoded_and_not_in_the_label),
        cmocka_unit_test(what_is_no_address_is_refused_without_showing_a_password),
    };
    return cmocka_run_group_tests_name("redis_address", tests, NULL, NULL);
}
