/* Registry repo: what a start loads is what was saved before. */
#include "store/repo_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "store/repo_task.h"
#include "store_fixture.h"

/* What the callbacks saw; strings are copied because they are valid during the call only. */
struct seen {
    struct arena *arena;
    unsigned len;
    struct ns_row namespaces[4];
    struct class_row classes[4];
    struct queue_row queue;
    struct worker_row worker;
    struct counter_row counters[8];
    struct intent_row intents[4];
};

static struct bytes kept(const struct seen *seen, struct bytes text)
{
    return arena_bytes(seen->arena, text);
}

static void assert_bytes(struct bytes actual, struct bytes expected)
{
    assert_int_equal(actual.at == NULL, expected.at == NULL);
    assert_true(bytes_equal(actual, expected));
}

static void a_number_by_name_is_put_and_replaced(void **state)
{
    struct store_fixture *fixture = *state;

    meta_put(fixture->db, "a", 1);
    meta_put(fixture->db, "b", 2);
    meta_put(fixture->db, "a", 3);
    assert_int_equal(meta_get(fixture->db, "a", -1), 3);
    assert_int_equal(meta_get(fixture->db, "b", -1), 2);
    assert_int_equal(meta_get(fixture->db, "c", -1), -1);
}

static void see_ns(void *ctx, const struct ns_row *row)
{
    struct seen *seen = ctx;
    struct ns_row *to = &seen->namespaces[seen->len++];

    *to = *row;
    to->name = kept(seen, row->name);
}

static void namespaces_come_back(void **state)
{
    struct store_fixture *fixture = *state;
    struct seen seen = {.arena = fixture->arena};

    ns_insert(fixture->db, 1, BYTES("default"));
    ns_insert(fixture->db, 2, BYTES("team"));
    store_fixture_reopen(fixture);
    ns_each(fixture->db, see_ns, &seen);
    assert_int_equal(seen.len, 2);
    assert_int_equal(seen.namespaces[1].number, 2);
    assert_bytes(seen.namespaces[0].name, BYTES("default"));
    assert_bytes(seen.namespaces[1].name, BYTES("team"));
    assert_int_equal(seen.namespaces[0].version, 1);
    assert_int_equal(seen.namespaces[0].quotas.pending_limit, -1);
    assert_int_equal(seen.namespaces[0].quotas.bytes_limit, -1);
    assert_int_equal(seen.namespaces[0].quotas.queues_limit, -1);
    assert_true(seen.namespaces[0].quotas.rate.units <= 0);
}

static void quotas_come_back_and_change(void **state)
{
    struct store_fixture *fixture = *state;
    struct seen seen = {.arena = fixture->arena};
    struct ns_row row = {
        .number = 3,
        .version = 4,
        .name = BYTES("team"),
        .quotas = {5, 6, 7, {.units = 0.1, .period_s = 60, .burst = 8.5}},
    };

    ns_save(fixture->db, &row, fixture->arena);
    ns_each(fixture->db, see_ns, &seen);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.namespaces[0].number, 3);
    assert_int_equal(seen.namespaces[0].version, 4);
    assert_int_equal(seen.namespaces[0].quotas.pending_limit, 5);
    assert_int_equal(seen.namespaces[0].quotas.bytes_limit, 6);
    assert_int_equal(seen.namespaces[0].quotas.queues_limit, 7);
    assert_true(seen.namespaces[0].quotas.rate.units == 0.1);
    assert_true(seen.namespaces[0].quotas.rate.period_s == 60);
    assert_true(seen.namespaces[0].quotas.rate.burst == 8.5);

    row.version = 5;
    row.quotas = ns_quotas_default();
    ns_save(fixture->db, &row, fixture->arena);
    seen.len = 0;
    ns_each(fixture->db, see_ns, &seen);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.namespaces[0].version, 5);
    assert_int_equal(seen.namespaces[0].quotas.pending_limit, -1);
    assert_true(seen.namespaces[0].quotas.rate.units <= 0);
}

static void see_class(void *ctx, const struct class_row *row)
{
    struct seen *seen = ctx;
    struct class_row *to = &seen->classes[seen->len++];

    *to = *row;
    to->type = kept(seen, row->type);
    to->requires = kept(seen, row->requires);
}

