/* Tests of tasks that come after others. */
#include "deps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "play.h"

static struct bytes line_of(struct arena *mem, struct id id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    return arena_printf(mem, "%s\n", text);
}

static struct command *to_follow(struct stage *stage, struct id first,
                                 enum dependency_failure on_failure)
{
    struct command *command = to_submit(stage, "q");
    struct task_rules *rules = &command->in.submit.specs[0].rules;

    rules->depends_on = line_of(command->mem, first);
    rules->on_dependency_failure = on_failure;
    return command;
}

static struct id follow(struct stage *stage, struct id first, enum dependency_failure on_failure)
{
    struct command *command = stage_ask(stage, to_follow(stage, first, on_failure));

    assert_int_equal(code_of(command), OK);
    return command->reply.view.task->id;
}

static int64_t rows(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM dependencies");
}

static void it_runs_when_all_have_succeeded(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5), first = submit(stage, "q");
    const struct task *task = claim(stage, worker);
    struct id second = submit(stage, "q");
    struct command *both = to_follow(stage, first, DEPENDENCY_FAIL);
    struct bytes *lines = &both->in.submit.specs[0].rules.depends_on;
    int64_t version = view(stage, first)->task->version;

    *lines = arena_printf(both->mem, "%.*s%.*s", BYTES_ARG(*lines),
                          BYTES_ARG(line_of(both->mem, second)));
    struct id last = stage_ask(stage, both)->reply.view.task->id;
    assert_int_equal(state_of(stage, last), TASK_BLOCKED);
    assert_int_equal(view(stage, first)->task->version, version);
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, last), TASK_BLOCKED);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    assert_int_equal(state_of(stage, last), TASK_READY);
    assert_int_equal(rows(stage), 0);
    assert_int_equal(state_of(stage, follow(stage, second, DEPENDENCY_FAIL)), TASK_READY);
}

static void what_is_not_due_waits_for_that_as_well(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");
    struct command *later = to_follow(stage, first, DEPENDENCY_RUN);

    later->in.submit.specs[0].delay_ms = 60000;
    struct id last = stage_ask(stage, later)->reply.view.task->id;
    assert_int_equal(state_of(stage, last), TASK_SCHEDULED);
    cancel(stage, first, 0);
    assert_int_equal(state_of(stage, last), TASK_SCHEDULED);
    stage_pass(stage, 61000);
    assert_int_equal(state_of(stage, last), TASK_READY);
}

static void a_bad_end_ends_it_as_it_said(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");
    struct id failing = follow(stage, first, DEPENDENCY_FAIL);
    struct id skipping = follow(stage, first, DEPENDENCY_SKIP);
    struct id running = follow(stage, first, DEPENDENCY_RUN);
    char expected[512], id[ID_TEXT_LEN + 1];

    cancel(stage, first, 0);
    id_format(first, id);
    (void)snprintf(expected, sizeof(expected),
                   "{\"type\":\"dependency_failed\",\"message\":\"it depends on the task %s, which "
                   "is cancelled\",\"trace\":null,\"data\":{\"task_id\":\"%s\",\"state\":"
                   "\"cancelled\"}}",
                   id, id);
    assert_int_equal(state_of(stage, failing), TASK_FAILED);
    assert_true(bytes_is(view(stage, failing)->task->error, expected));
    assert_int_equal(state_of(stage, skipping), TASK_CANCELLED);
    assert_true(bytes_is(view(stage, skipping)->task->cancel_reason, "dependency_failed"));
    assert_int_equal(state_of(stage, running), TASK_READY);
    assert_int_equal(rows(stage), 0);
}

static void what_has_ended_badly_before_counts_at_once(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");

    cancel(stage, first, 0);
    struct command *failing = stage_ask(stage, to_follow(stage, first, DEPENDENCY_FAIL));
    struct command *skipping = stage_ask(stage, to_follow(stage, first, DEPENDENCY_SKIP));
    assert_int_equal(failing->reply.view.task->state, TASK_FAILED);
    assert_non_null(failing->reply.view.task->error.at);
    assert_true(failing->reply.created);
    assert_int_equal(skipping->reply.view.task->state, TASK_CANCELLED);
    assert_true(bytes_is(skipping->reply.view.task->cancel_reason, "dependency_failed"));
    assert_int_equal(state_of(stage, follow(stage, first, DEPENDENCY_RUN)), TASK_READY);
    assert_int_equal(count(stage, "q", TASK_FAILED), 1);
}

