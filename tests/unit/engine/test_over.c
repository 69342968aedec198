/* Tests of policies at submit: refused, ended at once, or an older holder is asked to stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static void declare(struct stage *stage, enum limit_over over, int64_t max_running,
                    struct rate_limit rate)
{
    struct command *command = stage_make(stage, COMMAND_PUT_LIMIT);

    command->in.limit = (struct limit_edit){
        .name = BYTES("a"),
        .settings = {.max_running = max_running, .rate = rate, .over = over},
        .if_match = VERSION_UNASKED,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static const struct rate_limit NO_RATE = {.units = 0};

/* Units that others hold. */
static struct hot_limit *held(struct stage *stage, int64_t units)
{
    struct hot *hot = &stage->engine->hot;
    struct hot_limit *limit = limit_take(hot, hot_ns(hot, BYTES("default"), true), BYTES("a"));

    limit_load(limit, 0, units);
    return limit;
}

static struct command *to_use(struct stage *stage, unsigned count, const char *limits)
{
    struct command *command =
        count == 1 ? to_submit(stage, "q") : to_submit_many(stage, "q", count);

    for (unsigned i = 0; i < count; i++)
        command->in.submit.specs[i].rules.limits = bytes_of(limits);
    return command;
}

static struct command *use(struct stage *stage, const char *limits)
{
    return stage_ask(stage, to_use(stage, 1, limits));
}

static void reject_refuses_what_does_not_fit(void **state)
{
    struct stage *stage = *state;
    struct command *refused;

    declare(stage, LIMIT_REJECTS, 5, NO_RATE);
    (void)held(stage, 4);
    refused = use(stage, "a 2\n");
    assert_int_equal(code_of(refused), ERR_LIMIT_REACHED);
    assert_string_equal(refused->reply.error.where, "/limits");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    assert_int_equal(code_of(use(stage, "b 9\n")), OK);
}

static void an_array_is_refused_as_a_whole(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_use(stage, 3, "a 1\n");
    struct hot_limit *limit;

    declare(stage, LIMIT_REJECTS, 5, NO_RATE);
    limit = held(stage, 3);
    many->in.submit.atomic = true;
    assert_int_equal(code_of(stage_ask(stage, many)), ERR_LIMIT_REACHED);
    assert_int_equal(limit_units_held(limit), 3);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
    many = to_use(stage, 2, "a 1\n");
    many->in.submit.atomic = true;
    assert_int_equal(code_of(stage_ask(stage, many)), OK);
    assert_int_equal(many->reply.taken, 2);
}

static void a_rate_that_is_dry_says_when(void **state)
{
    struct stage *stage = *state;
    struct command *refused;

    declare(stage, LIMIT_REJECTS, -1, (struct rate_limit){.units = 1, .period_s = 4, .burst = 2});
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    refused = use(stage, "a 1\n");
    assert_int_equal(code_of(refused), ERR_LIMIT_REACHED);
    assert_int_equal(refused->reply.retry_after_ms, 4000);
    stage_pass(stage, 4000);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    refused = use(stage, "a 3\n"); /* more than its burst */
    assert_int_equal(code_of(refused), ERR_LIMIT_REACHED);
    assert_int_equal(refused->reply.retry_after_ms, 0);
}