static void classes_come_back_with_an_empty_type_still_empty(void **state)
{
    struct store_fixture *fixture = *state;
    struct class_row rows[] = {
        {.number = 1, .ns = 2, .type = BYTES(""), .requires = BYTES("")},
        {.number = 3, .ns = 4, .type = BYTES("t"), .requires = BYTES("gpu")},
    };
    struct seen seen = {.arena = fixture->arena};

    class_insert(fixture->db, &rows[0]);
    class_insert(fixture->db, &rows[1]);
    class_each(fixture->db, see_class, &seen);
    assert_int_equal(seen.len, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(seen.classes[i].number, rows[i].number);
        assert_int_equal(seen.classes[i].ns, rows[i].ns);
        assert_bytes(seen.classes[i].type, rows[i].type);
        assert_bytes(seen.classes[i].requires, rows[i].requires);
    }
}

static struct queue_row queue_from(int64_t number)
{
    return (struct queue_row){
        .number = number,
        .ns = 2,
        .version = 3,
        .created_at_ms = 4,
        .name = BYTES("mail"),
        .settings =
            {
                .concurrency = 5,
                .pending_limit = 6,
                .paused = true,
                .paused_until_ms = 7,
                .retry = {.given = RETRY_HAS_NON_RETRYABLE,
                          .max_delay_ms = -1,
                          .non_retryable = BYTES("x\n")},
                .lease_ms = 8,
                .timeout_ms = 9,
            },
        .closed = 1,
        .close_cancel_at_ms = 10,
        .close_end_at_ms = 11,
    };
}

static void see_queue(void *ctx, const struct queue_row *row)
{
    struct seen *seen = ctx;

    seen->len++;
    seen->queue = *row;
    seen->queue.name = kept(seen, row->name);
    seen->queue.settings.retry.non_retryable = kept(seen, row->settings.retry.non_retryable);
}

static struct queue_row only_queue(struct store_fixture *fixture)
{
    struct seen seen = {.arena = fixture->arena};

    queue_each(fixture->db, see_queue, &seen);
    assert_int_equal(seen.len, 1);
    return seen.queue;
}

static void assert_same_queue(const struct queue_row *one, const struct queue_row *other)
{
    assert_int_equal(one->number, other->number);
    assert_int_equal(one->ns, other->ns);
    assert_int_equal(one->version, other->version);
    assert_int_equal(one->created_at_ms, other->created_at_ms);
    assert_bytes(one->name, other->name);
    assert_int_equal(one->settings.concurrency, other->settings.concurrency);
    assert_int_equal(one->settings.pending_limit, other->settings.pending_limit);
    assert_int_equal(one->settings.paused, other->settings.paused);
    assert_int_equal(one->settings.paused_until_ms, other->settings.paused_until_ms);
    assert_int_equal(one->settings.retry.given, other->settings.retry.given);
    assert_bytes(one->settings.retry.non_retryable, other->settings.retry.non_retryable);
    assert_int_equal(one->settings.lease_ms, other->settings.lease_ms);
    assert_int_equal(one->settings.timeout_ms, other->settings.timeout_ms);
    assert_int_equal(one->closed, other->closed);
    assert_int_equal(one->close_cancel_at_ms, other->close_cancel_at_ms);
    assert_int_equal(one->close_end_at_ms, other->close_end_at_ms);
}

static void a_queue_comes_back_with_all_its_settings(void **state)
{
    struct store_fixture *fixture = *state;
    struct queue_row row = queue_from(1), loaded;

    queue_save(fixture->db, &row, fixture->arena);
    loaded = only_queue(fixture);
    assert_same_queue(&loaded, &row);
}

static void a_saved_queue_changes_all_but_its_name_and_birth(void **state)
{
    struct store_fixture *fixture = *state;
    struct queue_row row = queue_from(1), loaded;

    queue_save(fixture->db, &row, fixture->arena);
    row.settings = queue_default();
    row.version = 30;
    row.closed = 2;
    row.close_cancel_at_ms = row.close_end_at_ms = -1;
    queue_save(fixture->db, &row, fixture->arena);
    loaded = only_queue(fixture);
    assert_same_queue(&loaded, &row);
}

