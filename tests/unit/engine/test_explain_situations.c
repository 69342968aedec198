/* Tests of explanations: time, order, the queue, and all at once; whoever runs or is over has none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "brain.h"
#include "why.h"

#define NOBODY "no_worker queue=q workers=0 unavailable=0"
#define NEXT   "position queue=q ahead=0 workers=0 slots=0 free=0"
#define FREE   "position queue=q ahead=0 workers=1 slots=5 free=5"
#define PACED  "position queue=q ahead=0 workers=1 slots=5 free=4"

static const struct retry_policy ONCE = {.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 1};

static const struct task *run(struct stage *stage, struct id worker, struct id task)
{
    const struct task *claimed = claim(stage, worker);

    assert_non_null(claimed);
    assert_memory_equal(&claimed->id, &task, sizeof(task));
    return claimed;
}

/* ---- time ---- */

static struct id delayed(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    (void)enrol(stage, "q", 5);
    command->in.submit.specs[0].delay_ms = 1500;
    return made(stage, command);
}

static struct id run_at(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    (void)enrol(stage, "q", 5);
    command->in.submit.specs[0].run_at_ms = stage->now.wall_ms + 7000;
    return made(stage, command);
}

static struct id delayed_without_workers(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].delay_ms = 1500;
    return made(stage, command);
}

static struct id snoozed(struct stage *stage)
{
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 5);
    struct command *command = to_finish(stage, run(stage, worker, task)->lease, OUTCOME_SNOOZED);

    command->in.finish.outcomes[0].delay_ms = 9000;
    (void)stage_ask(stage, command);
    return task;
}

static struct id retrying(struct stage *stage)
{
    struct id task = submit(stage, "q"), worker = enrol(stage, "q", 5);

    (void)finish(stage, run(stage, worker, task), OUTCOME_FAILED);
    return task;
}

/* ---- dependencies ---- */

static struct id after(struct stage *stage, const struct id *awaited, unsigned len)
{
    struct command *command = to_submit(stage, "q");
    struct bytes *lines = &command->in.submit.specs[0].rules.depends_on;
    char text[ID_TEXT_LEN + 1];

    *lines = BYTES("");
    for (unsigned i = 0; i < len; i++) {
        id_format(awaited[i], text);
        *lines = arena_printf(command->mem, "%.*s%s\n", BYTES_ARG(*lines), text);
    }
    return made(stage, command);
}

static struct id dependent_on_two(struct stage *stage)
{
    struct id awaited[] = {submit(stage, "q"), submit(stage, "q")};

    (void)enrol(stage, "q", 5);
    return after(stage, awaited, 2);
}

static struct id end_of_chain(struct stage *stage)
{
    struct id first = submit(stage, "q"), second = after(stage, &first, 1);

    (void)enrol(stage, "q", 5);
    return after(stage, &second, 1);
}

static struct id queued_by_its_schedule(struct stage *stage)
{
    struct command *command = to_plan(stage, "s", "q");

    (void)enrol(stage, "q", 5);
    command->in.schedule_edit.settings.cron = BYTES("* * * * *");
    command->in.schedule_edit.settings.overlap = OVERLAP_QUEUE;
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    stage_pass(stage, 2 * INT64_C(60000));
    command = stage_ask(stage, to_schedule(stage, COMMAND_GET_SCHEDULE, "s"));
    (void)enrol(stage, "q", 5);
    return command->reply.schedules[0].state.last.id;
}

/* ---- order ---- */

static struct id behind_delayed(struct stage *stage)
{
    struct command *head = to_follow(stage, ORDER_SKIP);

    (void)enrol(stage, "q", 5);
    head->in.submit.specs[0].delay_ms = 5000;
    (void)made(stage, head);
    return made(stage, to_follow(stage, ORDER_SKIP));
}

static struct id behind_running(struct stage *stage)
{
    struct id head = made(stage, to_follow(stage, ORDER_SKIP));

    (void)run(stage, enrol(stage, "q", 5), head);
    (void)made(stage, to_follow(stage, ORDER_SKIP));
    return made(stage, to_follow(stage, ORDER_SKIP));
}

static struct id behind_failed(struct stage *stage)
{
    struct command *head = to_follow(stage, ORDER_BLOCK);
    struct id worker = enrol(stage, "q", 5), task, next;

