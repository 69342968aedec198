/* Tests of the verbs of leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct request *verb(const char *body, const char *type)
{
    struct request *request = fake_begin();

    request->method = "POST";
    request->path = "/v1/leases/l/verb";
    request->body = bytes_of(body);
    request->params[0] = (struct fake_pair){"lease", "l"};
    if (type != NULL)
        request->headers[0] = (struct fake_pair){"content-type", type};
    return request;
}

static const struct outcome *outcome(void)
{
    return &fake_command()->in.finish.outcomes[0];
}

static void a_body_is_the_result(void **state)
{
    (void)state;

    op_complete_lease(verb("42", NULL));
    assert_int_equal(outcome()->kind, OUTCOME_SUCCEEDED);
    assert_true(bytes_is(outcome()->lease, "l"));
    assert_true(bytes_is(outcome()->result.data, "42"));
    assert_null(outcome()->result.content_type.at);
    fake_end();

    op_complete_lease(verb("", NULL));
    assert_null(outcome()->result.data.at);
    fake_end();

    op_complete_lease(verb("", "text/plain"));
    assert_non_null(outcome()->result.data.at);
    fake_end();
}

static void the_state_is_the_answer(void **state)
{
    struct outcome_reply reply = {.task = {{1}}, .state = TASK_RETRYING};

    (void)state;

    op_fail_lease(verb("{\"message\":\"m\"}", NULL));
    fake_command()->reply = (struct reply){.outcomes = &reply, .outcomes_len = 1};
    fake_reply();
    assert_true(fake_answered_with(200, "\"state\":\"retrying\"}"));
    fake_end();
}

static void a_stale_lease_is_409(void **state)
{
    struct outcome_reply reply = {.error = {.code = ERR_STALE_LEASE}};

    (void)state;

    op_release_lease(verb("", NULL));
    fake_command()->reply = (struct reply){.outcomes = &reply, .outcomes_len = 1};
    fake_reply();
    assert_true(fake_answered_with(409, "stale_lease|"));
    fake_end();
}

static void a_snooze_needs_its_delay(void **state)
{
    (void)state;

    op_snooze_lease(verb("{}", NULL));
    assert_true(fake_answered_with(400, "invalid_field|/delay_s|is missing"));
    fake_end();

    op_snooze_lease(verb("{\"delay_s\":0}", NULL));
    assert_int_equal(outcome()->delay_ms, 0);
    fake_end();
}

static void an_extension_has_bounds(void **state)
{
    (void)state;

    op_extend_lease(verb("{\"lease_s\":0.5}", NULL));
    assert_true(fake_answered_with(400, "invalid_field|/lease_s|"));
    fake_end();

    op_extend_lease(verb("", NULL));
    assert_int_equal(fake_command()->in.extend.lease_ms, -1);
    fake_end();
}

static void logs_are_lines_or_objects(void **state)
{
    const struct lease_logs *logs;

    (void)state;

    op_log_lease(verb("one\r\n\ntwo", NULL));
    logs = &fake_command()->in.logs;
    assert_int_equal(logs->lines_len, 2);
    assert_true(bytes_is(logs->lines[0].message, "one"));
    assert_int_equal(logs->lines[1].at_ms, -1);
    fake_end();

    op_log_lease(verb("{\"level\":\"info\",\"message\":\"m\",\"at\":\"1970-01-01T00:00:01Z\"}\n",
                      "application/x-ndjson"));
    logs = &fake_command()->in.logs;
    assert_int_equal(logs->lines_len, 1);
    assert_int_equal(logs->lines[0].at_ms, 1000);
    assert_true(bytes_is(logs->lines[0].level, "info"));
    fake_end();

    op_log_lease(verb("{\"msg\":\"m\"}", "application/x-ndjson"));
    assert_true(fake_answered_with(400, "unknown_member|/msg|"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_the_result),    cmocka_unit_test(the_state_is_the_answer),
        cmocka_unit_test(a_stale_lease_is_409),    cmocka_unit_test(a_snooze_needs_its_delay),
        cmocka_unit_test(an_extension_has_bounds), cmocka_unit_test(logs_are_lines_or_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
