/* Tests of sending: who waits for what is due, when what failed is tried again, and what a restart
 * forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "sink.h"

#define FOREVER_MS (INT64_MAX / 2)

static void who_waits_is_told_in_the_same_batch(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *waiting = stage_ask(stage, to_take(stage, number, 10, FOREVER_MS));

    assert_false(is_answered(waiting));
    submit(stage, "q");
    assert_true(is_answered(waiting));
    assert_int_equal(waiting->reply.deliveries_len, 1);
}

static void as_many_as_were_asked_for_and_none_twice(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *first, *second;

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    first = stage_ask(stage, to_take(stage, number, 3, FOREVER_MS));
    second = stage_ask(stage, to_take(stage, number, 3, FOREVER_MS));
    assert_int_equal(first->reply.deliveries_len, 3);
    assert_int_equal(second->reply.deliveries_len, 2);
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 2; j++)
            assert_true(first->reply.deliveries[i].number != second->reply.deliveries[j].number);
}

/* Else the clock's timer would be due again at once, for as long as they are out. */
static void nothing_wakes_who_waits_while_as_many_are_out_as_may_be(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *first, *waiting;

    (void)stage_ask(stage, to_submit_many(stage, "q", WEBHOOK_OUT_MAX + 1));
    first = stage_ask(stage, to_take(stage, number, WEBHOOK_OUT_MAX, FOREVER_MS));
    assert_int_equal(first->reply.deliveries_len, WEBHOOK_OUT_MAX);
    waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));
    assert_false(is_answered(waiting));
    assert_null(heap_first(&stage->engine->hot.webhooks.due));
    settle(stage, number, first->reply.deliveries[0].number, DELIVERY_DONE);
    assert_true(is_answered(waiting));
    assert_int_equal(waiting->reply.deliveries_len, 1);
}

static void what_failed_comes_again_by_the_ladder_and_is_dead_at_its_end(void **state)
{
    static const int64_t WAITS_S[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *waiting;
    struct bytes id;

    submit(stage, "q");
    waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));
    id = waiting->reply.deliveries[0].id;
    for (unsigned i = 0; i < sizeof(WAITS_S) / sizeof(WAITS_S[0]); i++) {
        settle(stage, number, waiting->reply.deliveries[0].number, DELIVERY_FAILED);
        waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));
        stage_pass(stage, WAITS_S[i] * 1000 - 1);
        assert_false(is_answered(waiting));
        stage_pass(stage, WAITS_S[i] * 100 + 1);
        assert_true(is_answered(waiting));
        assert_int_equal(waiting->reply.deliveries[0].attempt, i + 2);
        assert_true(bytes_equal(waiting->reply.deliveries[0].id, id));
    }
    settle(stage, number, waiting->reply.deliveries[0].number, DELIVERY_FAILED);
    assert_int_equal(view_hook(stage, "h")->dead, 1);
    assert_int_equal(view_hook(stage, "h")->backlog, 0);
}

static void what_was_put_off_costs_no_attempt(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *command;

    submit(stage, "q");
    command = to_settle(stage, number, take(stage, number)->deliveries[0].number, DELIVERY_PUT_OFF);
    command->in.delivered.outcomes[0].retry_after_ms = 60000;
    (void)stage_ask(stage, command);
    stage_pass(stage, 59000);
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    stage_pass(stage, 1001);
    assert_int_equal(take(stage, number)->deliveries[0].attempt, 1);
}

static void settle_as_busy(struct stage *stage, int64_t webhook, int64_t delivery)
{
    struct command *command = to_settle(stage, webhook, delivery, DELIVERY_PUT_OFF);

    command->in.delivered.outcomes[0].status = 503;
    (void)stage_ask(stage, command);
}

static void one_that_is_busy_for_ever_is_dead_in_the_end(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");

    submit(stage, "q");
    for (unsigned day = 0; day < 9 && view_hook(stage, "h")->backlog > 0; day++) {
        settle_as_busy(stage, number, take(stage, number)->deliveries[0].number);
        stage_pass(stage, 86400000);
    }
    assert_int_equal(view_hook(stage, "h")->dead, 1);
}

