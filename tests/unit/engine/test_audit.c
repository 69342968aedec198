/* Audit: what is on record, that it is a chain, and that it stands or falls with its transaction.
 */
#include "audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "brain.h"
#include "domain/bounds.h"
#include "play.h"
#include "record.h"

static struct command *to_note(struct stage *stage, struct bytes detail)
{
    struct command *command = stage_make(stage, COMMAND_NOTE);

    command->in.note = (struct audit_note){.action = BYTES("config.reloaded"), .detail = detail};
    return command;
}

static void start_and_clean_stop_are_on_record(void **state)
{
    struct stage *stage = *state;
    struct command *stop = stage_make(stage, COMMAND_SHUTDOWN);

    assert_true(bytes_is(last_act(stage)->action, "broker.started"));
    assert_true(bytes_is(last_act(stage)->actor, "broker"));
    assert_string_equal(last_act(stage)->detail.at, "{\"version\":null}");
    stop->in.shutdown.wait_timeout_ms = -1;
    (void)stage_ask(stage, stop);
    assert_int_equal(acts_of(stage, "broker.shutdown"), 1);
    assert_int_equal(acts_of(stage, "broker.stopped"), 1);
    stage_restart(stage);
    assert_int_equal(assert_record_is_whole(stage), 4);
}

static void a_stop_by_signal_was_asked_by_nobody(void **state)
{
    struct stage *stage = *state;

    engine_drain(stage->engine);
    stage_settle(stage);
    assert_int_equal(acts_of(stage, "broker.shutdown"), 0);
    assert_int_equal(acts_of(stage, "broker.stopped"), 1);
}

static void who_asked_and_from_where_is_kept(void **state)
{
    static const struct principal WHO = {.id = {"k1", 2},
                                         .grant = {ROLE_ADMIN, {"*", 1}, {"*", 1}}};
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");
    const struct audit_view *act;

    pause->by = &WHO;
    pause->address = BYTES("192.0.2.7");
    pause->request_id = BYTES("r1");
    (void)stage_ask(stage, pause);
    act = last_act(stage);
    assert_true(bytes_is(act->action, "queue.paused"));
    assert_true(bytes_is(act->object, "q"));
    assert_true(bytes_is(act->ns, "default"));
    assert_true(bytes_is(act->actor, "k1"));
    assert_true(bytes_is(act->address, "192.0.2.7"));
    assert_true(bytes_is(act->request_id, "r1"));
    assert_string_equal(act->detail.at,
                        "{\"before\":{\"paused\":false},\"after\":{\"paused\":true}}");
    (void)stage_ask(stage, to_queue(stage, COMMAND_RESUME_QUEUE, "q"));
    assert_true(bytes_is(last_act(stage)->actor, "anonymous"));
}

static void a_change_of_settings_says_what_was_and_what_is(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = queue_default();

    settings.concurrency = 3;
    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_CONCURRENCY, settings));
    assert_true(bytes_is(last_act(stage)->action, "queue.created"));
    settings.concurrency = 5;
    settings.retry = (struct retry_policy){.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 9};
    (void)stage_ask(stage,
                    to_edit_queue(stage, "q", QUEUE_HAS_CONCURRENCY | QUEUE_HAS_RETRY, settings));
    assert_true(bytes_is(last_act(stage)->action, "queue.changed"));
    assert_string_equal(last_act(stage)->detail.at,
                        "{\"before\":{\"concurrency\":3,\"retry\":{}},"
                        "\"after\":{\"concurrency\":5,\"retry\":{\"max_attempts\":9}}}");
}

static void how_a_queue_is_served_is_told(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = queue_default();

    settings.is_fair = false;
    settings.aging_ms = -1;
    settings.rate = (struct rate_limit){5, 1, 10};
    settings.dead_letter_queue = BYTES("dead");
    (void)stage_ask(stage, to_edit_queue(stage, "q",
                                         QUEUE_HAS_FAIRNESS | QUEUE_HAS_AGING | QUEUE_HAS_RATE |
                                             QUEUE_HAS_DEAD_LETTER_QUEUE,
                                         settings));
    assert_string_equal(last_act(stage)->detail.at,
                        "{\"before\":{\"fairness\":true,\"aging_s\":30,\"rate\":null,"
                        "\"dead_letter_queue\":null},\"after\":{\"fairness\":false,"
                        "\"aging_s\":null,\"rate\":{\"units\":5,\"period_s\":1,\"burst\":10},"
                        "\"dead_letter_queue\":\"dead\"}}");
}

static void a_whole_policy_is_told(void **state)
{
    struct stage *stage = *state;
    struct queue_settings settings = queue_default();

    settings.retry = (struct retry_policy){
        .given =
            RETRY_HAS_MAX_CRASHES | RETRY_HAS_DELAYS | RETRY_HAS_JITTER | RETRY_HAS_NON_RETRYABLE,
        .max_crashes = 2,
        .backoff = RETRY_LADDER,
        .delays_ms = {1000, 2500},
        .delays_len = 2,
        .jitter = RETRY_JITTER_FULL,
        .non_retryable = BYTES("A\nB\"\n"),
    };
    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_RETRY, settings));
    assert_string_equal(last_act(stage)->detail.at,
                        "{\"before\":{\"retry\":{}},\"after\":{\"retry\":{\"max_crashes\":2,"
                        "\"delays_s\":[1,2.5],\"jitter\":\"full\","
                        "\"non_retryable\":[\"A\",\"B\\\"\"]}}}");
    settings.retry = (struct retry_policy){.given = RETRY_HAS_DELAYS,
                                           .backoff = RETRY_EXPONENTIAL,
                                           .delay_ms = 500,
                                           .max_delay_ms = -1};
    (void)stage_ask(stage, to_edit_queue(stage, "p", QUEUE_HAS_RETRY, settings));
    assert_string_equal(last_act(stage)->detail.at,
                        "{\"before\":{\"retry\":{}},\"after\":{\"retry\":{"
                        "\"backoff\":\"exponential\",\"delay_s\":0.5,\"max_delay_s\":null}}}");
}

