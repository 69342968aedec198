/* Tests of firing: what a slot does to the task made last, in whose name it submits, and what
 * becomes of slots that make none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

static void plan(struct stage *stage, enum schedule_overlap overlap)
{
    struct command *command = to_plan(stage, "s", "q");

    command->in.schedule_edit.settings.cron = BYTES("* * * * *");
    command->in.schedule_edit.settings.overlap = overlap;
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
}

static const struct schedule_state *see(struct stage *stage)
{
    struct command *command = stage_ask(stage, to_schedule(stage, COMMAND_GET_SCHEDULE, "s"));

    assert_int_equal(code_of(command), OK);
    return &command->reply.schedules[0].state;
}

static void next_slot(struct stage *stage)
{
    stage_pass(stage, MINUTE_MS);
}

static void skip_makes_none_while_the_last_is_not_over(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    plan(stage, OVERLAP_SKIP);
    next_slot(stage);
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 1);
    assert_int_equal(see(stage)->skipped, 1);
    assert_non_null(strstr(see(stage)->error.at, "is not over"));
    worker = enrol(stage, "q", 1);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 2);
    assert_null(see(stage)->error.at);
    cancel(stage, see(stage)->last.id, 0);
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 3);
}

static void a_last_task_that_was_deleted_is_over(void **state)
{
    struct stage *stage = *state;

    plan(stage, OVERLAP_SKIP);
    next_slot(stage);
    cancel(stage, see(stage)->last.id, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, see(stage)->last.id));
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 2);
}

static void allow_does_not_mind(void **state)
{
    struct stage *stage = *state;

    plan(stage, OVERLAP_ALLOW);
    for (int i = 0; i < 3; i++)
        next_slot(stage);
    assert_int_equal(count(stage, "q", TASK_READY), 3);
}

/* So that what runs does not lose its lease from one slot to the next. */
static void lease_for_long(struct stage *stage)
{
    struct queue_settings settings = queue_default();

    settings.lease_ms = HOUR_MS;
    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_LEASE, settings));
}

static void queue_makes_it_wait_for_the_end_of_the_other(void **state)
{
    struct stage *stage = *state;
    const struct task *first;

    lease_for_long(stage);
    plan(stage, OVERLAP_QUEUE);
    next_slot(stage);
    first = claim(stage, enrol(stage, "q", 5));
    next_slot(stage);
    struct id second = see(stage)->last.id;
    assert_int_equal(see(stage)->fired, 2);
    assert_int_equal(state_of(stage, second), TASK_BLOCKED);
    (void)finish(stage, first, OUTCOME_FAILED);
    assert_int_equal(state_of(stage, second), TASK_BLOCKED);
    cancel(stage, first->id, 0);
    assert_int_equal(state_of(stage, second), TASK_READY);
}

static void cancel_other_cancels_what_waits_at_once(void **state)
{
    struct stage *stage = *state;

    plan(stage, OVERLAP_CANCEL_OTHER);
    next_slot(stage);
    struct id first = see(stage)->last.id;
    next_slot(stage);
    struct command *look = to_look(stage, first, 0);
    look->in.look.with_result = true;
    (void)stage_ask(stage, look);
    assert_int_equal(look->reply.view.task->state, TASK_CANCELLED);
    assert_true(bytes_is(look->reply.view.task->cancel_reason, "replaced"));
    assert_int_equal(state_of(stage, see(stage)->last.id), TASK_READY);
}

/* A runs and has been asked to stop, B waits for it; C replaces B and must wait for A as well. */
static void cancel_other_waits_for_what_has_yet_to_stop(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan(stage, "s", "q");

    lease_for_long(stage);
    command->in.schedule_edit.settings.overlap = OVERLAP_CANCEL_OTHER;
    command->in.schedule_edit.settings.missed = MISSED_ALL;
    command->in.schedule_edit.settings.cron = BYTES("* * * * *");
    (void)stage_ask(stage, command);
    next_slot(stage);
    const struct task *first = claim(stage, enrol(stage, "q", 5));
    stage_skip(stage, 2 * MINUTE_MS); /* two slots in one batch */
    stage_settle(stage);
    assert_int_equal(see(stage)->fired, 3);
    struct id third = see(stage)->last.id;
    assert_int_equal(state_of(stage, first->id), TASK_RUNNING);
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 1);
    assert_int_equal(state_of(stage, third), TASK_BLOCKED);
    stage_pass(stage, 11 * SECOND_MS); /* the grace is over */
    assert_int_equal(state_of(stage, first->id), TASK_CANCELLED);
    assert_int_equal(state_of(stage, third), TASK_READY);
}

