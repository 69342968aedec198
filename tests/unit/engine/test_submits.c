/* Tests of submits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_task_is_ready_at_once_unless_it_has_a_later_time(void **state)
{
    struct stage *stage = *state;
    struct command *now = stage_ask(stage, to_submit(stage, "q"));
    struct command *later = to_submit(stage, "q");

    later->in.submit.specs[0].delay_ms = 1000;
    (void)stage_ask(stage, later);

    assert_true(now->reply.created);
    assert_int_equal(now->reply.view.task->state, TASK_READY);
    assert_int_equal(later->reply.view.task->state, TASK_SCHEDULED);
    assert_int_equal(later->reply.view.task->run_at_ms, stage->now.wall_ms + 1000);
    assert_true(bytes_is(now->reply.view.task->queue, "q"));
}

static void a_time_more_than_ten_years_away_is_refused(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].run_at_ms = stage->now.wall_ms + INT64_C(11) * 366 * 86400000;

    assert_int_equal(code_of(stage_ask(stage, command)), ERR_INVALID_FIELD);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void a_full_queue_refuses_who_does_not_wait(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 1);
    (void)submit(stage, "q");

    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_FULL);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static struct command *ask_and_wait(struct stage *stage, int64_t wait_ms)
{
    struct command *command = to_submit(stage, "q");

    command->wait_ms = wait_ms;
    command->in.submit.until = UNTIL_ACCEPTED;
    return stage_ask(stage, command);
}

static void held_submits_enter_first_come_first_served(void **state)
{
    struct stage *stage = *state;
    struct command *held[3];

    limit_pending(stage, "q", 1);
    (void)submit(stage, "q");
    struct id worker = enrol(stage, "q", 9);

    for (int i = 0; i < 3; i++)
        held[i] = ask_and_wait(stage, 60000);
    for (int i = 0; i < 3; i++) {
        assert_non_null(claim(stage, worker));
        for (int j = 0; j < 3; j++)
            assert_int_equal(is_answered(held[j]), j <= i);
    }
    assert_true(held[0]->reply.view.task->number < held[2]->reply.view.task->number);
}

static void nobody_overtakes_those_who_are_held(void **state)
{
    struct stage *stage = *state;
    struct command *held, *late = to_submit(stage, "q");

    limit_pending(stage, "q", 1);
    (void)submit(stage, "q");
    struct command *claim = to_claim(stage, enrol(stage, "q", 1), 1, 0);

    held = ask_and_wait(stage, 60000);
    stage_post(stage, claim);
    (void)stage_ask(stage, late); /* in the transaction that makes the room */

    assert_int_equal(claim->reply.tasks_len, 1);
    assert_int_equal(code_of(held), OK);
    assert_int_equal(code_of(late), ERR_QUEUE_FULL);
}

static void those_held_again_keep_their_order(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 2), *held[3];

    many->in.submit.specs[0].timeout_ms = many->in.submit.specs[1].timeout_ms = 1000;
    (void)stage_ask(stage, many);
    (void)stage_ask(stage, to_claim(stage, enrol(stage, "q", 2), 2, 0)); /* both time out soon */
    limit_pending(stage, "q", 2);
    for (int i = 0; i < 2; i++)
        (void)submit(stage, "q");
    for (int i = 0; i < 3; i++)
        held[i] = ask_and_wait(stage, 60000);
    struct id worker = enrol(stage, "q", 2);

    /* There is room for two, and in the moment in which they would enter the two that ran come
     * back. */
    stage_skip(stage, 1000 - 1);
    struct command *claims = to_claim(stage, worker, 2, 0);
    stage_post(stage, claims);
    (void)engine_step(stage->engine);
    stage_skip(stage, 1);
    stage_settle(stage);
    assert_int_equal(count(stage, "q", TASK_RETRYING), 2);
    for (int i = 0; i < 3; i++)
        assert_false(is_answered(held[i]));

    limit_pending(stage, "q", 3);
    assert_true(is_answered(held[0]));
    limit_pending(stage, "q", 4);
    assert_true(is_answered(held[1]));
    assert_false(is_answered(held[2]));
}

static void a_held_submit_is_refused_when_its_wait_is_over(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 0);
    struct command *held = ask_and_wait(stage, 5000);

    stage_pass(stage, 4999);
    assert_false(is_answered(held));
    stage_pass(stage, 1);
    assert_int_equal(code_of(held), ERR_QUEUE_FULL);
}

static void a_held_submit_is_refused_at_once_when_its_queue_closes(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 1);
    (void)submit(stage, "q");
    struct command *held = ask_and_wait(stage, 60000);

    (void)stage_ask(stage, to_close(stage, "q", false, 0));

    assert_int_equal(code_of(held), ERR_QUEUE_CLOSED);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), ERR_QUEUE_CLOSED);
}

static void a_held_submit_goes_on_though_its_client_left(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 0);
    struct command *held = ask_and_wait(stage, 60000);

    stage_hang_up(held);
    limit_pending(stage, "q", 5);

    assert_int_equal(code_of(held), OK);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static void many_are_taken_or_refused_one_by_one(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);

    limit_pending(stage, "q", 2);
    (void)stage_ask(stage, many);

    assert_int_equal(code_of(many), OK);
    assert_int_equal(many->reply.items[1].error.code, OK);
    assert_int_equal(many->reply.items[2].error.code, ERR_QUEUE_FULL);
}

