/* Lease repo: leases as they were written, and the right tasks first. */
#include "store/repo_lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "store/repo_task.h"
#include "store_fixture.h"

static struct lease_row lease_from(int64_t task)
{
    struct lease_row lease = {
        .task = task,
        .queue = 2,
        .delivery = 3,
        .worker = id_from(4),
        .lease_ms = 5,
        .claimed_at_ms = 6,
        .started_at_ms = -1,
        .expires_at_ms = 8,
        .timeout_at_ms = 9,
        .confirm_at_ms = 10,
        .grace_at_ms = -1,
    };

    memset(lease.nonce, (int)task, sizeof(lease.nonce));
    return lease;
}

static void assert_same_lease(const struct lease_row *one, const struct lease_row *other)
{
    assert_int_equal(one->task, other->task);
    assert_int_equal(one->queue, other->queue);
    assert_int_equal(one->delivery, other->delivery);
    assert_memory_equal(one->nonce, other->nonce, LEASE_NONCE_LEN);
    assert_true(id_equal(one->worker, other->worker));
    assert_int_equal(one->lease_ms, other->lease_ms);
    assert_int_equal(one->claimed_at_ms, other->claimed_at_ms);
    assert_int_equal(one->started_at_ms, other->started_at_ms);
    assert_int_equal(one->expires_at_ms, other->expires_at_ms);
    assert_int_equal(one->timeout_at_ms, other->timeout_at_ms);
    assert_int_equal(one->confirm_at_ms, other->confirm_at_ms);
    assert_int_equal(one->grace_at_ms, other->grace_at_ms);
}

static void a_lease_comes_back_as_it_was_granted(void **state)
{
    struct store_fixture *fixture = *state;
    struct lease_row lease = lease_from(1), loaded;

    lease_insert(fixture->db, &lease);
    assert_true(lease_load(fixture->db, 1, &loaded));
    assert_same_lease(&loaded, &lease);
    assert_false(lease_load(fixture->db, 2, &loaded));
}

static void a_saved_lease_keeps_its_token_and_its_timeout(void **state)
{
    struct store_fixture *fixture = *state;
    struct lease_row lease = lease_from(1), other = lease_from(2), loaded;

    lease_insert(fixture->db, &lease);
    lease_insert(fixture->db, &other);
    lease.lease_ms = 50;
    lease.started_at_ms = 70;
    lease.expires_at_ms = 80;
    lease.confirm_at_ms = -1;
    lease.grace_at_ms = 110;
    lease_save(fixture->db, &lease);
    assert_true(lease_load(fixture->db, 1, &loaded));
    assert_same_lease(&loaded, &lease);
    assert_true(lease_load(fixture->db, 2, &loaded));
    assert_same_lease(&loaded, &other);
}

static void check_lease(void *ctx, const struct lease_row *lease)
{
    struct lease_row expected = lease_from(lease->task);
    unsigned *seen = ctx;

    assert_same_lease(lease, &expected);
    *seen |= 1U << lease->task;
}

static void every_lease_is_found_at_a_start_and_deleted_ones_are_not(void **state)
{
    struct store_fixture *fixture = *state;
    unsigned seen = 0;

    for (int64_t task = 1; task <= 4; task++) {
        struct lease_row lease = lease_from(task);

        lease_insert(fixture->db, &lease);
    }
    lease_delete(fixture->db, 3);
    store_fixture_reopen(fixture);
    lease_each(fixture->db, check_lease, &seen);
    assert_int_equal(seen, 1U << 1 | 1U << 2 | 1U << 4);
}

static void put(struct store_fixture *fixture, struct task task)
{
    struct task_spec spec = {.queue = BYTES("q")};

    task_insert(fixture->db, &task, &spec, fixture->arena);
}

static void put_ready(struct store_fixture *fixture, int64_t number, int64_t line, int64_t share)
{
    struct task task = task_from(number);

    task.line = line;
    task.share = share;
    put(fixture, task);
}

