/* Tests of explanations: workers that there are not, or not enough, and the place in line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "push_play.h"
#include "why.h"

#define NEXT "position queue=q ahead=0 workers="
#define NONE " | " NEXT "0 slots=0 free=0"

static struct id submit_type(struct stage *stage, const char *type, const char *requires)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].type = bytes_of(type);
    if (requires != NULL)
    command->in.submit.specs[0].requires = bytes_of(requires);
    return made(stage, command);
}

static struct id submit_with_priority(struct stage *stage, int32_t priority)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].priority = priority;
    return made(stage, command);
}

static void turn(struct stage *stage, struct id worker, enum worker_mode mode)
{
    struct command *command = stage_make(stage, COMMAND_EDIT_WORKER);

    command->in.worker_edit =
        (struct worker_edit){.worker = worker, .has_mode = true, .mode = mode};
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

/* ---- no worker ---- */

static struct id nobody_here(struct stage *stage)
{
    (void)enrol(stage, "elsewhere", 1);
    return submit(stage, "q");
}

static struct id others_types(struct stage *stage)
{
    (void)enrol_for(stage, "t", "", MIN_PRIORITY_NONE);
    return submit_type(stage, "u", NULL);
}

static struct id lost(struct stage *stage)
{
    (void)enrol(stage, "q", 1);
    stage_pass(stage, 3600000);
    return submit(stage, "q");
}

static struct id quiet(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    assert_non_null(claim(stage, worker)); /* the queue has a pace */
    turn(stage, worker, WORKER_QUIET);
    return submit(stage, "q");
}

static struct id paused_and_terminating(struct stage *stage)
{
    turn(stage, enrol(stage, "q", 1), WORKER_PAUSED);
    turn(stage, enrol(stage, "q", 1), WORKER_TERMINATE);
    return submit(stage, "q");
}

static struct id too_low(struct stage *stage)
{
    (void)enrol_for(stage, "t", "", 50);
    (void)enrol_for(stage, "t", "", 5);
    return submit_type(stage, "t", NULL);
}

static struct id without_label(struct stage *stage)
{
    (void)enrol_for(stage, "t", "gpu=a\n", MIN_PRIORITY_NONE);
    (void)enrol_for(stage, "u", "zone=x\n", MIN_PRIORITY_NONE);
    return submit_type(stage, "t", "gpu=a\nzone=x\n");
}

static struct id labels_never_together(struct stage *stage)
{
    (void)enrol_for(stage, "t", "gpu=a\n", MIN_PRIORITY_NONE);
    (void)enrol_for(stage, "t", "zone=x\n", MIN_PRIORITY_NONE);
    return submit_type(stage, "t", "gpu=a\nzone=x\n");
}

static struct id pin(struct stage *stage, struct id worker)
{
    struct id task = submit(stage, "q");
    struct command *retry = to_again(stage, COMMAND_RETRY, task);

    cancel(stage, task, 0);
    retry->in.again.has_worker = true;
    retry->in.again.worker = worker;
    assert_int_equal(code_of(stage_ask(stage, retry)), OK);
    return task;
}

static struct id pinned_to_one_that_left(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 1), task;
    struct command *leave = stage_make(stage, COMMAND_LEAVE);

    (void)enrol(stage, "q", 1);
    task = pin(stage, worker);
    leave->in.worker = worker;
    assert_int_equal(code_of(stage_ask(stage, leave)), OK);
    return task;
}

static struct id pinned_to_one_that_is_quiet(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 1), task;

    (void)enrol(stage, "q", 1);
    task = pin(stage, worker);
    turn(stage, worker, WORKER_QUIET);
    return task;
}

static struct id pinned_to_a_busy_one(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 1);

    (void)enrol(stage, "q", 7);
    (void)submit(stage, "q");
    assert_non_null(claim(stage, worker));
    return pin(stage, worker);
}

/* ---- workers that are pushed to ---- */

static void rest(struct stage *stage, struct id worker, int64_t for_ms)
{
    struct command *note = to_note(stage, worker, false);

    note->in.target.health.state = TARGET_RESTING;
    note->in.target.health.resumes_at_ms = stage->now.wall_ms + for_ms;
    note->in.target.health.error = BYTES("it answered 429");
    assert_int_equal(code_of(stage_ask(stage, note)), OK);
}

static struct id enrol_at(struct stage *stage, const char *url)
{
    return stage_ask(stage, to_enrol_push(stage, "q", url))->reply.workers[0].id;
}

static struct id resting(struct stage *stage)
{
    rest(stage, enrol_at(stage, "https://a.example"), 60000);
    rest(stage, enrol_at(stage, "https://b.example"), 20000);
    return submit(stage, "q");
}

static struct id resting_and_of_another_type(struct stage *stage)
{
    struct command *command = to_enrol_push(stage, "q", "https://a.example");
    static struct bytes types[] = {{"other", 5}};

    command->in.worker_spec.types = types;
    command->in.worker_spec.types_len = 1;
    rest(stage, stage_ask(stage, command)->reply.workers[0].id, 60000);
    return submit(stage, "q");
}

static struct id rested(struct stage *stage)
{
    rest(stage, enrol_push(stage, "q"), 20000);
    stage_pass(stage, 20000);
    return submit(stage, "q");
}

