#include "net/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/test.h"

static void private_addresses_are_refused_in_all_their_forms(void **state)
{
    (void)state;
    static const char *const refused[] = {"127.0.0.1", "127.255.255.254", "127.1", "2130706433", "0x7f.1", "0177.0.0.1",
        "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "[::1]", "::127.0.0.1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "[::ffff:a9fe:a9fe]", "64:ff9b::127.0.0.1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::1", "2002:c0a8:101::", "2001::1", "2001:db8::1", "2001:10::1", "fc00::1",
        "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "5f00::1", "3fff:0fff::1"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        bool is_literal = false;
        if (address_text_is_public(refused[i], &is_literal) || !is_literal)
            fail_msg("%s is not refused", refused[i]);
    }
}

static void public_addresses_are_let_through(void **state)
{
    (void)state;
    static const char *const allowed[] = {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1",
        "172.32.0.1", "192.167.255.255", "223.255.255.255", "2606:4700::1111", "[2a00:1450:4001::1]", "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8", "2002:808:808::1"};
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        bool is_literal = false;
        if (!address_text_is_public(allowed[i], &is_literal) || !is_literal)
            fail_msg("%s is refused", allowed[i]);
    }
}

static void a_name_is_no_address(void **state)
{
    (void)state;
    bool is_literal = true;
    assert_false(address_text_is_public("example.com", &is_literal));
    assert_false(is_literal);
    assert_false(address_text_is_public("", &is_literal));
    assert_false(is_literal);
}

static void socket_addresses_are_judged_by_family(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr local = {.sa_family = AF_UNIX};
    assert_true(address_is_public((const struct sockaddr *)&in));
    assert_false(address_is_public((const struct sockaddr *)&in6));
    assert_false(address_is_public(&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_addresses_are_refused_in_all_their_forms),
        cmocka_unit_test(public_addresses_are_let_through),
        cmocka_unit_test(a_name_is_no_address),
        cmocka_unit_test(socket_addresses_are_judged_by_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
