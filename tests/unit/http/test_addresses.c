/* Addresses: bounds hold for each address alone, and what is remembered is bounded too. */
#include "addresses.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct network_address address_of(const char *text)
{
    struct network_address address;

    assert_true(network_address_read(bytes_of(text), &address));
    return address;
}

static bool opens(struct addresses *addresses, const char *text)
{
    struct network_address address = address_of(text);

    return addresses_open(addresses, &address);
}

static bool takes(struct addresses *addresses, const char *text, int64_t now_ms)
{
    struct network_address address = address_of(text);
    int64_t wait_ms;

    return addresses_take(addresses, &address, now_ms, &wait_ms);
}

static void connections_are_counted_by_address(void **state)
{
    struct addresses *addresses =
        addresses_new(&(struct addresses_bounds){.connections = 2, .remembered = 10});
    struct network_address first = address_of("10.0.0.1");

    (void)state;
    assert_true(opens(addresses, "10.0.0.1"));
    assert_true(opens(addresses, "10.0.0.1"));
    assert_false(opens(addresses, "10.0.0.1"));
    assert_true(opens(addresses, "10.0.0.2"));
    addresses_close(addresses, &first);
    assert_true(opens(addresses, "10.0.0.1"));
    assert_false(opens(addresses, "10.0.0.1"));
    addresses_free(addresses);
}

static void neighbours_of_one_v6_network_are_one(void **state)
{
    struct addresses *addresses =
        addresses_new(&(struct addresses_bounds){.connections = 2, .remembered = 10});

    (void)state;
    assert_true(opens(addresses, "2001:db8:0:1::1"));
    assert_true(opens(addresses, "2001:db8:0:1:ffff::2"));
    assert_false(opens(addresses, "2001:db8:0:1::3"));
    assert_true(opens(addresses, "2001:db8:0:2::3"));
    addresses_free(addresses);
}

static void requests_are_counted_by_address(void **state)
{
    struct addresses *addresses = addresses_new(&(struct addresses_bounds){
        .rate = {.units = 10, .period_s = 1, .burst = 2}, .remembered = 10});

    (void)state;
    assert_true(takes(addresses, "10.0.0.1", 0));
    assert_true(takes(addresses, "10.0.0.1", 0));
    assert_false(takes(addresses, "10.0.0.1", 0));
    assert_true(takes(addresses, "10.0.0.2", 0));
    assert_true(takes(addresses, "10.0.0.1", 101));
    addresses_free(addresses);
}

static void whoever_was_here_longest_ago_is_forgotten(void **state)
{
    struct addresses *addresses = addresses_new(&(struct addresses_bounds){
        .rate = {.units = 1, .period_s = 1, .burst = 1}, .remembered = 100});
    char text[32];

    (void)state;
    assert_true(opens(addresses, "10.9.9.9"));
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
        assert_true(takes(addresses, text, 0));
    }
    assert_int_equal(addresses_len(addresses), 100);
    assert_false(takes(addresses, text, 0));      /* the last one is known */
    assert_true(takes(addresses, "10.0.0.0", 0)); /* the first one is not */
    struct network_address open = address_of("10.9.9.9");
    addresses_close(addresses, &open); /* was kept, as it is open */
    addresses_free(addresses);
}

static void no_bounds_are_none(void **state)
{
    struct addresses *addresses = addresses_new(&(struct addresses_bounds){.remembered = 10});

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(opens(addresses, "10.0.0.1") && takes(addresses, "10.0.0.1", 0));
    addresses_free(addresses);
    addresses_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_counted_by_address),
        cmocka_unit_test(neighbours_of_one_v6_network_are_one),
        cmocka_unit_test(requests_are_counted_by_address),
        cmocka_unit_test(whoever_was_here_longest_ago_is_forgotten),
        cmocka_unit_test(no_bounds_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
