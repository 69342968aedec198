/* Tests of lookups: what is named out of reach is forbidden, what is found there is not found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

#include <stdio.h>

static const struct principal NARROW = {
    .id = {"narrow", 6},
    .grant = {.role = ROLE_OPERATOR, .ns = {"default", 7}, .queues = {"mail", 4}},
};

static struct command *to_enrol(struct stage *stage, struct bytes queue)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .concurrency = 1,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return command;
}

static struct command *ask_narrow(struct stage *stage, struct command *command)
{
    command->by = &NARROW;
    return stage_ask(stage, command);
}

static void what_is_refused_tells_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *known, *unknown;

    (void)submit(stage, "secret");
    known = ask_narrow(stage, to_submit(stage, "secret"));
    unknown = ask_narrow(stage, to_submit(stage, "nosuch"));
    assert_int_equal(code_of(known), ERR_FORBIDDEN);
    assert_int_equal(code_of(unknown), ERR_FORBIDDEN);
    assert_string_equal(known->reply.error.where, "/queue");
    assert_string_equal(unknown->reply.error.where, "/queue");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM queues"), 1);
    assert_int_equal(code_of(ask_narrow(stage, to_submit(stage, "mail"))), OK);
}

static void each_element_is_judged_by_its_queue(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "mail", 2);

    many->in.submit.specs[0].queue = BYTES("secret");
    (void)ask_narrow(stage, many);
    assert_int_equal(many->reply.items[0].error.code, ERR_FORBIDDEN);
    assert_int_equal(many->reply.items[1].error.code, OK);

    many = to_submit_many(stage, "mail", 2);
    many->in.submit.specs[1].queue = BYTES("secret");
    many->in.submit.atomic = true;
    assert_int_equal(code_of(ask_narrow(stage, many)), ERR_FORBIDDEN);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
}

static void a_task_is_not_moved_out_of_reach_nor_into_it(void **state)
{
    struct stage *stage = *state;
    struct id ours = submit(stage, "mail"), theirs = submit(stage, "secret");
    struct command *command = stage_make(stage, COMMAND_EDIT);

    command->in.edit = (struct edit){
        .task = ours, .has_queue = true, .queue = BYTES("secret"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(ask_narrow(stage, command)), ERR_FORBIDDEN);
    assert_string_equal(command->reply.error.where, "/queue");

    command = stage_make(stage, COMMAND_EDIT);
    command->in.edit = (struct edit){
        .task = theirs, .has_queue = true, .queue = BYTES("mail"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(ask_narrow(stage, command)), ERR_NOT_FOUND);
    assert_int_equal(count(stage, "mail", TASK_READY), 1);
}

static void a_wait_for_a_task_that_was_moved_out_of_reach_finds_nothing(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "mail");
    struct command *look = to_look(stage, task, 60000), *move = stage_make(stage, COMMAND_EDIT);

    assert_false(is_answered(ask_narrow(stage, look)));
    move->in.edit = (struct edit){
        .task = task, .has_queue = true, .queue = BYTES("secret"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    cancel(stage, task, 0);
    assert_int_equal(code_of(look), ERR_NOT_FOUND);
    assert_null(look->reply.view.task);
}

/* A worker of queues within and without. */
static struct id enrol_shared(struct stage *stage)
{
    static struct bytes queues[] = {{"mail", 4}, {"secret", 6}};
    struct command *command = to_enrol(stage, BYTES_NONE);

    command->in.worker_spec.queues = queues;
    command->in.worker_spec.queues_len = 2;
    command->in.worker_spec.concurrency = 5;
    return stage_ask(stage, command)->reply.workers[0].id;
}

