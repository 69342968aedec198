/* Tests of submitting one task: decoding, waiting, keys, and the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct task task_in(enum task_state state)
{
    return (struct task){
        .id = {{0x01, 0x89}},
        .root = {{0x01, 0x89}},
        .ns = BYTES("default"),
        .queue = BYTES("q"),
        .type = BYTES(""),
        .state = state,
        .max_attempts = 3,
        .version = 4,
        .run_at_ms = -1,
        .claimed_at_ms = -1,
        .started_at_ms = -1,
        .finished_at_ms = -1,
        .cancel_requested_at_ms = -1,
        .result = {.data = BYTES("0.10")},
    };
}

static struct request *submit_of(const char *body)
{
    struct request *request = fake_begin();

    request->method = "POST";
    request->path = "/v1/tasks";
    request->body = bytes_of(body);
    return request;
}

static void a_new_task_is_201_with_its_location(void **state)
{
    struct request *request = submit_of("{\"queue\":\"q\",\"payload\":1}");
    struct task task = task_in(TASK_READY);

    (void)state;

    op_submit_task(request);
    assert_true(request->is_parked);
    assert_int_equal(fake_command()->kind, COMMAND_SUBMIT);
    assert_true(fake_command()->in.submit.single);
    fake_command()->reply = (struct reply){.created = true, .view = {.task = &task}};
    fake_reply();

    assert_true(fake_answered_with(201, "\"state\":\"ready\""));
    assert_true(fake_has_header("Location: /v1/tasks/01890000-0000-0000-0000-000000000000\n"));
    assert_true(fake_has_header("ETag: \"4\"\n"));
    fake_end();
}

static void a_wait_that_saw_the_end_is_200_with_the_result(void **state)
{
    struct request *request = submit_of("{}");
    struct task task = task_in(TASK_SUCCEEDED);

    (void)state;
    request->headers[0] = (struct fake_pair){"prefer", "wait=30"};

    op_submit_task(request);
    assert_int_equal(fake_command()->wait_ms, 30000);
    fake_command()->reply = (struct reply){.created = true, .done = true, .view = {.task = &task}};
    fake_reply();

    assert_true(fake_answered_with(200, "\"result\":0.10"));
    assert_true(fake_has_header("Preference-Applied: wait=30\n"));
    fake_end();
}

static void a_namespace_in_the_path_stays_in_links(void **state)
{
    struct request *request = submit_of("{}");
    struct task task = task_in(TASK_READY);

    (void)state;
    request->path = "/v1/ns/other/tasks";
    request->ns = "other";
    request->headers[0] = (struct fake_pair){"idempotency-key", "k"};

    op_submit_task(request);
    assert_true(bytes_is(fake_command()->ns, "other"));
    assert_true(bytes_is(fake_command()->idempotency.scope, "POST /v1/tasks"));
    fake_command()->reply = (struct reply){.created = true, .view = {.task = &task}};
    fake_reply();

    assert_true(fake_has_header("Location: /v1/ns/other/tasks/0189"));
    assert_true(fake_answered_with(201, "\"self\":\"/v1/ns/other/tasks/0189"));
    fake_end();
}

static void a_repeat_gets_the_first_answer(void **state)
{
    struct request *request = submit_of("{}");

    (void)state;
    request->headers[0] = (struct fake_pair){"idempotency-key", "\"k 1\""};

    op_submit_task(request);
    assert_true(bytes_is(fake_command()->idempotency.key, "k 1"));
    assert_int_equal(strlen(fake_command()->idempotency.fingerprint.at), 64);
    fake_command()->reply = (struct reply){.replayed = true,
                                           .stored_status = 201,
                                           .stored_body = BYTES("{\"first\":1}"),
                                           .stored_location = BYTES("/v1/tasks/x")};
    fake_reply();

    assert_true(fake_answered_with(201, "{\"first\":1}"));
    assert_true(fake_has_header("Idempotency-Replayed: true\n"));
    assert_true(fake_has_header("Location: /v1/tasks/x\n"));
    fake_end();
}

static void what_is_remembered_is_the_201(void **state)
{
    struct task task = task_in(TASK_READY);
    struct bytes location;
    struct bytes body;
    int status;

    (void)state;

    op_submit_task(submit_of("{}"));
    fake_command()->reply = (struct reply){.created = true, .view = {.task = &task}};
    fake_command()->remember(fake_command(), &status, &location, &body);

    assert_int_equal(status, 201);
    assert_true(bytes_starts(location, "/v1/tasks/0189"));
    assert_true(bytes_starts(body, "{\"id\":\"0189"));
    fake_end();
}

static void refuses(struct request *request, int status, const char *part)
{
    op_submit_task(request);
    assert_true(fake_answered_with(status, part));
    assert_int_equal(fake_engine()->posted_len, 0);
    fake_end();
}

static void bad_requests_reach_no_engine(void **state)
{
    struct request *request;

    (void)state;

    refuses(submit_of(""), 400, "malformed|");
    refuses(submit_of(" "), 400, "malformed|");
    refuses(submit_of("{\"priorty\":1}"), 400, "unknown_member|/priorty|");
    request = submit_of("{}");
    request->query[0] = (struct fake_pair){"wiat", "1"};
    refuses(request, 400, "invalid_field|?wiat|");
    request = submit_of("{}");
    request->query[0] = (struct fake_pair){"wait", "61"};
    refuses(request, 400, "invalid_field|?wait|");
    request = submit_of("{}");
    request->query[0] = (struct fake_pair){"until", "soon"};
    refuses(request, 400, "invalid_field|?until|");
    request = submit_of("{}");
    request->headers[0] = (struct fake_pair){"idempotency-key", ""};
    refuses(request, 400, "invalid_field|Idempotency-Key|");
    request = submit_of("{}");
    request->park_refused = true;
    refuses(request, 503, "overloaded|");
}

static void an_error_of_the_engine_is_the_answer(void **state)
{
    (void)state;

    op_submit_task(submit_of("{}"));
    (void)error_set(&fake_command()->reply.error, ERR_QUEUE_FULL, "", "full");
    fake_reply();

    assert_true(fake_answered_with(429, "queue_full||full"));
    fake_end();
}

/* ---- raw ---- */

