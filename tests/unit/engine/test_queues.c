/* Tests of queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_queue_is_made_on_first_use(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "q"))),
                     ERR_NOT_FOUND);
    (void)submit(stage, "q");
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, -1);
    assert_int_equal(view_queue(stage, "q")->version, 1);
    assert_int_equal(view_queue(stage, "q")->created_at_ms, stage->now.wall_ms);
}

static void put_makes_and_replaces_and_patch_changes_what_is_said(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = {.concurrency = 3, .pending_limit = 9};
    struct command *patch = to_edit_queue(stage, "q", QUEUE_HAS_PENDING_LIMIT, settings);

    patch->in.queue_edit.replace = false;
    assert_int_equal(code_of(stage_ask(stage, patch)), ERR_NOT_FOUND);
    assert_true(stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_CONCURRENCY, settings))
                    ->reply.created);
    patch = to_edit_queue(stage, "q", QUEUE_HAS_PENDING_LIMIT, settings);
    patch->in.queue_edit.replace = false;
    assert_false(stage_ask(stage, patch)->reply.created);
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, 3);
    assert_int_equal(view_queue(stage, "q")->settings.pending_limit, 9);
    (void)stage_ask(stage, to_edit_queue(stage, "q", 0, settings));
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, -1);
}

static void versions_guard_against_lost_updates(void **state)
{
    struct stage *stage = *state;
    struct command *stale = to_edit_queue(stage, "q", 0, queue_default());
    struct command *absent = to_edit_queue(stage, "q", 0, queue_default());

    limit_running(stage, "q", 1);
    limit_running(stage, "q", 2);
    stale->in.queue_edit.if_match = view_queue(stage, "q")->version - 1;
    absent->in.queue_edit.if_absent = true;

    assert_int_equal(code_of(stage_ask(stage, stale)), ERR_PRECONDITION_FAILED);
    assert_int_equal(code_of(stage_ask(stage, absent)), ERR_PRECONDITION_FAILED);
}

static void the_answer_to_an_edit_shows_the_workers(void **state)
{
    struct stage *stage = *state;

    (void)enrol(stage, "q", 1);
    (void)submit(stage, "q");
    struct command *edit = stage_ask(stage, to_edit_queue(stage, "q", 0, queue_default()));

    assert_int_equal(edit->reply.queues->replicas_len, 1);
    assert_int_equal(edit->reply.queues->blocked_by_len, 0);
}

static void lowering_the_cap_kills_nothing_and_zero_holds_all(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    struct command *three = stage_ask(stage, to_claim(stage, worker, 3, 0));
    limit_running(stage, "q", 1);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 3);
    for (unsigned i = 0; i < 2; i++)
        (void)finish(stage, &three->reply.tasks[i], OUTCOME_SUCCEEDED);
    assert_null(claim(stage, worker));
    limit_running(stage, "q", 0);
    (void)finish(stage, &three->reply.tasks[2], OUTCOME_SUCCEEDED);
    assert_null(claim(stage, worker));
    assert_string_equal(view_queue(stage, "q")->blocked_by[0], "queue_cap");
}

static void raising_the_cap_serves_parked_claims(void **state)
{
    struct stage *stage = *state;

    limit_running(stage, "q", 0);
    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 5), 5, 60000));

    assert_false(is_answered(waiting));
    limit_running(stage, "q", 2);
    assert_int_equal(waiting->reply.tasks_len, 2);
}

static void a_paused_queue_gives_nothing_until_it_is_resumed(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_queue(stage, COMMAND_PAUSE_QUEUE, "q"));
    (void)submit(stage, "q");
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));

    assert_false(is_answered(waiting));
    assert_string_equal(view_queue(stage, "q")->blocked_by[0], "paused");
    (void)stage_ask(stage, to_queue(stage, COMMAND_RESUME_QUEUE, "q"));
    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 9"), 1);
}

static void a_queue_with_live_tasks_is_not_deleted(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "q"))),
                     ERR_STATE_CONFLICT);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static void a_deleted_queue_comes_back_as_new(void **state)
{
    struct stage *stage = *state;
    struct id old = submit(stage, "q"), worker = enrol(stage, "q", 1);

    limit_running(stage, "q", 1);
    cancel(stage, old, 0);
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "q"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "q"))),
                     ERR_NOT_FOUND);
    assert_int_equal(state_of(stage, old), TASK_CANCELLED);
    stage_restart(stage);
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "q"))),
                     ERR_NOT_FOUND);

    (void)submit(stage, "q");
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, -1);
    assert_non_null(claim(stage, worker));
}

static void settings_outlive_a_restart(void **state)
{
    struct stage *stage = *state;

    limit_running(stage, "q", 7);
    int64_t version = view_queue(stage, "q")->version;

    stage_restart(stage);
    assert_int_equal(view_queue(stage, "q")->settings.concurrency, 7);
    assert_int_equal(view_queue(stage, "q")->version, version);
}

enum {
    HAS_DISPATCH = QUEUE_HAS_FAIRNESS | QUEUE_HAS_AGING | QUEUE_HAS_RATE,
};

static struct command *to_bury(struct stage *stage, const char *queue, struct bytes where)
{
    const struct queue_settings settings = {.dead_letter_queue = where};
    struct command *command = to_edit_queue(stage, queue, QUEUE_HAS_DEAD_LETTER_QUEUE, settings);

    command->in.queue_edit.replace = false;
    return command;
}

static void how_a_queue_is_served_and_where_it_buries_is_kept(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = queue_default();
    const struct queue_settings *seen;

    settings.is_fair = false;
    settings.aging_ms = -1;
    settings.rate = (struct rate_limit){5, 60, 10};
    settings.dead_letter_queue = BYTES("dead");
    (void)stage_ask(
        stage, to_edit_queue(stage, "q", HAS_DISPATCH | QUEUE_HAS_DEAD_LETTER_QUEUE, settings));
    (void)stage_ask(stage, to_bury(stage, "q", BYTES("graves")));
    stage_restart(stage);
    seen = &view_queue(stage, "q")->settings;
    assert_false(seen->is_fair);
    assert_int_equal(seen->aging_ms, -1);
    assert_true(seen->rate.units == 5 && seen->rate.period_s == 60 && seen->rate.burst == 10);
    assert_true(bytes_is(seen->dead_letter_queue, "graves"));
    (void)stage_ask(stage, to_bury(stage, "q", BYTES_NONE));
    assert_null(view_queue(stage, "q")->settings.dead_letter_queue.at);
}

static void edits_of_one_batch_follow_each_other(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_edit_queue(stage, "q", 0, queue_default()));
    stage_post(stage, to_bury(stage, "q", BYTES("a")));
    stage_post(stage, to_bury(stage, "q", BYTES("b")));
    stage_post(stage, to_queue(stage, COMMAND_PAUSE_QUEUE, "q"));
    stage_settle(stage);
    assert_true(bytes_is(view_queue(stage, "q")->settings.dead_letter_queue, "b"));
    assert_true(view_queue(stage, "q")->settings.paused);
}

static void dead_letters_go_only_where_the_token_reaches(void **state)
{
    static const struct principal narrow = {
        .id = {"narrow", 6},
        .grant = {.ns = {"default", 7}, .queues = {"mail*", 5}, .role = ROLE_OPERATOR}};
    struct stage *stage = *state;
    struct command *inside, *outside;

    (void)stage_ask(stage, to_edit_queue(stage, "mail", 0, queue_default()));
    inside = to_bury(stage, "mail", BYTES("mail-dead"));
    outside = to_bury(stage, "mail", BYTES("secret"));
    inside->by = outside->by = &narrow;
    assert_int_equal(code_of(stage_ask(stage, outside)), ERR_FORBIDDEN);
    assert_string_equal(outside->reply.error.where, "/dead_letter_queue");
    assert_int_equal(code_of(stage_ask(stage, inside)), OK);
}

static void demand_counts_what_runs_waits_and_falls_due_soon(void **state)
{
    struct stage *stage = *state;
    struct command *soon = to_submit(stage, "q"), *later = to_submit(stage, "q");

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    soon->in.submit.specs[0].delay_ms = 10000;
    later->in.submit.specs[0].delay_ms = 3600000;
    (void)stage_ask(stage, soon);
    (void)stage_ask(stage, later);
    stage_pass(stage, 4000);

    assert_int_equal(view_queue(stage, "q")->demand, 4);
    assert_int_equal(view_queue(stage, "q")->oldest_ready_age_ms, 4000);
}

static struct command *to_list(struct stage *stage, unsigned limit)
{
    struct command *command = stage_make(stage, COMMAND_LIST_QUEUES);

    command->in.page.limit = limit;
    return command;
}

static void a_list_shows_one_page_and_whether_there_is_more(void **state)
{
    static const char *const names[] = {"c", "a", "b", "d"};
    struct stage *stage = *state;
    struct command *first, *next = to_list(stage, 2);

    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        (void)submit(stage, names[i]);
        stage_pass(stage, i == 0 ? 1000 : 0);
    }
    first = stage_ask(stage, to_list(stage, 2));
    assert_int_equal(first->reply.queues_len, 3);
    assert_true(bytes_is(first->reply.queues[0].name, "c"));
    assert_true(bytes_is(first->reply.queues[1].name, "a"));

    next->in.page.after_ms = first->reply.queues[1].created_at_ms;
    next->in.page.after = BYTES("a");
    (void)stage_ask(stage, next);
    assert_int_equal(next->reply.queues_len, 2);
    assert_true(bytes_is(next->reply.queues[0].name, "b"));
    assert_true(bytes_is(next->reply.queues[1].name, "d"));
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_queue_is_made_on_first_use),
        STAGED(put_makes_and_replaces_and_patch_changes_what_is_said),
        STAGED(versions_guard_against_lost_updates),
        STAGED(the_answer_to_an_edit_shows_the_workers),
        STAGED(lowering_the_cap_kills_nothing_and_zero_holds_all),
        STAGED(raising_the_cap_serves_parked_claims),
        STAGED(a_paused_queue_gives_nothing_until_it_is_resumed),
        STAGED(a_queue_with_live_tasks_is_not_deleted),
        STAGED(a_deleted_queue_comes_back_as_new),
        STAGED(settings_outlive_a_restart),
        STAGED(how_a_queue_is_served_and_where_it_buries_is_kept),
        STAGED(edits_of_one_batch_follow_each_other),
        STAGED(dead_letters_go_only_where_the_token_reaches),
        STAGED(demand_counts_what_runs_waits_and_falls_due_soon),
        STAGED(a_list_shows_one_page_and_whether_there_is_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