static void what_is_done_to_queues_tasks_and_workers_is_on_record(void **state)
{
    struct stage *stage = *state;
    struct command *quiet = stage_make(stage, COMMAND_EDIT_WORKER);
    struct id task = submit(stage, "q");

    quiet->in.worker_edit = (struct worker_edit){
        .worker = enrol(stage, "q", 1), .has_mode = true, .mode = WORKER_QUIET};
    (void)stage_ask(stage, quiet);
    assert_true(bytes_is(last_act(stage)->action, "worker.changed"));
    (void)stage_ask(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
    assert_string_equal(last_act(stage)->detail.at, "{\"tasks\":1}");
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task));
    assert_string_equal(last_act(stage)->detail.at, "{\"queue\":\"q\",\"state\":\"cancelled\"}");
    (void)stage_ask(stage, to_close(stage, "q", true, 0));
    assert_true(bytes_is(last_act(stage)->action, "queue.closed"));
    (void)stage_ask(stage, to_queue(stage, COMMAND_REOPEN_QUEUE, "q"));
    assert_true(bytes_is(last_act(stage)->action, "queue.reopened"));
    (void)stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "q"));
    assert_true(bytes_is(last_act(stage)->action, "queue.deleted"));
    assert_int_equal(assert_record_is_whole(stage), 7);
}

static void what_is_refused_and_what_is_daily_work_is_not(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    (void)stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "nothing"));
    assert_int_equal(acts_of(stage, "*"), 1);
}

static void notes_of_others_are_taken(void **state)
{
    struct stage *stage = *state;
    struct command *note = to_note(stage, BYTES("{\"a\":1}"));

    note->by = &principal_broker;
    assert_int_equal(code_of(stage_ask(stage, note)), OK);
    assert_true(bytes_is(last_act(stage)->action, "config.reloaded"));
    assert_true(bytes_is(last_act(stage)->actor, "broker"));
    assert_null(last_act(stage)->ns.at);
}

/* ---- transactions ---- */

static void fill_disk(struct stage *stage, int pages_left)
{
    int64_t pages = stage_number(stage, "PRAGMA page_count");
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages + pages_left);
    db_exec(stage->engine->db, sql);
}

static void an_undone_batch_leaves_no_row_and_the_chain_goes_on(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");
    struct command *notes[3];
    char *much;

    for (int i = 0; i < 3; i++)
        notes[i] = to_note(stage, BYTES("{}"));
    much = arena_alloc(notes[1]->mem, 1 << 20);
    memset(much, 'x', 1 << 20);
    notes[1]->in.note.detail = (struct bytes){much, 1 << 20};
    (void)stage_ask(stage, pause);
    fill_disk(stage, 10);
    for (int i = 0; i < 3; i++)
        stage_post(stage, notes[i]);
    stage_settle(stage);
    assert_int_equal(code_of(notes[0]), OK);
    assert_int_equal(code_of(notes[1]), ERR_DISK_RESERVE);
    assert_int_equal(code_of(notes[2]), OK);
    assert_int_equal(acts_of(stage, "config.reloaded"), 2);
    assert_int_equal(assert_record_is_whole(stage), 4);
}

static void a_killed_engine_goes_on_where_the_record_ends(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_note(stage, BYTES_NONE));
    stage_post(stage, to_note(stage, BYTES_NONE));
    stage_kill(stage);
    (void)stage_ask(stage, to_note(stage, BYTES_NONE));
    assert_int_equal(acts_of(stage, "config.reloaded"), 2);
    assert_int_equal(assert_record_is_whole(stage), 4);
}

static void rows_leave_after_ninety_days(void **state)
{
    struct stage *stage = *state;

    for (int i = 0; i < 700; i++)
        (void)stage_ask(stage, to_note(stage, BYTES_NONE));
    stage_skip(stage, 90 * DAY_MS - 60000);
    stage_pass(stage, 10000);
    assert_int_equal(stage_number(stage, "SELECT min(number) FROM audit"), 1);
    (void)stage_ask(stage, to_note(stage, BYTES_NONE));
    stage_skip(stage, 61000);
    stage_settle(stage);
    assert_in_range(stage_number(stage, "SELECT min(number) FROM audit"), 2, 700);
    for (int i = 0; i < 5; i++) {
        stage_skip(stage, 5000);
        stage_settle(stage);
    }
    assert_int_equal(stage_number(stage, "SELECT min(number) FROM audit"), 702);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STAGE(start_and_clean_stop_are_on_record),
        WITH_STAGE(a_stop_by_signal_was_asked_by_nobody),
        WITH_STAGE(who_asked_and_from_where_is_kept),
        WITH_STAGE(a_change_of_settings_says_what_was_and_what_is),
        WITH_STAGE(how_a_queue_is_served_is_told),
        WITH_STAGE(a_whole_policy_is_told),
        WITH_STAGE(what_is_done_to_queues_tasks_and_workers_is_on_record),
        WITH_STAGE(what_is_refused_and_what_is_daily_work_is_not),
        WITH_STAGE(notes_of_others_are_taken),
        WITH_STAGE(an_undone_batch_leaves_no_row_and_the_chain_goes_on),
        WITH_STAGE(a_killed_engine_goes_on_where_the_record_ends),
        WITH_STAGE(rows_leave_after_ninety_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