static void a_shared_worker_is_seen_as_far_as_it_serves_ones_queues(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol_shared(stage);
    struct command *get = stage_make(stage, COMMAND_GET_WORKER),
                   *edit = stage_make(stage, COMMAND_EDIT_WORKER),
                   *queue = to_queue(stage, COMMAND_GET_QUEUE, "mail");
    const struct worker_view *view;

    (void)submit(stage, "secret");
    assert_non_null(claim(stage, worker));
    get->in.worker = worker;
    assert_int_equal(code_of(ask_narrow(stage, get)), OK);
    view = &get->reply.workers[0];
    assert_int_equal(view->spec.queues_len, 1);
    assert_true(bytes_is(view->spec.queues[0], "mail"));
    assert_int_equal(view->running, 0);

    view = ask_narrow(stage, queue)->reply.queues->replicas;
    assert_int_equal(queue->reply.queues->replicas_len, 1);
    assert_int_equal(view->spec.queues_len, 1);

    edit->in.worker_edit =
        (struct worker_edit){.worker = worker, .has_mode = true, .mode = WORKER_QUIET};
    assert_int_equal(code_of(ask_narrow(stage, edit)), ERR_FORBIDDEN);
    assert_int_equal(code_of(ask_narrow(stage, to_claim(stage, worker, 1, 0))), ERR_NOT_FOUND);
}

static void a_claim_names_queues_in_reach(void **state)
{
    struct stage *stage = *state;
    struct bytes secret = BYTES("secret");
    struct command *claim = to_claim(stage, enrol(stage, "mail", 1), 1, 0);

    claim->in.claim.queues = &secret;
    claim->in.claim.queues_len = 1;
    assert_int_equal(code_of(ask_narrow(stage, claim)), ERR_FORBIDDEN);
    assert_string_equal(claim->reply.error.where, "/queues/0");
}

static void outcomes_and_beats_of_other_leases_are_stale(void **state)
{
    struct stage *stage = *state;
    struct id theirs = enrol(stage, "secret", 2), ours = enrol(stage, "mail", 1);
    const struct task *ended, *running;
    struct command *repeat, *claims, *beat;
    struct outcome outcome = {.kind = OUTCOME_SUCCEEDED, .retryable = true, .delay_ms = -1};
    struct bytes lease;

    (void)stage_ask(stage, to_submit_many(stage, "secret", 2));
    ended = claim(stage, theirs);
    running = claim(stage, theirs);
    (void)finish(stage, ended, OUTCOME_SUCCEEDED);
    repeat = ask_narrow(stage, to_finish(stage, ended->lease, OUTCOME_SUCCEEDED));
    assert_int_equal(repeat->reply.outcomes[0].error.code, ERR_STALE_LEASE);

    lease = outcome.lease = running->lease;
    claims = to_claim(stage, ours, 1, 0);
    claims->in.claim.outcomes = &outcome;
    claims->in.claim.outcomes_len = 1;
    (void)ask_narrow(stage, claims);
    assert_int_equal(claims->reply.outcomes[0].error.code, ERR_STALE_LEASE);

    beat = to_beat(stage, ours, 0);
    beat->in.heartbeat.all = false;
    beat->in.heartbeat.leases = &lease;
    beat->in.heartbeat.leases_len = 1;
    (void)ask_narrow(stage, beat);
    assert_int_equal(beat->reply.lost_len, 1);
    assert_int_equal(state_of(stage, running->id), TASK_RUNNING);
}

static void a_retry_is_pinned_to_a_worker_that_one_sees(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "mail"), hidden = enrol(stage, "secret", 1),
              own = enrol(stage, "mail", 1);
    struct command *retry = to_again(stage, COMMAND_RETRY, task);

    cancel(stage, task, 0);
    retry->in.again.has_worker = true;
    retry->in.again.worker = hidden;
    assert_int_equal(code_of(ask_narrow(stage, retry)), ERR_NOT_FOUND);
    assert_string_equal(retry->reply.error.where, "/worker");
    retry = to_again(stage, COMMAND_RETRY, task);
    retry->in.again.has_worker = true;
    retry->in.again.worker = own;
    assert_int_equal(code_of(ask_narrow(stage, retry)), OK);
}

