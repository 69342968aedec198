/* Tests of explanations: limits and their rates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "why.h"

#define NEXT " | position queue=q ahead=0 workers=1 slots=9 free="

static const struct rate_limit SLOW = {.units = 1, .period_s = 20, .burst = 2};

static void run_using(struct stage *stage, struct id worker, const char *limits)
{
    struct id task = submit_using(stage, limits);
    const struct task *claimed = claim(stage, worker);

    assert_non_null(claimed);
    assert_memory_equal(&claimed->id, &task, sizeof(task));
}

static struct id full(struct stage *stage)
{
    cap(stage, "a", 2);
    run_using(stage, enrol(stage, "q", 9), "a 2\n");
    return submit_using(stage, "a 1\n");
}

static struct id full_by_rule(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 9);

    cap(stage, "a:*", 1);
    run_using(stage, worker, "a:x 1\n");
    run_using(stage, worker, "a:y 1\n");
    return submit_using(stage, "a:x 1\n");
}

static struct id two_of_three_full(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 9);

    cap(stage, "a", 1);
    cap(stage, "b", 1);
    cap(stage, "c", 1);
    run_using(stage, worker, "a 1\n");
    run_using(stage, worker, "c 1\n");
    return submit_using(stage, "a 1\nb 1\nc 1\n");
}

static struct id too_many_units_now(struct stage *stage)
{
    cap(stage, "a", 5);
    run_using(stage, enrol(stage, "q", 9), "a 3\n");
    return submit_using(stage, "a 3\n");
}

static struct id more_units_than_the_cap(struct stage *stage)
{
    cap(stage, "a", 2);
    run_using(stage, enrol(stage, "q", 9), "b 1\n");
    return submit_using(stage, "a 3\n");
}

static struct id none_may_run(struct stage *stage)
{
    cap(stage, "a", 0);
    run_using(stage, enrol(stage, "q", 9), "b 1\n");
    return submit_using(stage, "a 1\n");
}

static struct id over_the_rate(struct stage *stage)
{
    declare(stage, "a", -1, SLOW);
    run_using(stage, enrol(stage, "q", 9), "a 2\n");
    return submit_using(stage, "a 1\n");
}

static struct id more_units_than_the_burst(struct stage *stage)
{
    declare(stage, "a", -1, SLOW);
    run_using(stage, enrol(stage, "q", 9), "b 1\n");
    return submit_using(stage, "a 3\n");
}

static struct id full_and_over_the_rate(struct stage *stage)
{
    declare(stage, "a", 2, SLOW);
    run_using(stage, enrol(stage, "q", 9), "a 2\n");
    return submit_using(stage, "a 2\n");
}

static struct id undeclared(struct stage *stage)
{
    (void)enrol(stage, "q", 9);
    return submit_using(stage, "a 1\n");
}

static struct id behind_its_predecessor(struct stage *stage)
{
    struct command *follower = to_follow(stage, ORDER_SKIP);

    cap(stage, "a", 1);
    run_using(stage, enrol(stage, "q", 9), "a 1\n");
    (void)made(stage, to_follow(stage, ORDER_SKIP));
    follower->in.submit.specs[0].rules.limits = BYTES("a 1\n");
    return made(stage, follower);
}

static struct id not_due_and_full(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    cap(stage, "a", 1);
    run_using(stage, enrol(stage, "q", 9), "a 1\n");
    command->in.submit.specs[0].rules.limits = BYTES("a 1\n");
    command->in.submit.specs[0].delay_ms = 1000;
    return made(stage, command);
}

/* Its limit has room for it, but one before it wants more of the same. */
static struct id behind_one_that_wants_more(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 9), task;

    cap(stage, "a", 3);
    run_using(stage, worker, "a 2\n");
    (void)submit_using(stage, "a 2\n");
    task = submit_using(stage, "a 1\n");
    assert_null(claim(stage, worker));
    return task;
}

/* What is before it waits for another limit. */
static struct id passing_those_that_wait(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 9);

    cap(stage, "a", 1);
    run_using(stage, worker, "a 1\n");
    (void)submit_using(stage, "a 1\n");
    (void)submit_using(stage, "b 1\n");
    return submit_using(stage, "c 1\n");
}

static struct id passing_one_that_never_fits(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 9);

    cap(stage, "a", 3);
    run_using(stage, worker, "a 2\n");
    (void)submit_using(stage, "a 5\n");
    return submit_using(stage, "a 1\n");
}

static void hold_back_a_higher_one(struct stage *stage)
{
    struct command *higher = to_submit(stage, "q");

    cap(stage, "a", 3);
    run_using(stage, enrol(stage, "q", 9), "a 2\n");
    higher->in.submit.specs[0].priority = 5;
    higher->in.submit.specs[0].rules.limits = BYTES("a 2\n");
    (void)made(stage, higher);
}

static struct id passing_a_higher_one(struct stage *stage)
{
    hold_back_a_higher_one(stage);
    return submit_using(stage, "a 1\n");
}

