/* Tests of lines: made, found again, counted, and gone when nothing of them is live. */
#include "hot_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "domain/rules.h"
#include "play.h"

enum { NAMES = 50 };

static struct hot_line *line_with(struct hot *hot, struct hot_shelf *shelf, int32_t priority,
                                  struct bytes limits)
{
    return hot_line(hot, shelf, &(struct task){.priority = priority, .rules = {.limits = limits}});
}

static void a_line_is_made_once_and_found_again(void **state)
{
    struct hot *hot = &((struct stage *)*state)->engine->hot;
    struct hot_ns *ns = hot_ns(hot, BYTES("default"), true);
    struct hot_queue *queue = hot_queue(hot, ns, BYTES("q"), 1000);
    struct hot_shelf *shelf = hot_shelf(queue, hot_class(hot, ns, BYTES("t"), BYTES_NONE));
    struct hot_line *plain = line_with(hot, shelf, 3, BYTES_NONE),
                    *limited = line_with(hot, shelf, 3, BYTES("a 1\nb 2\n"));

    assert_ptr_equal(line_with(hot, shelf, 3, BYTES("")), plain);
    assert_ptr_equal(line_with(hot, shelf, 3, BYTES("a 1\nb 2\n")), limited);
    assert_ptr_not_equal(plain, limited);
    assert_ptr_not_equal(line_with(hot, shelf, -3, BYTES_NONE), plain);
    assert_ptr_not_equal(line_with(hot, shelf, -3, BYTES("a 1\nb 2\n")), limited);
    assert_ptr_not_equal(line_with(hot, shelf, 3, BYTES("a 1\nb 3\n")), limited);
    assert_ptr_equal(hot_line_numbered(hot, limited->number), limited);
    assert_int_equal(limited->uses_len, 2);
    assert_int_equal(limited->uses[1].units, 2);
    assert_int_equal(limited->uses[1].limit->lines, 3);
    assert_int_equal(plain->uses_len, 0);
}

static void counts_of_a_batch_are_kept_or_dropped(void **state)
{
    struct hot *hot = &((struct stage *)*state)->engine->hot;
    struct hot_ns *ns = hot_ns(hot, BYTES("default"), true);
    struct hot_queue *queue = hot_queue(hot, ns, BYTES("q"), 1000);
    struct hot_shelf *shelf = hot_shelf(queue, hot_class(hot, ns, BYTES("t"), BYTES_NONE));
    struct hot_line *line = line_with(hot, shelf, 0, BYTES("a 1\n"));

    line_count(hot, line, TASK_READY, 1);
    line_count(hot, line, TASK_BLOCKED, 1);
    line_enters(line, &(struct ready_head){.number = 7});
    assert_int_equal(line_ready(line), 1);
    hot_drop(hot);
    assert_int_equal(line_ready(line) + line->live, 0);
    assert_int_equal(line->front.len, 0);
    assert_true(list_is_linked(&line->idle));

    line_count(hot, line, TASK_READY, 1);
    line_count(hot, line, TASK_BLOCKED, 1);
    hot_fold(hot);
    hot_drop(hot);
    assert_int_equal(line_ready(line), 1);
    assert_int_equal(line->live, 2);
    assert_false(list_is_linked(&line->idle));
}

static struct command *to_use(struct stage *stage, unsigned name)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.limits = arena_printf(command->mem, "name-%u 1\n", name);
    return command;
}

static void use_and_finish_all(struct stage *stage, const struct id workers[2])
{
    for (unsigned i = 0; i < NAMES; i++)
        (void)stage_ask(stage, to_use(stage, i));
    for (unsigned i = 0; i < NAMES; i++)
        assert_int_equal(finish(stage, claim(stage, workers[i % 2]), OUTCOME_SUCCEEDED),
                         TASK_SUCCEEDED);
}

static struct id enrol_with(struct stage *stage, const char *labels)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes queue = BYTES("q");

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .labels = bytes_of(labels),
        .concurrency = 100,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return stage_ask(stage, command)->reply.workers[0].id;
}

static void idle_lines_are_swept_though_several_lineups_know_them(void **state)
{
    struct stage *stage = *state;
    struct hot *hot = &stage->engine->hot;
    struct hot_ns *ns = hot_ns(hot, BYTES("default"), true);
    struct id workers[] = {enrol_with(stage, "a=1\n"), enrol_with(stage, "")};

    use_and_finish_all(stage, workers);
    struct hot_queue *queue = hot_queue(hot, ns, BYTES("q"), -1);

    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines"), NAMES);
    assert_int_equal(map_len(hot->lines), NAMES);
    stage_pass(stage, 6000);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines"), 0);
    assert_int_equal(map_len(hot->lines), 0);
    assert_int_equal(map_len(queue->keyed_lines), 0);
    assert_int_equal(map_len(ns->limits.in_use), 0);

    /* Their places are taken again. */
    assert_int_equal(queue->lines_len, NAMES);
    use_and_finish_all(stage, workers);
    assert_int_equal(queue->lines_len, NAMES);
}

/* The broom and a submit meet in one transaction: the row stays. */
static void a_line_that_is_used_again_as_it_is_swept_stays(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);

    (void)stage_ask(stage, to_use(stage, 1));
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    stage_skip(stage, 6000);
    (void)stage_ask(stage, to_use(stage, 1));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE live = 1"), 1);
    stage_pass(stage, 6000);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE live = 1"), 1);
    stage_restart(stage);
    assert_non_null(claim(stage, worker));
}

