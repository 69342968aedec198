/* Tests of closing queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void an_empty_queue_closes_at_once_and_refuses_submits(void **state)
{
    struct stage *stage = *state;

    limit_running(stage, "q", 1);
    struct command *close = stage_ask(stage, to_close(stage, "q", false, 0));

    assert_true(close->reply.done);
    assert_true(view_queue(stage, "q")->closed);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_CLOSED);
    (void)stage_ask(stage, to_queue(stage, COMMAND_REOPEN_QUEUE, "q"));
    (void)submit(stage, "q");
}

static void a_close_that_waits_lets_the_pending_run(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    struct command *close = stage_ask(stage, to_close(stage, "q", false, 120000));

    for (int i = 0; i < 2; i++) {
        assert_false(is_answered(close));
        assert_true(view_queue(stage, "q")->closing);
        (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    }
    assert_true(close->reply.done);
    assert_int_equal(close->reply.queues->abandoned_len, 0);
    assert_true(view_queue(stage, "q")->closed);
}

static void what_is_left_after_the_wait_is_cancelled_and_then_abandoned(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), running = submit(stage, "q");

    (void)submit(stage, "q");
    assert_non_null(claim(stage, worker));
    struct command *close = stage_ask(stage, to_close(stage, "q", false, 120000));

    stage_pass(stage, 25000);
    for (int i = 0; i < 2; i++) {
        beat(stage, worker);
        stage_pass(stage, 17500);
    }
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 1); /* at 60 s what waited */
    assert_int_equal(state_of(stage, running), TASK_RUNNING);
    stage_pass(stage, 10000);

    assert_true(close->reply.done);
    assert_int_equal(close->reply.queues->abandoned_len, 1);
    assert_memory_equal(&close->reply.queues->abandoned[0], &running, sizeof(running));
    assert_true(view_queue(stage, "q")->closed);
}

static void a_close_now_asks_workers_to_stop_at_once(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), running = submit(stage, "q"),
              waiting = submit(stage, "q");
    const struct task *task = claim(stage, worker);
    struct command *heartbeat = stage_ask(stage, to_beat(stage, worker, 10000));
    struct command *close = stage_ask(stage, to_close(stage, "q", true, 60000));

    assert_int_equal(state_of(stage, waiting), TASK_CANCELLED);
    assert_int_equal(heartbeat->reply.cancels_len, 1);
    assert_int_equal(heartbeat->reply.cancels[0].grace_ms, 10000);
    assert_true(bytes_is(view(stage, running)->task->cancel_reason, "queue_close"));
    assert_false(is_answered(close));
    (void)finish(stage, task, OUTCOME_CANCELLED);
    assert_true(close->reply.done);
    assert_int_equal(close->reply.queues->abandoned_len, 0);
}

static void a_claim_in_the_moment_of_the_cancel_gets_nothing(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    stage_skip(stage, 60000);
    struct command *late = stage_ask(stage, to_claim(stage, worker, 1, 0));

    assert_int_equal(late->reply.tasks_len, 0);
    assert_int_equal(state_of(stage, task), TASK_CANCELLED);
    assert_true(view_queue(stage, "q")->closed);
}

static void a_close_goes_on_over_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");

    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    stage_restart(stage);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_CLOSED);
    stage_pass(stage, 60000);

    assert_int_equal(state_of(stage, task), TASK_CANCELLED);
    assert_true(view_queue(stage, "q")->closed);
}

static void a_close_does_not_wait_for_a_longer_grace_given_before(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    cancel(stage, task, 600000);
    beat(stage, worker);
    struct command *beating = stage_ask(stage, to_beat(stage, worker, 60000));
    struct command *closing = stage_ask(stage, to_close(stage, "q", true, 60000));
    assert_int_equal(beating->reply.cancels_len, 1); /* the worker is told of it */
    assert_int_equal(beating->reply.cancels[0].grace_ms, 10000);
    for (int i = 0; i < 10; i++) {
        stage_pass(stage, 1000);
        beat(stage, worker);
    }

    assert_true(is_answered(closing));
    assert_true(closing->reply.done);
    assert_int_equal(closing->reply.queues->abandoned_len, 1);
    assert_int_equal(state_of(stage, task), TASK_CANCELLED);
}

static void a_close_waits_for_nothing_once_the_broker_drains(void **state)
{
    struct stage *stage = *state;
    struct command *drain = stage_make(stage, COMMAND_SHUTDOWN), *closing;

    (void)submit(stage, "q");
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    drain->in.shutdown.wait_timeout_ms = 5000;
    (void)stage_ask(stage, drain);
    closing = stage_ask(stage, to_close(stage, "q", false, 60000));

    assert_true(is_answered(closing));
    assert_int_equal(code_of(closing), OK);
    assert_false(closing->reply.done);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(an_empty_queue_closes_at_once_and_refuses_submits),
        STAGED(a_close_that_waits_lets_the_pending_run),
        STAGED(what_is_left_after_the_wait_is_cancelled_and_then_abandoned),
        STAGED(a_close_now_asks_workers_to_stop_at_once),
        STAGED(a_claim_in_the_moment_of_the_cancel_gets_nothing),
        STAGED(a_close_goes_on_over_a_restart),
        STAGED(a_close_does_not_wait_for_a_longer_grace_given_before),
        STAGED(a_close_waits_for_nothing_once_the_broker_drains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
