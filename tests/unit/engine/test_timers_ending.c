/* Tests of tasks that the clock ends: expiry and deadline, waiting and running. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *to_submit_until(struct stage *stage, int64_t expires_ms, int64_t deadline_ms)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].expires_ms = expires_ms;
    command->in.submit.specs[0].deadline_ms = deadline_ms;
    return command;
}

static struct id submit_until(struct stage *stage, int64_t expires_ms, int64_t deadline_ms)
{
    return stage_ask(stage, to_submit_until(stage, expires_ms, deadline_ms))->reply.view.task->id;
}

static int64_t ending_rows(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM endings");
}

static bool ended_by_deadline(struct stage *stage, struct id task)
{
    const struct task *shown = view(stage, task)->task;

    return shown->state == TASK_FAILED && bytes_starts(shown->error, "{\"type\":\"deadline\"");
}

static void what_is_not_claimed_in_time_expires(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, 5000, -1);
    struct command *waiting = stage_ask(stage, to_look(stage, task, 60000));

    assert_int_equal(engine_next_due(stage->engine), stage->now.mono_ms + 5000);
    stage_pass(stage, 4999);
    assert_int_equal(state_of(stage, task), TASK_READY);
    stage_pass(stage, 1);

    assert_int_equal(state_of(stage, task), TASK_EXPIRED);
    assert_true(is_answered(waiting));
    assert_int_equal(view(stage, task)->task->finished_at_ms, stage->now.wall_ms);
    assert_int_equal(count(stage, "q", TASK_EXPIRED), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 8"), 1);
    assert_int_equal(ending_rows(stage), 0);
}

static void a_claim_in_time_is_the_end_of_the_expiry(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, 5000, -1), worker = enrol(stage, "q", 1);

    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_RELEASED), TASK_READY);
    assert_int_equal(ending_rows(stage), 0);
    stage_pass(stage, 6000);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void each_way_of_waiting_ends_at_the_deadline(void **state)
{
    struct stage *stage = *state;
    struct id ready = submit_until(stage, -1, 5000), worker = enrol(stage, "q", 1);
    struct command *delayed = to_submit_until(stage, -1, 5000);

    delayed->in.submit.specs[0].delay_ms = 60000;
    struct id scheduled = stage_ask(stage, delayed)->reply.view.task->id;
    struct command *fail = to_finish(stage, claim(stage, worker)->lease, OUTCOME_FAILED);

    fail->in.finish.outcomes->delay_ms = 60000;
    assert_int_equal(stage_ask(stage, fail)->reply.outcomes[0].state, TASK_RETRYING);
    struct id untried = submit_until(stage, -1, 5000);

    stage_pass(stage, 4999);
    assert_int_equal(count(stage, "q", TASK_FAILED), 0);
    stage_pass(stage, 1);
    assert_true(ended_by_deadline(stage, ready));
    assert_true(ended_by_deadline(stage, scheduled));
    assert_true(ended_by_deadline(stage, untried));
    assert_int_equal(count(stage, "q", TASK_FAILED), 3);
    assert_int_equal(view(stage, ready)->attempts_len, 1);
}

static void a_running_attempt_ends_at_the_deadline_and_is_not_retried(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, 3000, 5000), worker = enrol(stage, "q", 1);
    int64_t deadline_at_ms = stage->now.wall_ms + 5000;

    stage_pass(stage, 1000);
    const struct task *claimed = claim(stage, worker);
    assert_int_equal(claimed->attempt_deadline_at_ms, deadline_at_ms);
    stage_pass(stage, 3999);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    stage_pass(stage, 1);

    assert_true(ended_by_deadline(stage, task));
    assert_int_equal(view(stage, task)->attempts[0].outcome, ATTEMPT_TIMEOUT);
    struct command *late = to_finish(stage, claimed->lease, OUTCOME_SUCCEEDED);
    assert_int_equal(stage_ask(stage, late)->reply.outcomes[0].error.code, ERR_STALE_LEASE);
}

static void the_limit_of_an_attempt_that_comes_first_leads_to_the_next(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit_until(stage, -1, 60000);

    command->in.submit.specs[0].timeout_ms = 2000;
    struct id task = stage_ask(stage, command)->reply.view.task->id;
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, task), TASK_RETRYING);
}

static void a_cancel_under_way_stays_a_cancel(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, -1, 5000);

    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    cancel(stage, task, 20000);
    stage_pass(stage, 5000);
    assert_int_equal(state_of(stage, task), TASK_CANCELLED);
}

static void a_step_of_the_wall_clock_moves_what_waits_and_not_what_runs(void **state)
{
    struct stage *stage = *state;
    struct id runs = submit_until(stage, -1, 60000);

    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    struct id waits = submit_until(stage, 60000, -1), other = submit_until(stage, -1, 60000);

    stage->now.wall_ms += 3600000;
    stage_settle(stage);
    assert_int_equal(state_of(stage, waits), TASK_EXPIRED);
    assert_true(ended_by_deadline(stage, other));
    assert_int_equal(state_of(stage, runs), TASK_RUNNING);

    stage->now.wall_ms -= 7200000;
    beat(stage, view(stage, runs)->task->worker);
    stage_pass(stage, 20000);
    beat(stage, view(stage, runs)->task->worker);
    stage_pass(stage, 20000);
    beat(stage, view(stage, runs)->task->worker);
    stage_pass(stage, 20000);
    assert_true(ended_by_deadline(stage, runs));
}

static void many_that_passed_while_the_broker_was_down_end_in_slices(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 700);
    struct id worker = enrol(stage, "q", 1), running = submit_until(stage, -1, 5000);

    assert_non_null(claim(stage, worker));
    for (unsigned i = 0; i < 700; i++)
        *(i % 2 == 0 ? &many->in.submit.specs[i].expires_ms
                     : &many->in.submit.specs[i].deadline_ms) = 5000;
    (void)stage_ask(stage, many);
    stage_skip(stage, 5000);
    stage_kill(stage);
    /* Neither is handed out in the very first batch, though its turn has not come yet. */
    struct command *greedy = stage_ask(stage, to_claim(stage, worker, 10, 0));
    stage_settle(stage);

    assert_int_equal(greedy->reply.tasks_len, 0);
    assert_int_equal(count(stage, "q", TASK_EXPIRED), 350);
    assert_int_equal(count(stage, "q", TASK_FAILED), 351);
    assert_true(ended_by_deadline(stage, running));
    assert_int_equal(ending_rows(stage), 0);
}

