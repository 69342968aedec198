/* Tests of one transaction's worth of commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

#include <stdio.h>
#include <string.h>

static void commands_that_come_together_share_a_commit(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    int64_t commits = stage_metric(stage, METRIC_COMMITS);
    for (int i = 0; i < 20; i++)
        stage_post(stage, to_submit(stage, "q"));
    stage_settle(stage);

    assert_int_equal(stage_metric(stage, METRIC_COMMITS), commits + 1);
    assert_int_equal(count(stage, "q", TASK_READY), 21);
}

static void outcomes_make_room_for_submits_and_claims_of_the_same_batch(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    limit_running(stage, "q", 1);
    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    const struct task *task = claim(stage, worker);
    struct command *next = to_claim(stage, worker, 1, 0);
    stage_post(stage, next);
    stage_post(stage, to_finish(stage, task->lease, OUTCOME_SUCCEEDED));
    (void)engine_step(stage->engine);
    stage_settle(stage);

    assert_int_equal(next->reply.tasks_len, 1);
}

static void a_change_of_settings_is_alone_between_what_came_before_and_after(void **state)
{
    struct stage *stage = *state;
    struct command *before = to_submit(stage, "q"), *after = to_submit(stage, "q");
    struct queue_settings none = {.pending_limit = 0};

    stage_post(stage, before);
    stage_post(stage, to_edit_queue(stage, "q", QUEUE_HAS_PENDING_LIMIT, none));
    stage_post(stage, after);
    stage_settle(stage);

    assert_int_equal(code_of(before), OK);
    assert_int_equal(code_of(after), ERR_QUEUE_FULL);
    assert_int_equal(stage_metric(stage, METRIC_COMMITS), 2);
}

static void a_change_of_settings_is_kept_though_its_queue_moves_on_in_the_same_moment(void **state)
{
    struct stage *stage = *state;
    struct command *brief = to_submit(stage, "q");

    brief->in.submit.specs[0].timeout_ms = 1000;
    brief->in.submit.specs[0].retry =
        (struct retry_policy){.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 1};
    (void)stage_ask(stage, brief);
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    stage_skip(stage, 1000); /* the last task ends, and with it the queue closes */
    limit_running(stage, "q", 7);
    stage_restart(stage);

    assert_true(view_queue(stage, "q")->closed);
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, 7);
}

static void a_batch_is_bounded_and_the_rest_comes_next_in_order(void **state)
{
    struct stage *stage = *state;
    struct command *many[4];

    for (int i = 0; i < 4; i++)
        stage_post(stage, many[i] = to_submit_many(stage, "q", 1000));
    (void)engine_step(stage->engine);
    engine_fetch(stage->engine);
    assert_true(is_answered(many[0]));
    assert_false(is_answered(many[3]));
    struct command *urgent = to_cancel(stage, many[0]->reply.items[0].id, 0);
    stage_post(stage, urgent);
    (void)engine_step(stage->engine);
    engine_fetch(stage->engine);
    assert_true(is_answered(urgent));
    assert_false(is_answered(many[3]));
    stage_settle(stage);

    for (int i = 1; i < 4; i++)
        assert_true(many[i]->reply.items[0].number > many[i - 1]->reply.items[999].number);
}

static void nothing_to_do_is_no_transaction(void **state)
{
    struct stage *stage = *state;

    assert_false(engine_step(stage->engine));
    assert_int_equal(stage_metric(stage, METRIC_COMMITS), 0);
}

static void answers_wake_the_other_side_once(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 5; i++)
        stage_post(stage, to_submit(stage, "q"));
    stage_settle(stage);

    assert_int_equal(stage->wakes, 1);
}

static void counters_are_what_a_recount_says(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);

    (void)stage_ask(stage, to_submit_many(stage, "q", 9));
    struct command *three = stage_ask(stage, to_claim(stage, worker, 3, 0));
    for (unsigned i = 0; i < 3; i++)
        (void)finish(stage, &three->reply.tasks[i], (enum outcome_kind)i);

    assert_int_equal(
        stage_number(stage,
                     "SELECT count(*) FROM (SELECT state, sum(tasks) n FROM counters GROUP BY 1 "
                     "HAVING n > 0 EXCEPT SELECT state, count(*) FROM tasks GROUP BY 1)"),
        0);
    assert_int_equal(stage_number(stage, "SELECT sum(tasks) FROM counters"), 9);
}

/* ---- a full disk ---- */

static void fill_disk(struct stage *stage, int pages_left)
{
    int64_t pages = stage_number(stage, "PRAGMA page_count");
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages + pages_left);
    db_exec(stage->engine->db, sql);
}

static void empty_disk(struct stage *stage)
{
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
}

/* One that does not fit any more. */
static struct command *to_submit_much(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(command->mem, 1 << 20), 1 << 20};
    return command;
}

