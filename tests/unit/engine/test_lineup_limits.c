/* Tests of lineups with limits: a plain scan of all tasks and leases says which tasks their limits
 * allow and which of them stands first; what is claimed is that, whatever happened before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "brain.h"
#include "hot_line.h"
#include "play.h"
#include "store/db.h"
#include "store/repo_task.h"

enum { STEPS = 1500, KINDS = 3, NAMES = 4, NAMES_MAX = 5, OPEN_MAX = 64, TASKS_MAX = 64 };

/* The last is a rule for two of them. */
static const char *const NAMES_OF[NAMES_MAX] = {"a", "b", "c:1", "c:2", "c:*"};

struct run {
    uint64_t seed;
    int64_t units_max, aging_ms;
};

struct play {
    struct stage *stage;
    const struct run *run;
    struct random_seeded bits;
    struct random_source random;
    struct id workers[KINDS];
    struct id tasks[TASKS_MAX]; /* the newest */
    unsigned tasks_len;
    const struct task *open[OPEN_MAX]; /* claimed, and not finished by us */
    unsigned open_len;
    int64_t caps[NAMES_MAX]; /* -2: not declared */
    int64_t floor;           /* tasks up to here are over */
    unsigned claimed, held;
};

static int64_t draw(struct play *play, unsigned below)
{
    return (int64_t)random_below(&play->random, below);
}

/* ---- the scan ---- */

struct seen {
    struct task task;
    int64_t units[NAMES];
};

static void read_units(struct bytes limits, int64_t units[NAMES])
{
    struct limit_use use;

    while (limits_next(&limits, &use))
        for (unsigned i = 0; i < NAMES; i++)
            if (bytes_is(use.name, NAMES_OF[i]))
                units[i] += use.units;
}

static int64_t cap_of(const struct play *play, unsigned name)
{
    int64_t cap = play->caps[name];

    if (cap == -2 && name >= 2)
        cap = play->caps[NAMES];
    return cap < 0 ? INT64_MAX : cap;
}

static bool runs(const struct play *play, unsigned kind, const struct task *task)
{
    const struct hot_class *of_class =
        hot_class_numbered(&play->stage->engine->hot, task->class_number);

    if (kind == 1)
        return bytes_is(of_class->type, "t1");
    return kind == 0 || task->priority >= 0;
}

/* All that is unfinished: the ready ones that this kind of worker may run, and what runs. */
struct scanned {
    struct seen ready[1024];
    unsigned ready_len;
    int64_t running[NAMES];
};

static void scan_task(struct play *play, unsigned kind, struct task *task, struct arena *mem,
                      struct scanned *scanned)
{
    struct seen seen = {.task = *task};

    body_load_rules(play->stage->engine->db, &seen.task, mem);
    if (task->state == TASK_RUNNING)
        read_units(seen.task.rules.limits, scanned->running);
    if (task->state != TASK_READY || !runs(play, kind, task) ||
        !bytes_is(hot_queue_numbered(&play->stage->engine->hot, task->queue_number)->name, "q"))
        return;
    read_units(seen.task.rules.limits, seen.units);
    assert_true(scanned->ready_len < ARRAY_LEN(scanned->ready));
    scanned->ready[scanned->ready_len++] = seen;
}

static void scan(struct play *play, unsigned kind, struct scanned *scanned)
{
    struct arena *mem = arena_new();
    bool is_floor = true;

    *scanned = (struct scanned){.ready_len = 0};
    for (int64_t number = play->floor + 1; number <= play->stage->engine->hot.last_task; number++) {
        struct task task;
        bool is_there = task_load_number(play->stage->engine->db, number, &task);

        is_floor = is_floor && number + 400 < play->stage->engine->hot.last_task &&
                   (!is_there || task_state_is_terminal(task.state));
        if (is_floor)
            play->floor = number;
        if (is_there)
            scan_task(play, kind, &task, mem, scanned);
    }
    arena_free(mem);
    for (unsigned i = 0; i < NAMES; i++) {
        const struct hot_limit *limit = limit_in_use(
            hot_ns(&play->stage->engine->hot, BYTES("default"), true), bytes_of(NAMES_OF[i]));

        assert_int_equal(limit == NULL ? 0 : limit_units_running(limit), scanned->running[i]);
    }
}

