/* Tests of waits for tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *wait_for(struct stage *stage, struct id task, bool cancels)
{
    struct command *command = to_look(stage, task, 60000);

    command->in.look.cancel_on_disconnect = cancels;
    return stage_ask(stage, command);
}

static void a_wait_may_end_when_the_task_starts(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *started = to_look(stage, task, 60000), *finished = to_look(stage, task, 60000);

    started->in.look.until = UNTIL_STARTED;
    (void)stage_ask(stage, started);
    (void)stage_ask(stage, finished);
    const struct task *claimed = claim(stage, enrol(stage, "q", 1));

    assert_true(started->reply.done);
    assert_false(is_answered(finished));
    (void)finish(stage, claimed, OUTCOME_SUCCEEDED);
    assert_true(finished->reply.done);
}

static void a_wait_that_is_over_shows_the_state_so_far(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_look(stage, submit(stage, "q"), 5000));

    stage_pass(stage, 5000);
    assert_int_equal(code_of(waiting), OK);
    assert_false(waiting->reply.done);
    assert_int_equal(waiting->reply.view.task->state, TASK_READY);
}

static void a_wait_may_cancel_when_its_time_is_over(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = to_look(stage, submit(stage, "q"), 5000);

    waiting->in.look.cancel_on_timeout = true;
    (void)stage_ask(stage, waiting);
    stage_pass(stage, 5000);

    assert_int_equal(waiting->reply.view.task->state, TASK_CANCELLED);
    assert_true(bytes_is(waiting->reply.view.task->cancel_reason, "timeout"));
}

static void the_last_of_those_who_care_takes_the_task_with_it(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *first = wait_for(stage, task, true), *second = wait_for(stage, task, true);
    struct command *other = wait_for(stage, task, false);

    stage_hang_up(first);
    stage_pass(stage, 1000);
    assert_true(is_answered(first));
    assert_int_equal(state_of(stage, task), TASK_READY);
    stage_hang_up(second);
    stage_pass(stage, 1000);

    assert_int_equal(state_of(stage, task), TASK_CANCELLED);
    assert_true(other->reply.done);
}

static void who_did_not_ask_for_it_cancels_nothing_by_leaving(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");

    stage_hang_up(wait_for(stage, task, false));
    stage_pass(stage, 1000);

    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void a_wait_for_a_task_that_is_deleted_finds_nothing(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *waiting = to_look(stage, task, 60000);

    cancel(stage, task, 0);
    waiting->in.look.if_none_match = view(stage, task)->task->version;
    (void)stage_ask(stage, waiting);
    assert_false(is_answered(waiting));
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task));

    assert_int_equal(code_of(waiting), ERR_NOT_FOUND);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_wait_may_end_when_the_task_starts),
        STAGED(a_wait_that_is_over_shows_the_state_so_far),
        STAGED(a_wait_may_cancel_when_its_time_is_over),
        STAGED(the_last_of_those_who_care_takes_the_task_with_it),
        STAGED(who_did_not_ask_for_it_cancels_nothing_by_leaving),
        STAGED(a_wait_for_a_task_that_is_deleted_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