static struct id disabled(struct stage *stage)
{
    (void)stage_ask(stage, to_note(stage, enrol_push(stage, "q"), true));
    return submit(stage, "q");
}

static struct id resting_beside_one_that_runs(struct stage *stage)
{
    rest(stage, enrol_push(stage, "q"), 20000);
    (void)enrol(stage, "q", 3);
    return submit(stage, "q");
}

/* ---- place in line ---- */

static struct id nobody_asked_yet(struct stage *stage)
{
    (void)enrol(stage, "q", 3);
    return submit(stage, "q");
}

static struct id all_slots_taken(struct stage *stage)
{
    struct id first = enrol(stage, "q", 1), second = enrol(stage, "q", 2);

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    assert_non_null(claim(stage, first));
    assert_non_null(claim(stage, second));
    assert_non_null(claim(stage, second));
    (void)enrol_for(stage, "t", "", MIN_PRIORITY_NONE); /* a slot that is no good to it */
    return submit(stage, "q");
}

static struct id behind_others(struct stage *stage)
{
    (void)enrol(stage, "q", 1);
    (void)stage_ask(stage, to_submit_many(stage, "q", 4));
    return submit(stage, "q");
}

static struct id behind_higher_ones(struct stage *stage)
{
    struct id task;

    (void)enrol(stage, "q", 1);
    (void)submit_with_priority(stage, -3);
    task = submit(stage, "q");
    (void)submit_with_priority(stage, 7);
    (void)submit_with_priority(stage, 9);
    (void)submit(stage, "q");
    return task;
}

/* The worker runs both types; a third type is nobody's. */
static struct id behind_other_types(struct stage *stage)
{
    (void)enrol(stage, "q", 1);
    (void)submit_type(stage, "u", NULL);
    (void)submit_type(stage, "x", "gpu=a\n");
    return submit_type(stage, "t", NULL);
}

static struct id at_the_pace_of_the_queue(struct stage *stage)
{
    struct id worker = enrol(stage, "q", 100);

    (void)stage_ask(stage, to_submit_many(stage, "q", 33));
    for (unsigned i = 0; i < 30; i++)
        assert_non_null(claim(stage, worker));
    return submit(stage, "q");
}

#define ON(make) #make, make

/* row 56: what workers lack, whether they have slots, and how many stand before it */
static const struct situation SITUATIONS[] = {
    {ON(nobody_here), TASK_READY, "no_worker queue=q workers=0 unavailable=0" NONE},
    {ON(others_types), TASK_READY, "no_worker queue=q workers=1 unavailable=0" NONE},
    {ON(lost), TASK_READY, "no_worker queue=q workers=0 unavailable=1" NONE},
    {ON(quiet), TASK_READY, "no_worker queue=q workers=0 unavailable=1" NONE},
    {ON(paused_and_terminating), TASK_READY, "no_worker queue=q workers=0 unavailable=2" NONE},
    {ON(resting), TASK_READY,
     "no_worker name=thumbs queue=q state=resting error=it answered 429 until=20000 workers=0 "
     "unavailable=0 resting=2" NONE},
    {ON(rested), TASK_READY, NEXT "1 slots=2 free=2"},
    {ON(disabled), TASK_READY,
     "no_worker name=thumbs queue=q state=disabled workers=0 unavailable=0 disabled=1" NONE},
    {ON(resting_and_of_another_type), TASK_READY,
     "no_worker queue=q workers=0 unavailable=0 resting=1" NONE},
    {ON(resting_beside_one_that_runs), TASK_READY, NEXT "1 slots=3 free=3"},
    {ON(too_low), TASK_READY, "no_worker queue=q min_priority=5 workers=2 unavailable=0" NONE},
    {ON(without_label), TASK_READY,
     "labels queue=q requires=gpu=a;zone=x; missing=zone=x; workers=2 unavailable=0" NONE},
    {ON(labels_never_together), TASK_READY,
     "labels queue=q requires=gpu=a;zone=x; missing= workers=2 unavailable=0" NONE},
    {ON(pinned_to_one_that_left), TASK_READY,
     "no_worker queue=q worker=ID workers=1 unavailable=0" NONE},
    {ON(pinned_to_one_that_is_quiet), TASK_READY,
     "no_worker queue=q worker=ID workers=1 unavailable=1" NONE},
    {ON(pinned_to_a_busy_one), TASK_READY, NEXT "1 slots=1 free=0 holders=1 ~60000"},
    {ON(nobody_asked_yet), TASK_READY, NEXT "1 slots=3 free=3"},
    {ON(all_slots_taken), TASK_READY, NEXT "2 slots=3 free=0 holders=3 ~20000"},
    {ON(behind_others), TASK_READY, "position queue=q ahead=4 workers=1 slots=1 free=1"},
    {ON(behind_higher_ones), TASK_READY, "position queue=q ahead=2 workers=1 slots=1 free=1"},
    {ON(behind_other_types), TASK_READY, "position queue=q ahead=1 workers=1 slots=1 free=1"},
    {ON(at_the_pace_of_the_queue), TASK_READY,
     "position queue=q ahead=3 workers=1 slots=100 free=70 ~8000"},
};

static void each_has_its_reasons(void **state)
{
    (void)state;
    play_situations(SITUATIONS, ARRAY_LEN(SITUATIONS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