static bool fits(const struct play *play, const struct scanned *scanned, const struct seen *seen,
                 unsigned name)
{
    return seen->units[name] == 0 ||
           seen->units[name] <= cap_of(play, name) - scanned->running[name];
}

static bool is_allowed(const struct play *play, const struct scanned *scanned,
                       const struct seen *seen)
{
    for (unsigned i = 0; i < NAMES; i++)
        if (!fits(play, scanned, seen, i))
            return false;
    return true;
}

static bool is_before(const struct task *a, const struct task *b)
{
    return a->share != b->share ? a->share < b->share : a->number < b->number;
}

/* What it is worth to be first of its level. */
static double rank_of(const struct play *play, const struct task *task)
{
    int64_t now_ms = play->stage->now.wall_ms;
    int64_t waited_ms = now_ms > task->run_at_ms ? now_ms - task->run_at_ms : 0;

    return play->run->aging_ms < 0
               ? task->priority
               : task->priority + (double)waited_ms / (double)play->run->aging_ms;
}

/* It has room, and one that stands before it in its level waits for more of the same. */
static bool is_behind_a_larger(const struct play *play, const struct scanned *scanned,
                               const struct seen *seen)
{
    for (unsigned i = 0; i < scanned->ready_len; i++) {
        const struct seen *other = &scanned->ready[i];

        if (other->task.priority != seen->task.priority || !is_before(&other->task, &seen->task))
            continue;
        for (unsigned name = 0; name < NAMES; name++)
            if (seen->units[name] > 0 && other->units[name] > seen->units[name] &&
                !fits(play, scanned, other, name) && other->units[name] <= cap_of(play, name))
                return true;
    }
    return false;
}

/* Of each level the first that is allowed; of these the highest rank. NULL: none. */
static const struct seen *first_of(const struct play *play, const struct scanned *scanned)
{
    const struct seen *first[3] = {NULL}, *best = NULL;

    for (unsigned i = 0; i < scanned->ready_len; i++) {
        const struct seen *seen = &scanned->ready[i], **of = &first[1 - seen->task.priority];

        if (is_allowed(play, scanned, seen) && !is_behind_a_larger(play, scanned, seen) &&
            (*of == NULL || is_before(&seen->task, &(*of)->task)))
            *of = seen;
    }
    for (unsigned i = 0; i < 3; i++)
        if (first[i] != NULL &&
            (best == NULL || rank_of(play, &first[i]->task) > rank_of(play, &best->task)))
            best = first[i];
    return best;
}

static bool was_allowed(const struct play *play, const struct scanned *scanned, int64_t number)
{
    for (unsigned i = 0; i < scanned->ready_len; i++)
        if (scanned->ready[i].task.number == number)
            return is_allowed(play, scanned, &scanned->ready[i]);
    return false;
}

/* ---- steps ---- */

static struct bytes some_limits(struct play *play, struct arena *mem)
{
    struct bytes text = BYTES("");

    for (unsigned i = 0; i < NAMES; i++)
        if (draw(play, 3) == 0)
            text = arena_printf(mem, "%.*s%s %lld\n", BYTES_ARG(text), NAMES_OF[i],
                                (long long)draw(play, (unsigned)play->run->units_max) + 1);
    return text;
}

