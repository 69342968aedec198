/* Failures: counted by address, forgotten when there are too many, put on record now and then. */
#include "api/failures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct rate_limit THREE_A_MINUTE = {.units = 3, .period_s = 60, .burst = 3};
static const struct rate_limit NO_BOUND = {.units = 0};

static bool add(struct failures *failures, const char *address, int64_t now_ms)
{
    int64_t wait_ms;

    return failures_add(failures, bytes_of(address), &THREE_A_MINUTE, now_ms, &wait_ms);
}

static bool is_shut_out(const struct failures *failures, const char *address, int64_t now_ms)
{
    int64_t wait_ms;

    return failures_are_too_many(failures, bytes_of(address), &THREE_A_MINUTE, now_ms, &wait_ms);
}

static void an_address_beyond_its_rate_is_shut_out_for_a_while(void **state)
{
    struct failures *failures = failures_new(10);
    int64_t wait_ms = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_false(is_shut_out(failures, "192.0.2.1", 1000));
        assert_true(add(failures, "192.0.2.1", 1000));
    }
    assert_true(is_shut_out(failures, "192.0.2.1", 1000));
    assert_false(add(failures, "192.0.2.1", 1000));
    assert_false(is_shut_out(failures, "192.0.2.2", 1000));
    assert_true(
        failures_are_too_many(failures, BYTES("192.0.2.1"), &THREE_A_MINUTE, 1000, &wait_ms));
    assert_in_range(wait_ms, 19000, 20001);
    assert_false(is_shut_out(failures, "192.0.2.1", 1000 + wait_ms));
    failures_free(failures);
}

static void looking_costs_nothing(void **state)
{
    struct failures *failures = failures_new(10);

    (void)state;
    assert_true(add(failures, "192.0.2.1", 0) && add(failures, "192.0.2.1", 0));
    for (unsigned i = 0; i < 100; i++)
        assert_false(is_shut_out(failures, "192.0.2.1", 0));
    assert_true(add(failures, "192.0.2.1", 0));
    failures_free(failures);
}

static void without_a_rate_nobody_is_shut_out(void **state)
{
    struct failures *failures = failures_new(10);
    int64_t wait_ms;

    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        assert_true(failures_add(failures, BYTES("192.0.2.1"), &NO_BOUND, 0, &wait_ms));
    assert_false(failures_are_too_many(failures, BYTES("192.0.2.1"), &NO_BOUND, 0, &wait_ms));
    failures_free(failures);
}

static void ipv6_counts_by_its_first_half(void **state)
{
    struct failures *failures = failures_new(10);
    char address[64];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(address, sizeof(address), "2001:db8:0:1:%x::%x", i, i + 7);
        assert_true(add(failures, address, 0));
    }
    assert_true(is_shut_out(failures, "2001:db8:0:1::99", 0));
    assert_false(is_shut_out(failures, "2001:db8:0:2::99", 0));
    assert_false(is_shut_out(failures, "::ffff:192.0.2.1", 0));
    assert_true(add(failures, "::ffff:192.0.2.1", 0) && add(failures, "::ffff:192.0.2.1", 0));
    assert_true(add(failures, "::ffff:192.0.2.2", 0) && add(failures, "::ffff:192.0.2.2", 0));
    failures_free(failures);
}

static void who_was_quiet_for_longest_makes_room(void **state)
{
    struct failures *failures = failures_new(3);

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_true(add(failures, "192.0.2.1", 0));
    assert_true(add(failures, "192.0.2.2", 0) && add(failures, "192.0.2.3", 0));
    assert_false(add(failures, "192.0.2.1", 0));
    assert_true(add(failures, "192.0.2.4", 0));
    assert_true(is_shut_out(failures, "192.0.2.1", 0)); /* 192.0.2.2 went */
    for (unsigned i = 0; i < 3; i++)
        assert_true(add(failures, "192.0.2.2", 0));
    failures_free(failures);
}