static void put_timed(struct store_fixture *fixture, int64_t number, enum task_state task_state,
                      int64_t run_at_ms)
{
    struct task task = task_from(number);

    task.state = task_state;
    task.run_at_ms = run_at_ms;
    put(fixture, task);
}

static void the_smallest_share_and_then_the_oldest_are_first(void **state)
{
    static const int64_t expected[] = {3, 5, 1, 4, 2};
    struct store_fixture *fixture = *state;
    struct ready_head heads[8];

    put_ready(fixture, 1, 7, 20);
    put_ready(fixture, 2, 7, 100);
    put_ready(fixture, 3, 7, 0);
    put_ready(fixture, 4, 7, 20);
    put_ready(fixture, 5, 7, 1);
    assert_int_equal(ready_heads(fixture->db, 7, 8, heads), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(heads[i].number, expected[i]);
    assert_int_equal(heads[1].share, 1);
    assert_int_equal(heads[1].since_ms, task_from(5).run_at_ms);
    assert_int_equal(ready_heads(fixture->db, 7, 2, heads), 2);
    assert_int_equal(ready_heads(fixture->db, 7, 0, heads), 0);
}

static void heads_are_of_one_line_and_ready(void **state)
{
    struct store_fixture *fixture = *state;
    struct ready_head heads[8];

    put_ready(fixture, 1, 7, 0);
    put_ready(fixture, 4, 8, 0);
    put_timed(fixture, 2, TASK_RUNNING, 0);
    put_timed(fixture, 3, TASK_SCHEDULED, 0);
    assert_int_equal(ready_heads(fixture->db, 7, 8, heads), 1);
    assert_int_equal(heads[0].number, 1);
    assert_int_equal(ready_heads(fixture->db, 9, 8, heads), 0);
}

static int64_t ahead(struct store_fixture *fixture, int64_t share, int64_t number, int64_t max)
{
    return ready_ahead(fixture->db, 7, &(struct ready_head){.share = share, .number = number}, max);
}

static void ahead_are_the_smaller_shares_and_the_older_up_to_a_limit(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t number = 1; number <= 10; number++)
        put_ready(fixture, number, 7, number % 2 == 0 ? 0 : 5);
    put_ready(fixture, 11, 8, 0);
    assert_int_equal(ahead(fixture, 0, 2, 100), 0);
    assert_int_equal(ahead(fixture, 0, 10, 100), 4);
    assert_int_equal(ahead(fixture, 5, 1, 100), 5);
    assert_int_equal(ahead(fixture, 5, 9, 100), 9);
    assert_int_equal(ahead(fixture, 5, 9, 7), 7);
}

static void what_falls_due_first_is_known(void **state)
{
    struct store_fixture *fixture = *state;

    assert_int_equal(due_first(fixture->db), INT64_MAX);
    put_timed(fixture, 1, TASK_SCHEDULED, 500);
    put_timed(fixture, 2, TASK_RETRYING, 400);
    put_timed(fixture, 3, TASK_READY, 100);
    put_timed(fixture, 4, TASK_BLOCKED, 100);
    assert_int_equal(due_first(fixture->db), 400);
}

static void due_tasks_come_in_the_order_of_their_time(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t numbers[4];

    put_timed(fixture, 1, TASK_SCHEDULED, 500);
    put_timed(fixture, 2, TASK_RETRYING, 400);
    put_timed(fixture, 3, TASK_SCHEDULED, 400);
    put_timed(fixture, 4, TASK_SCHEDULED, 501);
    assert_int_equal(due_tasks(fixture->db, 399, 4, numbers), 0);
    assert_int_equal(due_tasks(fixture->db, 500, 4, numbers), 3);
    assert_int_equal(numbers[0], 2);
    assert_int_equal(numbers[1], 3);
    assert_int_equal(numbers[2], 1);
    assert_int_equal(due_tasks(fixture->db, 500, 2, numbers), 2);
}