static struct id waiting_with_a_higher_one(struct stage *stage)
{
    hold_back_a_higher_one(stage);
    return submit_using(stage, "a 3\n");
}

#define ON(make) #make, make

/* row 56: who holds a limit, how much of it is wanted, and when a rate has it */
static const struct situation SITUATIONS[] = {
    {ON(full), TASK_BLOCKED, "limit name=a limit=2 running=2 units=1 holders=1" NEXT "8 ~60000"},
    {ON(full_by_rule), TASK_BLOCKED,
     "limit name=a:x limit=1 running=1 units=1 holders=1" NEXT "7 ~30000"},
    {ON(two_of_three_full), TASK_BLOCKED,
     "limit name=a limit=1 running=1 units=1 holders=1 | "
     "limit name=c limit=1 running=1 units=1 holders=1" NEXT "7 ~30000"},
    {ON(too_many_units_now), TASK_BLOCKED,
     "limit name=a limit=5 running=3 units=3 holders=1" NEXT "8 ~60000"},
    {ON(more_units_than_the_cap), TASK_BLOCKED,
     "limit name=a fits=false limit=2 running=0 units=3" NEXT "8"},
    {ON(none_may_run), TASK_BLOCKED, "limit name=a fits=false limit=0 running=0 units=1" NEXT "8"},
    {ON(over_the_rate), TASK_BLOCKED, "rate name=a until=20000 units=1" NEXT "8 ~60000"},
    {ON(more_units_than_the_burst), TASK_BLOCKED, "rate name=a fits=false units=3" NEXT "8"},
    {ON(full_and_over_the_rate), TASK_BLOCKED,
     "limit name=a limit=2 running=2 units=2 holders=1 | rate name=a until=40000 units=2" NEXT
     "8 ~60000"},
    {ON(undeclared), TASK_READY, "position queue=q ahead=0 workers=1 slots=9 free=9"},
    {ON(behind_its_predecessor), TASK_BLOCKED,
     "ordering key=k holder_state=ready ahead=1 holders=1 | "
     "limit name=a limit=1 running=1 units=1 holders=1"},
    {ON(not_due_and_full), TASK_SCHEDULED,
     "schedule until=1000 | limit name=a limit=1 running=1 units=1 holders=1 ~1000"},
    {ON(behind_one_that_wants_more), TASK_READY,
     "position queue=q ahead=1 workers=1 slots=9 free=8 ~120000"},
    {ON(passing_one_that_never_fits), TASK_READY,
     "position queue=q ahead=0 workers=1 slots=9 free=8 ~60000"},
    {ON(passing_a_higher_one), TASK_READY,
     "position queue=q ahead=0 workers=1 slots=9 free=8 ~60000"},
    {ON(waiting_with_a_higher_one), TASK_BLOCKED,
     "limit name=a limit=3 running=2 units=3 holders=1 | "
     "position queue=q ahead=1 workers=1 slots=9 free=8 ~120000"},
    {ON(passing_those_that_wait), TASK_READY,
     "position queue=q ahead=1 workers=1 slots=9 free=8 ~120000"},
};

static void each_has_its_reasons(void **state)
{
    (void)state;
    play_situations(SITUATIONS, ARRAY_LEN(SITUATIONS));
}

static const struct principal NARROW = {
    .id = {"narrow", 6},
    .grant = {.role = ROLE_OPERATOR, .ns = {"default", 7}, .queues = {"q", 1}},
};

/* A limit is of the whole namespace. */
static void tasks_out_of_reach_are_not_named(void **state)
{
    struct stage *stage = *state;
    struct command *foreign = to_submit(stage, "other");
    struct command *look;

    cap(stage, "a", 1);
    foreign->in.submit.specs[0].rules.limits = BYTES("a 1\n");
    (void)made(stage, foreign);
    assert_non_null(claim(stage, enrol(stage, "other", 1)));
    look = to_look(stage, submit_using(stage, "a 1\n"), 0);
    look->in.look.with_explain = true;
    look->by = &NARROW;
    (void)stage_ask(stage, look);

    assert_int_equal(code_of(look), OK);
    assert_string_equal(look->reply.view.blockers[0].kind, "limit");
    assert_int_equal(look->reply.view.blockers[0].limit, 1);
    assert_int_equal(look->reply.view.blockers[0].running, -1);
    assert_int_equal(look->reply.view.blockers[0].holders_len, 0);
}

static void no_more_than_twenty_holders_are_named(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 30);

    cap(stage, "a", 25);
    for (unsigned i = 0; i < 25; i++)
        run_using(stage, worker, "a 1\n");
    assert_int_equal(explain(stage, submit_using(stage, "a 1\n"))->blockers[0].holders_len, 20);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_reasons),
        STAGED(tasks_out_of_reach_are_not_named),
        STAGED(no_more_than_twenty_holders_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
