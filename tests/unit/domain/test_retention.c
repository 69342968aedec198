/* Retention: which rule counts, and what goes first. */
#include "domain/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/bounds.h"

static void a_day_for_success_three_for_the_rest(void **state)
{
    struct retention retention = retention_default();

    (void)state;
    assert_int_equal(retention_due_ms(&retention, RETENTION_SUCCEEDED, 5), 5 + DAY_MS);
    assert_int_equal(retention_due_ms(&retention, RETENTION_ENDED_BADLY, 5), 5 + 3 * DAY_MS);
    assert_int_equal(retention_over(&retention, INT64_MAX, INT64_MAX), RETENTION_FITS);
}

static void the_kind_follows_the_state_unless_it_has_its_own_time(void **state)
{
    (void)state;
    assert_int_equal(retention_kind_of(TASK_SUCCEEDED, -1), RETENTION_SUCCEEDED);
    assert_int_equal(retention_kind_of(TASK_FAILED, -1), RETENTION_ENDED_BADLY);
    assert_int_equal(retention_kind_of(TASK_CANCELLED, -1), RETENTION_ENDED_BADLY);
    assert_int_equal(retention_kind_of(TASK_EXPIRED, -1), RETENTION_ENDED_BADLY);
    assert_int_equal(retention_kind_of(TASK_FAILED, 0), RETENTION_OWN);
    assert_int_equal(retention_place_ms(100, -1), 100);
    assert_int_equal(retention_place_ms(100, 0), 100);
    assert_int_equal(retention_place_ms(100, 7), 107);
}

static void without_end_is_never_due(void **state)
{
    struct retention retention = retention_default();

    (void)state;
    retention.succeeded_ms = retention.failed_ms = -1;
    assert_int_equal(retention_due_ms(&retention, RETENTION_SUCCEEDED, 5), INT64_MAX);
    assert_int_equal(retention_due_ms(&retention, RETENTION_ENDED_BADLY, 5), INT64_MAX);
    assert_int_equal(retention_due_ms(&retention, RETENTION_OWN, 5), 5);
    assert_int_equal(retention_due_ms(&retention, RETENTION_OWN, INT64_MAX), INT64_MAX);
    retention = retention_default();
    assert_int_equal(retention_due_ms(&retention, RETENTION_SUCCEEDED, INT64_MAX), INT64_MAX);
}

static void a_wish_changes_what_it_says(void **state)
{
    struct retention wish = {.given = RETENTION_HAS_MAX_COUNT | RETENTION_HAS_SUCCEEDED,
                             .succeeded_ms = -1,
                             .failed_ms = 9,
                             .max_count = 5,
                             .max_bytes = 9};
    struct retention retention = retention_merge(retention_default(), &wish);

    (void)state;
    assert_int_equal(retention.succeeded_ms, -1);
    assert_int_equal(retention.failed_ms, 3 * DAY_MS);
    assert_int_equal(retention.max_count, 5);
    assert_int_equal(retention.max_bytes, -1);
    wish = (struct retention){
        .given = RETENTION_HAS_FAILED | RETENTION_HAS_MAX_BYTES, .failed_ms = 1, .max_bytes = 2};
    retention = retention_merge(retention, &wish);
    assert_int_equal(retention.failed_ms, 1);
    assert_int_equal(retention.max_bytes, 2);
    assert_int_equal(retention.max_count, 5);
    assert_int_equal(retention.given, RETENTION_HAS_ALL);
}

static void equal_means_every_member(void **state)
{
    struct retention a = retention_default(), b = a;

    (void)state;
    assert_true(retention_equal(&a, &b));
    b.max_bytes = 0;
    assert_false(retention_equal(&a, &b));
    b = a;
    b.max_count = 0;
    assert_false(retention_equal(&a, &b));
    b = a;
    b.failed_ms = 0;
    assert_false(retention_equal(&a, &b));
    b = a;
    b.succeeded_ms = 0;
    assert_false(retention_equal(&a, &b));
}

static void too_many_is_more_than_the_most(void **state)
{
    struct retention retention = retention_default();

    (void)state;
    retention.max_count = 3;
    retention.max_bytes = 10;
    assert_int_equal(retention_over(&retention, 3, 10), RETENTION_FITS);
    assert_int_equal(retention_over(&retention, 4, 11), RETENTION_OVER_COUNT);
    assert_int_equal(retention_over(&retention, 3, 11), RETENTION_OVER_BYTES);
    retention.max_count = 0;
    assert_int_equal(retention_over(&retention, 0, 0), RETENTION_FITS);
    assert_int_equal(retention_over(&retention, 1, 0), RETENTION_OVER_COUNT);
}

static void the_oldest_goes_first_and_own_times_last(void **state)
{
    (void)state;
    assert_int_equal(retention_first((int64_t[]){5, 4, 0}), RETENTION_ENDED_BADLY);
    assert_int_equal(retention_first((int64_t[]){4, 5, 0}), RETENTION_SUCCEEDED);
    assert_int_equal(retention_first((int64_t[]){4, INT64_MAX, 0}), RETENTION_SUCCEEDED);
    assert_int_equal(retention_first((int64_t[]){INT64_MAX, 4, 0}), RETENTION_ENDED_BADLY);
    assert_int_equal(retention_first((int64_t[]){INT64_MAX, INT64_MAX, 9}), RETENTION_OWN);
    assert_int_equal(retention_first((int64_t[]){INT64_MAX, INT64_MAX, INT64_MAX}),
                     RETENTION_KINDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_for_success_three_for_the_rest),
        cmocka_unit_test(the_kind_follows_the_state_unless_it_has_its_own_time),
        cmocka_unit_test(without_end_is_never_due),
        cmocka_unit_test(a_wish_changes_what_it_says),
        cmocka_unit_test(equal_means_every_member),
        cmocka_unit_test(too_many_is_more_than_the_most),
        cmocka_unit_test(the_oldest_goes_first_and_own_times_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
