/* Tests of lines: tasks of one ordering key, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *to_line(struct stage *stage, const char *queue, const char *key)
{
    struct command *command = to_submit(stage, queue);

    command->in.submit.specs[0].rules.ordering_key = bytes_of(key);
    return command;
}

static struct id line(struct stage *stage, const char *key)
{
    return stage_ask(stage, to_line(stage, "q", key))->reply.view.task->id;
}

static struct id line_blocking(struct stage *stage, const char *key)
{
    struct command *command = to_line(stage, "q", key);

    command->in.submit.specs[0].rules.on_order_failure = ORDER_BLOCK;
    command->in.submit.specs[0].retry.max_attempts = 1;
    command->in.submit.specs[0].retry.given = RETRY_HAS_MAX_ATTEMPTS;
    return stage_ask(stage, command)->reply.view.task->id;
}

static int64_t rows(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM orders");
}

/* What is handed out must be this task; its end is of this kind. */
static void run(struct stage *stage, struct id worker, struct id task, enum outcome_kind kind)
{
    const struct task *given = claim(stage, worker);

    assert_non_null(given);
    assert_memory_equal(&given->id, &task, sizeof(task));
    (void)finish(stage, given, kind);
}

static void one_runs_after_the_other(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct id first = line(stage, "k"), second = line(stage, "k"), third = line(stage, "k");
    struct id other = line(stage, "l");

    assert_int_equal(state_of(stage, first), TASK_READY);
    assert_int_equal(state_of(stage, second), TASK_BLOCKED);
    assert_int_equal(state_of(stage, other), TASK_READY);
    run(stage, worker, first, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, second), TASK_READY);
    assert_int_equal(state_of(stage, third), TASK_BLOCKED);
    cancel(stage, second, 0);
    assert_int_equal(state_of(stage, third), TASK_READY);
    run(stage, worker, third, OUTCOME_SUCCEEDED);
    run(stage, worker, other, OUTCOME_SUCCEEDED);
    assert_int_equal(rows(stage), 0);
}

static void queues_have_lines_of_their_own(void **state)
{
    struct stage *stage = *state;

    (void)line(stage, "k");
    assert_int_equal(stage_ask(stage, to_line(stage, "other", "k"))->reply.view.task->state,
                     TASK_READY);
}

static void a_head_that_is_not_due_holds_its_line(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_line(stage, "q", "k"), *soon = to_line(stage, "q", "k");

    later->in.submit.specs[0].delay_ms = 60000;
    soon->in.submit.specs[0].delay_ms = 1000;
    struct id head = stage_ask(stage, later)->reply.view.task->id;
    struct id next = stage_ask(stage, soon)->reply.view.task->id;
    assert_int_equal(state_of(stage, next), TASK_SCHEDULED);
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, next), TASK_BLOCKED);
    stage_pass(stage, 60000);
    assert_int_equal(state_of(stage, head), TASK_READY);
    assert_int_equal(state_of(stage, next), TASK_BLOCKED);
}

static void a_head_that_is_tried_again_holds_its_line(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5), head = line(stage, "k"), next = line(stage, "k");

    run(stage, worker, head, OUTCOME_FAILED);
    assert_int_equal(state_of(stage, head), TASK_RETRYING);
    assert_int_equal(state_of(stage, next), TASK_BLOCKED);
    stage_pass(stage, 2000);
    run(stage, worker, head, OUTCOME_RELEASED);
    run(stage, worker, head, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, next), TASK_READY);
}

static void a_head_that_failed_is_passed_by(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct command *once = to_line(stage, "q", "k");

    once->in.submit.specs[0].retry.max_attempts = 1;
    once->in.submit.specs[0].retry.given = RETRY_HAS_MAX_ATTEMPTS;
    struct id head = stage_ask(stage, once)->reply.view.task->id, next = line(stage, "k");
    run(stage, worker, head, OUTCOME_FAILED);
    assert_int_equal(state_of(stage, next), TASK_READY);
    assert_int_equal(stage_ask(stage, to_again(stage, COMMAND_RETRY, head))->reply.view.task->state,
                     TASK_BLOCKED);
    struct id last = line(stage, "k");
    run(stage, worker, next, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, last), TASK_BLOCKED);
    run(stage, worker, head, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, last), TASK_READY);
}

static void a_head_that_failed_may_block_until_it_succeeds(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5), head = line_blocking(stage, "k");
    struct id next = line(stage, "k");

    run(stage, worker, head, OUTCOME_FAILED);
    assert_int_equal(state_of(stage, head), TASK_FAILED);
    assert_int_equal(state_of(stage, next), TASK_BLOCKED);
    stage_restart(stage);
    worker = enrol(stage, "q", 5);
    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, head));
    assert_int_equal(state_of(stage, head), TASK_READY);
    assert_int_equal(state_of(stage, next), TASK_BLOCKED);
    run(stage, worker, head, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, next), TASK_READY);
}

