/* Tests of affinities: tasks of a key go to the worker that had the last one, and nothing else
 * suffers for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "batch.h"
#include "hot_affinity.h"
#include "hot_line.h"
#include "play.h"
#include "store/db.h"

static struct command *to_submit_key(struct stage *stage, const char *key)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.affinity = bytes_of(key);
    return command;
}

static struct id ask_id(struct stage *stage, struct command *submit)
{
    assert_int_equal(code_of(stage_ask(stage, submit)), OK);
    return submit->reply.view.task->id;
}

static struct id submit_key(struct stage *stage, const char *key)
{
    return ask_id(stage, to_submit_key(stage, key));
}

static struct id submit_urgent(struct stage *stage, const char *key, int32_t priority)
{
    struct command *command = to_submit_key(stage, key);

    command->in.submit.specs[0].priority = priority;
    return ask_id(stage, command);
}

static struct id submit_limited(struct stage *stage, const char *key, const char *limits)
{
    struct command *command = to_submit_key(stage, key);

    command->in.submit.specs[0].rules.limits = bytes_of(limits);
    return ask_id(stage, command);
}

static void set_limit(struct stage *stage, const char *name, int64_t max_running)
{
    struct command *put = stage_make(stage, COMMAND_PUT_LIMIT);

    put->in.limit.name = bytes_of(name);
    put->in.limit.settings = limit_none();
    put->in.limit.settings.max_running = max_running;
    put->in.limit.if_match = VERSION_UNASKED;
    assert_int_equal(code_of(stage_ask(stage, put)), OK);
}

static const struct task *assert_gets(struct stage *stage, struct id worker, struct id task)
{
    const struct task *got = claim(stage, worker);

    assert_non_null(got);
    assert_true(id_equal(got->id, task));
    return got;
}

/* The worker is handed one of the key, and is through with it. */
static void bind(struct stage *stage, struct id worker, const char *key)
{
    const struct task *task = assert_gets(stage, worker, submit_key(stage, key));

    assert_int_equal(finish(stage, task, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void assert_answer(struct command *claim, struct id task)
{
    assert_true(is_answered(claim));
    assert_int_equal(claim->reply.tasks_len, 1);
    assert_true(id_equal(claim->reply.tasks[0].id, task));
}

/* ---- who gets it ---- */

static void those_who_poll_stay_with_their_keys(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10);
    struct id tasks[6];

    for (unsigned i = 0; i < 6; i++)
        tasks[i] = submit_key(stage, i % 2 == 0 ? "a" : "b");
    (void)assert_gets(stage, one, tasks[0]);
    (void)assert_gets(stage, one, tasks[2]);
    (void)assert_gets(stage, two, tasks[1]);
    (void)assert_gets(stage, two, tasks[3]);
    (void)assert_gets(stage, two, tasks[5]);
    (void)assert_gets(stage, one, tasks[4]);
}

static void one_claim_of_many_takes_what_is_alike(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 10);
    struct id tasks[4];
    struct command *many = to_claim(stage, worker, 2, 0);

    for (unsigned i = 0; i < 4; i++)
        tasks[i] = submit_key(stage, i % 2 == 0 ? "a" : "b");
    (void)stage_ask(stage, many);
    assert_int_equal(many->reply.tasks_len, 2);
    assert_true(id_equal(many->reply.tasks[0].id, tasks[0]));
    assert_true(id_equal(many->reply.tasks[1].id, tasks[2]));
}

static void those_who_wait_are_offered_what_is_bound_to_them(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10);
    struct command *first, *second;

    bind(stage, one, "a");
    bind(stage, two, "b");
    first = stage_ask(stage, to_claim(stage, one, 1, 60000));
    second = stage_ask(stage, to_claim(stage, two, 1, 60000));
    assert_answer(second, submit_key(stage, "b"));
    assert_false(is_answered(first));
    assert_answer(first, submit_key(stage, "c"));
}

static void a_busy_worker_is_not_waited_for(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 1), two = enrol(stage, "q", 10);
    const struct task *task = assert_gets(stage, one, submit_key(stage, "a"));
    struct command *wait = stage_ask(stage, to_claim(stage, two, 1, 60000));
    struct id next;

    assert_answer(wait, submit_key(stage, "a"));
    /* Now they are the other's. */
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    (void)submit_key(stage, "c");
    next = submit_key(stage, "a");
    (void)assert_gets(stage, two, next);
}

static void a_worker_that_left_is_forgotten(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10);
    struct command *leave = stage_make(stage, COMMAND_LEAVE);
    struct id other, next;

    bind(stage, one, "a");
    leave->in.worker = one;
    assert_int_equal(code_of(stage_ask(stage, leave)), OK);
    (void)assert_gets(stage, two, submit_key(stage, "a"));
    other = submit_key(stage, "b");
    next = submit_key(stage, "a");
    (void)assert_gets(stage, two, next);
    (void)assert_gets(stage, two, other);
}