static struct id trigger(struct stage *stage)
{
    struct command *command = stage_ask(stage, to_schedule(stage, COMMAND_TRIGGER_SCHEDULE, "s"));

    assert_int_equal(code_of(command), OK);
    return command->reply.view.task->id;
}

static void triggers_do_not_make_a_slot_forget_what_runs(void **state)
{
    struct stage *stage = *state;
    const struct task *first;
    struct id second, third;

    lease_for_long(stage);
    plan(stage, OVERLAP_SKIP);
    next_slot(stage);
    first = claim(stage, enrol(stage, "q", 5));
    second = trigger(stage);
    third = trigger(stage);
    cancel(stage, second, 0);
    cancel(stage, third, 0);
    next_slot(stage);
    assert_int_equal(state_of(stage, first->id), TASK_RUNNING);
    assert_int_equal(see(stage)->fired, 1);
    assert_int_equal(see(stage)->skipped, 1);
}

static void a_slot_waits_for_both_that_are_busy(void **state)
{
    struct stage *stage = *state;
    const struct task *first;
    struct id second, third;

    lease_for_long(stage);
    plan(stage, OVERLAP_QUEUE);
    next_slot(stage);
    first = claim(stage, enrol(stage, "q", 5));
    second = trigger(stage);
    next_slot(stage);
    third = see(stage)->last.id;
    cancel(stage, second, 0);
    assert_int_equal(state_of(stage, first->id), TASK_RUNNING);
    assert_int_equal(state_of(stage, third), TASK_BLOCKED);
}

static void a_slot_cancels_both_that_are_busy(void **state)
{
    struct stage *stage = *state;
    struct id first, second;

    plan(stage, OVERLAP_CANCEL_OTHER);
    next_slot(stage);
    first = see(stage)->last.id;
    second = trigger(stage);
    next_slot(stage);
    assert_int_equal(state_of(stage, first), TASK_CANCELLED);
    assert_int_equal(state_of(stage, second), TASK_CANCELLED);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static void what_cannot_be_made_is_counted_and_said(void **state)
{
    struct stage *stage = *state;

    plan(stage, OVERLAP_ALLOW);
    limit_pending(stage, "q", 1);
    next_slot(stage);
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 1);
    assert_int_equal(see(stage)->skipped, 1);
    assert_non_null(strstr(see(stage)->error.at, "pending_limit is 1"));
    limit_pending(stage, "q", 2);
    next_slot(stage);
    assert_int_equal(see(stage)->fired, 2);
    assert_null(see(stage)->error.at);
    (void)stage_ask(stage, to_close(stage, "q", true, 0));
    next_slot(stage);
    assert_int_equal(see(stage)->skipped, 2);
    assert_non_null(strstr(see(stage)->error.at, "clos"));
}

static void a_template_that_cannot_be_read_cancels_nobody(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan(stage, "s", "q");

    plan(stage, OVERLAP_CANCEL_OTHER);
    next_slot(stage);
    command->in.schedule_edit.task = BYTES("bad");
    command->in.schedule_edit.settings.cron = BYTES("* * * * *");
    command->in.schedule_edit.settings.overlap = OVERLAP_CANCEL_OTHER;
    (void)stage_ask(stage, command);
    next_slot(stage);
    assert_int_equal(see(stage)->skipped, 1);
    assert_true(bytes_is(see(stage)->error, "/task/type: is bad"));
    assert_int_equal(state_of(stage, see(stage)->last.id), TASK_READY);
}

static void slots_are_counted_by_namespace(void **state)
{
    struct stage *stage = *state;
    struct bytes ns = BYTES("default");

    plan(stage, OVERLAP_SKIP);
    for (int i = 0; i < 3; i++)
        next_slot(stage);
    assert_int_equal(metrics_value(stage->metrics, METRIC_SCHEDULE_FIRED, &ns), 1);
    assert_int_equal(metrics_value(stage->metrics, METRIC_SCHEDULE_SKIPPED, &ns), 2);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(skip_makes_none_while_the_last_is_not_over),
        STAGED(a_last_task_that_was_deleted_is_over),
        STAGED(allow_does_not_mind),
        STAGED(queue_makes_it_wait_for_the_end_of_the_other),
        STAGED(cancel_other_cancels_what_waits_at_once),
        STAGED(cancel_other_waits_for_what_has_yet_to_stop),
        STAGED(triggers_do_not_make_a_slot_forget_what_runs),
        STAGED(a_slot_waits_for_both_that_are_busy),
        STAGED(a_slot_cancels_both_that_are_busy),
        STAGED(what_cannot_be_made_is_counted_and_said),
        STAGED(a_template_that_cannot_be_read_cancels_nobody),
        STAGED(slots_are_counted_by_namespace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
