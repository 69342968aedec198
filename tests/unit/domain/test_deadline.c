/* Deadline: which of a task's times counts, and when. */
#include "domain/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct task task_with(enum task_state state, int64_t expires_at_ms, int64_t deadline_at_ms)
{
    return (struct task){
        .state = state, .expires_at_ms = expires_at_ms, .deadline_at_ms = deadline_at_ms};
}

static int64_t next_of(enum task_state state, int64_t expires_at_ms, int64_t deadline_at_ms)
{
    struct task task = task_with(state, expires_at_ms, deadline_at_ms);

    return deadline_next_ms(&task);
}

static enum task_state verdict_of(int64_t expires_at_ms, int64_t deadline_at_ms, int64_t now_ms)
{
    struct task task = task_with(TASK_READY, expires_at_ms, deadline_at_ms);

    return deadline_verdict(&task, now_ms);
}

static void a_duration_begins_now_and_none_is_none(void **state)
{
    (void)state;
    assert_int_equal(deadline_after(1000, 500), 1500);
    assert_int_equal(deadline_after(1000, -1), -1);
}

static void the_nearer_of_both_counts_while_it_waits(void **state)
{
    (void)state;
    assert_int_equal(next_of(TASK_READY, 10, 20), 10);
    assert_int_equal(next_of(TASK_SCHEDULED, 30, 20), 20);
    assert_int_equal(next_of(TASK_BLOCKED, -1, 20), 20);
    assert_int_equal(next_of(TASK_RETRYING, 10, -1), 10);
    assert_int_equal(next_of(TASK_READY, -1, -1), -1);
}

static void neither_counts_while_it_is_leased_or_when_it_is_over(void **state)
{
    (void)state;
    for (int one = 1; one < TASK_STATE_MAX; one++)
        if (!task_state_is_pending((enum task_state)one))
            assert_int_equal(next_of((enum task_state)one, 10, 20), -1);
}

static void what_was_claimed_once_does_not_expire(void **state)
{
    struct task task = task_with(TASK_READY, 10, 20);

    (void)state;
    task.delivery = 1;
    assert_int_equal(deadline_next_ms(&task), 20);
    assert_int_equal(deadline_verdict(&task, 15), TASK_STATE_NONE);
    assert_int_equal(deadline_verdict(&task, 20), TASK_FAILED);
}

static void the_clock_ends_a_task_at_its_moment_and_not_before(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(10, -1, 9), TASK_STATE_NONE);
    assert_int_equal(verdict_of(10, -1, 10), TASK_EXPIRED);
    assert_int_equal(verdict_of(-1, 10, 9), TASK_STATE_NONE);
    assert_int_equal(verdict_of(-1, 10, 10), TASK_FAILED);
    assert_int_equal(verdict_of(-1, -1, INT64_MAX), TASK_STATE_NONE);
}

static void of_both_that_have_passed_the_earlier_says_how_it_ends(void **state)
{
    (void)state;
    assert_int_equal(verdict_of(10, 20, 1000), TASK_EXPIRED);
    assert_int_equal(verdict_of(20, 10, 1000), TASK_FAILED);
    assert_int_equal(verdict_of(10, 10, 1000), TASK_EXPIRED);
}

static void an_attempt_lasts_for_its_timeout_or_until_the_deadline(void **state)
{
    struct task bound = task_with(TASK_READY, 5, 2000);
    struct task free = task_with(TASK_READY, 5, -1);

    (void)state;
    assert_int_equal(deadline_of_attempt(&bound, 1000, 300), 1300);
    assert_int_equal(deadline_of_attempt(&bound, 1000, 3000), 2000);
    assert_int_equal(deadline_of_attempt(&bound, 1000, -1), 2000);
    assert_int_equal(deadline_of_attempt(&free, 1000, 300), 1300);
    assert_int_equal(deadline_of_attempt(&free, 1000, -1), -1);
}

static void an_attempt_is_cut_short_only_by_a_deadline_that_is_its_end(void **state)
{
    struct task bound = task_with(TASK_RUNNING, -1, 2000);
    struct task free = task_with(TASK_RUNNING, -1, -1);

    (void)state;
    assert_true(deadline_cuts(&bound, 2000));
    assert_false(deadline_cuts(&bound, 1999));
    assert_false(deadline_cuts(&free, 2000));
}

static void what_has_passed_is_forgiven_and_the_rest_stays(void **state)
{
    struct task task = task_with(TASK_FAILED, 10, 20);

    (void)state;
    assert_false(deadline_forgive(&task, 9));
    assert_true(deadline_forgive(&task, 10));
    assert_int_equal(task.expires_at_ms, -1);
    assert_int_equal(task.deadline_at_ms, 20);
    assert_true(deadline_forgive(&task, 20));
    assert_int_equal(task.deadline_at_ms, -1);
    assert_false(deadline_forgive(&task, 30));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_begins_now_and_none_is_none),
        cmocka_unit_test(the_nearer_of_both_counts_while_it_waits),
        cmocka_unit_test(neither_counts_while_it_is_leased_or_when_it_is_over),
        cmocka_unit_test(what_was_claimed_once_does_not_expire),
        cmocka_unit_test(the_clock_ends_a_task_at_its_moment_and_not_before),
        cmocka_unit_test(of_both_that_have_passed_the_earlier_says_how_it_ends),
        cmocka_unit_test(an_attempt_lasts_for_its_timeout_or_until_the_deadline),
        cmocka_unit_test(an_attempt_is_cut_short_only_by_a_deadline_that_is_its_end),
        cmocka_unit_test(what_has_passed_is_forgiven_and_the_rest_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
