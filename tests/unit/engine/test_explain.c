/* Tests of why a task does not run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static const struct task_view *explain(struct stage *stage, struct id task)
{
    struct command *look = to_look(stage, task, 0);

    look->in.look.with_explain = true;
    return &stage_ask(stage, look)->reply.view;
}

static void every_rule_that_holds_it_back_is_named(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "q");
    struct queue_settings settings = {.concurrency = 0, .paused = true};

    (void)stage_ask(stage,
                    to_edit_queue(stage, "q", QUEUE_HAS_CONCURRENCY | QUEUE_HAS_PAUSED, settings));
    later->in.submit.specs[0].delay_ms = 1000;
    struct id task = stage_ask(stage, later)->reply.view.task->id;
    const struct task_view *shown = explain(stage, task);
    const char *const kinds[] = {"schedule", "paused", "queue_cap", "no_worker"};

    assert_int_equal(shown->blockers_len, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_string_equal(shown->blockers[i].kind, kinds[i]);
    assert_int_equal(shown->blockers[0].until_ms, stage->now.wall_ms + 1000);
}

static void a_full_cap_names_its_holders(void **state)
{
    struct stage *stage = *state;
    struct id holder = submit(stage, "q"), task = submit(stage, "q");

    limit_running(stage, "q", 1);
    assert_non_null(claim(stage, enrol(stage, "q", 2)));
    const struct task_view *shown = explain(stage, task);

    assert_string_equal(shown->blockers[0].kind, "queue_cap");
    assert_int_equal(shown->blockers[0].holders_len, 1);
    assert_memory_equal(&shown->blockers[0].holders[0], &holder, sizeof(holder));
}

static void a_ready_task_knows_its_place_in_line(void **state)
{
    struct stage *stage = *state;

    (void)enrol(stage, "q", 1);
    (void)stage_ask(stage, to_submit_many(stage, "q", 4));
    const struct task_view *shown = explain(stage, submit(stage, "q"));

    assert_int_equal(shown->blockers_len, 1);
    assert_string_equal(shown->blockers[0].kind, "position");
    assert_int_equal(shown->blockers[0].ahead, 4);
}

static struct id submit_in_line(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.ordering_key = BYTES("k");
    return stage_ask(stage, command)->reply.view.task->id;
}

static void a_follower_knows_who_has_the_turn(void **state)
{
    struct stage *stage = *state;
    struct id head = submit_in_line(stage);

    (void)submit_in_line(stage);
    (void)enrol(stage, "q", 1);
    const struct task_view *shown = explain(stage, submit_in_line(stage));

    assert_int_equal(shown->blockers_len, 1);
    assert_string_equal(shown->blockers[0].kind, "ordering");
    assert_true(bytes_is(shown->blockers[0].key, "k"));
    assert_int_equal(shown->blockers[0].ahead, 2);
    assert_int_equal(shown->blockers[0].holders_len, 1);
    assert_memory_equal(shown->blockers[0].holders, &head, sizeof(head));
    assert_int_equal(shown->blockers[0].holder_state, TASK_READY);
    assert_int_equal(explain(stage, head)->blockers_len, 1);
}

static void a_dependent_knows_what_it_waits_for(void **state)
{
    enum { MANY = 30 };
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");
    struct bytes *lines = &command->in.submit.specs[0].rules.depends_on;
    struct id first = {{0}}, last;

    *lines = BYTES("");
    for (unsigned i = 0; i < MANY; i++) {
        char text[ID_TEXT_LEN + 1];

        last = submit(stage, "q");
        first = i == 0 ? last : first;
        id_format(last, text);
        *lines = arena_printf(command->mem, "%.*s%s\n", BYTES_ARG(*lines), text);
    }
    (void)enrol(stage, "q", 1);
    const struct task_view *shown = explain(stage, stage_ask(stage, command)->reply.view.task->id);

    assert_int_equal(shown->blockers_len, 1);
    assert_string_equal(shown->blockers[0].kind, "dependency");
    assert_int_equal(shown->blockers[0].count, MANY);
    assert_int_equal(shown->blockers[0].holders_len, 20);
    assert_memory_equal(shown->blockers[0].holders, &first, sizeof(first));
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(every_rule_that_holds_it_back_is_named), STAGED(a_full_cap_names_its_holders),
        STAGED(a_ready_task_knows_its_place_in_line),   STAGED(a_follower_knows_who_has_the_turn),
        STAGED(a_dependent_knows_what_it_waits_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