static struct request *raw_of(const char *body, const char *type)
{
    struct request *request = submit_of(body);

    request->path = "/v1/queues/q/tasks";
    request->params[0] = (struct fake_pair){"queue", "q"};
    if (type != NULL)
        request->headers[0] = (struct fake_pair){"content-type", type};
    return request;
}

static void is_raw_as(struct request *request, const char *data, const char *type)
{
    op_submit_raw(request);

    const struct body *payload = &fake_command()->in.submit.specs[0].payload;

    assert_true(bytes_is(payload->data, data));
    assert_true(bytes_equal(payload->content_type, bytes_of(type)));
    fake_end();
}

static void a_raw_body_keeps_bytes_and_type(void **state)
{
    (void)state;

    is_raw_as(raw_of("{\"a\": 1}", NULL), "{\"a\": 1}", NULL);
    is_raw_as(raw_of("plain", NULL), "plain", "application/octet-stream");
    is_raw_as(raw_of("7", "application/x-www-form-urlencoded"), "7", NULL);
    is_raw_as(raw_of("7", "text/plain"), "7", "text/plain");
    is_raw_as(raw_of("{", "application/json"), "{", "application/json");
    is_raw_as(raw_of("", NULL), "", "application/octet-stream");
}

static void options_of_a_raw_body_stand_in_the_query(void **state)
{
    struct request *request = raw_of("x", NULL);

    (void)state;
    request->query[0] = (struct fake_pair){"wait", "0.5"};
    request->query[1] = (struct fake_pair){"type", "t"};
    request->query[2] = (struct fake_pair){"retry.max_attempts", "1"};

    op_submit_raw(request);

    assert_int_equal(fake_command()->wait_ms, 500);
    assert_true(bytes_is(fake_command()->in.submit.specs[0].type, "t"));
    assert_int_equal(fake_command()->in.submit.specs[0].retry.max_attempts, 1);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_task_is_201_with_its_location),
        cmocka_unit_test(a_wait_that_saw_the_end_is_200_with_the_result),
        cmocka_unit_test(a_namespace_in_the_path_stays_in_links),
        cmocka_unit_test(a_repeat_gets_the_first_answer),
        cmocka_unit_test(what_is_remembered_is_the_201),
        cmocka_unit_test(bad_requests_reach_no_engine),
        cmocka_unit_test(an_error_of_the_engine_is_the_answer),
        cmocka_unit_test(a_raw_body_keeps_bytes_and_type),
        cmocka_unit_test(options_of_a_raw_body_stand_in_the_query),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