static void a_head_that_blocks_lets_go_when_it_is_deleted(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5), head = line_blocking(stage, "k");
    struct id next = line(stage, "k");

    run(stage, worker, head, OUTCOME_FAILED);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, head));
    assert_int_equal(state_of(stage, next), TASK_READY);
    assert_int_equal(rows(stage), 1);
}

static void a_head_that_blocks_lets_go_when_retention_takes_it(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5), head = line_blocking(stage, "k");
    struct id next = line(stage, "k");

    run(stage, worker, head, OUTCOME_FAILED);
    stage_pass(stage, INT64_C(4) * 24 * 3600 * 1000);
    assert_int_equal(state_of(stage, next), TASK_READY);
}

static void a_follower_that_ends_only_steps_out(void **state)
{
    struct stage *stage = *state;
    struct id head = line(stage, "k");
    struct command *hasty = to_line(stage, "q", "k");

    hasty->in.submit.specs[0].expires_ms = 1000;
    hasty->in.submit.specs[0].rules.on_order_failure = ORDER_BLOCK;
    struct id follower = stage_ask(stage, hasty)->reply.view.task->id, last = line(stage, "k");
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, follower), TASK_EXPIRED);
    assert_int_equal(state_of(stage, last), TASK_BLOCKED);
    cancel(stage, head, 0);
    assert_int_equal(state_of(stage, last), TASK_READY);
    assert_int_equal(rows(stage), 1);
}

static void another_queue_is_another_line(void **state)
{
    struct stage *stage = *state;
    struct id head = line(stage, "k"), next = line(stage, "k");
    struct id there = stage_ask(stage, to_line(stage, "other", "k"))->reply.view.task->id;
    struct command *move = stage_make(stage, COMMAND_EDIT);

    move->in.edit = (struct edit){
        .task = head, .has_queue = true, .queue = BYTES("other"), .if_match = VERSION_UNASKED};
    assert_int_equal(stage_ask(stage, move)->reply.view.task->state, TASK_BLOCKED);
    assert_int_equal(state_of(stage, next), TASK_READY);
    cancel(stage, there, 0);
    assert_int_equal(state_of(stage, head), TASK_READY);
}

static void a_clone_stands_at_the_end(void **state)
{
    struct stage *stage = *state;
    struct id head = line(stage, "k"), next = line(stage, "k");
    struct command *clone = to_again(stage, COMMAND_RETRY, head);

    cancel(stage, head, 0);
    clone->in.again.clone = true;
    struct id copy = stage_ask(stage, clone)->reply.view.task->id;
    assert_int_equal(state_of(stage, copy), TASK_BLOCKED);
    cancel(stage, next, 0);
    assert_int_equal(state_of(stage, copy), TASK_READY);
}

static void a_purge_empties_the_line(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 20; i++)
        (void)line(stage, "k");
    (void)stage_ask(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 20);
    assert_int_equal(rows(stage), 0);
}

/* The place of one that was moved to the end is a number that nobody else may get. */
static void places_are_never_given_twice(void **state)
{
    struct stage *stage = *state;
    struct id first = line(stage, "k"), second = line(stage, "k");

    cancel(stage, first, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, first));
    stage_kill(stage);
    struct id third = line(stage, "k");
    cancel(stage, second, 0);
    assert_int_equal(state_of(stage, first), TASK_READY);
    assert_int_equal(state_of(stage, third), TASK_BLOCKED);
}

static void lines_outlive_the_broker(void **state)
{
    struct stage *stage = *state;
    struct id first = line(stage, "k"), second = line(stage, "k");

    stage_kill(stage);
    run(stage, enrol(stage, "q", 1), first, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, second), TASK_READY);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(one_runs_after_the_other),
        STAGED(queues_have_lines_of_their_own),
        STAGED(a_head_that_is_not_due_holds_its_line),
        STAGED(a_head_that_is_tried_again_holds_its_line),
        STAGED(a_head_that_failed_is_passed_by),
        STAGED(a_head_that_failed_may_block_until_it_succeeds),
        STAGED(a_head_that_blocks_lets_go_when_it_is_deleted),
        STAGED(a_head_that_blocks_lets_go_when_retention_takes_it),
        STAGED(a_follower_that_ends_only_steps_out),
        STAGED(another_queue_is_another_line),
        STAGED(a_clone_stands_at_the_end),
        STAGED(a_purge_empties_the_line),
        STAGED(places_are_never_given_twice),
        STAGED(lines_outlive_the_broker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
