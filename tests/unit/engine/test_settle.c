/* Tests of the ends of attempts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

#include <string.h>

static struct command *to_submit_with(struct stage *stage, int32_t max_attempts,
                                      int32_t max_crashes)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].retry = (struct retry_policy){
        .given = RETRY_HAS_MAX_ATTEMPTS | RETRY_HAS_MAX_CRASHES,
        .max_attempts = max_attempts,
        .max_crashes = max_crashes,
    };
    return command;
}

static const struct attempt *last_attempt(struct stage *stage, struct id task)
{
    const struct task_view *shown = view(stage, task);

    assert_true(shown->attempts_len > 0);
    return &shown->attempts[shown->attempts_len - 1];
}

static void failures_are_retried_by_the_ladder_until_the_attempts_are_used_up(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 1);
    const int64_t delays_ms[] = {1000, 2000};

    for (int i = 0; i < 2; i++) {
        assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_FAILED), TASK_RETRYING);
        stage_pass(stage, delays_ms[i] - 1);
        assert_null(claim(stage, worker));
        stage_pass(stage, 1);
        assert_int_equal(state_of(stage, task), TASK_READY);
    }
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_FAILED), TASK_FAILED);
    assert_int_equal(view(stage, task)->task->attempt, 3);
}

static void losses_have_a_budget_of_their_own(void **state)
{
    struct stage *stage = *state;
    struct id task = stage_ask(stage, to_submit_with(stage, 1, 3))->reply.view.task->id;
    struct id worker = enrol(stage, "q", 1);

    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(state_of(stage, task), TASK_READY); /* the first at once */
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(state_of(stage, task), TASK_RETRYING);
    stage_pass(stage, 1000);
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);

    assert_int_equal(state_of(stage, task), TASK_FAILED);
    assert_int_equal(last_attempt(stage, task)->outcome, ATTEMPT_LOST);
    assert_true(bytes_starts(view(stage, task)->task->error, "{\"type\":\"lost\""));
}

static void a_loss_does_not_count_as_a_failure(void **state)
{
    struct stage *stage = *state;
    struct id task = stage_ask(stage, to_submit_with(stage, 2, 3))->reply.view.task->id;
    struct id worker = enrol(stage, "q", 1);

    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_FAILED), TASK_RETRYING);
    assert_int_equal(view(stage, task)->task->failures, 1);
    assert_int_equal(view(stage, task)->task->losses, 1);
}

static void an_attempt_that_takes_too_long_is_a_failure(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit_with(stage, 1, 3);

    command->in.submit.specs[0].timeout_ms = 5000;
    struct id task = stage_ask(stage, command)->reply.view.task->id;
    const struct task *claimed = claim(stage, enrol(stage, "q", 1));
    assert_int_equal(claimed->attempt_deadline_at_ms, stage->now.wall_ms + 5000);
    stage_pass(stage, 4999);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    stage_pass(stage, 1);

    assert_int_equal(state_of(stage, task), TASK_FAILED);
    assert_int_equal(last_attempt(stage, task)->outcome, ATTEMPT_TIMEOUT);
}

static void released_and_snoozed_attempts_cost_nothing(void **state)
{
    struct stage *stage = *state;
    struct id task = stage_ask(stage, to_submit_with(stage, 1, 1))->reply.view.task->id,
              worker = enrol(stage, "q", 1);

    for (int i = 0; i < 5; i++)
        assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_RELEASED), TASK_READY);
    struct command *snooze = to_finish(stage, claim(stage, worker)->lease, OUTCOME_SNOOZED);

    snooze->in.finish.outcomes->delay_ms = 3000;
    assert_int_equal(stage_ask(stage, snooze)->reply.outcomes[0].state, TASK_SCHEDULED);
    assert_int_equal(view(stage, task)->task->attempt, 0);
    assert_int_equal(view(stage, task)->task->delivery, 6);
    stage_pass(stage, 3000);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void a_released_attempt_keeps_why(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 1);
    struct command *release = to_finish(stage, claim(stage, worker)->lease, OUTCOME_RELEASED);

    release->in.finish.outcomes->failure.type = BYTES("\"push_status\"");
    release->in.finish.outcomes->failure.message = BYTES("\"the endpoint answered 429\"");
    assert_int_equal(stage_ask(stage, release)->reply.outcomes[0].state, TASK_READY);
    assert_true(bytes_is(last_attempt(stage, task)->error,
                         "{\"type\":\"push_status\",\"message\":\"the endpoint answered 429\","
                         "\"trace\":null,\"data\":null}"));
    assert_null(view(stage, task)->task->error.at);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE "
                                         "data ->> '$.reason' = 'released' AND "
                                         "data ->> '$.error.type' = 'push_status'"),
                     1);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_RELEASED), TASK_READY);
    assert_null(last_attempt(stage, task)->error.at);
}