static void some_submit(struct play *play)
{
    static const char *const types[] = {"t0", "t1"}, *const keys[] = {"x", "y", "z"};
    struct command *many = to_submit_many(play->stage, "q", (unsigned)draw(play, 5) + 1);

    for (unsigned i = 0; i < many->in.submit.specs_len; i++) {
        struct task_spec *spec = &many->in.submit.specs[i];

        spec->type = bytes_of(types[draw(play, 2)]);
        spec->priority = (int32_t)draw(play, 3) - 1;
        spec->delay_ms = draw(play, 6) == 0 ? 500 : -1;
        spec->rules.limits = some_limits(play, many->mem);
        spec->rules.fairness_key = bytes_of(keys[draw(play, 3)]);
        spec->rules.weight_milli = 500 * (draw(play, 4) + 1);
    }
    (void)stage_ask(play->stage, many);
    for (unsigned i = 0; i < many->reply.items_len; i++)
        play->tasks[play->tasks_len++ % TASKS_MAX] = many->reply.items[i].id;
}

static struct id some_task(struct play *play)
{
    unsigned len = play->tasks_len < TASKS_MAX ? play->tasks_len : TASKS_MAX;

    return play->tasks[draw(play, len)];
}

static void some_edit(struct play *play)
{
    struct command *edit = stage_make(play->stage, COMMAND_EDIT);

    edit->in.edit = (struct edit){
        .task = some_task(play),
        .has_priority = true,
        .priority = (int32_t)draw(play, 3) - 1,
        .has_queue = draw(play, 3) == 0,
        .queue = draw(play, 2) == 0 ? BYTES("q") : BYTES("other"),
        .if_match = VERSION_UNASKED,
    };
    (void)stage_ask(play->stage, edit);
}

static void some_retry(struct play *play)
{
    struct command *again = to_again(play->stage, COMMAND_RETRY, some_task(play));

    again->in.again.clone = draw(play, 2) == 0;
    (void)stage_ask(play->stage, again);
}

static void some_declare(struct play *play)
{
    unsigned name = (unsigned)draw(play, NAMES_MAX);
    bool goes = play->caps[name] != -2 && draw(play, 3) == 0;
    struct command *command =
        stage_make(play->stage, goes ? COMMAND_DELETE_LIMIT : COMMAND_PUT_LIMIT);

    play->caps[name] = goes ? -2 : draw(play, 8) == 0 ? -1 : draw(play, 6);
    command->in.limit = (struct limit_edit){
        .name = bytes_of(NAMES_OF[name]),
        .settings = {.max_running = play->caps[name], .over = LIMIT_QUEUES},
        .if_match = VERSION_UNASKED,
    };
    assert_int_equal(code_of(stage_ask(play->stage, command)), OK);
}

static void keep_open(struct play *play, const struct reply *reply)
{
    for (unsigned i = 0; i < reply->tasks_len; i++)
        if (play->open_len < OPEN_MAX)
            play->open[play->open_len++] = &reply->tasks[i];
}

/* A claim and a submit in a transaction that comes to nothing, then each by itself. */
static void some_rollback(struct play *play)
{
    struct stage *stage = play->stage;
    struct command *much = to_submit(stage, "q"), *claims = to_claim(stage, play->workers[0], 2, 0);
    char sql[64];

    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    much->in.submit.specs[0].rules.limits = some_limits(play, much->mem);
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    stage_post(stage, claims);
    stage_post(stage, much);
    stage_settle(stage);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    stage_pass(stage, 6000);
    keep_open(play, &claims->reply);
}

/* Its lease may be lost by now: that is one more case. */
static void some_finish(struct play *play)
{
    static const enum outcome_kind kinds[] = {OUTCOME_SUCCEEDED, OUTCOME_RELEASED, OUTCOME_FAILED};
    unsigned at;

    if (play->open_len == 0)
        return;
    at = (unsigned)draw(play, play->open_len);
    (void)stage_ask(play->stage,
                    to_finish(play->stage, play->open[at]->lease, kinds[draw(play, 3)]));
    play->open[at] = play->open[--play->open_len];
}