static void one_that_failed_so_runs_when_it_is_retried(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q"), last = follow(stage, first, DEPENDENCY_FAIL);

    cancel(stage, first, 0);
    assert_int_equal(stage_ask(stage, to_again(stage, COMMAND_RETRY, last))->reply.view.task->state,
                     TASK_READY);
    assert_int_equal(state_of(stage, first), TASK_CANCELLED);
}

static void an_id_that_is_not_there_is_pointed_at(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_follow(stage, (struct id){{1}}, DEPENDENCY_FAIL);
    struct command *word = to_submit(stage, "q");

    word->in.submit.specs[0].rules.depends_on = BYTES("word\n");
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_INVALID_FIELD);
    assert_string_equal(command->reply.error.where, "/depends_on/0");
    assert_int_equal(code_of(stage_ask(stage, word)), ERR_INVALID_FIELD);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void what_is_out_of_reach_is_not_there(void **state)
{
    static const struct principal bound = {.name = BYTES("bound"),
                                           .grant = {.ns = BYTES("*"), .queues = BYTES("q")}};
    struct stage *stage = *state;
    struct command *blind = to_follow(stage, submit(stage, "secret"), DEPENDENCY_FAIL);
    struct command *unknown = to_follow(stage, (struct id){{1}}, DEPENDENCY_FAIL);

    blind->by = unknown->by = &bound;
    assert_int_equal(code_of(stage_ask(stage, blind)), ERR_INVALID_FIELD);
    assert_int_equal(code_of(stage_ask(stage, unknown)), ERR_INVALID_FIELD);
    assert_string_equal(blind->reply.error.where, unknown->reply.error.where);
}

static void a_blocked_task_expires(void **state)
{
    struct stage *stage = *state;
    struct command *hasty = to_follow(stage, submit(stage, "q"), DEPENDENCY_FAIL);

    hasty->in.submit.specs[0].expires_ms = 1000;
    struct id last = stage_ask(stage, hasty)->reply.view.task->id;
    stage_pass(stage, 2000);
    assert_int_equal(state_of(stage, last), TASK_EXPIRED);
    assert_int_equal(rows(stage), 0);
}

enum { CHAIN = 1500, FAN = 1500 };

static struct id make_chain(struct stage *stage)
{
    struct id first = submit(stage, "q"), last = first;

    for (int i = 0; i < CHAIN; i++)
        last = follow(stage, last, DEPENDENCY_FAIL);
    return first;
}

static void make_fan(struct stage *stage, struct id first)
{
    struct command *many = to_submit_many(stage, "q", FAN);

    for (unsigned i = 0; i < FAN; i++)
        many->in.submit.specs[i].rules.depends_on = line_of(many->mem, first);
    (void)stage_ask(stage, many);
    assert_int_equal(rows(stage), FAN);
}

static void a_long_chain_falls_slice_by_slice(void **state)
{
    struct stage *stage = *state;
    struct id first = make_chain(stage);

    stage_post(stage, to_cancel(stage, first, 0));
    (void)engine_step(stage->engine);
    assert_in_range(stage_number(stage, "SELECT count(*) FROM tasks WHERE state = 8"), 50, 500);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM intents"), 1);
    stage_settle(stage);
    assert_int_equal(count(stage, "q", TASK_FAILED), CHAIN);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM intents"), 0);
    assert_int_equal(rows(stage), 0);
}

static void a_wide_fan_falls_slice_by_slice_over_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");

    make_fan(stage, first);
    stage_post(stage, to_cancel(stage, first, 0));
    (void)engine_step(stage->engine);
    assert_in_range(rows(stage), 500, FAN - 50);
    stage_kill(stage);
    stage_settle(stage);
    assert_int_equal(count(stage, "q", TASK_FAILED), FAN);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM intents"), 0);
}

