/* Tests of lineups: what a claim gets is what a scan of all rows finds, whatever happened before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "brain.h"
#include "hot_line.h"
#include "play.h"
#include "store/db.h"

enum { STEPS = 1500, KINDS = 3, CLASSES = 10000, CLAIMS = 400 };

/* A kind of worker, and how a plain scan finds what it may have. */
static const struct kind {
    const char *labels, *type, *scan;
    int32_t min_priority;
} WORKERS[KINDS] = {
    {"", NULL, "c.requires = ''", MIN_PRIORITY_NONE},
    {"a=1\n", "t1", "c.type = 't1' AND c.requires IN ('', 'a=1' || char(10))", MIN_PRIORITY_NONE},
    {"a=1\nb=2\n", NULL, "t.priority >= 0", 0},
};
static const char *const DEMANDS[] = {"", "a=1\n", "a=1\nb=2\n", "b=2\n"};

struct play {
    struct stage *stage;
    struct random_seeded bits;
    struct random_source random;
    struct id workers[KINDS];
    struct id tasks[64]; /* the newest */
    unsigned tasks_len;
};

static unsigned draw(struct play *play, unsigned below)
{
    return (unsigned)random_below(&play->random, below);
}

static struct id enrol_kind(struct stage *stage, const struct kind *kind)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes queue = BYTES("q"), type = bytes_of(kind->type);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .types = arena_copy(command->mem, &type, sizeof(type)),
        .types_len = type.at != NULL,
        .labels = bytes_of(kind->labels),
        .concurrency = 1000,
        .confirm_ms = -1,
        .min_priority = kind->min_priority,
    };
    return stage_ask(stage, command)->reply.workers[0].id;
}

static void some_submit(struct play *play)
{
    static const char *const types[] = {"t0", "t1", "t2", "t3"};
    struct command *many = to_submit_many(play->stage, "q", draw(play, 5) + 1);

    for (unsigned i = 0; i < many->in.submit.specs_len; i++) {
        struct task_spec *spec = &many->in.submit.specs[i];

        spec->type = bytes_of(types[draw(play, 4)]);
        spec->requires = bytes_of(DEMANDS[draw(play, 8) % 4]);
        spec->priority = (int32_t)draw(play, 3) - 1;
        spec->delay_ms = draw(play, 4) == 0 ? 500 : -1;
    }
    (void)stage_ask(play->stage, many);
    for (unsigned i = 0; i < many->reply.items_len; i++)
        play->tasks[play->tasks_len++ % ARRAY_LEN(play->tasks)] = many->reply.items[i].id;
}

static struct id some_task(struct play *play)
{
    unsigned len = play->tasks_len;

    return play->tasks[draw(play, len < ARRAY_LEN(play->tasks) ? len : ARRAY_LEN(play->tasks))];
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

/* Pinned, a clone, or neither. */
static void some_retry(struct play *play)
{
    struct command *again = to_again(play->stage, COMMAND_RETRY, some_task(play));

    again->in.again.clone = draw(play, 2) == 0;
    again->in.again.has_worker = draw(play, 3) == 0;
    again->in.again.worker = play->workers[draw(play, KINDS)];
    (void)stage_ask(play->stage, again);
}

/* A claim and a submit in a transaction that comes to nothing, then each by itself. */
static void some_rollback(struct play *play)
{
    struct stage *stage = play->stage;
    struct command *much = to_submit(stage, "q");
    char sql[64];

    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    stage_post(stage, to_claim(stage, play->workers[0], 2, 0));
    stage_post(stage, much);
    stage_settle(stage);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    stage_pass(stage, 6000);
}

static int64_t scan(struct play *play, unsigned kind)
{
    char id[ID_TEXT_LEN + 1], sql[640];

    id_format(play->workers[kind], id);
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT t.number FROM tasks t JOIN queues q ON q.number = t.queue"
        " JOIN (SELECT number, type, replace(requires, '@%s' || char(10), '') AS requires FROM classes) c"
        " ON c.number = t.class WHERE t.state = %d AND q.name = 'q'"
        " AND c.requires NOT LIKE '@%%' AND (%s)"
        " ORDER BY t.priority DESC, t.share, t.number LIMIT 1",
        id, TASK_READY, WORKERS[kind].scan);
    return stage_number(play->stage, sql);
}

