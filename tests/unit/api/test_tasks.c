/* Tests of looking at tasks: results, refusals, entity tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static const char ID[] = "01890a5d-ac96-774b-bcce-b302099a8057";

static struct task task;

static struct request *look_at(const char *path, enum task_state state)
{
    struct request *request = fake_begin();

    request->path = path;
    request->params[0] = (struct fake_pair){"id", ID};
    task = (struct task){.ns = BYTES("default"),
                         .queue = BYTES("q"),
                         .type = BYTES("t"),
                         .state = state,
                         .version = 7,
                         .tags = BYTES("a\nb\n"),
                         .finished_at_ms = 1000,
                         .cancel_requested_at_ms = -1};
    (void)id_parse(bytes_of(ID), &task.id);
    task.root = task.id;
    return request;
}

static void reply_with_task(void)
{
    fake_command()->reply.view.task = &task;
    fake_reply();
}

static void a_task_comes_with_links_and_its_tag(void **state)
{
    (void)state;

    op_get_task(look_at("/v1/tasks/x", TASK_RUNNING));
    assert_true(fake_command()->in.look.with_result);
    assert_true(id_equal(fake_command()->in.look.task, task.id));
    reply_with_task();

    assert_true(fake_answered_with(200, "\"tags\":[\"a\",\"b\"]"));
    assert_true(fake_answered_with(200, "\"finished_at\":\"1970-01-01T00:00:01.000Z\""));
    assert_true(fake_answered_with(200, "\"version\":7,\"links\":{\"self\":\"/v1/tasks/0189"));
    assert_true(fake_has_header("ETag: \"7\"\n"));
    fake_end();
}

static void what_has_not_changed_is_304(void **state)
{
    struct request *request = look_at("/v1/tasks/x", TASK_RUNNING);

    (void)state;
    request->headers[0] = (struct fake_pair){"if-none-match", "\"7\""};

    op_get_task(request);
    assert_int_equal(fake_command()->in.look.if_none_match, 7);
    fake_command()->reply.not_modified = true;
    reply_with_task();

    assert_true(fake_answered_with(304, ""));
    assert_true(fake_has_header("ETag: \"7\"\n"));
    fake_end();
}

static void an_id_that_is_none_is_404(void **state)
{
    struct request *request = look_at("/v1/tasks/x", TASK_RUNNING);

    (void)state;
    request->params[0].value = "' OR 1=1--";

    op_get_task(request);

    assert_true(fake_answered_with(404, "not_found|"));
    fake_end();
}

static void a_result_is_the_bytes_with_their_type(void **state)
{
    (void)state;

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_SUCCEEDED));
    task.result = (struct body){.data = BYTES("<p>"), .content_type = BYTES("text/html")};
    reply_with_task();
    assert_true(fake_answered_with(200, "<p>"));
    assert_true(fake_has_header("Content-Security-Policy: sandbox\n"));
    fake_end();

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_SUCCEEDED));
    task.result = (struct body){.data = BYTES("0.10")};
    reply_with_task();
    assert_true(fake_answered_with(200, "0.10"));
    fake_end();

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_SUCCEEDED));
    reply_with_task();
    assert_true(fake_answered_with(200, ""));
    fake_end();
}

static void a_result_that_never_came_says_why(void **state)
{
    (void)state;

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_RUNNING));
    reply_with_task();
    assert_true(fake_answered_with(202, "\"state\":\"running\""));
    fake_end();

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_FAILED));
    task.error = BYTES("{\"type\":\"E\"}");
    reply_with_task();
    assert_true(fake_answered_with(409, "task_failed|"));
    assert_true(fake_answered_with(409, "|\"task_id\":\"01890a5d"));
    assert_true(fake_answered_with(409, ",\"error\":{\"type\":\"E\"}"));
    fake_end();

    op_get_task_result(look_at("/v1/tasks/x/result", TASK_CANCELLED));
    task.cancel_reason = BYTES("user");
    task.abandoned = true;
    reply_with_task();
    assert_true(fake_answered_with(410, "task_cancelled|"));
    assert_true(fake_answered_with(410, ",\"cancel_reason\":\"user\",\"abandoned\":true"));
    fake_end();
}

static void a_waiter_may_cancel(void **state)
{
    struct request *request = look_at("/v1/tasks/x", TASK_RUNNING);

    (void)state;
    request->query[0] = (struct fake_pair){"wait", "0.01"};
    request->query[1] = (struct fake_pair){"on_timeout", "cancel"};
    request->query[2] = (struct fake_pair){"cancel_on_disconnect", "1"};

    op_get_task(request);

    assert_int_equal(fake_command()->wait_ms, 10);
    assert_true(fake_command()->in.look.cancel_on_timeout);
    assert_true(fake_command()->in.look.cancel_on_disconnect);
    fake_end();
}

static void a_payload_that_is_none_is_204(void **state)
{
    (void)state;

    op_get_task_payload(look_at("/v1/tasks/x/payload", TASK_READY));
    assert_true(fake_command()->in.look.with_payload);
    reply_with_task();

    assert_true(fake_answered_with(204, ""));
    fake_end();
}

static void attempts_and_logs_are_listed(void **state)
{
    struct attempt attempt = {.attempt = 1,
                              .delivery = 2,
                              .started_at_ms = -1,
                              .finished_at_ms = -1,
                              .outcome = ATTEMPT_LOST};
    struct log_line line = {.message = BYTES("hi"), .at_ms = 0};
    (void)state;

    op_get_task_attempts(look_at("/", TASK_READY));
    fake_command()->reply.view = (struct task_view){.attempts = &attempt, .attempts_len = 1};
    reply_with_task();
    assert_true(fake_answered_with(200, "\"outcome\":\"lost\",\"error\":null}"));
    fake_end();

    op_get_task_logs(look_at("/", TASK_READY));
    fake_command()->reply.view = (struct task_view){.logs = &line, .logs_len = 1};
    reply_with_task();
    assert_true(fake_answered_with(200, "\"logger\":null,\"message\":\"hi\"}"));
    fake_end();
}

static void a_blocker_has_the_members_that_apply(void **state)
{
    struct blocker blockers[] = {
        {
            .kind = "position",
            .until_ms = -1,
            .limit = -1,
            .running = -1,
            .units = -1,
            .ahead = 12,
            .count = -1,
            .workers = 1,
            .unavailable = -1,
            .resting = -1,
            .disabled = -1,
            .slots = 3,
            .free = 0,
            .min_priority = MIN_PRIORITY_NONE,
        },
        {
            .kind = "all",
            .queue = BYTES("q"),
            .type = BYTES("t"),
            .name = BYTES("n"),
            .key = BYTES("k"),
            .holder_state = TASK_FAILED,
            .state = "purging",
            .requires = BYTES("a=b\n"),
            .missing = BYTES(""),
            .worker = BYTES("w"),
            .until_ms = 0,
            .unavailable = 8,
            .resting = 0,
            .disabled = 2,
        },
    };

    (void)state;
    op_explain_task(look_at("/", TASK_READY));
    fake_command()->reply.view =
        (struct task_view){.blockers = blockers, .blockers_len = 2, .estimate_ms = 1500};
    reply_with_task();
    assert_true(fake_answered_with(
        200,
        "\"blockers\":[{\"kind\":\"position\",\"ahead\":12,\"workers\":1,\"slots\":3,\"free\":0},"
        "{\"kind\":\"all\",\"queue\":\"q\",\"name\":\"n\",\"type\":\"t\",\"key\":\"k\","
        "\"holder_state\":\"failed\",\"state\":\"purging\",\"worker\":\"w\",\"requires\":{\"a\":\"b\"},"
        "\"missing\":{},\"min_priority\":0,\"until\":\"1970-01-01T00:00:00.000Z\",\"limit\":0,"
        "\"running\":0,\"units\":0,\"ahead\":0,\"workers\":0,\"count\":0,\"unavailable\":8,"
        "\"resting\":0,\"disabled\":2,"
        "\"slots\":0,\"free\":0}],\"estimate\":1.5}"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_comes_with_links_and_its_tag),
        cmocka_unit_test(what_has_not_changed_is_304),
        cmocka_unit_test(an_id_that_is_none_is_404),
        cmocka_unit_test(a_result_is_the_bytes_with_their_type),
        cmocka_unit_test(a_result_that_never_came_says_why),
        cmocka_unit_test(a_waiter_may_cancel),
        cmocka_unit_test(a_payload_that_is_none_is_204),
        cmocka_unit_test(attempts_and_logs_are_listed),
        cmocka_unit_test(a_blocker_has_the_members_that_apply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