static struct id submit_at_most_once(struct stage *stage, int64_t timeout_ms)
{
    struct command *command = to_submit_with(stage, 9, 9);

    command->in.submit.specs[0].at_most_once = true;
    command->in.submit.specs[0].timeout_ms = timeout_ms;
    return stage_ask(stage, command)->reply.view.task->id;
}

static void at_most_once_nothing_is_tried_again_whose_end_is_unknown(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9), lost = submit_at_most_once(stage, -1);

    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(state_of(stage, lost), TASK_FAILED);
    assert_int_equal(last_attempt(stage, lost)->outcome, ATTEMPT_LOST);

    struct id late = submit_at_most_once(stage, 2000);

    assert_non_null(claim(stage, worker));
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, late), TASK_FAILED);
    assert_true(bytes_starts(view(stage, late)->task->error, "{\"type\":\"timeout\""));

    struct id left = submit_at_most_once(stage, -1);
    struct command *leave = stage_make(stage, COMMAND_LEAVE);

    assert_non_null(claim(stage, worker));
    leave->in.worker = worker;
    (void)stage_ask(stage, leave);
    assert_int_equal(state_of(stage, left), TASK_FAILED);
    assert_int_equal(last_attempt(stage, left)->outcome, ATTEMPT_LOST);
}

static void at_most_once_a_workers_own_word_is_believed(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit_at_most_once(stage, -1);

    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_RELEASED), TASK_READY);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_FAILED), TASK_RETRYING);
    stage_pass(stage, 1000);
    stage_restart(stage);
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(state_of(stage, task), TASK_FAILED);

    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, task));
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void a_released_task_keeps_its_place_in_line(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q"), worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    (void)finish(stage, claim(stage, worker), OUTCOME_RELEASED);

    assert_memory_equal(&claim(stage, worker)->id, &first, sizeof(first));
}

static void an_answer_that_was_lost_is_offered_again_and_costs_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *enrolling = stage_make(stage, COMMAND_REGISTER);
    struct bytes queue = BYTES("q");

    enrolling->in.worker_spec = (struct worker_spec){.identity = BYTES("w"),
                                                     .queues = &queue,
                                                     .queues_len = 1,
                                                     .concurrency = 1,
                                                     .confirm_ms = 2000};
    struct id worker = stage_ask(stage, enrolling)->reply.workers[0].id, task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, task), TASK_READY);
    assert_int_equal(last_attempt(stage, task)->outcome, ATTEMPT_ANSWER_LOST);
    assert_int_equal(view(stage, task)->task->attempt, 0);

    task = submit_at_most_once(stage, -1);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, task), TASK_FAILED);
    assert_int_equal(last_attempt(stage, task)->outcome, ATTEMPT_LOST);

    task = submit(stage, "q");
    assert_non_null(claim(stage, worker));
    beat(stage, worker); /* now it is confirmed */
    stage_pass(stage, 29999);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
}

static void what_must_not_be_retried_fails_at_once(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *command =
        to_finish(stage, claim(stage, enrol(stage, "q", 1))->lease, OUTCOME_FAILED);

    command->in.finish.outcomes->retryable = false;
    command->in.finish.outcomes->failure.message = BYTES("\"no\"");
    (void)stage_ask(stage, command);

    assert_int_equal(command->reply.outcomes[0].state, TASK_FAILED);
    assert_true(bytes_is(view(stage, task)->task->error,
                         "{\"type\":null,\"message\":\"no\",\"trace\":null,\"data\":null}"));
}

static void success_forgets_an_earlier_error(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 1);

    (void)finish(stage, claim(stage, worker), OUTCOME_FAILED);
    assert_non_null(view(stage, task)->task->error.at);
    stage_pass(stage, 1000);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);

    assert_null(view(stage, task)->task->error.at);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(failures_are_retried_by_the_ladder_until_the_attempts_are_used_up),
        STAGED(losses_have_a_budget_of_their_own),
        STAGED(a_loss_does_not_count_as_a_failure),
        STAGED(an_attempt_that_takes_too_long_is_a_failure),
        STAGED(released_and_snoozed_attempts_cost_nothing),
        STAGED(at_most_once_nothing_is_tried_again_whose_end_is_unknown),
        STAGED(at_most_once_a_workers_own_word_is_believed),
        STAGED(a_released_attempt_keeps_why),
        STAGED(a_released_task_keeps_its_place_in_line),
        STAGED(an_answer_that_was_lost_is_offered_again_and_costs_nothing),
        STAGED(what_must_not_be_retried_fails_at_once),
        STAGED(success_forgets_an_earlier_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