/* ---- idempotency keys ---- */

static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    (void)command;
    *ret_status = 201;
    *ret_location = BYTES_NONE;
    *ret_body = BYTES("{}");
}

static struct command *keyed(struct command *command)
{
    command->idempotency.key = BYTES("k");
    command->idempotency.scope = BYTES("POST /v1/tasks");
    (void)snprintf(command->idempotency.fingerprint.at, sizeof(command->idempotency.fingerprint.at),
                   "f");
    command->remember = remember;
    return command;
}

static void a_key_gives_no_answer_about_queues_out_of_reach(void **state)
{
    struct stage *stage = *state;
    struct command *many = keyed(to_submit_many(stage, "secret", 2));

    assert_int_equal(code_of(stage_ask(stage, keyed(to_submit(stage, "secret")))), OK);
    assert_int_equal(code_of(ask_narrow(stage, keyed(to_submit(stage, "secret")))), ERR_FORBIDDEN);
    many->in.submit.specs[0].queue = BYTES("mail");
    assert_int_equal(code_of(ask_narrow(stage, many)), ERR_FORBIDDEN);
    assert_false(many->reply.replayed);
}

static void a_key_of_another_token_repeats_what_is_in_reach(void **state)
{
    struct stage *stage = *state;
    struct command *repeat = keyed(to_submit(stage, "mail"));

    assert_int_equal(code_of(stage_ask(stage, keyed(to_submit(stage, "mail")))), OK);
    assert_int_equal(code_of(ask_narrow(stage, repeat)), OK);
    assert_true(repeat->reply.replayed);
}

static void a_key_whose_task_was_moved_out_of_reach_gives_no_answer(void **state)
{
    struct stage *stage = *state;
    struct command *first = stage_ask(stage, keyed(to_submit(stage, "mail")));
    struct command *move = stage_make(stage, COMMAND_EDIT);
    struct command *repeat = keyed(to_submit(stage, "mail"));

    move->in.edit = (struct edit){.task = first->reply.view.task->id,
                                  .has_queue = true,
                                  .queue = BYTES("secret"),
                                  .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    assert_int_equal(code_of(ask_narrow(stage, repeat)), ERR_NOT_FOUND);
    assert_false(repeat->reply.replayed);
}

static void an_elements_key_is_judged_alike(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "mail", 1), *move, *repeat;

    many->in.submit.specs[0].idempotency_key = BYTES("line");
    many->in.submit.specs[0].fingerprint = BYTES("f");
    move = stage_make(stage, COMMAND_EDIT);
    move->in.edit = (struct edit){.task = stage_ask(stage, many)->reply.items[0].id,
                                  .has_queue = true,
                                  .queue = BYTES("secret"),
                                  .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    repeat = to_submit_many(stage, "mail", 1);
    repeat->in.submit.specs[0] = many->in.submit.specs[0];
    (void)ask_narrow(stage, repeat);
    assert_int_equal(repeat->reply.items[0].error.code, ERR_NOT_FOUND);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(what_is_refused_tells_nothing),
        STAGED(each_element_is_judged_by_its_queue),
        STAGED(a_task_is_not_moved_out_of_reach_nor_into_it),
        STAGED(a_wait_for_a_task_that_was_moved_out_of_reach_finds_nothing),
        STAGED(a_shared_worker_is_seen_as_far_as_it_serves_ones_queues),
        STAGED(a_claim_names_queues_in_reach),
        STAGED(outcomes_and_beats_of_other_leases_are_stale),
        STAGED(a_retry_is_pinned_to_a_worker_that_one_sees),
        STAGED(a_key_gives_no_answer_about_queues_out_of_reach),
        STAGED(a_key_of_another_token_repeats_what_is_in_reach),
        STAGED(a_key_whose_task_was_moved_out_of_reach_gives_no_answer),
        STAGED(an_elements_key_is_judged_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
