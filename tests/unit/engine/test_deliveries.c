/* Tests of deliveries: who is told of what, in the transaction of the event; order, bounds, and
 * what is forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "sink.h"

static void events_that_fit_are_told_and_others_are_not(void **state)
{
    struct stage *stage = *state;
    int64_t ends = hook(stage, "ends", "task.succeeded,task.failed");
    int64_t all = hook(stage, "all", NULL);
    struct id worker = enrol(stage, "q", 1);
    const struct reply *taken;

    submit(stage, "q");
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    taken = take(stage, ends);
    assert_int_equal(taken->deliveries_len, 1);
    assert_true(tells(&taken->deliveries[0], "\"type\":\"task.succeeded\""));
    assert_true(tells(&taken->deliveries[0], "\"queue\":\"q\""));
    assert_true(tells(&taken->deliveries[0], "\"namespace\":\"default\""));
    assert_int_equal(taken->deliveries[0].attempt, 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM deliveries WHERE webhook = 1"), 1);
    assert_int_equal(view_hook(stage, "all")->backlog,
                     stage_number(stage, "SELECT count(*) FROM events"));
    assert_true(all != ends);
}

static void queues_are_told_apart(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_put_hook(stage, "mail");

    command->in.webhook_edit.settings.queues = BYTES("mail*");
    (void)stage_ask(stage, command);
    submit(stage, "other");
    (void)enrol(stage, "other", 1); /* an event without a queue */
    assert_int_equal(view_hook(stage, "mail")->backlog, 0);
    submit(stage, "mail-eu");
    assert_int_equal(view_hook(stage, "mail")->backlog, 1);
}

static void another_namespace_is_told_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");

    (void)hook(stage, "all", NULL);
    command->ns = BYTES("theirs");
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    assert_int_equal(view_hook(stage, "all")->backlog, 0);
}

static void one_that_is_disabled_is_told_of_nothing_that_happens_meanwhile(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");
    struct command *command = to_put_hook(stage, "h");

    submit(stage, "q");
    command->in.webhook_edit.settings.enabled = false;
    (void)stage_ask(stage, command);
    submit(stage, "q");
    assert_int_equal(view_hook(stage, "h")->backlog, 1);
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    (void)hook(stage, "h", "task.submitted");
    assert_int_equal(take(stage, number)->deliveries_len, 1);
}

static void what_is_undone_is_not_told(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");

    stage_kill(stage); /* nothing that is not committed survives */
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    submit(stage, "q");
    stage_kill(stage);
    assert_int_equal(view_hook(stage, "h")->backlog, 1);
    assert_int_equal(take(stage, number)->deliveries_len, 1);
}

static void those_of_one_task_go_one_after_the_other(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.*");
    struct id worker = enrol(stage, "q", 1);
    const struct reply *taken;

    submit(stage, "q");
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    submit(stage, "q"); /* another's is not behind them */
    assert_int_equal(view_hook(stage, "h")->backlog, 5);
    taken = take(stage, number);
    assert_int_equal(taken->deliveries_len, 2);
    assert_true(tells(&taken->deliveries[0], "task.submitted"));
    assert_true(tells(&taken->deliveries[1], "task.submitted"));
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    settle(stage, number, taken->deliveries[0].number, DELIVERY_DONE);
    taken = take(stage, number);
    assert_int_equal(taken->deliveries_len, 1);
    assert_true(tells(&taken->deliveries[0], "task.claimed"));
    /* While it fails, what is behind it waits. */
    settle(stage, number, taken->deliveries[0].number, DELIVERY_FAILED);
    assert_int_equal(take(stage, number)->deliveries_len, 0);
    stage_pass(stage, 6000);
    taken = take(stage, number);
    assert_int_equal(taken->deliveries_len, 1);
    assert_int_equal(taken->deliveries[0].attempt, 2);
    settle(stage, number, taken->deliveries[0].number, DELIVERY_DONE);
    assert_true(tells(&take(stage, number)->deliveries[0], "task.started"));
}

static void too_many_are_counted_and_not_written(void **state)
{
    struct stage *stage = *state;
    const struct webhook_view *shown;

    stage->options.bounds.deliveries_max = 2;
    stage_restart(stage);
    (void)hook(stage, "h", "task.submitted");
    for (int i = 0; i < 5; i++)
        submit(stage, "q");
    shown = view_hook(stage, "h");
    assert_int_equal(shown->backlog, 2);
    assert_int_equal(shown->missed, 3);
    assert_int_equal(shown->missed_first, 3);
    stage_restart(stage);
    shown = view_hook(stage, "h");
    assert_int_equal(shown->missed, 3);
    assert_int_equal(shown->missed_first, 3);
    (void)hook(stage, "h", "task.submitted"); /* set anew: that was seen */
    assert_int_equal(view_hook(stage, "h")->missed, 0);
}