static void tasks_that_are_ended_come_in_the_order_of_their_time(void **state)
{
    struct store_fixture *fixture = *state;
    struct task_spec spec = {.queue = BYTES("q"), .type = BYTES("t")};
    int64_t numbers[4];

    assert_int_equal(ending_first(fixture->db), INT64_MAX);
    for (int64_t i = 1; i <= 4; i++) {
        struct task task = task_from(i);

        task.state = i == 4 ? TASK_RUNNING : TASK_READY;
        task.expires_at_ms = i == 3 ? -1 : 1000 - i * 100;
        task.deadline_at_ms = 850;
        task_insert(fixture->db, &task, &spec, fixture->arena);
    }

    assert_int_equal(ending_first(fixture->db), 800);
    assert_int_equal(ending_tasks(fixture->db, 799, 4, numbers), 0);
    assert_int_equal(ending_tasks(fixture->db, 850, 4, numbers), 3);
    assert_int_equal(numbers[0], 2);
    assert_int_equal(numbers[1], 1);
    assert_int_equal(numbers[2], 3);
    assert_int_equal(ending_tasks(fixture->db, 850, 1, numbers), 1);
}

static void those_due_soon_are_counted_for_one_queue_up_to_a_limit(void **state)
{
    struct store_fixture *fixture = *state;
    struct task elsewhere = task_from(9);

    for (int64_t number = 1; number <= 5; number++)
        put_timed(fixture, number, TASK_SCHEDULED, number * 100);
    elsewhere.state = TASK_SCHEDULED;
    elsewhere.queue_number = 77;
    elsewhere.run_at_ms = 100;
    put(fixture, elsewhere);
    assert_int_equal(due_soon(fixture->db, 300, 2, 100), 3);
    assert_int_equal(due_soon(fixture->db, 300, 2, 2), 2);
    assert_int_equal(due_soon(fixture->db, 99, 2, 100), 0);
    assert_int_equal(due_soon(fixture->db, 300, 77, 100), 1);
}

static void a_slice_holds_what_waits_between_two_numbers(void **state)
{
    static const int64_t here[] = {1, 2};
    struct store_fixture *fixture = *state;
    int64_t numbers[16];

    for (int64_t number = 1; number <= 10; number++)
        put_timed(fixture, number, (enum task_state)number, 0); /* one in each state */
    assert_int_equal(pending_slice(fixture->db, here, 0, 10, 16, numbers), 4);
    assert_int_equal(numbers[0], TASK_SCHEDULED);
    assert_int_equal(numbers[1], TASK_BLOCKED);
    assert_int_equal(numbers[2], TASK_READY);
    assert_int_equal(numbers[3], TASK_RETRYING);
    assert_int_equal(pending_slice(fixture->db, here, 2, 3, 16, numbers), 1);
    assert_int_equal(pending_slice(fixture->db, here, 0, 10, 2, numbers), 2);
    assert_int_equal(pending_slice(fixture->db, (const int64_t[]){1, 9}, 0, 10, 2, numbers), 0);
    assert_int_equal(pending_slice(fixture->db, (const int64_t[]){9, 2}, 0, 10, 2, numbers), 0);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(a_lease_comes_back_as_it_was_granted),
        WITH_STORE(a_saved_lease_keeps_its_token_and_its_timeout),
        WITH_STORE(every_lease_is_found_at_a_start_and_deleted_ones_are_not),
        WITH_STORE(the_smallest_share_and_then_the_oldest_are_first),
        WITH_STORE(heads_are_of_one_line_and_ready),
        WITH_STORE(ahead_are_the_smaller_shares_and_the_older_up_to_a_limit),
        WITH_STORE(what_falls_due_first_is_known),
        WITH_STORE(due_tasks_come_in_the_order_of_their_time),
        WITH_STORE(tasks_that_are_ended_come_in_the_order_of_their_time),
        WITH_STORE(those_due_soon_are_counted_for_one_queue_up_to_a_limit),
        WITH_STORE(a_slice_holds_what_waits_between_two_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