static void some_claim(struct play *play)
{
    static struct scanned scanned;
    unsigned kind = (unsigned)draw(play, KINDS);
    struct command *command = to_claim(play->stage, play->workers[kind], 1, 0);
    const struct seen *expected;

    scan(play, kind, &scanned);
    expected = first_of(play, &scanned);
    assert_int_equal(code_of(stage_ask(play->stage, command)), OK);
    play->claimed += command->reply.tasks_len;
    play->held += scanned.ready_len > 0 && expected == NULL;
    if (command->reply.tasks_len == 0)
        assert_null(expected);
    else if (play->run->units_max > 1)
        assert_true(was_allowed(play, &scanned, command->reply.tasks[0].number));
    else
        assert_int_equal(command->reply.tasks[0].number,
                         expected == NULL ? -1 : expected->task.number);
    keep_open(play, &command->reply);
}

static void some_step(struct play *play)
{
    int64_t pick = draw(play, 200);

    if (pick < 36 || play->tasks_len == 0)
        some_submit(play);
    else if (pick < 110)
        some_claim(play);
    else if (pick < 160)
        some_finish(play);
    else if (pick < 170)
        some_declare(play);
    else if (pick < 177)
        some_edit(play);
    else if (pick < 182)
        some_retry(play);
    else if (pick < 190)
        (void)stage_ask(play->stage, to_cancel(play->stage, some_task(play), 0));
    else if (pick < 195)
        stage_pass(play->stage, 300);
    else if (pick < 196)
        stage_pass(play->stage, 40000);
    else if (pick < 197)
        some_rollback(play);
    else if (pick < 198)
        stage_restart(play->stage);
    else if (draw(play, 4) == 0)
        (void)stage_ask(play->stage, to_queue(play->stage, COMMAND_PURGE_QUEUE, "q"));
}

/* ---- runs ---- */

static struct id enrol_kind(struct stage *stage, unsigned kind)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes queue = BYTES("q"), type = BYTES("t1");

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .types = arena_copy(command->mem, &type, sizeof(type)),
        .types_len = kind == 1,
        .concurrency = 1000,
        .confirm_ms = -1,
        .min_priority = kind == 2 ? 0 : MIN_PRIORITY_NONE,
    };
    return stage_ask(stage, command)->reply.workers[0].id;
}

static void set_aging(struct stage *stage, int64_t aging_ms)
{
    char sql[64];

    (void)stage_ask(stage, to_submit(stage, "q"));
    (void)snprintf(sql, sizeof(sql), "UPDATE queues SET aging_ms = %lld", (long long)aging_ms);
    db_exec(stage->engine->db, sql);
    stage_restart(stage);
}

static void play_run(struct stage *stage, const struct run *run)
{
    struct play play = {.stage = stage, .run = run};

    random_seed(&play.bits, run->seed);
    play.random = random_from_seed(&play.bits);
    for (unsigned i = 0; i < NAMES_MAX; i++)
        play.caps[i] = -2;
    set_aging(stage, run->aging_ms);
    for (unsigned i = 0; i < KINDS; i++)
        play.workers[i] = enrol_kind(stage, i);
    for (unsigned i = 0; i < STEPS; i++)
        some_step(&play);
    assert_true(play.claimed > STEPS / 10 && play.held > 3);
}

static void a_claim_gets_what_limits_shares_and_priorities_leave(void **state)
{
    play_run(*state, &(struct run){.seed = 3, .units_max = 1, .aging_ms = -1});
}

static void a_claim_gets_what_has_waited_for_long_enough(void **state)
{
    play_run(*state, &(struct run){.seed = 4, .units_max = 1, .aging_ms = 700});
}

static void limits_of_several_units_are_never_exceeded_and_never_forgotten(void **state)
{
    play_run(*state, &(struct run){.seed = 1105, .units_max = 3, .aging_ms = 5000});
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ON_DISK(a_claim_gets_what_limits_shares_and_priorities_leave),
        ON_DISK(a_claim_gets_what_has_waited_for_long_enough),
        ON_DISK(limits_of_several_units_are_never_exceeded_and_never_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
