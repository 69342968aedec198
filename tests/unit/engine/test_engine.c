/* Tests of the engine as a whole: its clock, its thread, its reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

/* With a manual clock there is always something to look at: one step is enough. */
static struct command *step(struct stage *stage, struct command *command)
{
    stage_post(stage, command);
    (void)engine_step(stage->engine);
    (void)engine_step(stage->engine);
    engine_fetch(stage->engine);
    return command;
}

static struct command *to_advance(struct stage *stage, int64_t by_ms)
{
    struct command *command = stage_make(stage, COMMAND_ADVANCE);

    command->in.advance.by_ms = by_ms;
    return command;
}

static void time_stands_still_when_its_move_cannot_be_written(void **state)
{
    struct stage *stage = *state;
    struct command *advance = NULL;
    int64_t moved_ms = -1, start_ms = stage->now.wall_ms;
    char sql[64];

    stage->options.manual_clock = true;
    stage_restart(stage);
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count"));
    db_exec(stage->engine->db, sql);
    do { /* until the last page is full */
        moved_ms++;
        advance = step(stage, to_advance(stage, 1));
    } while (code_of(advance) == OK && moved_ms < 1000);
    assert_int_equal(code_of(advance), ERR_DISK_RESERVE);
    assert_int_equal(engine_now(stage->engine).wall_ms, start_ms + moved_ms);
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM audit WHERE action = 'clock.advanced'"),
        moved_ms);

    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    advance = step(stage, to_advance(stage, 10));
    assert_int_equal(advance->reply.now.now_ms, start_ms + moved_ms + 10);
}

static void with_a_manual_clock_each_thing_happens_at_its_own_time(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *later = to_submit(stage, "q"), *look;
    int64_t start_ms = stage->now.wall_ms;

    stage->options.manual_clock = true;
    stage_restart(stage);
    later->in.submit.specs[0].delay_ms = 5000;
    (void)step(stage, later);
    struct command *waiting = step(stage, to_claim(stage, worker, 1, 60000));
    struct command *advance = step(stage, to_advance(stage, 36000)); /* due at 5 s, lost at 35 s */

    assert_int_equal(advance->reply.now.now_ms, start_ms + 36000);
    assert_int_equal(waiting->reply.tasks[0].claimed_at_ms, start_ms + 5000);
    look = step(stage, to_look(stage, later->reply.view.task->id, 0));
    assert_int_equal(look->reply.view.attempts[0].finished_at_ms, start_ms + 35000);
}

static void all_threads_are_told_the_same_manual_time(void **state)
{
    struct stage *stage = *state;
    int64_t start_ms = stage->now.wall_ms;
    struct command *advance;

    assert_int_equal(engine_time(stage->engine).wall_ms, start_ms);
    stage->options.manual_clock = true;
    stage_restart(stage);
    advance = stage_make(stage, COMMAND_ADVANCE);
    stage->now.wall_ms += 5000;
    assert_int_equal(engine_time(stage->engine).wall_ms, start_ms);
    advance->in.advance.by_ms = 1500;
    stage_post(stage, advance);
    (void)engine_step(stage->engine);
    engine_fetch(stage->engine);
    assert_int_equal(engine_time(stage->engine).wall_ms, start_ms + 1500);
    assert_int_equal(advance->reply.now.now_ms, start_ms + 1500);
}

static void only_a_manual_clock_is_advanced(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(stage_ask(stage, to_advance(stage, 1000))), ERR_NOT_FOUND);
}

static void real_time_ends_a_wait_under_a_manual_clock_too(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    stage->options.manual_clock = true;
    stage_restart(stage);
    struct command *waiting = step(stage, to_claim(stage, worker, 1, 5000));

    stage_skip(stage, 5000);
    (void)engine_step(stage->engine);
    engine_fetch(stage->engine);
    assert_true(is_answered(waiting));
}

/* The thread answers soon; ten seconds say that it does not. */
static bool comes_true(struct stage *stage, const struct command *command)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int i = 0; i < 10000 && !is_answered(command); i++) {
        (void)nanosleep(&moment, NULL);
        engine_fetch(stage->engine);
    }
    return is_answered(command);
}

static void the_thread_answers_what_is_flushed(void **state)
{
    struct stage *stage = *state;
    struct command *submitted = to_submit(stage, "q");

    engine_start(stage->engine);
    stage_post(stage, submitted);
    engine_flush(stage->engine);

    assert_true(comes_true(stage, submitted));
    assert_int_equal(code_of(submitted), OK);
}

static void lists_come_from_a_thread_of_their_own(void **state)
{
    struct stage *stage = *state;
    struct command *list = stage_make(stage, COMMAND_LIST_TASKS);

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    list->in.list = (struct list_query){.limit = 9,
                                        .observed = -1,
                                        .created_after_ms = -1,
                                        .created_before_ms = -1,
                                        .after_number = -1};
    /* It comes by the engine's once more, for what only that can judge. */
    engine_start(stage->engine);
    stage_post(stage, list);

    assert_true(comes_true(stage, list));
    assert_int_equal(list->reply.tasks_len, 3);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    struct stage *stage = *state;
    struct engine_options options = stage->options;
    struct engine *engine = NULL;
    struct error error;
    int exit_code = 0;

    options.store_name = NULL;
    options.data_dir = "/proc/nowhere";
    assert_int_not_equal(engine_open(&options, &engine, &exit_code, &error), OK);
    assert_null(engine);
    assert_true(exit_code > 0);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(time_stands_still_when_its_move_cannot_be_written),
        STAGED(with_a_manual_clock_each_thing_happens_at_its_own_time),
        STAGED(all_threads_are_told_the_same_manual_time),
        STAGED(only_a_manual_clock_is_advanced),
        STAGED(real_time_ends_a_wait_under_a_manual_clock_too),
        STAGED(the_thread_answers_what_is_flushed),
        ON_DISK(lists_come_from_a_thread_of_their_own),
        STAGED(a_folder_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