/* It comes and goes in the transaction that sweeps its line: no row is left behind, which the next
 * line of the same key would be taken for after a restart. */
static void a_line_that_is_used_for_nothing_as_it_is_swept_goes(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9), bad;
    struct command *in_vain;
    char id[ID_TEXT_LEN + 2];

    bad = submit(stage, "q");
    (void)stage_ask(stage, to_cancel(stage, bad, 0));
    (void)stage_ask(stage, to_use(stage, 1));
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    stage_skip(stage, 6000);
    in_vain = to_use(stage, 1);
    id_format(bad, id);
    in_vain->in.submit.specs[0].rules.depends_on = arena_printf(in_vain->mem, "%s\n", id);
    (void)stage_ask(stage, in_vain);
    assert_int_equal(in_vain->reply.view.task->state, TASK_FAILED);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM lines WHERE limits IS NOT NULL"), 0);
    (void)stage_ask(stage, to_use(stage, 1));
    stage_restart(stage);
    assert_non_null(claim(stage, worker));
}

static void lines_are_as_their_tasks_say_after_a_restart(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct hot_ns *ns;

    for (unsigned i = 0; i < 4; i++)
        (void)stage_ask(stage, to_use(stage, i / 2));
    (void)submit(stage, "q");
    (void)claim(stage, worker);
    stage_kill(stage);
    ns = hot_ns(&stage->engine->hot, BYTES("default"), true);
    assert_int_equal(stage_number(stage, "SELECT sum(live) FROM lines"), 5);
    assert_int_equal(stage_number(stage, "SELECT sum(aside) FROM lines"), 0);
    assert_int_equal(limit_units_held(limit_in_use(ns, BYTES("name-0"))), 2);
    assert_int_equal(limit_units_running(limit_in_use(ns, BYTES("name-0"))), 1);
    assert_int_equal(limit_units_running(limit_in_use(ns, BYTES("name-1"))), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_non_null(claim(stage, worker));
    assert_null(claim(stage, worker));
}

static const struct hot_line *only_line(struct stage *stage)
{
    size_t at = 0;

    assert_int_equal(map_len(stage->engine->hot.lines), 1);
    return map_each(stage->engine->hot.lines, &at);
}

/* A claim leaves the row of its line alone; how many are ready is known all the same. */
static void what_is_leased_is_taken_off_at_a_start(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    const struct hot_line *line;
    const struct task *task;
    struct command *later = to_use(stage, 0);

    for (unsigned i = 0; i < 4; i++)
        (void)stage_ask(stage, to_use(stage, 0));
    later->in.submit.specs[0].delay_ms = 60000;
    (void)stage_ask(stage, later);
    task = claim(stage, worker);
    (void)claim(stage, worker);
    assert_int_equal(stage_number(stage, "SELECT first FROM lines"), 1);
    assert_int_equal(stage_number(stage, "SELECT live * 10 + aside FROM lines"), 51);
    stage_kill(stage);
    line = only_line(stage);
    assert_int_equal(line_ready(line), 2);
    assert_int_equal(line->live, 5);
    assert_int_equal(line->aside, 1);
    assert_int_equal(finish(stage, task, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_int_equal(stage_number(stage, "SELECT live * 10 + aside FROM lines"), 41);
    stage_kill(stage);
    assert_int_equal(line_ready(only_line(stage)), 2);
}

/* It comes back to a place before the one that the row has as the first. */
static void one_that_is_given_back_is_not_before_the_first_of_the_row(void **state)
{
    static const char before[] = "SELECT count(*) FROM tasks t JOIN lines l ON l.number = t.line"
                                 " WHERE t.state = 3 AND (t.share, t.number) < (l.share, l.first)";
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    const struct task *first, *second;

    for (unsigned i = 0; i < 4; i++)
        (void)stage_ask(stage, to_use(stage, 0));
    first = claim(stage, worker);
    second = claim(stage, worker);
    (void)finish(stage, first, OUTCOME_SUCCEEDED);
    assert_int_equal(stage_number(stage, "SELECT first FROM lines"), 3);
    (void)finish(stage, second, OUTCOME_RELEASED);
    assert_int_equal(stage_number(stage, before), 0);
    assert_int_equal(stage_number(stage, "SELECT first FROM lines"), 2);
}

static void one_that_is_put_off_is_counted_in_the_row(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9);
    struct command *later;

    (void)stage_ask(stage, to_use(stage, 0));
    later = to_finish(stage, claim(stage, worker)->lease, OUTCOME_SNOOZED);
    later->in.finish.outcomes->delay_ms = 60000;
    (void)stage_ask(stage, later);
    assert_int_equal(stage_number(stage, "SELECT live * 10 + aside FROM lines"), 11);
    stage_pass(stage, 60000);
    assert_int_equal(stage_number(stage, "SELECT live * 10 + aside FROM lines"), 10);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGED(a_line_is_made_once_and_found_again),
        STAGED(counts_of_a_batch_are_kept_or_dropped),
        STAGED(idle_lines_are_swept_though_several_lineups_know_them),
        STAGED(a_line_that_is_used_again_as_it_is_swept_stays),
        STAGED(a_line_that_is_used_for_nothing_as_it_is_swept_goes),
        STAGED(lines_are_as_their_tasks_say_after_a_restart),
        STAGED(what_is_leased_is_taken_off_at_a_start),
        STAGED(one_that_is_put_off_is_counted_in_the_row),
        STAGED(one_that_is_given_back_is_not_before_the_first_of_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
