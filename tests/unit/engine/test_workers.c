/* Tests of workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct worker_view worker_of(struct stage *stage, struct id id)
{
    struct command *command = stage_make(stage, COMMAND_GET_WORKER);

    command->in.worker = id;
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return command->reply.workers[0];
}

static enum err ask_of(struct stage *stage, struct id id)
{
    struct command *command = stage_make(stage, COMMAND_GET_WORKER);

    command->in.worker = id;
    return code_of(stage_ask(stage, command));
}

static struct command *to_leave(struct stage *stage, struct id id)
{
    struct command *command = stage_make(stage, COMMAND_LEAVE);

    command->in.worker = id;
    return command;
}

static void one_that_registers_is_listed_and_an_event(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 3);
    struct command *list = stage_ask(stage, stage_make(stage, COMMAND_LIST_WORKERS));

    assert_int_equal(list->reply.workers_len, 1);
    assert_string_equal(worker_of(stage, id).state, "run");
    assert_int_equal(worker_of(stage, id).spec.concurrency, 3);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 10"), 1);
    assert_int_equal(view_queue(stage, "q")->replicas_len, 1);
}

static void a_list_shows_one_page_and_whether_there_is_more(void **state)
{
    struct stage *stage = *state;
    struct id ids[] = {enrol(stage, "q", 1), enrol(stage, "q", 1), enrol(stage, "q", 1)};
    struct command *first = stage_make(stage, COMMAND_LIST_WORKERS),
                   *next = stage_make(stage, COMMAND_LIST_WORKERS);

    first->in.page.limit = next->in.page.limit = 1;
    (void)stage_ask(stage, first);
    assert_int_equal(first->reply.workers_len, 2);
    assert_memory_equal(&first->reply.workers[0].id, &ids[0], sizeof(ids[0]));

    next->in.page.after_ms = first->reply.workers[0].registered_at_ms;
    next->in.page.after = (struct bytes){(const char *)ids[1].at, sizeof(ids[1].at)};
    (void)stage_ask(stage, next);
    assert_int_equal(next->reply.workers_len, 1);
    assert_memory_equal(&next->reply.workers[0].id, &ids[2], sizeof(ids[2]));
}

static void a_silent_worker_is_lost_and_its_next_call_revives_it(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);

    stage_pass(stage, 14999);
    assert_false(worker_of(stage, id).lost);
    stage_pass(stage, 1);
    assert_string_equal(worker_of(stage, id).state, "lost");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 11"), 1);
    beat(stage, id);
    assert_false(worker_of(stage, id).lost);
}

static void a_revived_worker_can_be_lost_again(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);

    stage_pass(stage, 60000);
    beat(stage, id);
    stage_pass(stage, 15000);

    assert_true(worker_of(stage, id).lost);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 11"), 2);
}

static void a_parked_call_keeps_its_worker_alive(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);

    (void)stage_ask(stage, to_claim(stage, id, 1, 60000));
    stage_pass(stage, 59999);

    assert_false(worker_of(stage, id).lost);
}

static void after_a_day_of_silence_a_worker_is_forgotten(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);

    stage_pass(stage, 24 * 3600 * 1000 - 1);
    assert_int_equal(ask_of(stage, id), OK);
    stage_pass(stage, 1);
    assert_int_equal(ask_of(stage, id), ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM workers"), 0);
}

static void a_call_in_the_moment_of_being_forgotten_is_not_found(void **state)
{
    struct stage *stage = *state;
    struct command *calls[2];

    for (int i = 0; i < 2; i++) {
        struct id id = enrol(stage, "q", 1);

        stage_pass(stage, 15000);
        stage_skip(stage, 24 * 3600 * 1000);
        calls[i] = i == 0 ? to_claim(stage, id, 1, 60000) : to_leave(stage, id);
        assert_int_equal(code_of(stage_ask(stage, calls[i])), ERR_NOT_FOUND);
    }
}

static void a_day_that_nobody_noticed_ends_parked_calls_before_the_worker(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);
    struct command *beating = stage_ask(stage, to_beat(stage, id, 60000));

    stage_hang_up(beating);
    stage_skip(stage, 25 * 3600 * 1000);
    stage_settle(stage);

    assert_true(is_answered(beating));
}

static void one_whose_leases_others_keep_alive_is_not_forgotten(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    (void)stage_ask(stage, to_extend(stage, claim(stage, id)->lease, 30 * 3600 * 1000));
    stage_pass(stage, 25 * 3600 * 1000);
    assert_int_equal(ask_of(stage, id), OK);
    assert_false(engine_step(stage->engine)); /* and nothing is due for ever */
    stage_pass(stage, 6 * 3600 * 1000);
    assert_int_equal(ask_of(stage, id), ERR_NOT_FOUND);
}

