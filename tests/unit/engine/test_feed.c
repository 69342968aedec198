/* Feed: whoever listens is handed what was committed, in order and without gaps; what was undone is
 * told to nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"
#include "store/db.h"

enum { SEEN_MAX = 64 };

/* What was handed over, in words; of an empty pack "(after..last)". */
static struct seen {
    char text[SEEN_MAX][128];
    unsigned len;
    int64_t last;
    bool has_gap;
} seen;

static void take(void *ctx, struct event_pack *pack)
{
    (void)ctx;
    seen.has_gap = seen.has_gap || (seen.last >= 0 && pack->after != seen.last);
    seen.last = pack->last;
    if (pack->len == 0)
        (void)snprintf(seen.text[seen.len++], sizeof(seen.text[0]), "(%d..%d)", (int)pack->after,
                       (int)pack->last);
    for (unsigned i = 0; i < pack->len; i++) {
        const struct event *event = &pack->events[i];

        assert_int_equal(event->number, pack->after + 1 + i);
        (void)snprintf(seen.text[seen.len++], sizeof(seen.text[0]), "%s %.*s %.*s %.*s",
                       event_name(event->kind), BYTES_ARG(event->ns), BYTES_ARG(event->queue),
                       BYTES_ARG(event->task_type));
    }
    event_pack_free(pack);
}

static int setup(void **state)
{
    struct stage *stage;

    (void)stage_setup(state);
    stage = *state;
    stage->engine->options.take_events = take;
    seen = (struct seen){.last = -1};
    return 0;
}

static void nobody_is_told_unless_somebody_listens(void **state)
{
    (void)submit(*state, "q");
    assert_int_equal(seen.len, 0);
}

static void what_happens_is_told_with_its_names(void **state)
{
    struct stage *stage = *state;
    struct id worker;
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].type = BYTES("t");
    engine_listen(stage->engine, true);
    (void)stage_ask(stage, command);
    worker = enrol(stage, "q", 1);
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    assert_true(seen.len >= 4);
    assert_string_equal(seen.text[0], "task.submitted default q t");
    assert_string_equal(seen.text[1], "worker.registered default  ");
    assert_string_equal(seen.text[2], "task.claimed default q t");
    assert_string_equal(seen.text[seen.len - 1], "task.succeeded default q t");
    assert_false(seen.has_gap);
    assert_int_equal(seen.last, stage->engine->hot.last_event);
}

static void a_long_batch_comes_whole(void **state)
{
    struct stage *stage = *state;

    engine_listen(stage->engine, true);
    (void)stage_ask(stage, to_submit_many(stage, "q", 50));
    assert_int_equal(seen.len, 50);
}

static void once_nobody_listens_nothing_is_told(void **state)
{
    struct stage *stage = *state;

    engine_listen(stage->engine, true);
    (void)submit(stage, "q");
    engine_listen(stage->engine, false);
    (void)submit(stage, "q");
    assert_int_equal(seen.len, 1);
}

static struct engine *late_engine;

/* Asked in the midst of the batch, of who waits. */
static bool listens_late(const struct caller *caller)
{
    (void)caller;
    engine_listen(late_engine, true);
    return true;
}

/* Whoever comes in the midst of a batch may have read the log before its commit. */
static void who_came_late_is_told_that_there_was_something(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));
    int before = (int)stage->engine->hot.last_event;
    char expected[64];

    late_engine = stage->engine;
    waiting->caller.is_alive = listens_late;
    (void)submit(stage, "q");
    assert_true(is_answered(waiting));
    (void)snprintf(expected, sizeof(expected), "(%d..%d)", before,
                   (int)stage->engine->hot.last_event);
    assert_int_equal(seen.len, 1);
    assert_string_equal(seen.text[0], expected);
}

static void what_is_undone_is_not_told(void **state)
{
    struct stage *stage = *state;
    struct command *much = to_submit(stage, "q");

    (void)submit(stage, "q");
    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    engine_listen(stage->engine, true);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 100");
    assert_int_equal(code_of(stage_ask(stage, much)), ERR_DISK_RESERVE);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    assert_int_equal(seen.len, 0);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGED(nobody_is_told_unless_somebody_listens),
        STAGED(what_happens_is_told_with_its_names),
        STAGED(a_long_batch_comes_whole),
        STAGED(once_nobody_listens_nothing_is_told),
        STAGED(who_came_late_is_told_that_there_was_something),
        STAGED(what_is_undone_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
