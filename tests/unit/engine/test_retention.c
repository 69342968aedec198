/* Retention: what is finished goes at its time, in order, a little at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "brain.h"
#include "domain/bounds.h"
#include "play.h"

static void keep(struct stage *stage, struct retention retention)
{
    struct queue_settings settings = queue_default();

    settings.retention = retention;
    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_RETENTION, settings));
}

static void keep_at_most(struct stage *stage, int64_t max_count)
{
    keep(stage, (struct retention){.given = RETENTION_HAS_MAX_COUNT, .max_count = max_count});
}

/* Submitted and brought to its end. */
static struct id run_one(struct stage *stage, struct id worker, enum outcome_kind kind)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].retry =
        (struct retry_policy){.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 1};
    (void)stage_ask(stage, command);
    (void)finish(stage, claim(stage, worker), kind);
    return command->reply.view.task->id;
}

static void cancel_many(struct stage *stage, unsigned count)
{
    (void)stage_ask(stage, to_submit_many(stage, "q", count));
    (void)stage_ask(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
}

static bool is_gone(struct stage *stage, struct id task)
{
    return code_of(stage_ask(stage, to_look(stage, task, 0))) == ERR_NOT_FOUND;
}

static int64_t tasks_kept(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM tasks");
}

/* Counters are what the rows say, and nothing is left of tasks that are gone. */
static void assert_consistent(struct stage *stage)
{
    assert_int_equal(
        stage_number(
            stage, "SELECT count(*) FROM (SELECT ns, queue, class, state, count(*) n, sum(bytes) b "
                   "FROM tasks GROUP BY 1, 2, 3, 4) r FULL JOIN (SELECT * FROM counters "
                   "WHERE tasks <> 0 OR bytes <> 0) c USING (ns, queue, class, state) "
                   "WHERE r.n IS NOT c.tasks OR r.b IS NOT c.bytes"),
        0);
    assert_int_equal(
        stage_number(
            stage,
            "SELECT (SELECT count(*) FROM bodies WHERE task NOT IN (SELECT number FROM tasks))"
            " + (SELECT count(*) FROM results WHERE task NOT IN (SELECT number FROM tasks))"
            " + (SELECT count(*) FROM attempts WHERE task NOT IN (SELECT number FROM tasks))"
            " + (SELECT count(*) FROM task_tags WHERE task NOT IN (SELECT number FROM tasks))"
            " + (SELECT count(*) FROM task_logs WHERE task NOT IN (SELECT number FROM tasks))"),
        0);
}

static void success_is_kept_a_day_and_the_rest_three(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct id good = run_one(stage, worker, OUTCOME_SUCCEEDED);
    struct id bad = run_one(stage, worker, OUTCOME_FAILED);

    stage_pass(stage, DAY_MS - 1);
    assert_false(is_gone(stage, good));
    stage_pass(stage, 1);
    assert_true(is_gone(stage, good));
    assert_int_equal(state_of(stage, bad), TASK_FAILED);
    stage_pass(stage, 2 * DAY_MS - 1);
    assert_false(is_gone(stage, bad));
    stage_pass(stage, 1);
    assert_true(is_gone(stage, bad));
    assert_int_equal(tasks_kept(stage), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM finished"), 0);
    assert_consistent(stage);
}

static void a_new_setting_counts_for_what_is_there(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct id task;

    keep(stage, (struct retention){.given = RETENTION_HAS_SUCCEEDED, .succeeded_ms = -1});
    task = run_one(stage, worker, OUTCOME_SUCCEEDED);
    stage_pass(stage, 100 * DAY_MS);
    assert_false(is_gone(stage, task));
    keep(stage,
         (struct retention){.given = RETENTION_HAS_SUCCEEDED, .succeeded_ms = 100 * DAY_MS + 5});
    assert_false(is_gone(stage, task));
    stage_pass(stage, 5);
    assert_true(is_gone(stage, task));
}

static void a_time_of_its_own_stands_instead(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_submit(stage, "q"), *second = to_submit(stage, "q");

    first->in.submit.specs[0].result_ttl_ms = 0;
    second->in.submit.specs[0].result_ttl_ms = 5 * DAY_MS;
    struct id soon = stage_ask(stage, first)->reply.view.task->id;
    struct id late = stage_ask(stage, second)->reply.view.task->id;
    struct command *waiting = stage_ask(stage, to_look(stage, soon, 60000));

    cancel(stage, soon, 0);
    cancel(stage, late, 0);
    assert_int_equal(waiting->reply.view.task->state, TASK_CANCELLED);
    stage_pass(stage, 10);
    assert_true(is_gone(stage, soon));
    stage_pass(stage, 5 * DAY_MS - 20);
    assert_false(is_gone(stage, late));
    stage_pass(stage, 20);
    assert_true(is_gone(stage, late));
}

static void it_goes_on_after_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct id task = run_one(stage, worker, OUTCOME_SUCCEEDED);

    stage_pass(stage, DAY_MS / 2);
    stage_restart(stage);
    stage_settle(stage);
    assert_false(is_gone(stage, task));
    stage_pass(stage, DAY_MS / 2);
    assert_true(is_gone(stage, task));

    task = run_one(stage, enrol(stage, "q", 5), OUTCOME_SUCCEEDED);
    stage_kill(stage);
    stage_skip(stage, 2 * DAY_MS);
    stage_settle(stage);
    assert_true(is_gone(stage, task));
    assert_consistent(stage);
}

static void too_many_go_in_the_order_of_their_end(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct command *submit = stage_ask(stage, to_submit(stage, "q"));
    struct id long_one = submit->reply.view.task->id;
    const struct task *held = claim(stage, worker);
    struct id first, second;

    keep_at_most(stage, 2);
    first = run_one(stage, worker, OUTCOME_FAILED);
    stage_pass(stage, 10);
    second = run_one(stage, worker, OUTCOME_SUCCEEDED);
    stage_pass(stage, 10);
    (void)finish(stage, held, OUTCOME_SUCCEEDED);
    stage_pass(stage, 10);

    assert_true(is_gone(stage, first));
    assert_false(is_gone(stage, second));
    assert_false(is_gone(stage, long_one));
    keep_at_most(stage, 0);
    stage_pass(stage, 10);
    assert_int_equal(tasks_kept(stage), 0);
    assert_consistent(stage);
}

static void too_much_goes_by_bytes(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 20);

    for (unsigned i = 0; i < 20; i++)
        many->in.submit.specs[i].payload.data = BYTES("\"0123456789abcdef01\"");
    (void)stage_ask(stage, many);
    keep(stage, (struct retention){.given = RETENTION_HAS_MAX_BYTES, .max_bytes = 105});
    stage_pass(stage, 10);
    assert_int_equal(tasks_kept(stage), 20); /* what waits is not meant */
    (void)stage_ask(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
    stage_pass(stage, 10);
    assert_int_equal(tasks_kept(stage), 5);
    stage_restart(stage);
    keep(stage, (struct retention){.given = RETENTION_HAS_MAX_BYTES, .max_bytes = 40});
    stage_pass(stage, 10);
    assert_int_equal(tasks_kept(stage), 2);
    assert_consistent(stage);
}

static void one_that_runs_again_stands_where_it_ends_then(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct id task = run_one(stage, worker, OUTCOME_FAILED);

    stage_pass(stage, DAY_MS);
    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, task));
    stage_pass(stage, 2 * DAY_MS);
    assert_int_equal(state_of(stage, task), TASK_READY);
    (void)finish(stage, claim(stage, enrol(stage, "q", 5)), OUTCOME_SUCCEEDED);
    stage_pass(stage, DAY_MS - 1);
    assert_false(is_gone(stage, task));
    stage_pass(stage, 1);
    assert_true(is_gone(stage, task));
}