static void some_claim(struct play *play)
{
    unsigned kind = draw(play, KINDS);
    int64_t expected = scan(play, kind);
    const struct task *task = claim(play->stage, play->workers[kind]);

    assert_int_equal(task == NULL ? -1 : task->number, expected);
    if (task != NULL && draw(play, 3) > 0)
        (void)finish(play->stage, task, draw(play, 2) == 0 ? OUTCOME_RELEASED : OUTCOME_SUCCEEDED);
}

static void some_step(struct play *play)
{
    unsigned pick = draw(play, 100);

    if (pick < 25 || play->tasks_len == 0)
        some_submit(play);
    else if (pick < 80)
        some_claim(play);
    else if (pick < 86)
        some_edit(play);
    else if (pick < 91)
        some_retry(play);
    else if (pick < 94)
        (void)stage_ask(play->stage, to_cancel(play->stage, some_task(play), 0));
    else if (pick < 97)
        stage_pass(play->stage, 300);
    else if (pick == 97)
        some_rollback(play);
    else if (pick == 98)
        stage_restart(play->stage);
    else if (draw(play, 4) == 0)
        (void)stage_ask(play->stage, to_queue(play->stage, COMMAND_PURGE_QUEUE, "q"));
}

/* Priority counts and nothing else, as in the scan. */
static void be_strict(struct stage *stage)
{
    (void)stage_ask(stage, to_submit(stage, "q"));
    db_exec(stage->engine->db, "UPDATE queues SET aging_ms = -1");
    stage_restart(stage);
}

static void a_claim_gets_what_a_scan_of_all_rows_finds(void **state)
{
    struct play play = {.stage = *state};

    random_seed(&play.bits, 11);
    play.random = random_from_seed(&play.bits);
    be_strict(play.stage);
    for (unsigned i = 0; i < KINDS; i++)
        play.workers[i] = enrol_kind(play.stage, &WORKERS[i]);
    for (unsigned i = 0; i < STEPS; i++)
        some_step(&play);
}

/* ---- many classes ---- */

static void submit_types(struct stage *stage, unsigned types, unsigned tasks)
{
    struct command *many = to_submit_many(stage, "q", tasks);

    for (unsigned i = 0; i < tasks; i++)
        many->in.submit.specs[i].type = arena_printf(many->mem, "type-%u", i % types);
    (void)stage_ask(stage, many);
}

/* Lines whose first the store was asked for, and is known still. */
static unsigned lines_known(struct stage *stage)
{
    const struct hot_queue *queue = hot_queue_numbered(&stage->engine->hot, 1);
    unsigned known = 0;

    for (unsigned i = 0; i < queue->lines_len; i++)
        known += queue->lines[i] != NULL && queue->lines[i]->front.len > 0;
    return known;
}

/* After a start nothing is known; a claim asks for what may be first, not for each line there is.
 */
static void a_claim_asks_for_few_lines_however_many_wait(void **state)
{
    struct stage *stage = *state;
    struct id worker;

    submit_types(stage, CLASSES, CLASSES);
    stage_restart(stage);
    worker = enrol(stage, "q", CLAIMS);
    assert_int_equal(lines_known(stage), 0);
    assert_non_null(claim(stage, worker));
    assert_true(lines_known(stage) <= 2);
    for (unsigned i = 1; i < CLAIMS; i++)
        assert_non_null(claim(stage, worker));
    assert_true(lines_known(stage) <= CLAIMS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_claim_gets_what_a_scan_of_all_rows_finds, stage_setup,
                                        stage_teardown),
        cmocka_unit_test_setup_teardown(a_claim_asks_for_few_lines_however_many_wait, stage_setup,
                                        stage_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
