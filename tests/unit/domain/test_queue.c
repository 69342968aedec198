/* Queue: what settings and counts mean. */
#include "domain/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/bounds.h"

static void a_new_queue_holds_nothing_back(void **state)
{
    struct queue_settings settings = queue_default();

    (void)state;
    assert_int_equal(queue_room(&settings, 1000000, 0), INT64_MAX);
    assert_false(queue_is_full(&settings, INT64_MAX));
    assert_false(queue_is_paused(&settings, 0));
    assert_int_equal(settings.lease_ms, LEASE_DEFAULT_MS);
    assert_int_equal(settings.timeout_ms, -1);
    assert_int_equal(settings.retry.given, 0);
}

static void room_is_what_concurrency_leaves(void **state)
{
    struct queue_settings settings = queue_default();

    (void)state;
    settings.concurrency = 3;
    assert_int_equal(queue_room(&settings, 0, 0), 3);
    assert_int_equal(queue_room(&settings, 2, 0), 1);
    assert_int_equal(queue_room(&settings, 3, 0), 0);
    assert_int_equal(queue_room(&settings, 5, 0), 0); /* it was lowered while they ran */
    settings.concurrency = 0;
    assert_int_equal(queue_room(&settings, 0, 0), 0);
}

static void a_pause_leaves_no_room_until_its_end(void **state)
{
    struct queue_settings settings = queue_default();

    (void)state;
    settings.paused = true;
    settings.paused_until_ms = 1000;
    assert_int_equal(queue_room(&settings, 0, 999), 0);
    assert_int_equal(queue_room(&settings, 0, 1000), INT64_MAX);
    settings.paused_until_ms = -1;
    assert_true(queue_is_paused(&settings, INT64_MAX));
    settings.paused = false;
    settings.paused_until_ms = 1000;
    assert_false(queue_is_paused(&settings, 0));
}

static void a_queue_is_full_at_its_limit(void **state)
{
    struct queue_settings settings = queue_default();

    (void)state;
    settings.pending_limit = 10;
    assert_false(queue_is_full(&settings, 9));
    assert_true(queue_is_full(&settings, 10));
    assert_true(queue_is_full(&settings, 11));
    settings.pending_limit = 0;
    assert_true(queue_is_full(&settings, 0));
}

/* Each state's count has a digit of its own, so that the sum tells which were added. */
static struct queue_counts digits(void)
{
    struct queue_counts counts = {.of = {0}};
    int64_t digit = 1;

    for (int one = 1; one < TASK_STATE_MAX; one++, digit *= 10)
        counts.of[one] = digit;
    return counts;
}

static void pending_are_scheduled_blocked_ready_and_retrying(void **state)
{
    struct queue_counts counts = digits();

    (void)state;
    assert_int_equal(queue_pending(&counts), 100111);
}

static void demand_is_ready_running_waiting_and_due_soon(void **state)
{
    struct queue_counts counts = digits();

    (void)state;
    assert_int_equal(queue_demand(&counts, 7), 11107);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_queue_holds_nothing_back),
        cmocka_unit_test(room_is_what_concurrency_leaves),
        cmocka_unit_test(a_pause_leaves_no_room_until_its_end),
        cmocka_unit_test(a_queue_is_full_at_its_limit),
        cmocka_unit_test(pending_are_scheduled_blocked_ready_and_retrying),
        cmocka_unit_test(demand_is_ready_running_waiting_and_due_soon),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
