/* Tests of how long leases live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static const struct task *claim_with(struct stage *stage, int64_t lease_ms)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].lease_ms = lease_ms;
    (void)stage_ask(stage, command);
    return claim(stage, enrol(stage, "q", 1));
}

static void a_task_has_its_own_lease_or_its_queues(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = {.lease_ms = 7000};

    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_LEASE, settings));

    assert_int_equal(claim_with(stage, -1)->lease_expires_at_ms, stage->now.wall_ms + 7000);
    assert_int_equal(claim_with(stage, 2000)->lease_expires_at_ms, stage->now.wall_ms + 2000);
}

static void a_new_length_counts_for_later_heartbeats_too(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    (void)stage_ask(stage, to_extend(stage, claim(stage, worker)->lease, 50000));
    stage_pass(stage, 1000);
    beat(stage, worker);
    stage_pass(stage, 49999);

    assert_int_equal(state_of(stage, task), TASK_RUNNING);
}

static void a_long_renewal_is_stored_and_outlives_a_kill(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_with(stage, 30000);
    struct id id = task->id;

    (void)stage_ask(stage, to_extend(stage, task->lease, 3600000));
    stage_kill(stage);
    stage_pass(stage, 3599999);

    assert_int_equal(state_of(stage, id), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_equal(state_of(stage, id), TASK_READY);
}

static void tokens_differ_with_each_delivery(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    const struct task *first = claim(stage, worker);
    (void)finish(stage, first, OUTCOME_RELEASED);
    const struct task *second = claim(stage, worker);

    assert_false(bytes_equal(first->lease, second->lease));
    assert_int_equal(second->delivery, 2);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_task_has_its_own_lease_or_its_queues),
        STAGED(a_new_length_counts_for_later_heartbeats_too),
        STAGED(a_long_renewal_is_stored_and_outlives_a_kill),
        STAGED(tokens_differ_with_each_delivery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