static void a_claim_passes_by_what_is_overdue_to_what_is_not(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *many = to_submit_many(stage, "q", 400);

    for (unsigned i = 0; i < 399; i++)
        many->in.submit.specs[i].expires_ms = 5000;
    (void)stage_ask(stage, many);
    stage_skip(stage, 5000);

    assert_non_null(claim(stage, worker));
    assert_int_equal(count(stage, "q", TASK_EXPIRED), 399);
}

static void a_lease_that_is_overdue_is_not_believed_before_its_timers_turn(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 600);

    for (unsigned i = 0; i < 600; i++)
        many->in.submit.specs[i].deadline_ms = 5000;
    (void)stage_ask(stage, many);
    const struct reply *taken =
        &stage_ask(stage, to_claim(stage, enrol(stage, "q", 600), 600, 0))->reply;
    stage_skip(stage, 5000);
    for (unsigned i = 0; i < 600; i++)
        stage_post(stage, to_finish(stage, taken->tasks[i].lease, OUTCOME_SUCCEEDED));
    stage_settle(stage);

    assert_int_equal(count(stage, "q", TASK_SUCCEEDED), 0);
    assert_int_equal(count(stage, "q", TASK_FAILED), 600);
}

static void a_retry_by_hand_clears_what_has_passed_and_keeps_what_has_not(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, 5000, 60000);

    stage_pass(stage, 5000);
    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, task));
    assert_int_equal(view(stage, task)->task->expires_at_ms, -1);
    stage_pass(stage, 54999);
    assert_int_equal(state_of(stage, task), TASK_READY);
    stage_pass(stage, 1);
    assert_true(ended_by_deadline(stage, task));

    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, task));
    assert_int_equal(view(stage, task)->task->deadline_at_ms, -1);
    assert_int_equal(stage_number(stage, "SELECT max(deadline_at) FROM tasks"), -1);
    stage_pass(stage, 600000);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void a_clone_has_as_long_as_the_first_had(void **state)
{
    struct stage *stage = *state;
    struct id task = submit_until(stage, 5000, 60000);
    struct command *clone = to_again(stage, COMMAND_RETRY, task);

    stage_pass(stage, 30000);
    clone->in.again.clone = true;
    const struct task *made = stage_ask(stage, clone)->reply.view.task;
    assert_int_equal(made->expires_at_ms, stage->now.wall_ms + 5000);
    assert_int_equal(made->deadline_at_ms, stage->now.wall_ms + 60000);
    stage_pass(stage, 5000);
    assert_int_equal(state_of(stage, made->id), TASK_EXPIRED);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(what_is_not_claimed_in_time_expires),
        STAGED(a_claim_in_time_is_the_end_of_the_expiry),
        STAGED(each_way_of_waiting_ends_at_the_deadline),
        STAGED(a_running_attempt_ends_at_the_deadline_and_is_not_retried),
        STAGED(the_limit_of_an_attempt_that_comes_first_leads_to_the_next),
        STAGED(a_cancel_under_way_stays_a_cancel),
        STAGED(a_step_of_the_wall_clock_moves_what_waits_and_not_what_runs),
        STAGED(many_that_passed_while_the_broker_was_down_end_in_slices),
        STAGED(a_claim_passes_by_what_is_overdue_to_what_is_not),
        STAGED(a_lease_that_is_overdue_is_not_believed_before_its_timers_turn),
        STAGED(a_retry_by_hand_clears_what_has_passed_and_keeps_what_has_not),
        STAGED(a_clone_has_as_long_as_the_first_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
