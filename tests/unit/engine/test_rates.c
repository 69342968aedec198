/* Tests of rates and waiting times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "rates.h"

static void a_rate_is_the_mean_of_the_last_minute(void **state)
{
    struct rate rate = {.last_second = 0};

    (void)state;
    for (int second = 0; second < 60; second++)
        rate_add(&rate, 1000000 + second * 1000, 2);
    assert_true(rate_per_s(&rate, 1059000) > 1.99 && rate_per_s(&rate, 1059000) < 2.01);
    assert_true(rate_per_s(&rate, 1089000) > 0.99 && rate_per_s(&rate, 1089000) < 1.01);
    assert_true(rate_per_s(&rate, 2000000) < 0.01);
}

static void a_quantile_is_never_below_the_truth_and_at_most_a_quarter_above(void **state)
{
    (void)state;
    for (int64_t wait_ms = 0; wait_ms < INT64_C(30) * 86400000; wait_ms = wait_ms * 3 + 1) {
        struct wait_times times = {.total = 0};

        wait_times_add(&times, wait_ms);
        assert_true(wait_times_quantile(&times, 0.5) >= wait_ms);
        assert_true(wait_times_quantile(&times, 0.99) <= wait_ms + wait_ms / 4 + 1);
    }
}

static void nothing_seen_has_no_quantile(void **state)
{
    struct wait_times times = {.total = 0};

    (void)state;
    assert_int_equal(wait_times_quantile(&times, 0.5), -1);
}

static void quantiles_tell_the_usual_from_the_rare(void **state)
{
    struct wait_times times = {.total = 0};

    (void)state;
    for (int i = 0; i < 97; i++)
        wait_times_add(&times, 1);
    for (int i = 0; i < 3; i++)
        wait_times_add(&times, 1000);
    assert_int_equal(wait_times_quantile(&times, 0.5), 1);
    assert_true(wait_times_quantile(&times, 0.99) >= 1000);
}

static void old_samples_fade_out(void **state)
{
    struct wait_times times = {.total = 0};

    (void)state;
    for (int i = 0; i < 4096; i++)
        wait_times_add(&times, 1000);
    for (int i = 0; i < 3 * 4096; i++)
        wait_times_add(&times, 1);
    assert_int_equal(wait_times_quantile(&times, 0.5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_is_the_mean_of_the_last_minute),
        cmocka_unit_test(a_quantile_is_never_below_the_truth_and_at_most_a_quarter_above),
        cmocka_unit_test(nothing_seen_has_no_quantile),
        cmocka_unit_test(quantiles_tell_the_usual_from_the_rare),
        cmocka_unit_test(old_samples_fade_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