static void see_counter(void *ctx, const struct counter_row *row)
{
    struct seen *seen = ctx;

    assert_in_range(seen->len, 0, 7);
    seen->counters[seen->len++] = *row;
}

static struct worker_row worker_from(void)
{
    return (struct worker_row){
        .id = id_from(1),
        .ns = 2,
        .identity = BYTES("host/1"),
        .instance = BYTES("i"),
        .version = BYTES("1.0"),
        .info = BYTES("{}"),
        .labels = BYTES("{\"a\":1}"),
        .queues = BYTES("mail\nother\n"),
        .types = BYTES("t\n"),
        .concurrency = 3,
        .confirm_ms = 4,
        .mode = 5,
        .registered_at_ms = 6,
        .last_seen_at_ms = 7,
    };
}

static void see_worker(void *ctx, const struct worker_row *row)
{
    struct seen *seen = ctx;
    struct worker_row *to = &seen->worker;

    seen->len++;
    *to = *row;
    to->identity = kept(seen, row->identity);
    to->instance = kept(seen, row->instance);
    to->version = kept(seen, row->version);
    to->info = kept(seen, row->info);
    to->labels = kept(seen, row->labels);
    to->queues = kept(seen, row->queues);
    to->types = kept(seen, row->types);
}

static void assert_only_worker(struct store_fixture *fixture, const struct worker_row *expected)
{
    struct seen seen = {.arena = fixture->arena};

    worker_each(fixture->db, see_worker, &seen);
    assert_int_equal(seen.len, 1);
    assert_true(id_equal(seen.worker.id, expected->id));
    assert_int_equal(seen.worker.ns, expected->ns);
    assert_bytes(seen.worker.identity, expected->identity);
    assert_bytes(seen.worker.instance, expected->instance);
    assert_bytes(seen.worker.version, expected->version);
    assert_bytes(seen.worker.info, expected->info);
    assert_bytes(seen.worker.labels, expected->labels);
    assert_bytes(seen.worker.queues, expected->queues);
    assert_bytes(seen.worker.types, expected->types);
    assert_int_equal(seen.worker.concurrency, expected->concurrency);
    assert_int_equal(seen.worker.confirm_ms, expected->confirm_ms);
    assert_int_equal(seen.worker.mode, expected->mode);
    assert_int_equal(seen.worker.registered_at_ms, expected->registered_at_ms);
    assert_int_equal(seen.worker.last_seen_at_ms, expected->last_seen_at_ms);
}

static void a_worker_comes_back_and_what_may_change_changes(void **state)
{
    struct store_fixture *fixture = *state;
    struct worker_row row = worker_from();

    worker_save(fixture->db, &row);
    assert_only_worker(fixture, &row);
    row.concurrency = 30;
    row.mode = 50;
    row.last_seen_at_ms = 70;
    worker_save(fixture->db, &row);
    assert_only_worker(fixture, &row);
}

static void a_worker_that_says_little_comes_back_so(void **state)
{
    struct store_fixture *fixture = *state;
    struct worker_row row = {.id = id_from(1), .identity = BYTES("x"), .queues = BYTES("q\n")};
    struct seen seen = {.arena = fixture->arena};

    worker_save(fixture->db, &row);
    assert_only_worker(fixture, &row);
    worker_delete(fixture->db, row.id);
    worker_each(fixture->db, see_worker, &seen);
    assert_int_equal(seen.len, 0);
}

static void counters_add_up_apart_for_each_key(void **state)
{
    static const struct counter_row steps[] = {
        {1, 2, 3, TASK_READY, 5, 50},    {1, 2, 3, TASK_READY, -2, -20},
        {1, 2, 3, TASK_RUNNING, 2, 200}, {1, 2, 4, TASK_READY, 1, 0},
        {1, 5, 3, TASK_READY, 1, 0},     {6, 2, 3, TASK_READY, 1, 0},
        {1, 2, 3, TASK_READY, 10, 7},
    };
    struct store_fixture *fixture = *state;
    struct seen seen = {.arena = fixture->arena};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        counter_add(fixture->db, &steps[i]);
    counter_each(fixture->db, see_counter, &seen);
    assert_int_equal(seen.len, 5);
    assert_int_equal(seen.counters[0].ns, 1);
    assert_int_equal(seen.counters[0].queue, 2);
    assert_int_equal(seen.counters[0].class_number, 3);
    assert_int_equal(seen.counters[0].state, TASK_READY);
    assert_int_equal(seen.counters[0].tasks, 13);
    assert_int_equal(seen.counters[0].bytes, 37);
    assert_int_equal(seen.counters[1].bytes, 200);
    assert_int_equal(seen.counters[1].tasks, 2);
    assert_int_equal(seen.counters[4].ns, 6);
}

