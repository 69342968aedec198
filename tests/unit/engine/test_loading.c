/* Tests of what an engine takes up at its start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_lease_has_what_it_had_left_but_enough_to_call_in(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);
    const int64_t lease_ms[] = {5000, 30000, 100000}, left_ms[] = {5000, 30000, 80000};

    for (unsigned i = 0; i < 3; i++)
        many->in.submit.specs[i].lease_ms = lease_ms[i];
    (void)stage_ask(stage, many);
    (void)stage_ask(stage, to_claim(stage, enrol(stage, "q", 3), 3, 0));
    stage_skip(stage, 4000); /* a little before the first would be lost */
    (void)submit(stage, "other");
    stage_skip(stage, 16000); /* nothing is known of this time */
    stage_kill(stage);

    for (unsigned i = 0; i < 3; i++) {
        stage_pass(stage, left_ms[i] - (i > 0 ? left_ms[i - 1] : 0) - 1);
        assert_int_equal(count(stage, "q", TASK_RUNNING), 3 - i);
        stage_pass(stage, 1 + (i == 2 ? 16000 : 0));
        assert_int_equal(count(stage, "q", TASK_RUNNING), 2 - i);
    }
}

static void time_in_which_it_did_not_run_does_not_count_against_leases(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    stage_kill(stage);
    stage_skip(stage, 3600000);
    stage_kill(stage);
    stage_pass(stage, 29999);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void a_renewal_goes_over_a_clean_stop(void **state)
{
    struct stage *stage = *state;
    struct command *submit = to_submit(stage, "q"), *stop = stage_make(stage, COMMAND_SHUTDOWN);
    struct id worker = enrol(stage, "q", 1);

    submit->in.submit.specs[0].lease_ms = 100000;
    struct id task = stage_ask(stage, submit)->reply.view.task->id;
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 20000);
    (void)stage_ask(stage, to_beat(stage, worker, 0)); /* too little later to be stored */
    stop->in.shutdown.now = true;
    (void)stage_ask(stage, stop);
    stage_settle(stage);
    stage_restart(stage);

    stage_pass(stage, 99999);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

static void counts_and_caps_are_what_they_were(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);

    limit_running(stage, "q", 2);
    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    (void)stage_ask(stage, to_claim(stage, worker, 2, 0));
    stage_kill(stage);

    assert_int_equal(count(stage, "q", TASK_RUNNING), 2);
    assert_int_equal(count(stage, "q", TASK_READY), 3);
    assert_null(claim(stage, worker));
}

static void a_worker_keeps_its_slots_taken(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    assert_non_null(claim(stage, worker));
    stage_restart(stage);

    assert_int_equal(stage_ask(stage, to_claim(stage, worker, 5, 0))->reply.tasks_len, 1);
}

static void a_lease_is_worth_as_much_as_before(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    const struct task *task = claim(stage, worker);
    stage_kill(stage);

    assert_int_equal(finish(stage, task, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_int_equal(finish(stage, task, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void delays_and_timeouts_run_on(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "other"), *brief = to_submit(stage, "q");

    later->in.submit.specs[0].delay_ms = 5000;
    brief->in.submit.specs[0].timeout_ms = 5000;
    (void)stage_ask(stage, later);
    struct id task = stage_ask(stage, brief)->reply.view.task->id;
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    stage_kill(stage);
    stage_skip(stage, 5000);
    stage_settle(stage);

    assert_int_equal(count(stage, "other", TASK_READY), 1);
    assert_int_equal(state_of(stage, task), TASK_RETRYING);
}

static void numbers_of_tasks_and_events_go_on(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    int64_t events = stage_number(stage, "SELECT max(number) FROM events");

    stage_kill(stage);
    assert_int_equal(stage_ask(stage, to_submit(stage, "q"))->reply.view.task->number, 4);
    assert_int_equal(stage_number(stage, "SELECT max(number) FROM events"), events + 1);
}

static void a_second_engine_on_the_same_folder_is_refused(void **state)
{
    struct stage *stage = *state;
    struct engine *second = NULL;
    struct error error;
    int exit_code = 0;

    assert_int_not_equal(engine_open(&stage->options, &second, &exit_code, &error), OK);
    assert_int_equal(exit_code, 69);
    assert_null(second);
}

static void a_store_on_disk_is_found_again(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");

    stage_restart(stage);
    assert_int_equal(state_of(stage, task), TASK_READY);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_lease_has_what_it_had_left_but_enough_to_call_in),
        STAGED(time_in_which_it_did_not_run_does_not_count_against_leases),
        STAGED(a_renewal_goes_over_a_clean_stop),
        STAGED(counts_and_caps_are_what_they_were),
        STAGED(a_worker_keeps_its_slots_taken),
        STAGED(a_lease_is_worth_as_much_as_before),
        STAGED(delays_and_timeouts_run_on),
        STAGED(numbers_of_tasks_and_events_go_on),
        ON_DISK(a_second_engine_on_the_same_folder_is_refused),
        ON_DISK(a_store_on_disk_is_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
