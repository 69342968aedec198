/* Tests of webhooks' rules: kinds as bits, queues, the ladder of tries, ids of deliveries. */
#include "domain/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static bool wants(const char *types, const char *queues, enum event_kind kind, const char *queue)
{
    struct webhook_settings settings = {
        .types = types != NULL ? bytes_of(types) : BYTES_NONE,
        .queues = queues != NULL ? bytes_of(queues) : BYTES_NONE,
    };

    return webhook_wants(&settings, webhook_kinds(settings.types), kind,
                         queue != NULL ? bytes_of(queue) : BYTES_NONE);
}

static void types_and_queues_choose(void **state)
{
    (void)state;

    assert_true(wants(NULL, NULL, EVENT_WORKER_LOST, NULL));
    assert_true(wants("task.*", NULL, EVENT_TASK_FAILED, "q"));
    assert_false(wants("task.*", NULL, EVENT_WORKER_LOST, NULL));
    assert_true(wants("worker.lost,task.failed", NULL, EVENT_TASK_FAILED, "q"));
    assert_false(wants("worker.lost,task.failed", NULL, EVENT_TASK_SUCCEEDED, "q"));
    assert_true(wants(NULL, "mail*,jobs", EVENT_TASK_FAILED, "jobs"));
    assert_false(wants(NULL, "mail*,jobs", EVENT_TASK_FAILED, "other"));
    assert_false(wants(NULL, "mail*", EVENT_WORKER_LOST, NULL));
}

static void a_failure_waits_by_the_ladder_and_a_tenth_more_at_most(void **state)
{
    (void)state;

    assert_int_equal(delivery_wait_ms(1, 0), 5000);
    assert_int_equal(delivery_wait_ms(2, 0), 300000);
    assert_int_equal(delivery_wait_ms(9, 0), 86400000);
    assert_int_equal(delivery_wait_ms(9, 0.5), 86400000 + 4320000);
    assert_in_range(delivery_wait_ms(1, 0.999), 5000, 5500);
    assert_int_equal(delivery_wait_ms(10, 0), -1);
    assert_int_equal(delivery_wait_ms(0, 0), -1);
}

static void an_id_is_of_one_store(void **state)
{
    struct arena *arena = arena_new();
    struct bytes id = delivery_id_write(0x1f8a02c4, 77, arena);
    int64_t number = 0;

    (void)state;
    assert_true(bytes_is(id, "dlv_1f8a02c4_77"));
    assert_true(delivery_id_read(id, 0x1f8a02c4, &number));
    assert_int_equal(number, 77);
    assert_false(delivery_id_read(id, 0x1f8a02c5, &number));
    assert_false(delivery_id_read(BYTES("dlv_1f8a02c4_"), 0x1f8a02c4, &number));
    assert_false(delivery_id_read(BYTES("dlv_1f8a02c4_0"), 0x1f8a02c4, &number));
    assert_false(delivery_id_read(BYTES("dlv_1f8a02c4_7x"), 0x1f8a02c4, &number));
    assert_false(delivery_id_read(BYTES("dlv"), 0x1f8a02c4, &number));
    arena_free(arena);
}

static void states_have_words(void **state)
{
    enum delivery_state read = DELIVERY_DUE;

    (void)state;
    assert_true(delivery_state_read(BYTES("dead"), &read));
    assert_int_equal(read, DELIVERY_DEAD);
    assert_false(delivery_state_read(BYTES("gone"), &read));
    assert_false(delivery_state_read(BYTES(""), &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_queues_choose),
        cmocka_unit_test(a_failure_waits_by_the_ladder_and_a_tenth_more_at_most),
        cmocka_unit_test(an_id_is_of_one_store),
        cmocka_unit_test(states_have_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