static void a_lost_worker_holds_nothing_back(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two;

    bind(stage, one, "a");
    stage_pass(stage, INT64_C(24) * 60 * 60 * 1000);
    two = enrol(stage, "q", 10);
    (void)assert_gets(stage, two, submit_key(stage, "a"));
}

static void a_retry_is_still_of_its_key(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), task = submit_key(stage, "a"), other;

    cancel(stage, task, 0);
    bind(stage, one, "a");
    other = submit_key(stage, "b");
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, task))), OK);
    (void)submit_key(stage, "b");
    (void)assert_gets(stage, one, task);
    (void)assert_gets(stage, one, other);
}

/* ---- what counts more ---- */

static void priority_goes_first(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10);
    struct id usual, urgent;

    bind(stage, one, "a");
    usual = submit_key(stage, "a");
    urgent = submit_urgent(stage, "b", 5);
    (void)assert_gets(stage, one, urgent);
    urgent = submit_urgent(stage, "c", 5);
    (void)assert_gets(stage, two, urgent);
    (void)assert_gets(stage, two, usual);
}

static void a_full_limit_holds_it_back(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10), other;
    const struct task *task;

    set_limit(stage, "gpu", 1);
    bind(stage, one, "a");
    task = assert_gets(stage, two, submit_limited(stage, "z", "gpu 1\n"));
    other = submit_key(stage, "b");
    (void)submit_limited(stage, "a", "gpu 1\n");
    (void)assert_gets(stage, one, other);
    assert_null(claim(stage, one));
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    assert_non_null(claim(stage, one));
    assert_null(claim(stage, one));
}

/* Two units are waited for: what needs one does not take it from under them. */
static void those_who_need_more_of_a_limit_are_not_starved(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10), big;
    const struct task *task;

    set_limit(stage, "gpu", 2);
    bind(stage, one, "a");
    task = assert_gets(stage, two, submit_limited(stage, "z", "gpu 1\n"));
    big = submit_limited(stage, "b", "gpu 2\n");
    assert_null(claim(stage, two));
    (void)submit_limited(stage, "a", "gpu 1\n");
    assert_null(claim(stage, one));
    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    (void)assert_gets(stage, one, big);
}

static void nobody_is_passed_for_ever(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 100), other;

    bind(stage, one, "a");
    other = submit(stage, "q");
    for (unsigned i = 0; i < AFFINITY_PASS_MAX; i++)
        (void)assert_gets(stage, one, submit_key(stage, "a"));
    (void)submit_key(stage, "a");
    (void)assert_gets(stage, one, other);
}

static void what_goes_elsewhere_or_nowhere_is_not_looked_for(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), first, bound;

    bind(stage, one, "a");
    first = submit_key(stage, "b");
    bound = submit_key(stage, "a");
    cancel(stage, bound, 0);
    (void)assert_gets(stage, one, first);
    assert_null(claim(stage, one));
}

/* ---- what is remembered ---- */

static void a_restart_forgets_and_learns_anew(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), tasks[4];

    bind(stage, one, "b");
    for (unsigned i = 0; i < 4; i++)
        tasks[i] = submit_key(stage, i % 2 == 0 ? "a" : "b");
    stage_restart(stage);
    (void)assert_gets(stage, one, tasks[0]);
    (void)assert_gets(stage, one, tasks[2]);
    (void)assert_gets(stage, one, tasks[1]);
    (void)assert_gets(stage, one, tasks[3]);
}

static void a_batch_that_is_undone_binds_nothing(void **state)
{
    struct stage *stage = *state;
    struct hot *hot = &stage->engine->hot;
    struct id one = enrol(stage, "q", 10), two = enrol(stage, "q", 10), other, next;
    struct batch batch = {.hot = hot};

    bind(stage, one, "a");
    other = submit_key(stage, "b");
    next = submit_key(stage, "a");
    affinity_bind(
        &batch,
        map_get(hot_queue(hot, hot_ns(hot, BYTES("default"), true), BYTES("q"), -1)->affinities,
                BYTES("a")),
        hot_worker(hot, two));
    hot_drop(hot);
    (void)assert_gets(stage, two, other);
    other = submit_key(stage, "c");
    (void)submit_key(stage, "b");
    (void)assert_gets(stage, one, next);
    (void)assert_gets(stage, one, other);
}

static void a_worker_keeps_so_many(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), first, second;
    char keys[AFFINITY_BOUND_MAX + 1][16];

    for (unsigned i = 0; i <= AFFINITY_BOUND_MAX; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "k%u", i);
        bind(stage, one, keys[i]);
    }
    first = submit(stage, "q");
    (void)submit_key(stage, keys[0]); /* the oldest is not known any more */
    (void)assert_gets(stage, one, first);
    second = submit_key(stage, keys[1]);
    (void)assert_gets(stage, one, second);
}

