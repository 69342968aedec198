/* Tests of cancels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static const struct task *claim_new(struct stage *stage)
{
    (void)submit(stage, "q");
    return claim(stage, enrol(stage, "q", 1));
}

static void what_does_not_run_is_cancelled_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "q");
    struct id ready = submit(stage, "q"), retrying;

    later->in.submit.specs[0].delay_ms = 1000;
    struct id scheduled = stage_ask(stage, later)->reply.view.task->id;
    const struct task *failed = claim(stage, enrol(stage, "q", 1));
    retrying = failed->id;
    (void)finish(stage, failed, OUTCOME_FAILED);
    ready = submit(stage, "q");
    const struct id ids[] = {ready, scheduled, retrying};

    for (int i = 0; i < 3; i++) {
        cancel(stage, ids[i], 10000);
        assert_int_equal(state_of(stage, ids[i]), TASK_CANCELLED);
        assert_true(bytes_is(view(stage, ids[i])->task->cancel_reason, "user"));
        assert_false(view(stage, ids[i])->task->abandoned);
    }
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 3);
}

static void what_is_over_stays_as_it_is(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);

    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    cancel(stage, task->id, 10000);

    assert_int_equal(state_of(stage, task->id), TASK_SUCCEEDED);
    assert_int_equal(view(stage, task->id)->task->cancel_requested_at_ms, -1);
}

static void success_wins_over_a_cancel_and_nothing_else_does(void **state)
{
    struct stage *stage = *state;
    const enum task_state ends[] = {
        [OUTCOME_SUCCEEDED] = TASK_SUCCEEDED, [OUTCOME_FAILED] = TASK_CANCELLED,
        [OUTCOME_RELEASED] = TASK_CANCELLED,  [OUTCOME_SNOOZED] = TASK_CANCELLED,
        [OUTCOME_CANCELLED] = TASK_CANCELLED,
    };

    for (int kind = OUTCOME_SUCCEEDED; kind <= OUTCOME_CANCELLED; kind++) {
        const struct task *task = claim_new(stage);

        cancel(stage, task->id, 10000);
        assert_int_equal(state_of(stage, task->id), TASK_RUNNING);
        assert_int_equal(finish(stage, task, (enum outcome_kind)kind), ends[kind]);
        assert_int_equal(view(stage, task->id)->task->error.at != NULL, kind == OUTCOME_FAILED);
        assert_false(view(stage, task->id)->task->abandoned);
    }
}

static void loss_of_the_lease_ends_a_cancelled_task(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);

    cancel(stage, task->id, 60000);
    stage_pass(stage, 30000);

    assert_int_equal(state_of(stage, task->id), TASK_CANCELLED);
    assert_false(view(stage, task->id)->task->abandoned);
    assert_int_equal(view(stage, task->id)->attempts[0].outcome, ATTEMPT_LOST);
}

static void when_the_grace_is_over_it_is_abandoned_and_an_event_says_so(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);

    cancel(stage, task->id, 3000);
    stage_pass(stage, 2999);
    assert_int_equal(state_of(stage, task->id), TASK_RUNNING);
    stage_pass(stage, 1);

    assert_int_equal(state_of(stage, task->id), TASK_CANCELLED);
    assert_true(view(stage, task->id)->task->abandoned);
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM events WHERE kind = 7 AND task = 1 AND "
                            "data ->> 'detail' = 'closing timed out' AND data ->> 'abandoned'"),
        1);
    struct command *late = stage_ask(stage, to_finish(stage, task->lease, OUTCOME_SUCCEEDED));
    assert_int_equal(late->reply.outcomes[0].error.code, ERR_STALE_LEASE);
}

static void a_second_cancel_neither_moves_the_grace_nor_the_reason(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *second = to_cancel(stage, task->id, 60000);

    cancel(stage, task->id, 3000);
    second->in.cancel.reason = BYTES("other");
    (void)stage_ask(stage, second);
    stage_pass(stage, 3000);

    assert_int_equal(state_of(stage, task->id), TASK_CANCELLED);
    assert_true(bytes_is(view(stage, task->id)->task->cancel_reason, "user"));
}

static void a_cancel_may_be_bound_to_states_and_versions(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *by_state = to_cancel(stage, task, 0), *by_version = to_cancel(stage, task, 0);

    by_state->in.cancel.if_states = 1U << TASK_RUNNING;
    by_version->in.cancel.if_match = 7;

    assert_int_equal(code_of(stage_ask(stage, by_state)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, by_version)), ERR_PRECONDITION_FAILED);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void a_cancel_that_waits_is_answered_when_the_task_has_stopped(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *command = to_cancel(stage, task->id, 10000);

    command->wait_ms = 60000;
    (void)stage_ask(stage, command);
    assert_false(is_answered(command));
    (void)finish(stage, task, OUTCOME_CANCELLED);

    assert_true(command->reply.done);
    assert_int_equal(command->reply.view.task->state, TASK_CANCELLED);
}

static void a_task_of_another_namespace_is_not_found(void **state)
{
    struct stage *stage = *state;
    struct command *foreign = to_cancel(stage, submit(stage, "q"), 0);

    foreign->ns = BYTES("other");
    assert_int_equal(code_of(stage_ask(stage, foreign)), ERR_NOT_FOUND);
}

static void grace_runs_on_over_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id task = claim_new(stage)->id;

    cancel(stage, task, 3000);
    stage_restart(stage);
    stage_pass(stage, 3000);

    assert_true(view(stage, task)->task->abandoned);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(what_does_not_run_is_cancelled_at_once),
        STAGED(what_is_over_stays_as_it_is),
        STAGED(success_wins_over_a_cancel_and_nothing_else_does),
        STAGED(loss_of_the_lease_ends_a_cancelled_task),
        STAGED(when_the_grace_is_over_it_is_abandoned_and_an_event_says_so),
        STAGED(a_second_cancel_neither_moves_the_grace_nor_the_reason),
        STAGED(a_cancel_may_be_bound_to_states_and_versions),
        STAGED(a_cancel_that_waits_is_answered_when_the_task_has_stopped),
        STAGED(a_task_of_another_namespace_is_not_found),
        STAGED(grace_runs_on_over_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
