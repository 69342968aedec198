/* Tests of redelivery: trying a webhook, looking at what it was told, telling it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "sink.h"

/* Its first that is due fails until it is dead. */
static struct bytes kill_one(struct stage *stage, int64_t number)
{
    struct command *waiting = NULL;

    for (int i = 0; i < 10; i++) {
        waiting = stage_ask(stage, to_take(stage, number, 1, INT64_MAX / 2));
        stage_pass(stage, INT64_C(27) * 3600 * 1000);
        settle(stage, number, waiting->reply.deliveries[0].number, DELIVERY_FAILED);
    }
    return waiting->reply.deliveries[0].id;
}

static void a_test_goes_the_way_of_all_others(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "worker.lost");
    struct command *test = stage_ask(stage, to_hook(stage, COMMAND_TEST_WEBHOOK, "h"));
    const struct reply *taken = take(stage, number);

    assert_int_equal(code_of(test), OK);
    assert_false(test->reply.done);
    assert_true(bytes_equal(test->reply.records[0].id, taken->deliveries[0].id));
    assert_true(tells(&taken->deliveries[0], "\"type\":\"webhook.test\""));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events"), 0);
}

static void who_waits_for_a_test_learns_how_it_went(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", NULL);
    struct command *test = to_hook(stage, COMMAND_TEST_WEBHOOK, "h");

    test->wait_ms = 30000;
    (void)stage_ask(stage, test);
    assert_false(is_answered(test));
    settle(stage, number, take(stage, number)->deliveries[0].number, DELIVERY_FAILED);
    assert_true(is_answered(test));
    assert_true(test->reply.done);
    assert_int_equal(test->reply.records[0].state, DELIVERY_DUE);
    assert_int_equal(test->reply.records[0].last_status, 500);
    test = to_hook(stage, COMMAND_TEST_WEBHOOK, "h");
    test->wait_ms = 1000;
    (void)stage_ask(stage, test);
    stage_pass(stage, 1000);
    assert_true(is_answered(test));
    assert_false(test->reply.done);
}

static void one_that_is_disabled_is_not_tried(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_put_hook(stage, "h");

    command->in.webhook_edit.settings.enabled = false;
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(stage_ask(stage, to_hook(stage, COMMAND_TEST_WEBHOOK, "h"))),
                     ERR_STATE_CONFLICT);
}

/* Of the only target. */
static unsigned woken(struct stage *stage)
{
    struct command *watch = stage_make(stage, COMMAND_WATCH_TARGETS);

    watch->by = &principal_broker;
    return stage_ask(stage, watch)->reply.targets[0].woken;
}

static void by_hand_it_is_tried_though_it_rests(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *note = stage_make(stage, COMMAND_NOTE_TARGET);
    unsigned before;

    submit(stage, "q");
    (void)kill_one(stage, number);
    before = woken(stage);
    (void)stage_ask(stage, to_hook(stage, COMMAND_TEST_WEBHOOK, "h"));
    assert_int_equal(woken(stage), before);
    note->by = &principal_broker;
    note->in.target = (struct target_note){
        .kind = TARGET_WEBHOOK, .webhook = number, .health = {.state = TARGET_RESTING}};
    (void)stage_ask(stage, note);
    (void)stage_ask(stage, to_hook(stage, COMMAND_TEST_WEBHOOK, "h"));
    assert_int_equal(woken(stage), before + 1);
    (void)stage_ask(stage, to_redeliver(stage, "h", BYTES_NONE));
    assert_int_equal(woken(stage), before + 2);
}

static void the_dead_come_back_one_or_all(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *command;
    struct bytes id;

    submit(stage, "q");
    id = kill_one(stage, number);
    assert_int_equal(view_hook(stage, "h")->dead, 1);
    command = stage_ask(stage, to_redeliver(stage, "h", id));
    assert_int_equal(code_of(command), OK);
    assert_int_equal(command->reply.records[0].state, DELIVERY_DUE);
    assert_int_equal(view_hook(stage, "h")->dead, 0);
    assert_true(bytes_equal(kill_one(stage, number), id)); /* all tries before it again */
    command = stage_ask(stage, to_redeliver(stage, "h", BYTES_NONE));
    assert_int_equal(command->reply.redelivered, 1);
    assert_int_equal(command->reply.dead_left, 0);
    assert_int_equal(take(stage, number)->deliveries_len, 1);
}

static void what_came_back_goes_before_the_others_of_its_task(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.*");
    struct id worker = enrol(stage, "q", 1);
    const struct reply *taken;
    struct bytes id;

    submit(stage, "q");
    taken = take(stage, number);
    id = taken->deliveries[0].id;
    settle(stage, number, taken->deliveries[0].number, DELIVERY_DONE);
    assert_non_null(claim(stage, worker));
    (void)stage_ask(stage, to_redeliver(stage, "h", id));
    taken = take(stage, number);
    assert_int_equal(taken->deliveries_len, 1);
    assert_true(bytes_equal(taken->deliveries[0].id, id));
    settle(stage, number, taken->deliveries[0].number, DELIVERY_DONE);
    assert_true(tells(&take(stage, number)->deliveries[0], "task.claimed"));
}

static void what_another_was_told_is_not_found(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", NULL);
    struct bytes id;

    (void)hook(stage, "other", "worker.lost");
    submit(stage, "q");
    id = take(stage, number)->deliveries[0].id;
    assert_int_equal(code_of(stage_ask(stage, to_redeliver(stage, "other", id))), ERR_NOT_FOUND);
    assert_int_equal(code_of(stage_ask(stage, to_redeliver(stage, "h", BYTES("dlv_1")))),
                     ERR_NOT_FOUND);
}

static void pages_are_by_state_and_either_way_round(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *list;

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    settle(stage, number, take(stage, number)->deliveries[1].number, DELIVERY_DONE);
    list = stage_ask(stage, to_list_deliveries(stage, "h", 7));
    assert_int_equal(list->reply.records_len, 3);
    assert_int_equal(list->reply.records[1].state, DELIVERY_DELIVERED);
    assert_int_equal(list->reply.records[1].took_ms, 12);
    list = stage_ask(stage, to_list_deliveries(stage, "h", 1 << DELIVERY_DUE));
    assert_int_equal(list->reply.records_len, 2);
    list = to_list_deliveries(stage, "h", 7);
    list->in.deliveries_query.newest_first = true;
    list->in.deliveries_query.limit = 2;
    (void)stage_ask(stage, list);
    assert_int_equal(list->reply.records_len, 2);
    assert_true(list->reply.has_more);
    assert_true(list->reply.records[0].number > list->reply.records[1].number);
    number = list->reply.list_end;
    list = to_list_deliveries(stage, "h", 7);
    list->in.deliveries_query.newest_first = true;
    list->in.deliveries_query.after_number = number;
    (void)stage_ask(stage, list);
    assert_int_equal(list->reply.records_len, 1);
    assert_false(list->reply.has_more);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_test_goes_the_way_of_all_others),
        TEST(who_waits_for_a_test_learns_how_it_went),
        TEST(one_that_is_disabled_is_not_tried),
        TEST(by_hand_it_is_tried_though_it_rests),
        TEST(the_dead_come_back_one_or_all),
        TEST(what_came_back_goes_before_the_others_of_its_task),
        TEST(what_another_was_told_is_not_found),
        TEST(pages_are_by_state_and_either_way_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