static void a_full_disk_refuses_submits_and_takes_what_ends_work(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2), waiting = submit(stage, "q");

    (void)submit(stage, "q");
    const struct task *task = claim(stage, worker);
    waiting = memcmp(&task->id, &waiting, sizeof(waiting)) == 0 ? submit(stage, "q") : waiting;
    struct command *much = to_submit_much(stage), *small = to_submit(stage, "q");
    struct command *end = to_finish(stage, task->lease, OUTCOME_SUCCEEDED),
                   *stop = to_cancel(stage, waiting, 0);
    struct command *all[] = {much, small, end, stop};

    fill_disk(stage, 20);
    for (int i = 0; i < 4; i++)
        stage_post(stage, all[i]);
    stage_settle(stage);

    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(code_of(small), ERR_DISK_RESERVE);
    assert_int_equal(end->reply.outcomes[0].state, TASK_SUCCEEDED);
    assert_int_equal(stop->reply.view.task->state, TASK_CANCELLED);
    assert_false(engine_is_ready(stage->engine));
    assert_int_equal(stage->exit_code, -1);
}

static void a_full_disk_refuses_clones_and_log_lines(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2), task = submit(stage, "q");
    struct command *clone = to_again(stage, COMMAND_RETRY, task);
    struct command *again = to_again(stage, COMMAND_RETRY, task);
    struct command *logs = stage_make(stage, COMMAND_LEASE_LOGS);
    struct log_line line = {.message = BYTES("m"), .at_ms = -1};

    cancel(stage, task, 0);
    (void)submit(stage, "q");
    logs->in.logs.lease = claim(stage, worker)->lease;
    logs->in.logs.lines = &line;
    logs->in.logs.lines_len = 1;
    clone->in.again.clone = true;
    fill_disk(stage, 20);
    (void)stage_ask(stage, to_submit_much(stage));

    assert_int_equal(code_of(stage_ask(stage, clone)), ERR_DISK_RESERVE);
    assert_int_equal(code_of(stage_ask(stage, again)), OK);
    assert_int_equal(code_of(stage_ask(stage, logs)), ERR_DISK_RESERVE);
}

static void a_full_disk_gives_the_space_of_the_log_back(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_much(stage));
    (void)stage_ask(stage, to_submit_much(stage));
    assert_true(db_wal_pages(stage->engine->db) > 256);
    fill_disk(stage, 20);
    (void)stage_ask(stage, to_submit_much(stage));

    assert_int_equal(db_wal_pages(stage->engine->db), 0);
    assert_int_equal(stage->exit_code, -1);
}

static void what_was_refused_leaves_memory_as_it_was(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    assert_non_null(claim(stage, worker));
    limit_running(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));
    const struct hot *hot = &stage->engine->hot;
    int64_t last_task = hot->last_task, last_event = hot->last_event;

    fill_disk(stage, 20);
    struct command *much = stage_ask(stage, to_submit_much(stage));

    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(much->reply.items_len, 0);
    assert_null(much->reply.view.task);
    assert_false(is_answered(waiting));
    assert_int_equal(stage->engine->lot.len[PARKED_CLAIM], 1);
    assert_int_equal(map_len(hot->leases), 1);
    assert_int_equal(hot_worker(hot, worker)->running, 1);
    assert_int_equal(count(stage, "q", TASK_READY), 2);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 1);
    assert_int_equal(hot->last_task, last_task);
    assert_int_equal(hot->last_event, last_event);
}

static void a_claim_whose_answer_was_undone_waits_on_and_gets_the_next_task(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 5), 5, 60000));

    fill_disk(stage, 20);
    (void)stage_ask(stage, to_submit_much(stage));
    assert_false(is_answered(waiting));
    assert_int_equal(waiting->reply.tasks_len, 0);
    empty_disk(stage);
    stage_pass(stage, 5000); /* the reserve is kept again */
    struct id task = submit(stage, "q");

    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_memory_equal(&waiting->reply.tasks[0].id, &task, sizeof(task));
    assert_true(engine_is_ready(stage->engine));
}

static void assert_whole(const struct command *claim, unsigned len)
{
    assert_int_equal(claim->reply.tasks_len, len);
    for (unsigned i = 0; i < len; i++) {
        assert_true(claim->reply.tasks[i].number > 0);
        assert_non_null(claim->reply.tasks[i].lease.at);
    }
}

static void wherever_the_space_ends_a_claim_gets_all_or_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *waiting =
        stage_ask(stage, to_claim(stage, enrol(stage, "q", 200), 200, INT64_C(1000000000)));

    for (int pages_left = 0; !is_answered(waiting); pages_left++) {
        fill_disk(stage, pages_left);
        struct command *many = stage_ask(stage, to_submit_many(stage, "q", 200));

        assert_int_equal(code_of(many), is_answered(waiting) ? OK : ERR_DISK_RESERVE);
        empty_disk(stage);
        stage_pass(stage, 5000);
        assert_in_range(pages_left, 0, 200);
    }
    assert_whole(waiting, 200);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 200);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 200);
}