    head->in.submit.specs[0].retry = ONCE;
    task = made(stage, head);
    next = made(stage, to_follow(stage, ORDER_SKIP));
    assert_int_equal(finish(stage, run(stage, worker, task), OUTCOME_FAILED), TASK_FAILED);
    return next;
}

static struct id after_one_it_replaced(struct stage *stage)
{
    struct command *command = NULL;

    (void)enrol(stage, "q", 5);
    for (unsigned i = 0; i < 2; i++) {
        command = to_submit(stage, "q");
        command->in.submit.specs[0].rules.dedup =
            (struct dedup){.key = BYTES("k"), .on_conflict = DEDUP_REPLACE, .max_delay_ms = -1};
        (void)made(stage, command);
    }
    return command->reply.view.task->id;
}

/* ---- the queue ---- */

static void set(struct stage *stage, unsigned has, struct queue_settings settings)
{
    assert_int_equal(code_of(stage_ask(stage, to_edit_queue(stage, "q", has, settings))), OK);
}

/* The queue has a pace, so that only what holds the task back keeps it from an estimate. */
static void run_one(struct stage *stage)
{
    struct id first = submit(stage, "q");

    (void)run(stage, enrol(stage, "q", 5), first);
}

static struct id paused(struct stage *stage)
{
    run_one(stage);
    set(stage, QUEUE_HAS_PAUSED, (struct queue_settings){.paused = true, .paused_until_ms = -1});
    return submit(stage, "q");
}

static struct id paused_for_a_while(struct stage *stage)
{
    struct command *command = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");

    (void)enrol(stage, "q", 5);
    command->in.queue.for_ms = 4000;
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    return submit(stage, "q");
}

static struct hot_queue *queue_of(struct stage *stage)
{
    struct hot *hot = &stage->engine->hot;

    return hot_queue(hot, hot_ns(hot, BYTES("default"), false), BYTES("q"), -1);
}

/* Between two slices of a purge, and of the end of a close. */
static struct id purging(struct stage *stage)
{
    run_one(stage);
    queue_of(stage)->purges = 1;
    return submit(stage, "q");
}

static struct id closed(struct stage *stage)
{
    struct id task;

    run_one(stage);
    task = submit(stage, "q");
    queue_of(stage)->closing = QUEUE_CLOSED;
    return task;
}

static struct id closing(struct stage *stage)
{
    struct id task;

    run_one(stage);
    task = submit(stage, "q");
    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    return task;
}

static struct id draining(struct stage *stage)
{
    struct id task;

    run_one(stage);
    task = submit(stage, "q");
    engine_drain(stage->engine);
    stage_settle(stage);
    return task;
}

static struct id at_the_cap(struct stage *stage)
{
    run_one(stage);
    limit_running(stage, "q", 1);
    return submit(stage, "q");
}

static struct id at_no_cap_at_all(struct stage *stage)
{
    run_one(stage);
    limit_running(stage, "q", 0);
    return submit(stage, "q");
}

static struct id over_the_rate(struct stage *stage)
{
    struct queue_settings settings = {.rate = {.units = 1, .period_s = 10, .burst = 1}};

    set(stage, QUEUE_HAS_RATE, settings);
    run_one(stage);
    return submit(stage, "q");
}

/* ---- several, and none ---- */

static struct id held_by_everything(struct stage *stage)
{
    struct id first = made(stage, to_follow(stage, ORDER_SKIP));
    struct command *command = to_follow(stage, ORDER_SKIP);
    struct task_spec *spec = &command->in.submit.specs[0];
    char text[ID_TEXT_LEN + 1];
    struct queue_settings settings = {
        .concurrency = 0, .paused = true, .paused_until_ms = stage->now.wall_ms + 3000};

    id_format(first, text);
    cap(stage, "a", 0);
    spec->delay_ms = 1000;
    spec->rules.limits = BYTES("a 1\n");
    spec->rules.depends_on = arena_printf(command->mem, "%s\n", text);
    first = made(stage, command);
    set(stage, QUEUE_HAS_CONCURRENCY | QUEUE_HAS_PAUSED | QUEUE_HAS_PAUSED_UNTIL, settings);
    queue_of(stage)->purges = 1;
    return first;
}

static struct id submit_without_workers(struct stage *stage)
{
    return submit(stage, "q");
}

