/* Tests of the drain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *to_shut_down(struct stage *stage, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_SHUTDOWN);

    command->in.shutdown.wait_timeout_ms = -1;
    command->wait_ms = wait_ms;
    return command;
}

static void with_nothing_running_it_is_over_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *command = stage_ask(stage, to_shut_down(stage, 10000));

    assert_int_equal(command->reply.shutdown.state, BROKER_STOPPED);
    assert_int_equal(stage->exit_code, 0);
    assert_int_equal(engine_state(stage->engine), BROKER_STOPPED);
    assert_false(engine_is_ready(stage->engine));
}

static void it_waits_for_what_runs_and_takes_no_new_work(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);

    (void)submit(stage, "q");
    const struct task *task = claim(stage, worker);
    struct command *command = stage_ask(stage, to_shut_down(stage, 20000));

    assert_false(is_answered(command));
    assert_int_equal(engine_state(stage->engine), BROKER_DRAINING);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_DRAINING);
    assert_int_equal(code_of(stage_ask(stage, to_claim(stage, worker, 1, 60000))), ERR_DRAINING);
    beat(stage, worker);
    assert_int_equal(stage->exit_code, -1);
    assert_int_equal(finish(stage, task, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_int_equal(command->reply.shutdown.state, BROKER_STOPPED);
    assert_int_equal(stage->exit_code, 0);
}

static void every_parked_request_is_answered_when_it_begins(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), other = enrol(stage, "other", 1),
              task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    limit_pending(stage, "full", 0);
    struct command *held = to_submit(stage, "full");
    held->wait_ms = 60000;
    struct command *waits[] = {
        to_claim(stage, other, 1, 60000),
        to_beat(stage, worker, 10000),
        to_look(stage, task, 60000),
        to_close(stage, "q", false, 60000),
        held,
    };
    for (int i = 0; i < 5; i++)
        assert_false(is_answered(stage_ask(stage, waits[i])));
    (void)stage_ask(stage, to_shut_down(stage, 0));

    for (int i = 0; i < 4; i++)
        assert_int_equal(code_of(waits[i]), OK);
    assert_int_equal(code_of(held), ERR_DRAINING);
}

static void when_its_time_is_over_it_ends_and_leases_stay(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    (void)stage_ask(stage, to_extend(stage, claim(stage, worker)->lease, 120000));
    (void)stage_ask(stage, to_shut_down(stage, 0));
    stage_pass(stage, 29999);
    assert_int_equal(stage->exit_code, -1);
    stage_pass(stage, 1);
    assert_int_equal(stage->exit_code, 0);

    stage_restart(stage);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 1);
}

static void a_second_ask_can_only_shorten_it(void **state)
{
    struct stage *stage = *state;
    struct command *now = to_shut_down(stage, 0);

    (void)submit(stage, "q");
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    (void)stage_ask(stage, to_shut_down(stage, 0));
    now->in.shutdown.now = true;
    (void)stage_ask(stage, now);

    assert_int_equal(stage->exit_code, 0);
}

static void engine_drain_begins_it_from_outside(void **state)
{
    struct stage *stage = *state;

    engine_drain(stage->engine);
    stage_settle(stage);

    assert_int_equal(stage->exit_code, 0);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(with_nothing_running_it_is_over_at_once),
        STAGED(it_waits_for_what_runs_and_takes_no_new_work),
        STAGED(every_parked_request_is_answered_when_it_begins),
        STAGED(when_its_time_is_over_it_ends_and_leases_stay),
        STAGED(a_second_ask_can_only_shorten_it),
        STAGED(engine_drain_begins_it_from_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
