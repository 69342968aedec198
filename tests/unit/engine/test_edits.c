/* Tests of changing, repeating and deleting single tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *to_edit(struct stage *stage, struct id task)
{
    struct command *command = stage_make(stage, COMMAND_EDIT);

    command->in.edit = (struct edit){.task = task, .if_match = VERSION_UNASKED};
    return command;
}

static struct id fail_one(struct stage *stage, struct id worker)
{
    struct id task = submit(stage, "q");
    struct command *failed = to_finish(stage, claim(stage, worker)->lease, OUTCOME_FAILED);

    failed->in.finish.outcomes->retryable = false;
    (void)stage_ask(stage, failed);
    assert_int_equal(state_of(stage, task), TASK_FAILED);
    return task;
}

static void a_waiting_task_moves_to_another_queue(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "other", 1), 1, 60000));
    struct command *edit = to_edit(stage, task);

    edit->in.edit.has_queue = true;
    edit->in.edit.queue = BYTES("other");
    (void)stage_ask(stage, edit);

    assert_true(bytes_is(edit->reply.view.task->queue, "other"));
    assert_int_equal(count(stage, "q", TASK_READY), 0);
    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void a_new_time_moves_between_ready_and_scheduled(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *later = to_edit(stage, task), *now = to_edit(stage, task);

    later->in.edit.has_run_at = now->in.edit.has_run_at = true;
    later->in.edit.run_at_ms = stage->now.wall_ms + 5000;
    now->in.edit.run_at_ms = stage->now.wall_ms;
    (void)stage_ask(stage, later);
    assert_int_equal(state_of(stage, task), TASK_SCHEDULED);
    (void)stage_ask(stage, now);
    assert_int_equal(state_of(stage, task), TASK_READY);
    assert_int_equal(count(stage, "q", TASK_SCHEDULED), 0);
}

static void what_runs_keeps_its_place_but_may_be_renamed(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *move = to_edit(stage, task), *rename = to_edit(stage, task);

    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    move->in.edit.has_priority = true;
    rename->in.edit.has_name = rename->in.edit.has_tags = true;
    rename->in.edit.name = BYTES("n");
    rename->in.edit.tags = BYTES("a\nb\n");

    assert_int_equal(code_of(stage_ask(stage, move)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, rename)), OK);
    assert_true(bytes_is(view(stage, task)->task->name, "n"));
    assert_true(bytes_is(view(stage, task)->task->tags, "a\nb\n"));
}

static void edits_need_the_version_they_name(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *edit = to_edit(stage, task), *again = to_edit(stage, task);

    edit->in.edit.has_priority = again->in.edit.has_priority = true;
    edit->in.edit.if_match = again->in.edit.if_match = 1;

    assert_int_equal(code_of(stage_ask(stage, edit)), OK);
    assert_int_equal(code_of(stage_ask(stage, again)), ERR_PRECONDITION_FAILED);
}

static void a_failed_task_is_given_one_more_attempt(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = fail_one(stage, worker);

    assert_int_equal(stage_ask(stage, to_again(stage, COMMAND_RETRY, task))->reply.view.task->state,
                     TASK_READY);
    assert_null(view(stage, task)->task->error.at);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, task))),
                     ERR_STATE_CONFLICT);
}

static void a_clone_is_a_new_task_with_the_same_body(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 1);
    struct command *clone = to_again(stage, COMMAND_RETRY, task);

    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    clone->in.again.clone = true;
    (void)stage_ask(stage, clone);

    assert_true(clone->reply.created);
    const struct task *claimed = claim(stage, worker);
    assert_memory_equal(&claimed->id, &clone->reply.view.task->id, sizeof(struct id));
    assert_true(bytes_is(claimed->payload.data, "{}"));
    assert_int_equal(state_of(stage, task), TASK_SUCCEEDED);
}

static void a_retry_is_pinned_to_one_worker_and_the_next_is_free_again(void **state)
{
    struct stage *stage = *state;
    struct id first = enrol(stage, "q", 1), second = enrol(stage, "q", 1),
              task = fail_one(stage, first);
    struct command *pinned = to_again(stage, COMMAND_RETRY, task);

    pinned->in.again.has_worker = true;
    pinned->in.again.worker = second;
    (void)stage_ask(stage, pinned);
    assert_null(claim(stage, first));
    assert_non_null(claim(stage, second));
    cancel(stage, task, 0);
    stage_pass(stage, 0);
    assert_int_equal(state_of(stage, task), TASK_CANCELLED);

    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, task))), OK);
    assert_non_null(claim(stage, first));
}

static void run_now_skips_the_delay(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 1);

    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_FAILED), TASK_RETRYING);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RUN_NOW, task))), OK);
    assert_non_null(claim(stage, worker));
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RUN_NOW, task))),
                     ERR_STATE_CONFLICT);
}

static void only_what_is_over_is_deleted_and_then_it_is_gone(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");

    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task))),
                     ERR_STATE_CONFLICT);
    cancel(stage, task, 0);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_look(stage, task, 0))), ERR_NOT_FOUND);
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM bodies"), 0);
}

static void the_number_of_a_deleted_task_is_never_used_again(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    struct command *newest = stage_ask(stage, to_submit(stage, "q"));
    int64_t number = newest->reply.view.task->number;

    cancel(stage, newest->reply.view.task->id, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, newest->reply.view.task->id));
    stage_restart(stage);

    assert_true(stage_ask(stage, to_submit(stage, "q"))->reply.view.task->number > number);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_waiting_task_moves_to_another_queue),
        STAGED(a_new_time_moves_between_ready_and_scheduled),
        STAGED(what_runs_keeps_its_place_but_may_be_renamed),
        STAGED(edits_need_the_version_they_name),
        STAGED(a_failed_task_is_given_one_more_attempt),
        STAGED(a_clone_is_a_new_task_with_the_same_body),
        STAGED(a_retry_is_pinned_to_one_worker_and_the_next_is_free_again),
        STAGED(run_now_skips_the_delay),
        STAGED(only_what_is_over_is_deleted_and_then_it_is_gone),
        STAGED(the_number_of_a_deleted_task_is_never_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