/* ---- callbacks ---- */

static struct command *to_submit_with(struct stage *stage, struct bytes webhook, struct bytes url)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.callback_webhook = webhook;
    command->in.submit.specs[0].rules.callback_url = url;
    return command;
}

static void a_callback_tells_the_end_to_a_webhook_of_other_types(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "worker.lost");
    struct id worker = enrol(stage, "q", 1);
    const struct reply *taken;

    assert_int_equal(code_of(stage_ask(stage, to_submit_with(stage, BYTES("h"), BYTES_NONE))), OK);
    submit(stage, "q");
    stage_restart(stage); /* it is kept */
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    taken = take(stage, number);
    assert_int_equal(taken->deliveries_len, 1);
    assert_true(tells(&taken->deliveries[0], "task.succeeded"));
}

static void it_is_told_once_even_if_its_types_fit(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.cancelled");
    struct command *made = stage_ask(stage, to_submit_with(stage, BYTES("h"), BYTES_NONE));

    cancel(stage, made->reply.view.task->id, 0);
    assert_int_equal(take(stage, number)->deliveries_len, 1);
}

static void each_end_of_a_task_that_is_retried_is_told(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "worker.lost");
    struct command *made = stage_ask(stage, to_submit_with(stage, BYTES("h"), BYTES_NONE));
    struct id task = made->reply.view.task->id;

    cancel(stage, task, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_RETRY, task));
    cancel(stage, task, 0);
    assert_int_equal(view_hook(stage, "h")->backlog, 2);
    assert_int_equal(take(stage, number)->deliveries_len, 1);
}

static void an_unknown_webhook_is_refused(void **state)
{
    struct stage *stage = *state;
    struct command *command = stage_ask(stage, to_submit_with(stage, BYTES("no"), BYTES_NONE));

    assert_int_equal(code_of(command), ERR_INVALID_FIELD);
    assert_string_equal(command->reply.error.where, "/callback/webhook");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void a_url_of_its_own_is_told_and_signed_by_the_webhook_of_that_name(void **state)
{
    struct stage *stage = *state;
    struct bytes url = BYTES("https://app.example/done");
    const struct delivery_view *told;

    for (unsigned keys = 0; keys < 2; keys++) {
        struct command *made = stage_ask(stage, to_submit_with(stage, BYTES_NONE, url));

        cancel(stage, made->reply.view.task->id, 0);
        assert_int_equal(take(stage, 0)->deliveries_len, 1);
        stage_restart(stage); /* what was out is due again */
        told = &take(stage, 0)->deliveries[0];
        assert_true(bytes_equal(told->url, url));
        assert_int_equal(told->keys_len, keys);
        settle(stage, 0, told->number, DELIVERY_DONE);
        (void)hook(stage, "callbacks", "worker.lost");
    }
}

static void the_push_room_hears_of_urls_with_the_first(void **state)
{
    struct stage *stage = *state;
    struct command *watch = stage_make(stage, COMMAND_WATCH_TARGETS);
    struct command *made;

    watch->by = &principal_broker;
    watch->wait_ms = INT64_MAX / 2;
    (void)stage_ask(stage, watch);
    made = stage_ask(stage, to_submit_with(stage, BYTES_NONE, BYTES("https://app.example/x")));
    assert_false(is_answered(watch));
    cancel(stage, made->reply.view.task->id, 0);
    assert_true(is_answered(watch));
    assert_int_equal(watch->reply.targets[0].webhook, 0);
    assert_int_equal(watch->reply.targets[0].keys_len, 0);
}

/* No rest of a webhook holds it back. */
static void a_url_that_asks_for_time_is_not_called_again_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *made =
        stage_ask(stage, to_submit_with(stage, BYTES_NONE, BYTES("https://app.example/x")));
    struct command *later;

    cancel(stage, made->reply.view.task->id, 0);
    later = to_settle(stage, 0, take(stage, 0)->deliveries[0].number, DELIVERY_PUT_OFF);
    later->in.delivered.outcomes[0].status = 503;
    assert_int_equal(code_of(stage_ask(stage, later)), OK);
    stage_pass(stage, 4999);
    assert_int_equal(take(stage, 0)->deliveries_len, 0);
    stage_pass(stage, 502);
    assert_int_equal(take(stage, 0)->deliveries[0].attempt, 2);
}

