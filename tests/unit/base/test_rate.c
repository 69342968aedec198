/* Rate: the bucket gives what was saved, tells truly when there is more, and never gives too much. */
#include "base/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct rate_limit ten_a_second = {.units = 10, .period_s = 1, .burst = 3};

static void it_begins_full_and_says_when_there_is_more(void **state)
{
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(rate_bucket_take(&bucket, &ten_a_second, 1, 1000, &wait_ms));
    assert_int_equal(wait_ms, 0);
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 1000, &wait_ms));
    assert_in_range(wait_ms, 100, 102);
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 1, 1000 + wait_ms, &wait_ms));
}

static void it_holds_no_more_than_its_burst(void **state)
{
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 3, 0, &wait_ms));
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 3, 1000000, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 1000000, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 4, 2000000, &wait_ms));
    assert_true(wait_ms == INT64_MAX);
}

static void a_clock_that_steps_back_gives_nothing(void **state)
{
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 3, 1000, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 0, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 1000, &wait_ms));
}

static void no_bound_always_gives(void **state)
{
    struct rate_limit none = {.units = 0};
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &none, 1e12, 0, &wait_ms));
    assert_int_equal(wait_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_full_and_says_when_there_is_more),
        cmocka_unit_test(it_holds_no_more_than_its_burst),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
        cmocka_unit_test(no_bound_always_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
