/* Rate: the bucket gives what was saved, tells truly when there is more, and never gives too much.
 */
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

static void it_is_exact_however_often_it_is_looked_at(void **state)
{
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1, given = 0;

    (void)state;
    for (int64_t at_ms = 1000; at_ms <= 11000; at_ms++)
        given += rate_bucket_take(&bucket, &ten_a_second, 1, at_ms, &wait_ms);
    assert_int_equal(given, 3 + 100);
    /* It told of the very ms. */
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 11000, &wait_ms));
    assert_int_equal(wait_ms, 100);
}

/* Ten times a tenth is a little less than one. */
static void fractions_do_not_add_up_to_less(void **state)
{
    static const struct rate_limit hundred_a_second = {.units = 100, .period_s = 1, .burst = 1};
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &hundred_a_second, 1, 0, &wait_ms));
    for (int64_t at_ms = 1; at_ms <= 1000; at_ms++)
        assert_int_equal(rate_bucket_take(&bucket, &hundred_a_second, 1, at_ms, &wait_ms),
                         at_ms % 10 == 0);
}

static void a_wait_beyond_all_time_is_still_a_number(void **state)
{
    struct rate_limit hardly = {.units = 1e-300, .period_s = 86400, .burst = 1};
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &hardly, 1, 0, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &hardly, 1, 1000, &wait_ms));
    assert_true(wait_ms == INT64_C(1000000000000000));
}

static void a_changed_limit_counts_at_once(void **state)
{
    struct rate_limit limit = ten_a_second;
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &limit, 1, 0, &wait_ms));
    limit.burst = 1;
    assert_true(rate_bucket_take(&bucket, &limit, 1, 0, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &limit, 1, 0, &wait_ms));
    limit.burst = 5;
    limit.units = 1000;
    assert_false(rate_bucket_take(&bucket, &limit, 1, 0, &wait_ms));
    assert_true(rate_bucket_take(&bucket, &limit, 1, 1, &wait_ms));
}

static void what_is_given_back_may_be_taken_again(void **state)
{
    struct rate_bucket bucket = {.is_used = false};
    int64_t wait_ms = -1;

    (void)state;
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 3, 0, &wait_ms));
    rate_bucket_give_back(&bucket, 2);
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 2, 0, &wait_ms));
    rate_bucket_give_back(&bucket, 1000);
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 4, 0, &wait_ms));
    assert_true(rate_bucket_take(&bucket, &ten_a_second, 3, 0, &wait_ms));
    assert_false(rate_bucket_take(&bucket, &ten_a_second, 1, 0, &wait_ms));
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
        cmocka_unit_test(it_is_exact_however_often_it_is_looked_at),
        cmocka_unit_test(fractions_do_not_add_up_to_less),
        cmocka_unit_test(a_wait_beyond_all_time_is_still_a_number),
        cmocka_unit_test(a_changed_limit_counts_at_once),
        cmocka_unit_test(what_is_given_back_may_be_taken_again),
        cmocka_unit_test(no_bound_always_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
