/* Tests of dedup keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

static struct task_spec *key(struct task_spec *spec, enum dedup_scope scope,
                             enum dedup_conflict on_conflict)
{
    spec->rules.dedup = (struct dedup){
        .key = BYTES("k"),
        .scope = scope,
        .on_conflict = on_conflict,
        .window_ms = 60000,
        .max_delay_ms = -1,
    };
    return spec;
}

static struct command *to_key(struct stage *stage, enum dedup_scope scope,
                              enum dedup_conflict on_conflict)
{
    struct command *command = to_submit(stage, "q");

    (void)key(&command->in.submit.specs[0], scope, on_conflict);
    return command;
}

static struct command *ask(struct stage *stage, enum dedup_scope scope,
                           enum dedup_conflict on_conflict)
{
    return stage_ask(stage, to_key(stage, scope, on_conflict));
}

static struct id made(const struct command *command)
{
    assert_int_equal(code_of(command), OK);
    assert_true(command->reply.created);
    assert_false(command->reply.view.task->deduplicated);
    return command->reply.view.task->id;
}

static void assert_same(const struct command *command, struct id id)
{
    assert_int_equal(code_of(command), OK);
    assert_false(command->reply.created);
    assert_true(command->reply.view.task->deduplicated);
    assert_memory_equal(&command->reply.view.task->id, &id, sizeof(id));
}

static int64_t tasks(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM tasks");
}

static void a_submit_meets_the_unfinished_one(void **state)
{
    struct stage *stage = *state;
    struct id id = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    struct id worker = enrol(stage, "q", 9);

    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), id);
    const struct task *lease = claim(stage, worker);

    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), id);
    assert_int_equal(finish(stage, lease, OUTCOME_FAILED), TASK_RETRYING);
    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), id);
    stage_pass(stage, 1000);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    (void)made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    struct bytes labels[] = {BYTES("default"), BYTES("q")};

    assert_int_equal(metrics_value(stage->metrics, METRIC_DEDUPLICATED, labels), 3);
}

static void each_queue_and_key_is_its_own(void **state)
{
    struct stage *stage = *state;
    struct command *other = to_key(stage, DEDUP_UNFINISHED, DEDUP_RETURN);
    struct command *elsewhere = to_submit(stage, "other");

    (void)made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    other->in.submit.specs[0].rules.dedup.key = BYTES("K");
    (void)key(&elsewhere->in.submit.specs[0], DEDUP_UNFINISHED, DEDUP_RETURN);
    (void)made(stage_ask(stage, other));
    (void)made(stage_ask(stage, elsewhere));
    (void)submit(stage, "q");
}

static void queued_means_never_claimed(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct id id = made(ask(stage, DEDUP_QUEUED, DEDUP_RETURN));

    assert_same(ask(stage, DEDUP_QUEUED, DEDUP_RETURN), id);
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_RELEASED), TASK_READY);
    (void)made(ask(stage, DEDUP_QUEUED, DEDUP_RETURN));
}

static void active_means_leased(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id id = made(ask(stage, DEDUP_ACTIVE, DEDUP_RETURN));

    (void)made(ask(stage, DEDUP_ACTIVE, DEDUP_RETURN));
    const struct task *lease = claim(stage, worker);

    assert_same(ask(stage, DEDUP_ACTIVE, DEDUP_RETURN), id);
    assert_int_equal(finish(stage, lease, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    (void)made(ask(stage, DEDUP_ACTIVE, DEDUP_RETURN));
}

static void a_window_counts_from_the_first_whatever_became_of_it(void **state)
{
    struct stage *stage = *state;
    struct id id = made(ask(stage, DEDUP_WINDOW, DEDUP_RETURN));

    cancel(stage, id, 0);
    stage_pass(stage, 59999);
    assert_same(ask(stage, DEDUP_WINDOW, DEDUP_RETURN), id);
    stage_pass(stage, 1);
    (void)made(ask(stage, DEDUP_WINDOW, DEDUP_RETURN));
}

static void a_key_outlives_a_restart_but_not_its_task(void **state)
{
    struct stage *stage = *state;
    struct id id = made(ask(stage, DEDUP_WINDOW, DEDUP_RETURN));

    stage_restart(stage);
    assert_same(ask(stage, DEDUP_WINDOW, DEDUP_RETURN), id);
    cancel(stage, id, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, id));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dedups"), 0);
    (void)made(ask(stage, DEDUP_WINDOW, DEDUP_RETURN));
}

static void reject_names_the_one_that_is_there(void **state)
{
    struct stage *stage = *state;
    char id[ID_TEXT_LEN + 1];
    struct command *command;

    id_format(made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN)), id);
    command = ask(stage, DEDUP_UNFINISHED, DEDUP_REJECT);
    assert_int_equal(code_of(command), ERR_STATE_CONFLICT);
    assert_string_equal(command->reply.error.where, "/dedup/key");
    assert_non_null(strstr(command->reply.error.detail, id));
    assert_int_equal(tasks(stage), 1);
}

static void the_wait_is_for_the_one_that_is_there(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id id = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    struct command *waiter = to_key(stage, DEDUP_UNFINISHED, DEDUP_RETURN);

    waiter->wait_ms = 60000;
    (void)stage_ask(stage, waiter);
    assert_false(is_answered(waiter));
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    assert_same(waiter, id);
    assert_true(waiter->reply.done);
    assert_int_equal(waiter->reply.view.task->state, TASK_SUCCEEDED);
}

static void one_that_waits_is_replaced_at_once(void **state)
{
    struct stage *stage = *state;
    struct id old = made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));
    struct id new = made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));

    assert_int_equal(state_of(stage, old), TASK_CANCELLED);
    assert_true(bytes_is(view(stage, old)->task->cancel_reason, "replaced"));
    assert_int_equal(state_of(stage, new), TASK_READY);
}

static void a_replacement_does_not_run_beside_the_old(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct id old = made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));
    const struct task *lease = claim(stage, worker);
    struct command *second = ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE);
    struct command *third = ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE);

    assert_int_equal(second->reply.view.task->state, TASK_BLOCKED);
    assert_int_equal(third->reply.view.task->state, TASK_BLOCKED);
    assert_int_equal(state_of(stage, made(second)), TASK_CANCELLED);
    assert_int_equal(state_of(stage, old), TASK_RUNNING);
    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), made(third));
    assert_null(claim(stage, worker));
    assert_int_equal(finish(stage, lease, OUTCOME_CANCELLED), TASK_CANCELLED);
    assert_int_equal(state_of(stage, made(third)), TASK_READY);
    assert_non_null(claim(stage, worker));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dependencies"), 0);
}

static void a_replacement_waits_for_the_grace_at_most(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct id old = made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));

    assert_non_null(claim(stage, worker));
    struct id new = made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));

    stage_restart(stage);
    assert_int_equal(state_of(stage, new), TASK_BLOCKED);
    stage_pass(stage, 9000);
    assert_int_equal(state_of(stage, new), TASK_BLOCKED);
    stage_pass(stage, 30000);
    assert_int_equal(state_of(stage, old), TASK_CANCELLED);
    assert_int_equal(state_of(stage, new), TASK_READY);
}

static void a_replacement_takes_the_place_of_the_old(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 1);
    (void)made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));
    (void)made(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE));
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_FULL);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static void too_many_of_a_key_are_not_replaced(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 11; i++)
        (void)made(ask(stage, DEDUP_ACTIVE, DEDUP_RETURN));
    assert_int_equal(code_of(ask(stage, DEDUP_UNFINISHED, DEDUP_REPLACE)), ERR_STATE_CONFLICT);
    assert_int_equal(count(stage, "q", TASK_READY), 11);
}

static struct command *to_debounce(struct stage *stage, int64_t delay_ms, const char *payload)
{
    struct command *command = to_key(stage, DEDUP_UNFINISHED, DEDUP_DEBOUNCE);
    struct task_spec *spec = &command->in.submit.specs[0];

    spec->delay_ms = delay_ms;
    spec->payload.data = bytes_of(payload);
    spec->rules.dedup.max_delay_ms = 15000;
    return command;
}

static void a_debounced_task_waits_anew_with_the_latest_payload(void **state)
{
    struct stage *stage = *state;
    int64_t start_ms = stage->now.wall_ms;
    struct id worker = enrol(stage, "q", 1);
    struct id id = made(stage_ask(stage, to_debounce(stage, 10000, "\"first\"")));

    stage_pass(stage, 4000);
    struct command *second = stage_ask(stage, to_debounce(stage, 10000, "\"2nd\""));

    assert_same(second, id);
    assert_int_equal(second->reply.view.task->run_at_ms, start_ms + 14000);
    stage_pass(stage, 8000);
    assert_same(stage_ask(stage, to_debounce(stage, 10000, "\"third one\"")), id);
    assert_int_equal(view(stage, id)->task->run_at_ms, start_ms + 15000);
    assert_int_equal(stage_number(stage, "SELECT sum(bytes) FROM counters"), 11);
    stage_pass(stage, 2999);
    assert_null(claim(stage, worker));
    stage_pass(stage, 1);
    assert_true(bytes_is(claim(stage, worker)->payload.data, "\"third one\""));
    assert_same(stage_ask(stage, to_debounce(stage, 10000, "\"late\"")), id);
    assert_int_equal(stage_number(stage, "SELECT sum(bytes) FROM tasks"), 11);
}

static void a_ready_one_is_put_off_and_back(void **state)
{
    struct stage *stage = *state;
    struct id id = made(stage_ask(stage, to_debounce(stage, 0, "1")));

    assert_same(stage_ask(stage, to_debounce(stage, 5000, "2")), id);
    assert_int_equal(state_of(stage, id), TASK_SCHEDULED);
    assert_same(stage_ask(stage, to_debounce(stage, 0, "3")), id);
    assert_int_equal(state_of(stage, id), TASK_READY);
}

static void what_is_there_needs_no_room_and_takes_no_tokens(void **state)
{
    struct stage *stage = *state;
    struct id id = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));

    limit_pending(stage, "q", 1);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_FULL);
    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), id);
}

static void a_closed_queue_refuses_first(void **state)
{
    struct stage *stage = *state;

    (void)made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    assert_int_equal(code_of(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN)), ERR_QUEUE_CLOSED);
}

static void who_was_held_is_decided_when_its_turn_comes(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct command *held[2];

    limit_pending(stage, "q", 1);
    (void)submit(stage, "q");
    for (int i = 0; i < 2; i++) {
        held[i] = to_key(stage, DEDUP_UNFINISHED, DEDUP_RETURN);
        held[i]->wait_ms = 60000;
        held[i]->in.submit.until = UNTIL_ACCEPTED;
        (void)stage_ask(stage, held[i]);
        assert_false(is_answered(held[i]));
    }
    (void)claim(stage, worker);
    struct id id = made(held[0]);

    (void)claim(stage, worker);
    assert_same(held[1], id);
}

static void submits_of_one_array_see_each_other(void **state)
{
    struct stage *stage = *state;

    for (int atomic = 0; atomic < 2; atomic++) {
        struct command *many = to_submit_many(stage, "q", 3);

        for (unsigned i = 0; i < 2; i++) {
            (void)key(&many->in.submit.specs[i], DEDUP_UNFINISHED, DEDUP_RETURN);
            many->in.submit.specs[i].rules.dedup.key = atomic == 0 ? BYTES("a") : BYTES("b");
        }
        many->in.submit.atomic = atomic == 1;
        limit_pending(stage, "q", 2 + 2 * atomic);
        (void)stage_ask(stage, many);
        assert_int_equal(code_of(many), OK);
        assert_false(many->reply.items[0].deduplicated);
        assert_true(many->reply.items[1].deduplicated);
        assert_int_equal(many->reply.items[1].number, many->reply.items[0].number);
        assert_int_equal(many->reply.items[2].error.code, OK);
    }
    assert_int_equal(tasks(stage), 4);
}

static void an_array_with_one_that_is_rejected_is_refused_whole(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);

    (void)key(&many->in.submit.specs[1], DEDUP_UNFINISHED, DEDUP_REJECT);
    (void)key(&many->in.submit.specs[2], DEDUP_UNFINISHED, DEDUP_REJECT);
    many->in.submit.atomic = true;
    assert_int_equal(code_of(stage_ask(stage, many)), ERR_STATE_CONFLICT);
    assert_int_equal(tasks(stage), 0);
}

static void a_key_that_was_taken_meanwhile_forbids_a_retry(void **state)
{
    struct stage *stage = *state;
    struct id old = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));
    struct command *again;

    cancel(stage, old, 0);
    struct id new = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));

    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, old))),
                     ERR_STATE_CONFLICT);
    again = to_again(stage, COMMAND_RETRY, old);
    again->in.again.clone = true;
    assert_int_equal(code_of(stage_ask(stage, again)), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dedups"), 2);
    cancel(stage, new, 0);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, old))), OK);
    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), old);
}

static struct command *to_move(struct stage *stage, struct id id, const char *queue)
{
    struct command *command = stage_make(stage, COMMAND_EDIT);

    command->in.edit = (struct edit){
        .task = id, .has_queue = true, .queue = bytes_of(queue), .if_match = VERSION_UNASKED};
    return command;
}

static void a_key_moves_with_its_task(void **state)
{
    struct stage *stage = *state;
    struct id id = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));

    assert_int_equal(code_of(stage_ask(stage, to_move(stage, id, "other"))), OK);
    struct id next = made(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN));

    assert_int_equal(code_of(stage_ask(stage, to_move(stage, next, "other"))), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, to_move(stage, id, "q"))), ERR_STATE_CONFLICT);
    cancel(stage, next, 0);
    assert_int_equal(code_of(stage_ask(stage, to_move(stage, id, "q"))), OK);
    assert_same(ask(stage, DEDUP_UNFINISHED, DEDUP_RETURN), id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_submit_meets_the_unfinished_one),
        TEST(each_queue_and_key_is_its_own),
        TEST(queued_means_never_claimed),
        TEST(active_means_leased),
        TEST(a_window_counts_from_the_first_whatever_became_of_it),
        TEST(a_key_outlives_a_restart_but_not_its_task),
        TEST(reject_names_the_one_that_is_there),
        TEST(the_wait_is_for_the_one_that_is_there),
        TEST(one_that_waits_is_replaced_at_once),
        TEST(a_replacement_does_not_run_beside_the_old),
        TEST(a_replacement_waits_for_the_grace_at_most),
        TEST(a_replacement_takes_the_place_of_the_old),
        TEST(too_many_of_a_key_are_not_replaced),
        TEST(a_debounced_task_waits_anew_with_the_latest_payload),
        TEST(a_ready_one_is_put_off_and_back),
        TEST(what_is_there_needs_no_room_and_takes_no_tokens),
        TEST(a_closed_queue_refuses_first),
        TEST(who_was_held_is_decided_when_its_turn_comes),
        TEST(submits_of_one_array_see_each_other),
        TEST(an_array_with_one_that_is_rejected_is_refused_whole),
        TEST(a_key_that_was_taken_meanwhile_forbids_a_retry),
        TEST(a_key_moves_with_its_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
