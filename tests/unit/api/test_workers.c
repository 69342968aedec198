/* Tests of the calls under /v1/workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct request *call_of(const char *path, const char *body)
{
    struct request *request = fake_begin();

    request->method = "POST";
    request->path = path;
    request->body = bytes_of(body);
    request->params[0] = (struct fake_pair){"id", "01890a5d-ac96-774b-bcce-b302099a8057"};
    return request;
}

static void a_registration_is_told_its_times(void **state)
{
    struct worker_view worker = {.id = {{1}}};

    (void)state;

    op_register_worker(call_of("/v1/workers", "{\"identity\":\"w\",\"queues\":[\"a\",\"b\"],"
                                              "\"concurrency\":4,\"confirm_s\":2,"
                                              "\"info\":{\"pid\": 1}}"));

    const struct worker_spec *spec = &fake_command()->in.worker_spec;

    assert_int_equal(spec->queues_len, 2);
    assert_true(bytes_is(spec->queues[1], "b"));
    assert_int_equal(spec->concurrency, 4);
    assert_int_equal(spec->confirm_ms, 2000);
    assert_true(bytes_is(spec->info, "{\"pid\": 1}"));
    fake_command()->reply = (struct reply){.workers = &worker, .workers_len = 1};
    fake_reply();
    assert_true(fake_answered_with(201, "\"heartbeat_s\":5,\"ttl_s\":15,\"lease_s\":30,"));
    fake_end();
}

static void a_bad_registration_is_refused(void **state)
{
    (void)state;

    op_register_worker(call_of("/v1/workers", "{\"identity\":\"a b\",\"queues\":[\"a\"]}"));
    assert_true(fake_answered_with(400, "invalid_field|/identity|"));
    fake_end();
    op_register_worker(call_of("/v1/workers", "{\"identity\":\"a\",\"queues\":[]}"));
    assert_true(fake_answered_with(400, "invalid_field|/queues|"));
    fake_end();
    op_register_worker(call_of("/v1/workers", "{\"identity\":\"a\",\"filters\":[]}"));
    assert_true(fake_answered_with(400, "unknown_member|/filters|not available"));
    fake_end();
}

static void an_empty_claim_is_204(void **state)
{
    (void)state;

    op_claim_tasks(call_of("/v1/workers/x/claim", ""));
    assert_int_equal(fake_command()->in.claim.max, 1);
    fake_reply();

    assert_true(fake_answered_with(204, ""));
    fake_end();
}

static void a_claim_brings_tasks_and_outcomes(void **state)
{
    struct task task = {.ns = BYTES("default"),
                        .queue = BYTES("q"),
                        .type = BYTES(""),
                        .state = TASK_RUNNING,
                        .lease = BYTES("token"),
                        .attempt_deadline_at_ms = -1,
                        .payload = {.data = BYTES("hi"), .content_type = BYTES("text/plain")}};
    struct outcome_reply outcomes[2] = {
        {.state = TASK_SUCCEEDED, .task = {{1}}},
        {.error = {.code = ERR_STALE_LEASE}},
    };

    (void)state;

    op_claim_tasks(
        call_of("/v1/workers/x/claim",
                "{\"max\":2,\"outcomes\":[{\"lease\":\"l\",\"outcome\":\"released\"}]}"));
    assert_int_equal(fake_command()->in.claim.outcomes_len, 1);
    fake_command()->reply =
        (struct reply){.tasks = &task, .tasks_len = 1, .outcomes = outcomes, .outcomes_len = 2};
    fake_reply();

    assert_true(fake_answered_with(200, "\"lease\":\"token\""));
    assert_true(
        fake_answered_with(200, "\"payload_base64\":\"aGk=\",\"content_type\":\"text/plain\""));
    assert_true(fake_answered_with(
        200, "\"state\":\"succeeded\"},{\"status\":409,\"code\":\"stale_lease\"}]"));
    fake_end();
}

static void outcomes_count_while_a_claim_is_refused(void **state)
{
    struct outcome_reply outcome = {.state = TASK_SUCCEEDED, .task = {{1}}};

    (void)state;

    op_claim_tasks(call_of("/v1/workers/x/claim", "{}"));
    fake_command()->reply = (struct reply){.outcomes = &outcome, .outcomes_len = 1};
    (void)error_set(&fake_command()->reply.error, ERR_DRAINING, "", "stopping");
    fake_reply();

    assert_true(fake_answered_with(200, "{\"tasks\":[],\"outcomes\":[{\"status\":200,"));
    fake_end();
}

static void a_heartbeat_hears_of_cancels(void **state)
{
    struct heartbeat_cancel cancel = {
        .lease = BYTES("l"), .reason = BYTES("user"), .grace_ms = 9800};
    struct bytes lost[] = {BYTES("gone")};

    (void)state;

    op_heartbeat_worker(call_of("/v1/workers/x/heartbeat", "{\"leases\":\"all\"}"));
    assert_true(fake_command()->in.heartbeat.all);
    fake_command()->reply = (struct reply){.worker_state = "run",
                                           .cancels = &cancel,
                                           .cancels_len = 1,
                                           .lost = lost,
                                           .lost_len = 1,
                                           .next_ms = 5000};
    fake_reply();

    assert_true(fake_answered_with(200, "{\"state\":\"run\",\"cancelled\":[{\"lease\":\"l\","));
    assert_true(fake_answered_with(200, "\"grace_s\":9.8}],\"lost\":[\"gone\"],\"next_s\":5}"));
    fake_end();
}

static void workers_are_listed_oldest_first_by_pages(void **state)
{
    struct worker_view workers[3] = {
        {.id = {{3}}, .registered_at_ms = 3, .state = "run", .spec = {.identity = BYTES("c")}},
        {.id = {{1}}, .registered_at_ms = 1, .state = "run", .spec = {.identity = BYTES("a")}},
        {.id = {{2}}, .registered_at_ms = 2, .state = "run", .spec = {.identity = BYTES("b")}},
    };
    struct request *request = call_of("/v1/workers", "");
    char cursor[256] = "";

    (void)state;

    request->query[0] = (struct fake_pair){"limit", "2"};
    op_list_workers(request);
    fake_command()->reply = (struct reply){.workers = workers, .workers_len = 3};
    fake_reply();
    assert_true(fake_answered_with(200, "{\"items\":[{\"id\":\"01"));
    assert_null(strstr(request->text, "\"identity\":\"c\""));
    (void)sscanf(strstr(request->text, "\"next_cursor\":\""), "\"next_cursor\":\"%255[^\"]",
                 cursor);
    fake_end();

    request = call_of("/v1/workers", "");
    request->query[0] = (struct fake_pair){"cursor", cursor};
    op_list_workers(request);
    fake_command()->reply = (struct reply){.workers = workers, .workers_len = 3};
    fake_reply();
    assert_true(fake_answered_with(200, "{\"items\":[{\"id\":\"03"));
    assert_true(fake_answered_with(200, "\"next_cursor\":null}"));
    fake_end();
}

static void an_operator_changes_the_state(void **state)
{
    (void)state;

    op_edit_worker(call_of("/v1/workers/x", "{\"state\":\"quiet\"}"));
    assert_true(fake_command()->in.worker_edit.has_mode);
    assert_int_equal(fake_command()->in.worker_edit.mode, WORKER_QUIET);
    assert_false(fake_command()->in.worker_edit.has_concurrency);
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_told_its_times),
        cmocka_unit_test(a_bad_registration_is_refused),
        cmocka_unit_test(an_empty_claim_is_204),
        cmocka_unit_test(a_claim_brings_tasks_and_outcomes),
        cmocka_unit_test(outcomes_count_while_a_claim_is_refused),
        cmocka_unit_test(a_heartbeat_hears_of_cancels),
        cmocka_unit_test(workers_are_listed_oldest_first_by_pages),
        cmocka_unit_test(an_operator_changes_the_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
