/* Tests of what workers say about their leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_lease.h"
#include "codec_worker.h"

static struct error error;
static struct codec codec;

static int begin(void **state)
{
    int failed = make_arena(state);

    codec = (struct codec){.bounds = &bounds, .arena = arena, .error = &error};
    return failed;
}

/* ---- failures ---- */

static enum err read_failure(const char *text, enum outcome_kind kind, struct outcome *outcome)
{
    *outcome = (struct outcome){.kind = kind, .retryable = true, .delay_ms = -1};
    error = (struct error){.code = OK};
    return outcome_read_failure(&codec, bytes_of(text), outcome);
}

static void a_failure_keeps_its_bytes(void **state)
{
    struct outcome outcome;

    (void)state;

    assert_int_equal(read_failure("{\"type\":\"I\\u004fError\",\"message\":\"a \\\"b\\\"\","
                                  "\"trace\":[1.50],\"data\":{\"n\":1e400},\"retryable\":false,"
                                  "\"delay_s\":2}",
                                  OUTCOME_FAILED, &outcome),
                     OK);

    assert_true(bytes_is(outcome.failure.type, "\"I\\u004fError\""));
    assert_true(bytes_is(outcome.failure_type, "IOError"));
    assert_true(bytes_is(outcome.failure.message, "\"a \\\"b\\\"\""));
    assert_true(bytes_is(outcome.failure.trace, "[1.50]"));
    assert_true(bytes_is(outcome.failure.data, "{\"n\":1e400}"));
    assert_false(outcome.retryable);
    assert_int_equal(outcome.delay_ms, 2000);
}

static void an_empty_failure_is_one_too(void **state)
{
    struct outcome outcome;

    (void)state;

    assert_int_equal(read_failure("", OUTCOME_FAILED, &outcome), OK);
    assert_null(outcome.failure.type.at);
    assert_true(outcome.retryable);
    assert_int_equal(outcome.delay_ms, -1);
}

static void a_bad_failure_is_refused(void **state)
{
    struct outcome outcome;

    (void)state;

    assert_int_equal(read_failure("{\"type\":1}", OUTCOME_FAILED, &outcome), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/type");
    assert_int_equal(read_failure("{\"type\":\"\"}", OUTCOME_FAILED, &outcome), ERR_INVALID_FIELD);
    assert_int_equal(read_failure("{\"message\":{}}", OUTCOME_FAILED, &outcome), ERR_INVALID_FIELD);
    assert_int_equal(read_failure("{\"mesage\":\"\"}", OUTCOME_FAILED, &outcome),
                     ERR_UNKNOWN_MEMBER);
    assert_int_equal(read_failure("{\"delay_s\":1}", OUTCOME_CANCELLED, &outcome),
                     ERR_UNKNOWN_MEMBER);
}

/* ---- outcomes ---- */

static struct finish finish;

static enum err read_outcomes(const char *text)
{
    error = (struct error){.code = OK};
    return finish_read(&codec, bytes_of(text), &finish);
}

static void outcomes_of_all_kinds_are_read(void **state)
{
    (void)state;

    assert_int_equal(
        read_outcomes("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"succeeded\",\"result\":0.10},"
                      "{\"lease\":\"b\",\"outcome\":\"failed\",\"error\":{\"type\":\"E\","
                      "\"retryable\":false},\"delay_s\":1},"
                      "{\"lease\":\"c\",\"outcome\":\"snoozed\",\"delay_s\":3}]}"),
        OK);

    assert_int_equal(finish.outcomes_len, 3);
    assert_true(bytes_is(finish.outcomes[0].result.data, "0.10"));
    assert_int_equal(finish.outcomes[1].kind, OUTCOME_FAILED);
    assert_true(bytes_is(finish.outcomes[1].failure_type, "E"));
    assert_false(finish.outcomes[1].retryable);
    assert_int_equal(finish.outcomes[1].delay_ms, 1000);
    assert_int_equal(finish.outcomes[2].delay_ms, 3000);
}

static void refuses(const char *text, const char *where)
{
    assert_int_not_equal(read_outcomes(text), OK);
    assert_string_equal(error.where, where);
}

static void members_go_with_their_outcome(void **state)
{
    (void)state;

    refuses("{}", "/outcomes");
    refuses("{\"outcomes\":{}}", "/outcomes");
    refuses("{\"outcomes\":[{\"lease\":\"a\"}]}", "/outcomes/0/outcome");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"failed\",\"result\":1}]}",
            "/outcomes/0/result");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"succeeded\",\"error\":{}}]}",
            "/outcomes/0/error");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"snoozed\"}]}", "/outcomes/0/delay_s");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"released\",\"delay_s\":1}]}",
            "/outcomes/0/delay_s");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"failed\",\"error\":{\"type\":2}}]}",
            "/outcomes/0/error/type");
    refuses("{\"outcomes\":[{\"lease\":\"a\",\"outcome\":\"succeeded\",\"then\":[]}]}",
            "/outcomes/0/then");
}