static void a_wait_that_was_undone_still_ends_at_its_time(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 5), 5, 4000));

    fill_disk(stage, 20);
    stage_skip(stage, 4000);
    (void)stage_ask(stage, to_submit_much(stage)); /* in the transaction in which the wait ends */

    assert_true(is_answered(waiting));
    assert_int_equal(waiting->reply.tasks_len, 0);
}

static void tasks_that_fell_due_in_an_undone_batch_are_not_forgotten(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "q");

    later->in.submit.specs[0].delay_ms = 1000;
    struct id task = stage_ask(stage, later)->reply.view.task->id;
    fill_disk(stage, 20);
    stage_skip(stage, 1000);
    (void)stage_ask(stage, to_submit_much(stage));

    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void leases_that_ended_in_an_undone_batch_end_in_the_next(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    fill_disk(stage, 20);
    stage_skip(stage, 30000);
    (void)stage_ask(stage, to_submit_much(stage));

    assert_int_equal(count(stage, "q", TASK_RUNNING), 0);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
    assert_int_equal(map_len(stage->engine->hot.leases), 0);
}

static void leases_behind_the_one_that_found_the_disk_full_keep_their_timers(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 200));
    (void)stage_ask(stage, to_claim(stage, enrol(stage, "q", 200), 200, 0));
    fill_disk(stage, 0);
    stage_skip(stage, 30000);
    stage_settle(stage);
    assert_int_equal(map_len(stage->engine->hot.leases), 200);
    empty_disk(stage);
    stage_pass(stage, 5000);

    assert_int_equal(count(stage, "q", TASK_RUNNING), 0);
    assert_int_equal(map_len(stage->engine->hot.leases), 0);
}

static void a_number_that_was_undone_is_no_hole_for_a_later_restart(void **state)
{
    struct stage *stage = *state;
    struct id newest = submit(stage, "q");

    fill_disk(stage, 20);
    (void)stage_ask(stage, to_submit_much(stage));
    cancel(stage, newest, 0);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, newest))), OK);
    empty_disk(stage);
    stage_restart(stage);

    assert_int_equal(stage_ask(stage, to_submit(stage, "q"))->reply.view.task->number, 2);
}

static void a_queue_that_only_a_refused_submit_named_is_not_there(void **state)
{
    struct stage *stage = *state;
    struct command *much = to_submit_much(stage);

    much->in.submit.specs[0].queue = BYTES("new");
    fill_disk(stage, 20);
    (void)stage_ask(stage, much);

    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "new"))),
                     ERR_NOT_FOUND);
}

/* ---- a store that fails ---- */

static void any_other_failure_ends_the_engine_and_answers_nothing(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));
    struct command *submitted = to_submit(stage, "q"), *look = to_look(stage, (struct id){{1}}, 0);

    db_exec(stage->engine->db, "PRAGMA query_only = ON");
    stage_post(stage, look);
    (void)stage_ask(stage, submitted);
    assert_int_equal(stage->exit_code, 74);
    assert_int_equal(engine_state(stage->engine), BROKER_STOPPED);
    assert_false(is_answered(submitted));
    assert_false(is_answered(look));
    assert_false(is_answered(waiting));
    struct command *late = stage_ask(stage, to_submit(stage, "q"));
    assert_false(is_answered(late));

    stage_restart(stage);
    struct command *all[] = {submitted, look, waiting, late};
    for (int i = 0; i < 4; i++)
        assert_int_equal(code_of(all[i]), ERR_STORE_UNAVAILABLE);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(commands_that_come_together_share_a_commit),
        STAGED(outcomes_make_room_for_submits_and_claims_of_the_same_batch),
        STAGED(a_change_of_settings_is_alone_between_what_came_before_and_after),
        STAGED(a_change_of_settings_is_kept_though_its_queue_moves_on_in_the_same_moment),
        STAGED(a_batch_is_bounded_and_the_rest_comes_next_in_order),
        STAGED(nothing_to_do_is_no_transaction),
        STAGED(answers_wake_the_other_side_once),
        STAGED(counters_are_what_a_recount_says),
        ON_DISK(a_full_disk_refuses_submits_and_takes_what_ends_work),
        ON_DISK(a_full_disk_refuses_clones_and_log_lines),
        ON_DISK(a_full_disk_gives_the_space_of_the_log_back),
        ON_DISK(what_was_refused_leaves_memory_as_it_was),
        ON_DISK(a_claim_whose_answer_was_undone_waits_on_and_gets_the_next_task),
        ON_DISK(wherever_the_space_ends_a_claim_gets_all_or_nothing),
        ON_DISK(a_wait_that_was_undone_still_ends_at_its_time),
        ON_DISK(tasks_that_fell_due_in_an_undone_batch_are_not_forgotten),
        ON_DISK(leases_that_ended_in_an_undone_batch_end_in_the_next),
        ON_DISK(leases_behind_the_one_that_found_the_disk_full_keep_their_timers),
        ON_DISK(a_number_that_was_undone_is_no_hole_for_a_later_restart),
        ON_DISK(a_queue_that_only_a_refused_submit_named_is_not_there),
        ON_DISK(any_other_failure_ends_the_engine_and_answers_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
