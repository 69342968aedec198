/* Network: addresses and CIDRs as operators and proxies write them. */
#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

static const char *read_back(const char *text)
{
    static _Thread_local char back[NETWORK_TEXT_LEN];
    struct network_address address;

    if (!network_address_read(bytes_of(text), &address))
        return "";
    network_address_text(&address, back);
    return back;
}

static bool has(const char *cidrs, const char *text)
{
    struct network_address address;
    struct networks networks;
    struct error error;
    bool found;

    assert_int_equal(networks_read(cidrs, &networks, &error), OK);
    assert_true(network_address_read(bytes_of(text), &address));
    found = networks_have(&networks, &address);
    networks_free(&networks);
    return found;
}

static void addresses_are_read_with_and_without_ports(void **state)
{
    (void)state;
    assert_string_equal(read_back("10.0.0.1"), "10.0.0.1");
    assert_string_equal(read_back("10.0.0.1:8080"), "10.0.0.1");
    assert_string_equal(read_back("::1"), "::1");
    assert_string_equal(read_back("2001:DB8::0001"), "2001:db8::1");
    assert_string_equal(read_back("[2001:db8::1]"), "2001:db8::1");
    assert_string_equal(read_back("[2001:db8::1]:443"), "2001:db8::1");
    assert_string_equal(read_back("::ffff:10.0.0.1"), "10.0.0.1");
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "unknown",
        "_hidden",
        "10.0.0",
        "10.0.0.256",
        "010.0.0.1",
        "10.0.0.1:",
        "10.0.0.1:x",
        "10.0.0.1:99999",
        "[::1",
        "[::1]x",
        "[::1]:",
        "::1%eth0",
        "1.2.3.4, 5.6",
        "localhost",
        "10.0.0.1/8",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(read_back(texts[i]), "");
}

static void sockets_addresses_are_taken(void **state)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct network_address address = network_address_of((struct sockaddr *)&v4);

    (void)state;
    assert_true(network_address_is_v4(&address));
    assert_true(network_address_is_loopback(&address));
    address = network_address_of((struct sockaddr *)&v6);
    assert_false(network_address_is_v4(&address));
    assert_true(network_address_is_loopback(&address));
    address = network_address_of(NULL);
    assert_false(network_address_is_loopback(&address));
}

static void networks_hold_what_they_say(void **state)
{
    (void)state;
    assert_true(has("10.0.0.0/8", "10.255.0.1"));
    assert_false(has("10.0.0.0/8", "11.0.0.1"));
    assert_true(has("192.168.4.0/22", "192.168.7.255"));
    assert_false(has("192.168.4.0/22", "192.168.8.0"));
    assert_true(has("10.0.0.7", "10.0.0.7"));
    assert_false(has("10.0.0.7", "10.0.0.8"));
    assert_true(has("0.0.0.0/0", "255.255.255.255"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("fd00::/8, 10.0.0.0/8", "10.1.2.3"));
    assert_true(has(" fd00::/8 ,10.0.0.0/8", "fdff::1"));
    assert_false(has("fd00::/8", "fe00::1"));
    assert_true(has("::/0", "2001:db8::1"));
    assert_false(has("::/0", "10.0.0.1"));
    assert_true(has("::ffff:10.0.0.0/104", "10.1.2.3"));
    assert_true(has("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert_false(has("", "10.1.2.3"));
}

static void broken_cidrs_are_named(void **state)
{
    static const char *const texts[] = {"10.0.0.0/33",  "10.0.0.0/",     "10.0.0.0/-1", "::/129",
                                        "nonsense",     "10.0.0.1,,::1", ",",           "/8",
                                        "10.0.0.0/8/8", "10.0.0.0/08x",  "10.0.0.0 /8"};
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(networks_check(texts[i], &error), ERR_INVALID_FIELD);
    assert_int_equal(networks_check("10.0.0.0/8,nonsense", &error), ERR_INVALID_FIELD);
    assert_non_null(strstr(error.detail, "nonsense"));
    assert_int_equal(networks_check("", &error), OK);
    assert_int_equal(networks_check(NULL, &error), OK);
    assert_int_equal(networks_check("10.0.0.0/8, ::1", &error), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_with_and_without_ports),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(sockets_addresses_are_taken),
        cmocka_unit_test(networks_hold_what_they_say),
        cmocka_unit_test(broken_cidrs_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