static void one_that_leaves_gives_its_tasks_back(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 2), task = submit(stage, "q");

    assert_non_null(claim(stage, id));
    struct command *waiting = stage_ask(stage, to_claim(stage, id, 1, 60000));
    struct command *beating = stage_ask(stage, to_beat(stage, id, 10000));
    assert_int_equal(code_of(stage_ask(stage, to_leave(stage, id))), OK);

    assert_true(is_answered(waiting));
    assert_true(is_answered(beating));
    assert_int_equal(state_of(stage, task), TASK_READY);
    assert_int_equal(view(stage, task)->task->attempt, 0);
    assert_int_equal(ask_of(stage, id), ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 12"), 1);
}

static struct command *to_edit(struct stage *stage, struct id id, enum worker_mode mode)
{
    struct command *command = stage_make(stage, COMMAND_EDIT_WORKER);

    command->in.worker_edit = (struct worker_edit){.worker = id, .has_mode = true, .mode = mode};
    return command;
}

static void a_quiet_worker_gets_nothing_until_it_runs_again(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_claim(stage, id, 1, 60000));

    (void)stage_ask(stage, to_edit(stage, id, WORKER_QUIET));
    assert_true(is_answered(waiting));
    (void)submit(stage, "q");
    assert_null(claim(stage, id));
    assert_string_equal(stage_ask(stage, to_beat(stage, id, 0))->reply.worker_state, "quiet");
    (void)stage_ask(stage, to_edit(stage, id, WORKER_RUN));
    assert_non_null(claim(stage, id));
}

static void more_slots_serve_a_parked_claim(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 1);
    struct command *edit = stage_make(stage, COMMAND_EDIT_WORKER);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    assert_non_null(claim(stage, id));
    struct command *waiting = stage_ask(stage, to_claim(stage, id, 1, 60000));
    edit->in.worker_edit =
        (struct worker_edit){.worker = id, .has_concurrency = true, .concurrency = 2};
    (void)stage_ask(stage, edit);

    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void orders_and_workers_outlive_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol(stage, "q", 4);

    (void)stage_ask(stage, to_edit(stage, id, WORKER_QUIET));
    stage_restart(stage);

    assert_string_equal(worker_of(stage, id).state, "quiet");
    assert_int_equal(worker_of(stage, id).spec.concurrency, 4);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(one_that_registers_is_listed_and_an_event),
        STAGED(a_list_shows_one_page_and_whether_there_is_more),
        STAGED(a_silent_worker_is_lost_and_its_next_call_revives_it),
        STAGED(a_revived_worker_can_be_lost_again),
        STAGED(a_parked_call_keeps_its_worker_alive),
        STAGED(after_a_day_of_silence_a_worker_is_forgotten),
        STAGED(a_call_in_the_moment_of_being_forgotten_is_not_found),
        STAGED(a_day_that_nobody_noticed_ends_parked_calls_before_the_worker),
        STAGED(one_whose_leases_others_keep_alive_is_not_forgotten),
        STAGED(one_that_leaves_gives_its_tasks_back),
        STAGED(a_quiet_worker_gets_nothing_until_it_runs_again),
        STAGED(more_slots_serve_a_parked_claim),
        STAGED(orders_and_workers_outlive_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