static void a_recount_counts_the_tasks_themselves(void **state)
{
    struct store_fixture *fixture = *state;
    struct seen seen = {.arena = fixture->arena};
    struct task task = task_put(fixture, 1);

    task_put(fixture, 2);
    task_put(fixture, 3);
    task.state = TASK_RUNNING;
    task.bytes = 11;
    task_save_move(fixture->db, &task, TASK_READY);
    counter_recount(fixture->db, see_counter, &seen);
    assert_int_equal(seen.len, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(seen.counters[i].ns, 1);
        assert_int_equal(seen.counters[i].queue, 2);
        assert_int_equal(seen.counters[i].class_number, 3);
        assert_int_equal(seen.counters[i].tasks, seen.counters[i].state == TASK_READY ? 2 : 1);
        assert_int_equal(seen.counters[i].bytes, seen.counters[i].state == TASK_READY ? 0 : 11);
    }
}

static void see_intent(void *ctx, const struct intent_row *row)
{
    struct seen *seen = ctx;
    struct intent_row *to = &seen->intents[seen->len++];

    *to = *row;
    to->reason = kept(seen, row->reason);
}

static struct intent_row intent_from(int64_t number, struct bytes reason)
{
    return (struct intent_row){
        .number = number,
        .ns = 1,
        .queue = 2,
        .kind = 4,
        .up_to = 5,
        .created_at_ms = 6,
        .reason = reason,
    };
}

static void an_intent_comes_back_until_it_is_done(void **state)
{
    struct store_fixture *fixture = *state;
    struct intent_row row = intent_from(3, BYTES("why"));
    struct seen seen = {.arena = fixture->arena};

    intent_insert(fixture->db, &row);
    intent_each(fixture->db, see_intent, &seen);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.intents[0].ns, 1);
    assert_int_equal(seen.intents[0].queue, 2);
    assert_int_equal(seen.intents[0].kind, 4);
    assert_int_equal(seen.intents[0].up_to, 5);
    assert_int_equal(seen.intents[0].created_at_ms, 6);
    assert_bytes(seen.intents[0].reason, BYTES("why"));
    intent_delete(fixture->db, 3);
    intent_each(fixture->db, see_intent, &seen);
    assert_int_equal(seen.len, 1);
}

static void intents_come_back_in_the_order_of_their_numbers(void **state)
{
    struct store_fixture *fixture = *state;
    struct intent_row later = intent_from(3, BYTES("why")), earlier = intent_from(2, BYTES(""));
    struct seen seen = {.arena = fixture->arena};

    intent_insert(fixture->db, &later);
    intent_insert(fixture->db, &earlier);
    intent_each(fixture->db, see_intent, &seen);
    assert_int_equal(seen.len, 2);
    assert_int_equal(seen.intents[0].number, 2);
    assert_bytes(seen.intents[0].reason, BYTES(""));
    assert_int_equal(seen.intents[1].number, 3);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(a_number_by_name_is_put_and_replaced),
        WITH_STORE(namespaces_come_back),
        WITH_STORE(quotas_come_back_and_change),
        WITH_STORE(classes_come_back_with_an_empty_type_still_empty),
        WITH_STORE(a_queue_comes_back_with_all_its_settings),
        WITH_STORE(a_saved_queue_changes_all_but_its_name_and_birth),
        WITH_STORE(a_worker_comes_back_and_what_may_change_changes),
        WITH_STORE(a_worker_that_says_little_comes_back_so),
        WITH_STORE(counters_add_up_apart_for_each_key),
        WITH_STORE(a_recount_counts_the_tasks_themselves),
        WITH_STORE(an_intent_comes_back_until_it_is_done),
        WITH_STORE(intents_come_back_in_the_order_of_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
