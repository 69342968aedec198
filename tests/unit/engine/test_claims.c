/* Tests of claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_submit_that_meets_a_parked_claim_is_one_commit(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));
    int64_t commits = stage_metric(stage, METRIC_COMMITS);

    assert_false(is_answered(waiting));
    struct command *submitted = stage_ask(stage, to_submit(stage, "q"));

    assert_int_equal(code_of(submitted), OK);
    assert_int_equal(code_of(waiting), OK);
    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_memory_equal(&waiting->reply.tasks[0].id, &submitted->reply.view.task->id,
                        sizeof(struct id));
    assert_int_equal(stage_metric(stage, METRIC_COMMITS), commits + 1);
}

static void parked_claims_are_woken_first_come_first_served(void **state)
{
    struct stage *stage = *state;
    struct command *waiting[3];

    for (int i = 0; i < 3; i++)
        waiting[i] = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));
    for (int i = 0; i < 3; i++) {
        (void)submit(stage, "q");
        for (int j = 0; j < 3; j++)
            assert_int_equal(is_answered(waiting[j]), j <= i);
    }
}

static void one_task_wakes_exactly_one(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    struct command *first = stage_ask(stage, to_claim(stage, worker, 5, 60000));
    struct command *second = stage_ask(stage, to_claim(stage, worker, 5, 60000));

    (void)submit(stage, "q");

    assert_int_equal(first->reply.tasks_len, 1);
    assert_false(is_answered(second));
}

static void a_client_that_has_gone_gets_no_lease(void **state)
{
    struct stage *stage = *state;
    struct command *gone = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));
    struct command *there = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));

    stage_hang_up(gone);
    struct id task = submit(stage, "q");

    assert_true(is_answered(gone));
    assert_int_equal(gone->reply.tasks_len, 0);
    assert_int_equal(there->reply.tasks_len, 1);
    assert_memory_equal(&there->reply.tasks[0].id, &task, sizeof(task));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM leases"), 1);
}

static void the_cap_holds_within_one_transaction(void **state)
{
    struct stage *stage = *state;
    struct command *claims[8];
    unsigned granted = 0;

    limit_running(stage, "q", 3);
    (void)stage_ask(stage, to_submit_many(stage, "q", 20));
    for (int i = 0; i < 8; i++)
        claims[i] = to_claim(stage, enrol(stage, "q", 2), 2, 0);
    for (int i = 0; i < 8; i++)
        stage_post(stage, claims[i]);
    stage_settle(stage);

    for (int i = 0; i < 8; i++)
        granted += claims[i]->reply.tasks_len;
    assert_int_equal(granted, 3);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 3);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM leases"), 3);
}

static void the_cap_holds_for_tasks_of_many_types(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 9);
    const char *const types[] = {"a", "b", "c"};

    limit_running(stage, "q", 4);
    for (unsigned i = 0; i < 9; i++)
        many->in.submit.specs[i].type = bytes_of(types[i % 3]);
    (void)stage_ask(stage, many);
    struct command *claimed = stage_ask(stage, to_claim(stage, enrol(stage, "q", 9), 9, 0));

    assert_int_equal(claimed->reply.tasks_len, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(claimed->reply.tasks[i].number, many->reply.items[i].number);
}

static void a_worker_gets_no_more_than_its_slots(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 3);

    (void)stage_ask(stage, to_submit_many(stage, "q", 10));
    struct command *first = stage_ask(stage, to_claim(stage, worker, 10, 0));
    struct command *second = stage_ask(stage, to_claim(stage, worker, 10, 0));

    assert_int_equal(first->reply.tasks_len, 3);
    assert_int_equal(second->reply.tasks_len, 0);
}

static void a_freed_slot_serves_the_workers_own_parked_claim(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    const struct task *task = claim(stage, worker);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));

    assert_false(is_answered(waiting));
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void higher_priority_goes_first_then_the_order_of_commit(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 4);
    const int32_t priorities[] = {0, 10, 0, 10}, order[] = {1, 3, 0, 2};

    for (unsigned i = 0; i < 4; i++)
        many->in.submit.specs[i].priority = priorities[i];
    many->in.submit.specs[1].type = BYTES("another"); /* its own shelf */
    (void)stage_ask(stage, many);
    struct command *all = stage_ask(stage, to_claim(stage, enrol(stage, "q", 4), 4, 0));

    assert_int_equal(all->reply.tasks_len, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(all->reply.tasks[i].number, many->reply.items[order[i]].number);
}

static void a_claim_for_other_queues_is_passed_over(void **state)
{
    struct stage *stage = *state;
    struct bytes other = BYTES("other");
    struct id worker = enrol(stage, "q", 5);
    struct command *picky = to_claim(stage, worker, 1, 60000);

    picky->in.claim.queues = &other;
    picky->in.claim.queues_len = 1;
    (void)stage_ask(stage, picky);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));

    (void)submit(stage, "q");
    assert_false(is_answered(picky));
    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void a_claim_ends_empty_when_its_wait_is_over(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 5000));

    stage_pass(stage, 4999);
    assert_false(is_answered(waiting));
    stage_pass(stage, 1);
    assert_int_equal(code_of(waiting), OK);
    assert_int_equal(waiting->reply.tasks_len, 0);
}

static void an_unknown_worker_is_not_found(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(stage_ask(stage, to_claim(stage, (struct id){{1}}, 1, 0))),
                     ERR_NOT_FOUND);
}

static void a_claim_finishes_earlier_work_in_the_same_transaction(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)stage_ask(stage, to_submit_many(stage, "q", 2));
    const struct task *task = claim(stage, worker);
    struct command *both = to_claim(stage, worker, 1, 0);
    struct outcome outcome = {.lease = task->lease, .kind = OUTCOME_SUCCEEDED, .retryable = true};
    int64_t commits = stage_metric(stage, METRIC_COMMITS);

    both->in.claim.outcomes = &outcome;
    both->in.claim.outcomes_len = 1;
    (void)stage_ask(stage, both);

    assert_int_equal(both->reply.outcomes[0].state, TASK_SUCCEEDED);
    assert_int_equal(both->reply.tasks_len, 1);
    assert_int_equal(stage_metric(stage, METRIC_COMMITS), commits + 1);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_submit_that_meets_a_parked_claim_is_one_commit),
        STAGED(parked_claims_are_woken_first_come_first_served),
        STAGED(one_task_wakes_exactly_one),
        STAGED(a_client_that_has_gone_gets_no_lease),
        STAGED(the_cap_holds_within_one_transaction),
        STAGED(the_cap_holds_for_tasks_of_many_types),
        STAGED(a_worker_gets_no_more_than_its_slots),
        STAGED(a_freed_slot_serves_the_workers_own_parked_claim),
        STAGED(higher_priority_goes_first_then_the_order_of_commit),
        STAGED(a_claim_for_other_queues_is_passed_over),
        STAGED(a_claim_ends_empty_when_its_wait_is_over),
        STAGED(an_unknown_worker_is_not_found),
        STAGED(a_claim_finishes_earlier_work_in_the_same_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