/* ---- progress and heartbeats ---- */

static void progress_is_put_together_from_its_parts(void **state)
{
    struct progress_note note = {.lease = BYTES_NONE};

    (void)state;

    assert_int_equal(progress_read(&codec,
                                   BYTES("{\"percent\":12.50,\"data\":{ \"a\":1 },"
                                         "\"checkpoint\":[1e400]}"),
                                   &note),
                     OK);

    assert_true(
        bytes_is(note.progress, "{\"percent\":12.50,\"message\":null,\"data\":{ \"a\":1 }}"));
    assert_true(bytes_is(note.checkpoint, "[1e400]"));
    assert_int_equal(progress_read(&codec, BYTES("{\"percent\":101}"), &note), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/percent");
}

static void progress_without_parts_changes_nothing(void **state)
{
    struct progress_note note = {.lease = BYTES_NONE};

    (void)state;

    assert_int_equal(progress_read(&codec, BYTES("{}"), &note), OK);
    assert_null(note.progress.at);
    assert_null(note.checkpoint.at);
}

static void a_heartbeat_names_all_or_some(void **state)
{
    struct heartbeat heartbeat = {.all = false};

    (void)state;

    assert_int_equal(heartbeat_read(&codec, BYTES("{\"leases\":\"all\"}"), &heartbeat), OK);
    assert_true(heartbeat.all);
    assert_int_equal(heartbeat_read(&codec,
                                    BYTES("{\"leases\":[\"a\",\"b\"],\"progress\":[{\"lease\":"
                                          "\"a\",\"percent\":5}]}"),
                                    &heartbeat),
                     OK);
    assert_false(heartbeat.all);
    assert_int_equal(heartbeat.leases_len, 2);
    assert_int_equal(heartbeat.notes_len, 1);
    assert_true(bytes_is(heartbeat.notes[0].lease, "a"));
    assert_int_equal(heartbeat_read(&codec, BYTES("{\"leases\":\"some\"}"), &heartbeat),
                     ERR_INVALID_FIELD);
    assert_int_equal(heartbeat_read(&codec, BYTES("{\"progress\":[{\"percent\":5}]}"), &heartbeat),
                     ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/progress/0/lease");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_keeps_its_bytes),
        cmocka_unit_test(an_empty_failure_is_one_too),
        cmocka_unit_test(a_bad_failure_is_refused),
        cmocka_unit_test(outcomes_of_all_kinds_are_read),
        cmocka_unit_test(members_go_with_their_outcome),
        cmocka_unit_test(progress_is_put_together_from_its_parts),
        cmocka_unit_test(progress_without_parts_changes_nothing),
        cmocka_unit_test(a_heartbeat_names_all_or_some),
    };

    return cmocka_run_group_tests(tests, begin, free_arena);
}
