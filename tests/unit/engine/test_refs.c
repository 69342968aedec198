/* Tests of arrays whose members name each other. */
#include "refs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "play.h"

enum { MANY = 1000 };

static void name(struct command *command, unsigned nth, const char *ref, const char *depends_on)
{
    command->in.submit.specs[nth].ref = bytes_of(ref);
    command->in.submit.specs[nth].rules.depends_on = bytes_of(depends_on);
}

static struct command *to_diamond(struct stage *stage)
{
    struct command *command = to_submit_many(stage, "q", 4);

    name(command, 0, "end", "left\nright\n");
    name(command, 1, "left", "top\n");
    name(command, 2, "right", "top\n");
    name(command, 3, "top", NULL);
    return command;
}

static enum task_state state_in(struct stage *stage, const struct command *command, unsigned nth)
{
    return state_of(stage, command->reply.items[nth].id);
}

static void run_next(struct stage *stage, struct id worker, struct id expected)
{
    const struct task *task = claim(stage, worker);

    assert_non_null(task);
    assert_memory_equal(&task->id, &expected, sizeof(expected));
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
}

static void run_diamond(struct stage *stage, struct command *command)
{
    struct id worker = enrol(stage, "q", 5);
    struct submit_item *items = stage_ask(stage, command)->reply.items;

    assert_int_equal(command->reply.error.code, OK);
    assert_int_equal(command->reply.taken, 4);
    assert_int_equal(items[0].state, TASK_BLOCKED);
    assert_int_equal(items[3].state, TASK_READY);
    run_next(stage, worker, items[3].id);
    run_next(stage, worker, items[1].id);
    assert_int_equal(state_in(stage, command, 0), TASK_BLOCKED);
    run_next(stage, worker, items[2].id);
    run_next(stage, worker, items[0].id);
}

static void a_diamond_runs_from_its_top(void **state)
{
    struct stage *stage = *state;

    run_diamond(stage, to_diamond(stage));
}

static void a_diamond_is_taken_whole(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_diamond(stage);

    command->in.submit.atomic = true;
    run_diamond(stage, command);
}

static void a_thousand_in_a_row_are_taken(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit_many(stage, "q", MANY);

    command->in.submit.atomic = true;
    for (unsigned i = 0; i < MANY; i++) {
        char ref[16], awaited[16];

        (void)snprintf(ref, sizeof(ref), "m%u", i);
        (void)snprintf(awaited, sizeof(awaited), "m%u\n", i + 1);
        command->in.submit.specs[i].ref = arena_bytes(command->mem, bytes_of(ref));
        if (i + 1 < MANY)
            command->in.submit.specs[i].rules.depends_on =
                arena_bytes(command->mem, bytes_of(awaited));
    }
    (void)stage_ask(stage, command);
    assert_int_equal(count(stage, "q", TASK_BLOCKED), MANY - 1);
    assert_int_equal(state_in(stage, command, MANY - 1), TASK_READY);
    cancel(stage, command->reply.items[MANY - 1].id, 0);
    assert_int_equal(count(stage, "q", TASK_FAILED), MANY - 1);
}

static void a_circle_refuses_the_array(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_diamond(stage);

    name(command, 3, "top", "end\n");
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_INVALID_FIELD);
    assert_string_equal(command->reply.error.where, "/3/depends_on/0");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void who_comes_after_a_refused_one_is_refused(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_diamond(stage);

    limit_pending(stage, "full", 0);
    command->in.submit.specs[1].queue = BYTES("full");
    struct submit_item *items = stage_ask(stage, command)->reply.items;
    assert_int_equal(items[1].error.code, ERR_QUEUE_FULL);
    assert_int_equal(items[0].error.code, ERR_INVALID_FIELD);
    assert_string_equal(items[0].error.where, "/depends_on/0");
    assert_string_equal(items[0].error.detail,
                        "the array's task that it waits for was refused: left");
    assert_int_equal(items[2].error.code, OK);
    assert_int_equal(items[3].error.code, OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dependencies"), 1);
}

static void an_unknown_id_refuses_the_member_or_the_whole(void **state)
{
    static const char unknown[] = "top\n019a8b0c-0000-7000-8000-000000000001\n";
    struct stage *stage = *state;
    struct command *loose = to_diamond(stage), *whole = to_diamond(stage);

    name(loose, 1, "left", unknown);
    name(whole, 1, "left", unknown);
    whole->in.submit.atomic = true;
    (void)stage_ask(stage, loose);
    assert_string_equal(loose->reply.items[1].error.where, "/depends_on/1");
    assert_int_equal(code_of(stage_ask(stage, whole)), ERR_INVALID_FIELD);
    assert_string_equal(whole->reply.error.where, "/1/depends_on/1");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 2);
}

static void a_bad_end_falls_through_the_array(void **state)
{
    struct stage *stage = *state;
    struct id gone = submit(stage, "q");
    struct command *command = to_diamond(stage);
    char text[ID_TEXT_LEN + 2];

    cancel(stage, gone, 0);
    id_format(gone, text);
    name(command, 3, "top", arena_printf(command->mem, "%s\n", text).at);
    (void)stage_ask(stage, command);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(command->reply.items[i].state, TASK_FAILED);
}

/* What the array was taken as is forgotten with its batch, names and all. */
static void an_undone_array_is_taken_anew(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_diamond(stage), *much = to_submit(stage, "q");
    char sql[64];

    (void)submit(stage, "other");
    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    stage_post(stage, command);
    stage_post(stage, much);
    stage_settle(stage);
    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(code_of(command), ERR_DISK_RESERVE);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dependencies"), 0);
    stage_pass(stage, 6000);
    run_diamond(stage, to_diamond(stage));
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_diamond_runs_from_its_top),
        STAGED(a_diamond_is_taken_whole),
        STAGED(a_thousand_in_a_row_are_taken),
        STAGED(a_circle_refuses_the_array),
        STAGED(who_comes_after_a_refused_one_is_refused),
        STAGED(an_unknown_id_refuses_the_member_or_the_whole),
        STAGED(a_bad_end_falls_through_the_array),
        ON_DISK(an_undone_array_is_taken_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
