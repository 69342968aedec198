/* Tests of what is kept in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/memory.h"
#include "hot.h"

static struct hot_queue *new_queue(struct hot *hot, const char *name)
{
    return hot_queue(hot, hot_ns(hot, BYTES("default"), true), bytes_of(name), 1000);
}

static void names_are_numbered_when_first_used_and_found_again(void **state)
{
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct hot_queue *queue = new_queue(&hot, "a");

    assert_ptr_equal(new_queue(&hot, "a"), queue);
    assert_int_equal(new_queue(&hot, "b")->head.number, queue->head.number + 1);
    assert_ptr_equal(hot_queue_numbered(&hot, queue->head.number), queue);
    assert_ptr_equal(hot_class(&hot, queue->ns, BYTES("t"), BYTES_NONE),
                     hot_class(&hot, queue->ns, BYTES("t"), BYTES("")));
    hot_fini(&hot);
}

static void a_queue_without_a_row_is_not_there_for_those_who_look(void **state)
{
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct hot_queue *queue = new_queue(&hot, "a");

    assert_null(hot_queue(&hot, queue->ns, BYTES("a"), -1));
    queue->head.is_saved = true;
    assert_ptr_equal(hot_queue(&hot, queue->ns, BYTES("a"), -1), queue);
    queue->closing = QUEUE_HIDDEN;
    assert_null(hot_queue(&hot, queue->ns, BYTES("a"), -1));
    hot_fini(&hot);
}

static void counts_of_a_batch_are_kept_or_dropped_as_a_whole(void **state)
{
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct hot_queue *queue = new_queue(&hot, "a");
    struct hot_shelf *shelf = hot_shelf(queue, hot_class(&hot, queue->ns, BYTES(""), BYTES_NONE));

    hot_count(&hot, shelf, TASK_READY, 3, 30);
    assert_int_equal(hot_pending(queue), 3);
    assert_int_equal(hot_ns_bytes(queue->ns), 30);
    hot_fold(&hot);
    hot_count(&hot, shelf, TASK_READY, -1, -10);
    hot_count(&hot, shelf, TASK_RUNNING, 1, 15);
    assert_int_equal(hot_running(queue), 1);
    assert_int_equal(hot_ns_pending(queue->ns), 2);
    assert_int_equal(hot_ns_bytes(queue->ns), 35);
    hot_drop(&hot);

    assert_int_equal(hot_in_state(&shelf->counts, TASK_READY), 3);
    assert_int_equal(hot_running(queue), 0);
    assert_int_equal(hot_queue_counts(queue).of[TASK_READY], 3);
    assert_int_equal(hot_ns_counts(queue->ns).of[TASK_READY], 3);
    assert_int_equal(hot_ns_counts(queue->ns).of[TASK_RUNNING], 0);
    assert_int_equal(hot_ns_bytes(queue->ns), 30);
    hot_fold(&hot);
    assert_int_equal(hot_ns_bytes(queue->ns), 30);
    hot_fini(&hot);
}

static struct hot_worker *new_worker(struct hot *hot, const char *types)
{
    struct worker_row row = {.id = {{7}},
                             .ns = 1,
                             .queues = BYTES("a\nb\n"),
                             .concurrency = 2,
                             .types = bytes_of(types)};

    (void)new_queue(hot, "a");
    return hot_add_worker(hot, &row, 5);
}

static void a_worker_serves_its_queues_and_runs_its_types(void **state)
{
    struct hot hot;

    (void)state;
    hot_init(&hot);
    struct hot_worker *worker = new_worker(&hot, "x\ny\n");
    struct hot_ns *ns = worker->ns;

    assert_int_equal(worker->queues_len, 2);
    assert_true(worker_serves(worker, new_queue(&hot, "b")));
    assert_false(worker_serves(worker, new_queue(&hot, "c")));
    assert_true(worker_runs_class(worker, hot_class(&hot, ns, BYTES("y"), BYTES_NONE)));
    assert_false(worker_runs_class(worker, hot_class(&hot, ns, BYTES("z"), BYTES_NONE)));
    assert_false(worker_runs_class(worker, hot_class(&hot, ns, BYTES("y"), BYTES("@another\n"))));
    hot_fini(&hot);
}

static void a_lease_is_due_at_the_earliest_of_its_four_times(void **state)
{
    struct hot hot;
    struct hot_lease *lease = mem_alloc(sizeof(*lease));

    (void)state;
    hot_init(&hot);
    lease->worker = new_worker(&hot, NULL);
    lease->row.task = 9;
    lease->expires_mono_ms = 40;
    lease->timeout_mono_ms = 30;
    lease->confirm_mono_ms = 20;
    lease->grace_mono_ms = INT64_MAX;
    hot_link_lease(&hot, lease);
    assert_int_equal(heap_first(&hot.leases_due)->key, 20);
    lease->confirm_mono_ms = INT64_MAX;
    hot_time_lease(&hot, lease);
    assert_int_equal(heap_first(&hot.leases_due)->key, 30);
    hot_unlink_lease(&hot, hot_lease(&hot, 9));
    assert_null(heap_first(&hot.leases_due));
    hot_fini(&hot);
}

static void leases_outlive_a_worker_that_is_dropped(void **state)
{
    struct hot hot;
    struct hot_lease *lease = mem_alloc(sizeof(*lease));

    (void)state;
    hot_init(&hot);
    lease->worker = new_worker(&hot, NULL);
    lease->row.task = 9;
    hot_link_lease(&hot, lease);
    hot_drop_worker(&hot, lease->worker);

    assert_null(hot_lease(&hot, 9)->worker);
    assert_null(hot_worker(&hot, (struct id){{7}}));
    hot_fini(&hot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_numbered_when_first_used_and_found_again),
        cmocka_unit_test(a_queue_without_a_row_is_not_there_for_those_who_look),
        cmocka_unit_test(counts_of_a_batch_are_kept_or_dropped_as_a_whole),
        cmocka_unit_test(a_worker_serves_its_queues_and_runs_its_types),
        cmocka_unit_test(a_lease_is_due_at_the_earliest_of_its_four_times),
        cmocka_unit_test(leases_outlive_a_worker_that_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