static void strange_addresses_count_too(void **state)
{
    struct failures *failures = failures_new(3);

    (void)state;
    assert_true(add(failures, NULL, 0) && add(failures, "", 0) && add(failures, NULL, 0));
    assert_true(is_shut_out(failures, "", 0));
    assert_true(add(failures,
                    "::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::", 0));
    failures_free(failures);
}

static unsigned report(struct failures *failures, const char *address, int64_t now_ms)
{
    return failures_take_report(failures, bytes_of(address), now_ms);
}

static void each_address_is_put_on_record_once_a_minute(void **state)
{
    struct failures *failures = failures_new(10);

    (void)state;
    assert_int_equal(report(failures, "192.0.2.1", 0), 0);
    (void)add(failures, "192.0.2.1", 0);
    assert_int_equal(report(failures, "192.0.2.1", 0), 1);
    (void)add(failures, "192.0.2.1", 1);
    (void)add(failures, "192.0.2.1", 2);
    assert_int_equal(report(failures, "192.0.2.1", 59999), 0);
    assert_int_equal(report(failures, "192.0.2.1", 60000), 2);
    assert_int_equal(report(failures, "192.0.2.1", 120000), 0);
    failures_free(failures);
}

static void all_together_are_put_on_record_ten_times_a_minute(void **state)
{
    struct failures *failures = failures_new(100);
    unsigned reports = 0;
    char address[64];

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        (void)snprintf(address, sizeof(address), "192.0.2.%u", i);
        (void)add(failures, address, 1000);
        reports += report(failures, address, 1000);
    }
    assert_int_equal(reports, 10);
    (void)add(failures, "192.0.2.49", 61000);
    assert_int_equal(report(failures, "192.0.2.49", 61000), 2);
    failures_free(failures);
}

static void what_was_not_reported_comes_by_time_and_at_the_end(void **state)
{
    struct failures *failures = failures_new(10);
    struct failures_rest rest;

    (void)state;
    assert_false(failures_take_rest(failures, 0, true, &rest));
    (void)add(failures, "192.0.2.1", 0);
    assert_int_equal(report(failures, "192.0.2.1", 0), 1);
    for (unsigned i = 0; i < 5; i++)
        (void)add(failures, "192.0.2.1", 1);
    failures_count(failures, BYTES("192.0.2.1"));
    assert_false(failures_take_rest(failures, 59999, false, &rest));
    assert_true(failures_take_rest(failures, 60000, false, &rest));
    assert_int_equal(rest.count, 6);
    assert_string_equal(rest.address, "192.0.2.1");
    assert_false(failures_take_rest(failures, 120000, false, &rest));

    (void)add(failures, "2001:db8::1", 120000);
    (void)add(failures, "2001:db8::2", 120000);
    (void)add(failures, "192.0.2.1", 120001);
    assert_int_equal(report(failures, "192.0.2.1", 120001), 1);
    (void)add(failures, "192.0.2.1", 120002);
    assert_true(failures_take_rest(failures, 120003, true, &rest));
    assert_int_equal(rest.count, 2);
    assert_string_equal(rest.address, "2001:db8::2");
    assert_true(failures_take_rest(failures, 120003, true, &rest));
    assert_int_equal(rest.count, 1);
    assert_false(failures_take_rest(failures, 120003, true, &rest));
    failures_free(failures);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_beyond_its_rate_is_shut_out_for_a_while),
        cmocka_unit_test(looking_costs_nothing),
        cmocka_unit_test(without_a_rate_nobody_is_shut_out),
        cmocka_unit_test(ipv6_counts_by_its_first_half),
        cmocka_unit_test(who_was_quiet_for_longest_makes_room),
        cmocka_unit_test(strange_addresses_count_too),
        cmocka_unit_test(each_address_is_put_on_record_once_a_minute),
        cmocka_unit_test(all_together_are_put_on_record_ten_times_a_minute),
        cmocka_unit_test(what_was_not_reported_comes_by_time_and_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