static void what_is_refused_for_another_reason_is_not_charged(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_use(stage, 2, "a 1\n");

    declare(stage, LIMIT_REJECTS, -1, (struct rate_limit){.units = 1, .period_s = 4, .burst = 1});
    many->in.submit.atomic = true;
    assert_int_equal(code_of(stage_ask(stage, many)), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
}

static void the_newest_ends_at_once(void **state)
{
    struct stage *stage = *state;
    struct command *ended;

    declare(stage, LIMIT_CANCELS_NEWEST, 5, NO_RATE);
    (void)held(stage, 6);
    ended = use(stage, "a 1\n");
    assert_int_equal(code_of(ended), OK);
    assert_int_equal(ended->reply.view.task->state, TASK_CANCELLED);
    assert_true(bytes_is(ended->reply.view.task->cancel_reason, "limit"));
    assert_int_equal(use(stage, "b 1\n")->reply.view.task->state, TASK_READY);
}

static void the_oldest_makes_room(void **state)
{
    struct stage *stage = *state;
    struct id first, second, third, worker = enrol(stage, "q", 5);

    declare(stage, LIMIT_CANCELS_OLDEST, 1, NO_RATE);
    first = use(stage, "a 1\n")->reply.view.task->id;
    assert_non_null(claim(stage, worker));
    second = use(stage, "a 1\n")->reply.view.task->id;
    assert_int_equal(state_of(stage, first), TASK_RUNNING);
    assert_true(view(stage, first)->task->cancel_requested_at_ms >= 0);
    assert_null(claim(stage, worker)); /* until the first has stopped */

    third = use(stage, "a 1\n")->reply.view.task->id;
    assert_int_equal(state_of(stage, second), TASK_CANCELLED); /* it had not begun */
    assert_true(bytes_is(view(stage, second)->task->cancel_reason, "replaced"));
    assert_null(claim(stage, worker));
    stage_pass(stage, 10000);
    assert_int_equal(state_of(stage, first), TASK_CANCELLED);
    assert_true(id_equal(claim(stage, worker)->id, third));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM limit_holders"), 1);
}

static void no_more_are_stopped_than_there_must_be(void **state)
{
    struct stage *stage = *state;
    struct id ids[4];

    declare(stage, LIMIT_CANCELS_OLDEST, 3, NO_RATE);
    for (unsigned i = 0; i < 3; i++)
        ids[i] = use(stage, "a 1\n")->reply.view.task->id;
    ids[3] = use(stage, "a 2\n")->reply.view.task->id;
    assert_int_equal(state_of(stage, ids[0]), TASK_CANCELLED);
    assert_int_equal(state_of(stage, ids[1]), TASK_CANCELLED);
    assert_int_equal(state_of(stage, ids[2]), TASK_READY);
    assert_int_equal(state_of(stage, ids[3]), TASK_READY);
    declare(stage, LIMIT_CANCELS_OLDEST, 2, NO_RATE);
    ids[0] = use(stage, "a 2\n")->reply.view.task->id;
    assert_int_equal(state_of(stage, ids[2]), TASK_CANCELLED);
    assert_int_equal(state_of(stage, ids[3]), TASK_CANCELLED);
    assert_int_equal(state_of(stage, ids[0]), TASK_READY); /* it is not its own oldest */
}

static void one_that_never_fits_stops_nobody(void **state)
{
    struct stage *stage = *state;
    struct id first, big;
    struct command *refused;

    declare(stage, LIMIT_CANCELS_OLDEST, 3, NO_RATE);
    first = use(stage, "a 1\n")->reply.view.task->id;
    big = use(stage, "a 5\n")->reply.view.task->id;
    assert_int_equal(state_of(stage, first), TASK_READY);
    assert_int_equal(state_of(stage, big), TASK_BLOCKED);
    declare(stage, LIMIT_REJECTS, 3, NO_RATE);
    refused = use(stage, "a 5\n");
    assert_int_equal(code_of(refused), ERR_LIMIT_REACHED);
    assert_string_equal(refused->reply.error.detail,
                        "the limit a never has room for 5 units: its max_running is 3");
}

static void declare_named(struct stage *stage, const char *name, enum limit_over over,
                          int64_t max_running)
{
    struct command *command = stage_make(stage, COMMAND_PUT_LIMIT);

    command->in.limit = (struct limit_edit){
        .name = bytes_of(name),
        .settings = {.max_running = max_running, .over = over},
        .if_match = VERSION_UNASKED,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

/* Its turn comes by the end of the one that it stops. */
static void whoever_stops_the_one_before_it_is_shown_as_it_stands(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_use(stage, 1, "a 1\n"), *second = to_use(stage, 1, "a 1\n");
    struct command *many = to_use(stage, 1, "a 1\n");

    declare(stage, LIMIT_CANCELS_OLDEST, 1, NO_RATE);
    first->in.submit.specs[0].rules.ordering_key = BYTES("k");
    second->in.submit.specs[0].rules.ordering_key = BYTES("k");
    many->in.submit.specs[0].rules.ordering_key = BYTES("k");
    many->in.submit.single = false;
    (void)stage_ask(stage, first);
    assert_int_equal(stage_ask(stage, second)->reply.view.task->state, TASK_READY);
    assert_int_equal(stage_ask(stage, many)->reply.items[0].state, TASK_READY);
    assert_int_equal(count(stage, "q", TASK_CANCELLED), 2);
}

static void whoever_ends_by_one_limit_stops_nobody_by_another(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_use(stage, 1, "a 1\n"), *second = to_use(stage, 1, "a 1\nb 1\n");

    declare(stage, LIMIT_CANCELS_OLDEST, 1, NO_RATE);
    declare_named(stage, "b", LIMIT_CANCELS_NEWEST, 0);
    first->in.submit.specs[0].rules.ordering_key = BYTES("k");
    second->in.submit.specs[0].rules.ordering_key = BYTES("k");
    (void)stage_ask(stage, first);
    assert_int_equal(stage_ask(stage, second)->reply.view.task->state, TASK_CANCELLED);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

static const struct rate_limit ONE_AN_HOUR = {.units = 1, .period_s = 3600, .burst = 1};

static void whoever_ends_is_charged_by_no_limit(void **state)
{
    struct stage *stage = *state;

    declare_named(stage, "b", LIMIT_CANCELS_NEWEST, 0);
    declare(stage, LIMIT_CANCELS_NEWEST, -1, ONE_AN_HOUR);
    assert_int_equal(use(stage, "a 1\nb 1\n")->reply.view.task->state, TASK_CANCELLED);
    assert_int_equal(use(stage, "a 1\n")->reply.view.task->state, TASK_READY);
    assert_int_equal(use(stage, "a 1\n")->reply.view.task->state, TASK_CANCELLED);
    declare(stage, LIMIT_CANCELS_NEWEST, -1, NO_RATE);
    stage_pass(stage, HOUR_MS);
    declare(stage, LIMIT_REJECTS, -1, ONE_AN_HOUR);
    assert_int_equal(use(stage, "a 1\nb 1\n")->reply.view.task->state, TASK_CANCELLED);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    assert_int_equal(code_of(use(stage, "a 1\n")), ERR_LIMIT_REACHED);
}

static void whoever_has_not_paid_at_submit_pays_when_it_is_claimed(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9), first;
    struct command *clone;

    declare(stage, LIMIT_QUEUES, -1, ONE_AN_HOUR);
    for (int i = 0; i < 3; i++)
        (void)use(stage, "a 1\n");
    assert_non_null(claim(stage, worker));
    declare(stage, LIMIT_REJECTS, -1, ONE_AN_HOUR);
    assert_null(claim(stage, worker)); /* taken when nothing was charged at submit */
    stage_pass(stage, HOUR_MS);
    first = use(stage, "a 1\n")->reply.view.task->id; /* pays */
    assert_null(claim(stage, enrol(stage, "other", 1)));
    worker = enrol(stage, "q", 9);
    declare(stage, LIMIT_QUEUES, -1, ONE_AN_HOUR);
    stage_restart(stage);
    assert_int_equal(state_of(stage, first), TASK_READY);
    cancel(stage, first, 0);
    clone = to_again(stage, COMMAND_RETRY, first);
    assert_int_equal(code_of(stage_ask(stage, clone)), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE paid = 1"), 1);
    clone = to_again(stage, COMMAND_RETRY, first);
    cancel(stage, first, 0);
    clone->in.again.clone = true;
    assert_int_equal(code_of(stage_ask(stage, clone)), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks WHERE flags >= 2048"), 1);
}

static void only_holders_have_rows_to_delete(void **state)
{
    struct stage *stage = *state;
    struct id first, second;

    declare(stage, LIMIT_CANCELS_OLDEST, 9, NO_RATE);
    first = use(stage, "a 1\n")->reply.view.task->id;
    declare(stage, LIMIT_QUEUES, 9, NO_RATE); /* the row is there all the same */
    second = use(stage, "a 1\n")->reply.view.task->id;
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks WHERE flags & 1024"), 1);
    cancel(stage, second, 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM limit_holders"), 1);
    cancel(stage, first, 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM limit_holders"), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks WHERE flags & 1024"), 0);
}

static void units_are_held_until_the_end(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);

    declare(stage, LIMIT_REJECTS, 1, NO_RATE);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    assert_int_equal(code_of(use(stage, "a 1\n")), ERR_LIMIT_REACHED);
    stage_restart(stage);
    assert_int_equal(code_of(use(stage, "a 1\n")), ERR_LIMIT_REACHED);
    (void)finish(stage, claim(stage, worker), OUTCOME_FAILED); /* it is retried */
    assert_int_equal(code_of(use(stage, "a 1\n")), ERR_LIMIT_REACHED);
    stage_pass(stage, 5000);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    assert_int_equal(code_of(use(stage, "a 1\n")), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM limit_holders"), 0);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(reject_refuses_what_does_not_fit),
        STAGED(an_array_is_refused_as_a_whole),
        STAGED(a_rate_that_is_dry_says_when),
        STAGED(what_is_refused_for_another_reason_is_not_charged),
        STAGED(the_newest_ends_at_once),
        STAGED(the_oldest_makes_room),
        STAGED(no_more_are_stopped_than_there_must_be),
        STAGED(units_are_held_until_the_end),
        STAGED(one_that_never_fits_stops_nobody),
        STAGED(whoever_stops_the_one_before_it_is_shown_as_it_stands),
        STAGED(whoever_ends_by_one_limit_stops_nobody_by_another),
        STAGED(whoever_ends_is_charged_by_no_limit),
        STAGED(whoever_has_not_paid_at_submit_pays_when_it_is_claimed),
        STAGED(only_holders_have_rows_to_delete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