static void an_atomic_batch_that_does_not_fit_leaves_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);

    limit_pending(stage, "q", 2);
    many->in.submit.atomic = true;
    many->in.submit.specs[0].queue = BYTES("new");
    many->in.submit.specs[1].queue = BYTES("q");
    many->in.submit.specs =
        arena_copy(many->mem, many->in.submit.specs, 3 * sizeof(struct task_spec));
    (void)submit(stage, "q");
    (void)stage_ask(stage, many);

    assert_int_equal(code_of(many), ERR_QUEUE_FULL);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "new"))),
                     ERR_NOT_FOUND);
    assert_int_equal(stage_ask(stage, stage_make(stage, COMMAND_LIST_QUEUES))->reply.queues_len, 1);
}

static const struct principal NARROW = {
    .id = {"narrow", 6},
    .grant = {.role = ROLE_SUBMITTER, .ns = {"default", 7}, .queues = {"q", 1}},
};

static void a_whole_out_of_reach_says_which_of_its_tasks(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3);

    many->in.submit.atomic = true;
    many->in.submit.specs[2].queue = BYTES("other");
    many->by = &NARROW;
    (void)stage_ask(stage, many);

    assert_int_equal(code_of(many), ERR_FORBIDDEN);
    assert_string_equal(many->reply.error.where, "/2/queue");
}

static void a_stream_waits_for_room_and_goes_on_where_it_was(void **state)
{
    struct stage *stage = *state;
    struct command *piece = to_submit_many(stage, "q", 3), *rest = to_submit_many(stage, "q", 1);

    limit_pending(stage, "q", 2);
    piece->in.submit.streamed = rest->in.submit.streamed = true;
    (void)stage_ask(stage, piece);
    assert_int_equal(piece->reply.taken, 2);
    (void)stage_ask(stage, rest);
    assert_false(is_answered(rest));

    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    assert_int_equal(code_of(rest), OK);
    assert_int_equal(rest->reply.taken, 1);
}

/* Both queues get room in one batch; the piece was held before the other came. */
static void the_rest_of_a_held_piece_overtakes_nobody(void **state)
{
    struct stage *stage = *state;
    struct command *piece = to_submit_many(stage, "q", 2), *other = to_submit(stage, "r");
    struct id worker = enrol(stage, "q", 1), for_other = enrol(stage, "r", 1);

    limit_pending(stage, "q", 1);
    limit_pending(stage, "r", 1);
    (void)submit(stage, "q");
    (void)submit(stage, "r");
    piece->in.submit.streamed = true;
    piece->in.submit.specs[1].queue = BYTES("r");
    (void)stage_ask(stage, piece);
    other->wait_ms = 60000;
    other->in.submit.until = UNTIL_ACCEPTED;
    (void)stage_ask(stage, other);
    stage_post(stage, to_claim(stage, worker, 1, 0));
    stage_post(stage, to_claim(stage, for_other, 1, 0));
    stage_settle(stage);

    assert_int_equal(piece->reply.taken, 1);
    assert_true(is_answered(other));
    assert_int_equal(code_of(other), OK);
}

static void a_stream_whose_client_left_gives_its_held_piece_back(void **state)
{
    struct stage *stage = *state;
    struct command *piece = to_submit_many(stage, "q", 3);

    limit_pending(stage, "q", 0);
    piece->in.submit.streamed = true;
    (void)stage_ask(stage, piece);
    assert_false(is_answered(piece));
    stage_hang_up(piece);
    stage_pass(stage, 1000);

    assert_int_equal(code_of(piece), ERR_QUEUE_FULL);
    assert_int_equal(piece->reply.taken, 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void a_wait_is_answered_with_the_finished_task(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = to_submit(stage, "q");

    waiting->wait_ms = 60000;
    (void)stage_ask(stage, waiting);
    assert_false(is_answered(waiting));
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_SUCCEEDED);

    assert_true(waiting->reply.done);
    assert_int_equal(waiting->reply.view.task->state, TASK_SUCCEEDED);
    assert_true(waiting->reply.view.task->observed);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_task_is_ready_at_once_unless_it_has_a_later_time),
        STAGED(a_time_more_than_ten_years_away_is_refused),
        STAGED(a_full_queue_refuses_who_does_not_wait),
        STAGED(held_submits_enter_first_come_first_served),
        STAGED(nobody_overtakes_those_who_are_held),
        STAGED(those_held_again_keep_their_order),
        STAGED(a_held_submit_is_refused_when_its_wait_is_over),
        STAGED(a_held_submit_is_refused_at_once_when_its_queue_closes),
        STAGED(a_held_submit_goes_on_though_its_client_left),
        STAGED(many_are_taken_or_refused_one_by_one),
        STAGED(an_atomic_batch_that_does_not_fit_leaves_nothing),
        STAGED(a_whole_out_of_reach_says_which_of_its_tasks),
        STAGED(a_stream_waits_for_room_and_goes_on_where_it_was),
        STAGED(the_rest_of_a_held_piece_overtakes_nobody),
        STAGED(a_stream_whose_client_left_gives_its_held_piece_back),
        STAGED(a_wait_is_answered_with_the_finished_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
