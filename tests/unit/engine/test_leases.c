/* Tests of the verbs of leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

#include <stdio.h>

static const struct task *claim_new(struct stage *stage)
{
    (void)submit(stage, "q");
    return claim(stage, enrol(stage, "q", 1));
}

static void a_lease_is_extended_by_the_length_asked_for(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *command = stage_ask(stage, to_extend(stage, task->lease, 50000));

    assert_int_equal(command->reply.outcomes[0].state, TASK_RUNNING);
    stage_pass(stage, 49999);
    assert_int_equal(state_of(stage, task->id), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_equal(state_of(stage, task->id), TASK_READY);
}

static void progress_and_checkpoint_are_kept_and_prolong_the_lease(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *command = stage_make(stage, COMMAND_PROGRESS);

    stage_pass(stage, 20000);
    command->in.progress = (struct progress_note){
        .lease = task->lease, .progress = BYTES("{\"message\":\"m\"}"), .checkpoint = BYTES("[1]")};
    (void)stage_ask(stage, command);
    stage_pass(stage, 20000);

    assert_int_equal(state_of(stage, task->id), TASK_RUNNING);
    assert_true(bytes_is(view(stage, task->id)->task->progress, "{\"message\":\"m\"}"));
    assert_true(bytes_is(view(stage, task->id)->task->checkpoint, "[1]"));
    stage_pass(stage, 10000);
    assert_true(bytes_is(claim(stage, enrol(stage, "q", 1))->checkpoint, "[1]"));
}

static void log_lines_are_kept_with_their_time(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct log_line lines[] = {{.message = BYTES("one"), .at_ms = 5},
                               {.message = BYTES("two"), .at_ms = -1}};
    struct command *command = stage_make(stage, COMMAND_LEASE_LOGS),
                   *look = to_look(stage, task->id, 0);

    command->in.logs = (struct lease_logs){.lease = task->lease, .lines = lines, .lines_len = 2};
    (void)stage_ask(stage, command);
    look->in.look.with_logs = true;
    (void)stage_ask(stage, look);

    assert_int_equal(look->reply.view.logs_len, 2);
    assert_true(bytes_is(look->reply.view.logs[0].message, "one"));
    assert_int_equal(look->reply.view.logs[0].at_ms, 5);
    assert_int_equal(look->reply.view.logs[1].at_ms, stage->now.wall_ms);
}

static void a_stale_lease_is_refused_and_changes_nothing(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *command = stage_make(stage, COMMAND_PROGRESS);

    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    command->in.progress = (struct progress_note){.lease = task->lease, .progress = BYTES("{}")};

    assert_int_equal(code_of(stage_ask(stage, command)), ERR_STALE_LEASE);
    assert_int_equal(code_of(stage_ask(stage, to_extend(stage, task->lease, 1000))),
                     ERR_STALE_LEASE);
    assert_null(view(stage, task->id)->task->progress.at);
}

static void a_token_of_another_task_is_not_believed(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    char forged[256];

    (void)snprintf(forged, sizeof(forged), "%.*s", BYTES_ARG(task->lease));
    forged[task->lease.len / 2] = forged[task->lease.len / 2] == 'A' ? 'B' : 'A';

    assert_int_equal(code_of(stage_ask(stage, to_extend(stage, bytes_of(forged), 1000))),
                     ERR_STALE_LEASE);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_lease_is_extended_by_the_length_asked_for),
        STAGED(progress_and_checkpoint_are_kept_and_prolong_the_lease),
        STAGED(log_lines_are_kept_with_their_time),
        STAGED(a_stale_lease_is_refused_and_changes_nothing),
        STAGED(a_token_of_another_task_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