/* row 75: deleting gives way to commands: a slice is bounded, and smaller while they wait */
static void a_slice_is_bounded_and_smaller_while_commands_wait(void **state)
{
    struct stage *stage = *state;

    cancel_many(stage, 1000);
    stage_skip(stage, 3 * DAY_MS);
    stage_post(stage, to_submit(stage, "other"));
    (void)engine_step(stage->engine);
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 1000 - 20);
}

static void an_idle_slice_is_bounded_too(void **state)
{
    struct stage *stage = *state;

    cancel_many(stage, 1000);
    stage_skip(stage, 3 * DAY_MS);
    (void)engine_step(stage->engine);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 800);
    /* The next one leaves room for others. */
    (void)engine_step(stage->engine);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 800);
    stage_skip(stage, 5);
    (void)engine_step(stage->engine);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 600);
    stage_pass(stage, 1000);
    assert_int_equal(tasks_kept(stage), 0);
    assert_consistent(stage);
}

static void many_commands_pay_for_as_many_deletions(void **state)
{
    struct stage *stage = *state;

    cancel_many(stage, 1000);
    stage_skip(stage, 3 * DAY_MS);
    for (unsigned i = 0; i < 300; i++)
        stage_post(stage, to_submit(stage, "other"));
    (void)engine_step(stage->engine);
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 1000 - 150);
}

static void deleted_numbers_never_come_again(void **state)
{
    struct stage *stage = *state;
    int64_t last;

    cancel_many(stage, 3);
    last = stage->engine->hot.last_task;
    stage_pass(stage, 3 * DAY_MS);
    assert_int_equal(tasks_kept(stage), 0);
    stage_restart(stage);
    assert_int_equal(stage->engine->hot.last_task, last);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(success_is_kept_a_day_and_the_rest_three),
        STAGED(a_new_setting_counts_for_what_is_there),
        STAGED(a_time_of_its_own_stands_instead),
        STAGED(it_goes_on_after_a_restart),
        STAGED(too_many_go_in_the_order_of_their_end),
        STAGED(too_much_goes_by_bytes),
        STAGED(one_that_runs_again_stands_where_it_ends_then),
        STAGED(a_slice_is_bounded_and_smaller_while_commands_wait),
        STAGED(an_idle_slice_is_bounded_too),
        STAGED(many_commands_pay_for_as_many_deletions),
        STAGED(deleted_numbers_never_come_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
