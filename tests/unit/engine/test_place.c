/* Tests of where a task stands: its time first, then what holds it back. */
#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static enum task_state place(struct stage *stage, struct task task)
{
    struct batch batch = {
        .engine = stage->engine,
        .db = stage->engine->db,
        .hot = &stage->engine->hot,
        .now = stage->now,
    };

    return place_of(&batch, &task);
}

static void what_is_not_due_is_scheduled_whatever_holds_it(void **state)
{
    struct stage *stage = *state;
    int64_t now_ms = stage->now.wall_ms;

    assert_int_equal(place(stage, (struct task){.run_at_ms = now_ms + 1, .is_dependent = true}),
                     TASK_SCHEDULED);
    assert_int_equal(place(stage, (struct task){.run_at_ms = now_ms, .is_dependent = true}),
                     TASK_BLOCKED);
    assert_int_equal(place(stage, (struct task){.run_at_ms = now_ms}), TASK_READY);
}

static struct command *to_edit_time(struct stage *stage, struct id task, int64_t run_at_ms)
{
    struct command *edit = stage_make(stage, COMMAND_EDIT);

    edit->in.edit = (struct edit){
        .task = task, .has_run_at = true, .run_at_ms = run_at_ms, .if_match = VERSION_UNASKED};
    return edit;
}

static void a_new_time_moves_a_blocked_task(void **state)
{
    struct stage *stage = *state;
    struct command *next = to_submit(stage, "q"), *head = to_submit(stage, "q");
    int64_t now_ms = stage->now.wall_ms;

    head->in.submit.specs[0].rules.ordering_key = BYTES("k");
    next->in.submit.specs[0].rules.ordering_key = BYTES("k");
    (void)stage_ask(stage, head);
    struct id task = stage_ask(stage, next)->reply.view.task->id;
    (void)stage_ask(stage, to_edit_time(stage, task, now_ms + 60000));
    assert_int_equal(state_of(stage, task), TASK_SCHEDULED);
    (void)stage_ask(stage, to_again(stage, COMMAND_RUN_NOW, task));
    assert_int_equal(state_of(stage, task), TASK_BLOCKED);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RUN_NOW, task))), OK);
    (void)stage_ask(stage, to_edit_time(stage, task, now_ms));
    assert_int_equal(state_of(stage, task), TASK_BLOCKED);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(what_is_not_due_is_scheduled_whatever_holds_it),
        STAGED(a_new_time_moves_a_blocked_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