static void what_is_idle_goes(void **state)
{
    struct stage *stage = *state;
    struct id one = enrol(stage, "q", 10), other, next;

    bind(stage, one, "a");
    (void)submit(stage, "q");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE affinity = 'a'"), 1);
    stage_pass(stage, 20000);
    assert_non_null(claim(stage, one));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE affinity = 'a'"), 0);
    /* The worker is remembered even so. */
    other = submit(stage, "q");
    next = submit_key(stage, "a");
    (void)assert_gets(stage, one, next);
    (void)assert_gets(stage, one, other);
}

/* ---- whatever happens ---- */

enum { STEPS = 3000, WORKERS = 3 };

struct mess {
    struct stage *stage;
    struct random_source random;
    struct id workers[WORKERS];
};

static unsigned draw(struct mess *mess, unsigned below)
{
    return (unsigned)random_below(&mess->random, below);
}

static void some_submit(struct mess *mess)
{
    static const char *const keys[] = {"a", "b", "c", "d", NULL};
    static const char *const limits[] = {"x 1\n", "x 2\n", "y 1\n", NULL, NULL, NULL};
    struct command *submit = to_submit_key(mess->stage, keys[draw(mess, 5)]);

    submit->in.submit.specs[0].rules.limits = bytes_of(limits[draw(mess, 6)]);
    submit->in.submit.specs[0].priority = (int32_t)draw(mess, 2);
    (void)stage_ask(mess->stage, submit);
}

/* Nothing that could be had stands above what it got. */
static void some_claim(struct mess *mess)
{
    const struct task *task = claim(mess->stage, mess->workers[draw(mess, WORKERS)]);

    if (task == NULL)
        return;
    if (task->priority == 0)
        assert_int_equal(
            stage_number(mess->stage,
                         "SELECT count(*) FROM tasks t JOIN lines l ON l.number = t.line"
                         " WHERE t.state = 3 AND t.priority = 1 AND l.limits IS NULL"),
            0);
    if (draw(mess, 4) > 0)
        (void)finish(mess->stage, task, draw(mess, 4) == 0 ? OUTCOME_RELEASED : OUTCOME_SUCCEEDED);
}

static void some_leaving(struct mess *mess)
{
    struct command *leave = stage_make(mess->stage, COMMAND_LEAVE);
    struct id *worker = &mess->workers[draw(mess, WORKERS)];

    leave->in.worker = *worker;
    (void)stage_ask(mess->stage, leave);
    *worker = enrol(mess->stage, "q", 1000);
}

static void some_step(struct mess *mess)
{
    unsigned pick = draw(mess, 100);

    if (pick < 40)
        some_submit(mess);
    else if (pick < 85)
        some_claim(mess);
    else if (pick < 92)
        (void)stage_ask(mess->stage,
                        to_claim(mess->stage, mess->workers[draw(mess, WORKERS)], 1, 500));
    else if (pick < 96)
        stage_pass(mess->stage, 300);
    else if (pick < 98)
        some_leaving(mess);
    else if (pick == 98)
        hot_drop(&mess->stage->engine->hot);
    else if (draw(mess, 5) == 0)
        stage_restart(mess->stage);
}

static void in_the_end_everybody_was_served(void **state)
{
    struct random_seeded bits;
    struct mess mess = {.stage = *state};

    random_seed(&bits, 5);
    mess.random = random_from_seed(&bits);
    set_limit(mess.stage, "x", 2);
    set_limit(mess.stage, "y", 1);
    for (unsigned i = 0; i < WORKERS; i++)
        mess.workers[i] = enrol(mess.stage, "q", 1000);
    (void)submit(mess.stage, "q");
    db_exec(mess.stage->engine->db, "UPDATE queues SET aging_ms = -1");
    stage_restart(mess.stage);
    for (unsigned i = 0; i < STEPS; i++)
        some_step(&mess);
    stage_pass(mess.stage, INT64_C(10) * 60 * 1000);
    while (count(mess.stage, "q", TASK_READY) > 0) {
        const struct task *task = claim(mess.stage, enrol(mess.stage, "q", 1000));

        assert_non_null(task);
        (void)finish(mess.stage, task, OUTCOME_SUCCEEDED);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(those_who_poll_stay_with_their_keys),
        TEST(one_claim_of_many_takes_what_is_alike),
        TEST(those_who_wait_are_offered_what_is_bound_to_them),
        TEST(a_busy_worker_is_not_waited_for),
        TEST(a_worker_that_left_is_forgotten),
        TEST(a_lost_worker_holds_nothing_back),
        TEST(a_retry_is_still_of_its_key),
        TEST(priority_goes_first),
        TEST(a_full_limit_holds_it_back),
        TEST(those_who_need_more_of_a_limit_are_not_starved),
        TEST(nobody_is_passed_for_ever),
        TEST(what_goes_elsewhere_or_nowhere_is_not_looked_for),
        TEST(a_restart_forgets_and_learns_anew),
        TEST(a_batch_that_is_undone_binds_nothing),
        TEST(a_worker_keeps_so_many),
        TEST(what_is_idle_goes),
        TEST(in_the_end_everybody_was_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