/* What the room had no room for was not tried. */
static void a_url_that_was_given_back_unsent_is_due_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *made =
        stage_ask(stage, to_submit_with(stage, BYTES_NONE, BYTES("https://app.example/x")));
    struct command *unsent;

    cancel(stage, made->reply.view.task->id, 0);
    unsent = to_settle(stage, 0, take(stage, 0)->deliveries[0].number, DELIVERY_PUT_OFF);
    unsent->in.delivered.outcomes[0].status = 0;
    assert_int_equal(code_of(stage_ask(stage, unsent)), OK);
    assert_int_equal(take(stage, 0)->deliveries[0].attempt, 1);
}

static void a_url_that_is_gone_is_dead_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *made =
        stage_ask(stage, to_submit_with(stage, BYTES_NONE, BYTES("https://app.example/x")));
    struct command *command;

    cancel(stage, made->reply.view.task->id, 0);
    command = to_settle(stage, 0, take(stage, 0)->deliveries[0].number, DELIVERY_FAILED);
    command->in.delivered.outcomes[0].status = 410;
    (void)stage_ask(stage, command);
    assert_int_equal(stage_number(stage, "SELECT state FROM deliveries"), DELIVERY_DEAD);
}

/* ---- what is forgotten ---- */

static void what_was_delivered_is_remembered_for_a_while(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", "task.submitted");

    for (int i = 0; i < 3; i++)
        submit(stage, "q");
    settle(stage, number, take(stage, number)->deliveries[0].number, DELIVERY_DONE);
    stage_restart(stage); /* those that were taken with them are due again */
    assert_int_equal(view_hook(stage, "h")->delivered, 1);
    stage_pass(stage, WEBHOOK_KEPT_MS + 60000);
    assert_int_equal(view_hook(stage, "h")->delivered, 0);
}

/* However many there were in between. */
static void the_broom_comes_by_in_time_though_many_webhooks_were_deleted(void **state)
{
    struct stage *stage = *state;
    int64_t number;

    for (int i = 0; i < 300; i++) {
        (void)hook(stage, "gone", "task.submitted");
        (void)stage_ask(stage, to_hook(stage, COMMAND_DELETE_WEBHOOK, "gone"));
    }
    number = hook(stage, "h", "task.submitted");
    submit(stage, "q");
    settle(stage, number, take(stage, number)->deliveries[0].number, DELIVERY_DONE);
    submit(stage, "q"); /* the last number stays */
    stage_pass(stage, WEBHOOK_KEPT_MS + 1);
    stage_pass(stage, 5000);
    stage_pass(stage, 5000);
    assert_int_equal(view_hook(stage, "h")->delivered, 0);
}

static void what_a_deleted_one_was_to_be_told_is_swept(void **state)
{
    struct stage *stage = *state;
    int64_t first = hook(stage, "h", "task.submitted");

    (void)stage_ask(stage, to_submit_many(stage, "q", 30));
    (void)stage_ask(stage, to_hook(stage, COMMAND_DELETE_WEBHOOK, "h"));
    stage_restart(stage);
    assert_true(hook(stage, "h", "task.submitted") > first); /* no number comes twice */
    assert_int_equal(view_hook(stage, "h")->backlog, 0);
    submit(stage, "q");
    stage_pass(stage, 60000);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM deliveries"), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(events_that_fit_are_told_and_others_are_not),
        TEST(queues_are_told_apart),
        TEST(another_namespace_is_told_nothing),
        TEST(one_that_is_disabled_is_told_of_nothing_that_happens_meanwhile),
        TEST(what_is_undone_is_not_told),
        TEST(those_of_one_task_go_one_after_the_other),
        TEST(too_many_are_counted_and_not_written),
        TEST(a_callback_tells_the_end_to_a_webhook_of_other_types),
        TEST(it_is_told_once_even_if_its_types_fit),
        TEST(each_end_of_a_task_that_is_retried_is_told),
        TEST(an_unknown_webhook_is_refused),
        TEST(a_url_of_its_own_is_told_and_signed_by_the_webhook_of_that_name),
        TEST(the_push_room_hears_of_urls_with_the_first),
        TEST(a_url_that_asks_for_time_is_not_called_again_at_once),
        TEST(a_url_that_was_given_back_unsent_is_due_at_once),
        TEST(a_url_that_is_gone_is_dead_at_once),
        TEST(what_was_delivered_is_remembered_for_a_while),
        TEST(the_broom_comes_by_in_time_though_many_webhooks_were_deleted),
        TEST(what_a_deleted_one_was_to_be_told_is_swept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