/* The awaited one is gone before all were told: the note of its end is enough. */
static void what_is_owed_outlives_the_task(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");
    struct command *gone;

    make_fan(stage, first);
    stage_post(stage, to_cancel(stage, first, 0));
    (void)engine_step(stage->engine);
    gone = to_again(stage, COMMAND_DELETE_TASK, first);
    stage_post(stage, gone);
    stage_settle(stage);
    assert_int_equal(code_of(gone), OK);
    assert_int_equal(count(stage, "q", TASK_FAILED), FAN);
    assert_int_equal(rows(stage), 0);
}

static void the_others_wait_on_when_it_is_retried_meanwhile(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q");

    make_fan(stage, first);
    stage_post(stage, to_cancel(stage, first, 0));
    stage_post(stage, to_again(stage, COMMAND_RETRY, first));
    stage_settle(stage);
    assert_int_equal(state_of(stage, first), TASK_READY);
    assert_int_equal(count(stage, "q", TASK_BLOCKED), FAN);
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_SUCCEEDED);
    assert_int_equal(count(stage, "q", TASK_READY), FAN);
}

static void a_claim_of_the_same_batch_gets_what_is_free_now(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), first = submit(stage, "q");
    const struct task *task = claim(stage, worker);
    struct id last = follow(stage, first, DEPENDENCY_FAIL);
    struct command *next = to_claim(stage, worker, 1, 60000);

    (void)stage_ask(stage, next);
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    assert_int_equal(next->reply.tasks_len, 1);
    assert_memory_equal(&next->reply.tasks[0].id, &last, sizeof(last));
}

/* The outcome shares a batch with what the disk has no room for: it is undone and runs again. */
static void an_undone_end_is_told_once(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), first = submit(stage, "q");
    const struct task *task = claim(stage, worker);
    struct id last = follow(stage, first, DEPENDENCY_FAIL);
    struct command *much = to_submit(stage, "q");
    char sql[64];

    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    stage_post(stage, to_finish(stage, task->lease, OUTCOME_SUCCEEDED));
    stage_post(stage, much);
    stage_settle(stage);
    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(stage_metric(stage, METRIC_ROLLBACKS), 1);
    assert_int_equal(state_of(stage, last), TASK_READY);
    assert_int_equal(rows(stage), 0);
    assert_true(list_is_empty(&stage->engine->owed));
}

/* More have expired than the timer ends at once: the rest ends when a claim meets it. */
static void what_ends_while_tasks_are_handed_out_is_told_next(void **state)
{
    enum { EXPIRING = 260 };
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *many = to_submit_many(stage, "q", EXPIRING);
    struct command *waiting = to_claim(stage, worker, 1, 60000);

    (void)submit(stage, "q");
    const struct task *task = claim(stage, worker);
    for (unsigned i = 0; i < EXPIRING; i++)
        many->in.submit.specs[i].expires_ms = 1000;
    (void)stage_ask(stage, many);
    struct id last = follow(stage, many->reply.items[EXPIRING - 1].id, DEPENDENCY_RUN);
    (void)stage_ask(stage, waiting);
    stage_skip(stage, 1500);
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_memory_equal(&waiting->reply.tasks[0].id, &last, sizeof(last));
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)
#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(it_runs_when_all_have_succeeded),
        STAGED(what_is_not_due_waits_for_that_as_well),
        STAGED(a_bad_end_ends_it_as_it_said),
        STAGED(what_has_ended_badly_before_counts_at_once),
        STAGED(one_that_failed_so_runs_when_it_is_retried),
        STAGED(an_id_that_is_not_there_is_pointed_at),
        STAGED(what_is_out_of_reach_is_not_there),
        STAGED(a_blocked_task_expires),
        STAGED(a_long_chain_falls_slice_by_slice),
        STAGED(a_wide_fan_falls_slice_by_slice_over_a_restart),
        STAGED(what_is_owed_outlives_the_task),
        STAGED(the_others_wait_on_when_it_is_retried_meanwhile),
        STAGED(what_ends_while_tasks_are_handed_out_is_told_next),
        ON_DISK(an_undone_end_is_told_once),
        STAGED(a_claim_of_the_same_batch_gets_what_is_free_now),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