static struct id running(struct stage *stage)
{
    struct id task = submit(stage, "q");

    (void)run(stage, enrol(stage, "q", 5), task);
    set(stage, QUEUE_HAS_PAUSED, (struct queue_settings){.paused = true, .paused_until_ms = -1});
    return task;
}

static struct id succeeded(struct stage *stage)
{
    struct id task = submit(stage, "q");

    (void)finish(stage, run(stage, enrol(stage, "q", 5), task), OUTCOME_SUCCEEDED);
    return task;
}

static struct id failed(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");
    struct id task;

    command->in.submit.specs[0].retry = ONCE;
    task = made(stage, command);
    (void)finish(stage, run(stage, enrol(stage, "q", 5), task), OUTCOME_FAILED);
    return task;
}

static struct id cancelled(struct stage *stage)
{
    struct id task = submit(stage, "q");

    cancel(stage, task, 0);
    return task;
}

static struct id expired(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");
    struct id task;

    command->in.submit.specs[0].expires_ms = 1000;
    task = made(stage, command);
    stage_pass(stage, 2000);
    return task;
}

#define ON(make) #make, make

/* row 56: whatever a task waits for has its kind, its members and its estimate */
static const struct situation SITUATIONS[] = {
    {ON(delayed), TASK_SCHEDULED, "schedule until=1500 ~1500"},
    {ON(run_at), TASK_SCHEDULED, "schedule until=7000 ~7000"},
    {ON(delayed_without_workers), TASK_SCHEDULED, "schedule until=1500 | " NOBODY},
    {ON(snoozed), TASK_SCHEDULED, "schedule until=9000 ~9000"},
    {ON(retrying), TASK_RETRYING, "schedule until=1000 ~1000"},
    {ON(dependent_on_two), TASK_BLOCKED, "dependency count=2 holders=2"},
    {ON(end_of_chain), TASK_BLOCKED, "dependency count=1 holders=1"},
    {ON(queued_by_its_schedule), TASK_BLOCKED, "dependency count=1 holders=1"},
    {ON(behind_delayed), TASK_BLOCKED, "ordering key=k holder_state=scheduled ahead=1 holders=1"},
    {ON(behind_running), TASK_BLOCKED, "ordering key=k holder_state=running ahead=2 holders=1"},
    {ON(behind_failed), TASK_BLOCKED, "ordering key=k holder_state=failed ahead=1 holders=1"},
    {ON(after_one_it_replaced), TASK_READY, FREE},
    {ON(paused), TASK_READY, "paused queue=q | " PACED},
    {ON(paused_for_a_while), TASK_READY, "paused queue=q until=4000 | " FREE " ~4000"},
    {ON(purging), TASK_READY, "closed queue=q state=purging | " PACED},
    {ON(closed), TASK_READY, "closed queue=q state=closed | " PACED},
    {ON(closing), TASK_READY, PACED " ~60000"}, /* what is there still runs */
    {ON(draining), TASK_READY, "closed queue=q state=draining | " PACED},
    {ON(at_the_cap), TASK_READY,
     "queue_cap queue=q limit=1 running=1 holders=1 | "
     "position queue=q ahead=0 workers=1 slots=5 free=4 ~60000"},
    {ON(at_no_cap_at_all), TASK_READY, "queue_cap queue=q limit=0 running=1 holders=1 | " PACED},
    {ON(over_the_rate), TASK_READY,
     "rate queue=q until=10000 | position queue=q ahead=0 workers=1 slots=5 free=4 ~60000"},
    {ON(held_by_everything), TASK_SCHEDULED,
     "schedule until=1000 | dependency count=1 holders=1 | "
     "ordering key=k holder_state=ready ahead=1 holders=1 | paused queue=q until=3000 | "
     "closed queue=q state=purging | queue_cap queue=q limit=0 running=0 | "
     "limit name=a fits=false limit=0 running=0 units=1 | " NOBODY},
    {ON(submit_without_workers), TASK_READY, NOBODY " | " NEXT},
    {ON(running), TASK_RUNNING, ""},
    {ON(succeeded), TASK_SUCCEEDED, ""},
    {ON(failed), TASK_FAILED, ""},
    {ON(cancelled), TASK_CANCELLED, ""},
    {ON(expired), TASK_EXPIRED, ""},
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