static void a_restart_forgets_what_was_handed_out(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct bytes id;

    submit(stage, "q");
    id = take(stage, number)->deliveries[0].id;
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    stage_kill(stage);
    assert_true(bytes_equal(take(stage, number)->deliveries[0].id, id));
}

static void what_is_settled_twice_counts_once(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    int64_t delivery;

    submit(stage, "q");
    delivery = take(stage, number)->deliveries[0].number;
    settle(stage, number, delivery, DELIVERY_DONE);
    settle(stage, number, delivery, DELIVERY_FAILED);
    assert_int_equal(view_hook(stage, "h")->delivered, 1);
    assert_int_equal(stage_number(stage, "SELECT attempts FROM deliveries"), 1);
}

static void one_that_is_gone_collects_and_is_sent_nothing_until_it_is_set_anew(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *note = stage_make(stage, COMMAND_NOTE_TARGET);
    struct command *waiting;

    note->by = &principal_broker;
    note->in.target =
        (struct target_note){.kind = TARGET_WEBHOOK, .webhook = number, .disable = true};
    assert_int_equal(code_of(stage_ask(stage, note)), OK);
    waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));
    submit(stage, "q");
    assert_false(is_answered(waiting));
    stage_restart(stage);
    assert_string_equal(view_hook(stage, "h")->state, "gone");
    assert_int_equal(view_hook(stage, "h")->backlog, 1);
    waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));
    assert_false(is_answered(waiting));
    (void)hook(stage, "h", "task.submitted");
    assert_true(is_answered(waiting));
    assert_int_equal(waiting->reply.deliveries_len, 1);
}

static void a_deleted_one_ends_the_waits(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));

    (void)stage_ask(stage, to_hook(stage, COMMAND_DELETE_WEBHOOK, "h"));
    assert_int_equal(code_of(waiting), ERR_NOT_FOUND);
    assert_int_equal(code_of(stage_ask(stage, to_take(stage, number, 1, 0))), ERR_NOT_FOUND);
}

static void a_rotated_secret_signs_beside_the_old_one_for_a_day(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *rotate = to_put_hook(stage, "h");
    const struct delivery_view *told;

    rotate->in.webhook_edit.makes_key = true;
    (void)stage_ask(stage, rotate);
    submit(stage, "q");
    told = &take(stage, number)->deliveries[0];
    assert_int_equal(told->keys_len, 2);
    assert_memory_equal(told->keys[0].at, rotate->reply.webhooks[0].key.at, told->keys[0].len);
    stage_pass(stage, SIGNATURE_OVERLAP_MS);
    submit(stage, "q");
    assert_int_equal(take(stage, number)->deliveries[0].keys_len, 1);
}

static void a_drain_ends_the_waits(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *waiting = stage_ask(stage, to_take(stage, number, 1, FOREVER_MS));

    (void)enrol(stage, "q", 1);
    (void)stage_ask(stage, stage_make(stage, COMMAND_SHUTDOWN));
    assert_true(is_answered(waiting));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_waits_is_told_in_the_same_batch),
        TEST(as_many_as_were_asked_for_and_none_twice),
        TEST(nothing_wakes_who_waits_while_as_many_are_out_as_may_be),
        TEST(what_failed_comes_again_by_the_ladder_and_is_dead_at_its_end),
        TEST(what_was_put_off_costs_no_attempt),
        TEST(one_that_is_busy_for_ever_is_dead_in_the_end),
        TEST(a_restart_forgets_what_was_handed_out),
        TEST(what_is_settled_twice_counts_once),
        TEST(one_that_is_gone_collects_and_is_sent_nothing_until_it_is_set_anew),
        TEST(a_deleted_one_ends_the_waits),
        TEST(a_rotated_secret_signs_beside_the_old_one_for_a_day),
        TEST(a_drain_ends_the_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
