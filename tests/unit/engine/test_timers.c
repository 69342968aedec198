/* Tests of what happens because time has passed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static void a_delayed_task_is_ready_at_its_time(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q"), *waiting;

    command->in.submit.specs[0].delay_ms = 5000;
    struct id task = stage_ask(stage, command)->reply.view.task->id;
    waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));

    stage_pass(stage, 4999);
    assert_int_equal(state_of(stage, task), TASK_SCHEDULED);
    stage_pass(stage, 1);
    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void the_next_due_moment_is_the_earliest_of_all(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");

    assert_int_equal(engine_next_due(stage->engine), INT64_MAX);
    command->in.submit.specs[0].delay_ms = 5000;
    (void)stage_ask(stage, command);
    assert_int_equal(engine_next_due(stage->engine), stage->now.mono_ms + 5000);
    (void)stage_ask(stage, to_look(stage, command->reply.view.task->id, 3000));
    assert_int_equal(engine_next_due(stage->engine), stage->now.mono_ms + 3000);
}

static void many_that_fall_due_at_once_all_become_ready(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 700);

    for (unsigned i = 0; i < 700; i++)
        many->in.submit.specs[i].delay_ms = 1000;
    (void)stage_ask(stage, many);
    stage_pass(stage, 1000);

    assert_int_equal(count(stage, "q", TASK_READY), 700);
    assert_int_equal(count(stage, "q", TASK_SCHEDULED), 0);
}

static void many_leases_that_run_out_at_once_are_all_lost(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 600));
    assert_int_equal(
        stage_ask(stage, to_claim(stage, enrol(stage, "q", 600), 600, 0))->reply.tasks_len, 600);
    stage_pass(stage, 30000);

    assert_int_equal(count(stage, "q", TASK_RUNNING), 0);
    assert_int_equal(count(stage, "q", TASK_READY), 600);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM leases"), 0);
}

static void events_of_yesterday_go_but_for_the_newest(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    stage_skip(stage, INT64_C(25) * 3600 * 1000);
    stage_settle(stage);

    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events "), 1);
    stage_restart(stage);
    (void)submit(stage, "q");
    assert_int_equal(stage_number(stage, "SELECT max(number) FROM events"), 6);
}

/* As if what was written so far had been much: the two that bring it beyond the bound are kept. */
static void the_log_keeps_so_many_bytes_and_no_more(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    stage->engine->hot.events_size += (INT64_C(256) << 20) - 64;
    (void)submit(stage, "q");
    stage_restart(stage); /* it is known from the store */
    (void)submit(stage, "q");
    stage_skip(stage, 6000);
    stage_settle(stage);
    assert_int_equal(stage_number(stage, "SELECT min(number) FROM events"), 6);
    assert_int_equal(stage_number(stage, "SELECT max(number) FROM events"), 7);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_delayed_task_is_ready_at_its_time),
        STAGED(the_next_due_moment_is_the_earliest_of_all),
        STAGED(many_that_fall_due_at_once_all_become_ready),
        STAGED(many_leases_that_run_out_at_once_are_all_lost),
        STAGED(events_of_yesterday_go_but_for_the_newest),
        STAGED(the_log_keeps_so_many_bytes_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
