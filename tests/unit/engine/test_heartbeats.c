/* Tests of heartbeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_heartbeat_prolongs_every_lease_of_the_worker(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    (void)stage_ask(stage, to_claim(stage, worker, 2, 0));
    for (int i = 0; i < 5; i++) {
        stage_pass(stage, 20000);
        beat(stage, worker);
    }
    assert_int_equal(count(stage, "q", TASK_RUNNING), 2);
    stage_pass(stage, 29999);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 2);
    stage_pass(stage, 1);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 0);
}

static void named_leases_are_prolonged_and_lost_ones_named(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    struct command *both = stage_ask(stage, to_claim(stage, worker, 2, 0));
    struct bytes leases[] = {both->reply.tasks[0].lease, BYTES("gone")};
    struct command *command = to_beat(stage, worker, 0);

    stage_pass(stage, 20000);
    command->in.heartbeat.all = false;
    command->in.heartbeat.leases = leases;
    command->in.heartbeat.leases_len = 2;
    (void)stage_ask(stage, command);
    stage_pass(stage, 10000);

    assert_int_equal(command->reply.lost_len, 1);
    assert_true(bytes_is(command->reply.lost[0], "gone"));
    assert_int_equal(count(stage, "q", TASK_RUNNING), 1);
}

static void a_waiting_heartbeat_tells_of_a_cancel_at_once(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");
    const struct task *claimed = claim(stage, worker);
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 20000));

    assert_false(is_answered(waiting));
    cancel(stage, task, 7000);

    assert_int_equal(waiting->reply.cancels_len, 1);
    assert_true(bytes_equal(waiting->reply.cancels[0].lease, claimed->lease));
    assert_memory_equal(&waiting->reply.cancels[0].task, &task, sizeof(task));
    assert_true(bytes_is(waiting->reply.cancels[0].reason, "user"));
    assert_int_equal(waiting->reply.cancels[0].grace_ms, 7000);
}

static void one_told_before_is_listed_but_does_not_answer_a_wait(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2), first = submit(stage, "q"),
              second = submit(stage, "q");

    (void)stage_ask(stage, to_claim(stage, worker, 2, 0));
    cancel(stage, first, 60000);
    assert_int_equal(stage_ask(stage, to_beat(stage, worker, 0))->reply.cancels_len, 1);
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 20000));
    assert_false(is_answered(waiting));
    cancel(stage, second, 60000);

    assert_int_equal(waiting->reply.cancels_len, 2);
}

static void a_cancel_that_came_between_two_heartbeats_is_not_missed(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    cancel(stage, task, 60000);
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 20000));

    assert_int_equal(waiting->reply.cancels_len, 1);
}

static void a_wait_ends_before_half_of_the_shortest_lease_is_over(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 2);
    struct command *brief = to_submit(stage, "q");

    (void)submit(stage, "q");
    brief->in.submit.specs[0].lease_ms = 4000;
    (void)stage_ask(stage, brief);
    (void)stage_ask(stage, to_claim(stage, worker, 2, 0));
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 20000));

    stage_pass(stage, 1999);
    assert_false(is_answered(waiting));
    stage_pass(stage, 1);
    assert_true(is_answered(waiting));
    stage_pass(stage, 3999); /* the answer prolonged the lease */
    assert_int_equal(count(stage, "q", TASK_RUNNING), 2);
}

static void a_lease_granted_during_a_wait_shortens_it(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 60000));

    (void)submit(stage, "q");
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 14999);
    assert_false(is_answered(waiting));
    stage_pass(stage, 1);
    assert_true(is_answered(waiting));
}

static void progress_in_a_heartbeat_is_kept(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");
    struct progress_note note = {.lease = claim(stage, worker)->lease,
                                 .progress = BYTES("{\"percent\":5}")};
    struct command *command = to_beat(stage, worker, 0);

    command->in.heartbeat.notes = &note;
    command->in.heartbeat.notes_len = 1;
    (void)stage_ask(stage, command);

    assert_true(bytes_is(view(stage, task)->task->progress, "{\"percent\":5}"));
}

static void the_first_sign_of_life_is_an_event_and_later_ones_are_not(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");

    assert_non_null(claim(stage, worker));
    assert_int_equal(view(stage, task)->task->started_at_ms, -1);
    for (int i = 0; i < 3; i++)
        beat(stage, worker);

    assert_int_equal(view(stage, task)->task->started_at_ms, stage->now.wall_ms);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 3"), 1);
}

static void renewals_alone_cost_no_commit(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    assert_non_null(claim(stage, worker));
    beat(stage, worker);
    int64_t commits = stage_metric(stage, METRIC_COMMITS);

    for (int i = 0; i < 3; i++) {
        stage_pass(stage, 1000);
        beat(stage, worker);
    }
    assert_int_equal(stage_metric(stage, METRIC_COMMITS), commits);
}

static void an_order_answers_a_wait(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_beat(stage, worker, 20000));
    struct command *edit = stage_make(stage, COMMAND_EDIT_WORKER);

    edit->in.worker_edit =
        (struct worker_edit){.worker = worker, .has_mode = true, .mode = WORKER_TERMINATE};
    (void)stage_ask(stage, edit);

    assert_true(is_answered(waiting));
    assert_string_equal(waiting->reply.worker_state, "terminate");
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_heartbeat_prolongs_every_lease_of_the_worker),
        STAGED(named_leases_are_prolonged_and_lost_ones_named),
        STAGED(a_waiting_heartbeat_tells_of_a_cancel_at_once),
        STAGED(one_told_before_is_listed_but_does_not_answer_a_wait),
        STAGED(a_cancel_that_came_between_two_heartbeats_is_not_missed),
        STAGED(a_wait_ends_before_half_of_the_shortest_lease_is_over),
        STAGED(a_lease_granted_during_a_wait_shortens_it),
        STAGED(progress_in_a_heartbeat_is_kept),
        STAGED(the_first_sign_of_life_is_an_event_and_later_ones_are_not),
        STAGED(renewals_alone_cost_no_commit),
        STAGED(an_order_answers_a_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
