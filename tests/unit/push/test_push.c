/* Tests of the push room as a whole: a real engine, a real endpoint on loopback. */
#include "floor.h"

#include "base/memory.h"

#include <stdlib.h>

static void a_task_is_posted_and_its_answer_is_the_result(void **state)
{
    struct floor *floor = *state;
    char said[ENDPOINT_TEXT_MAX];
    const struct task *task;

    (void)floor_worker(floor, "/say/[1,2]", 4);
    task = floor_await(floor, floor_submit(floor, "{\"a\":1}"), TASK_SUCCEEDED);
    assert_true(bytes_is(task->result.data, "[1,2]"));
    assert_null(task->result.content_type.at);
    endpoint_last(floor->endpoint, said);
    assert_non_null(strstr(said, "POST /say/[1,2] HTTP/1.1\r\n"));
    assert_non_null(strstr(said, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(said, "\r\nwebhook-id: "));
    assert_non_null(strstr(said, "\r\nwebhook-timestamp: "));
    assert_non_null(strstr(said, "\r\nwebhook-signature: v1,"));
    assert_non_null(strstr(said, "\r\nTask-Attempt: 1\r\n"));
    assert_non_null(strstr(said, "\r\nUser-Agent: Sluice/0\r\n"));
    assert_null(strstr(said, "Expect:"));
    assert_non_null(strstr(said, "\r\n\r\n{\"a\":1}"));
}

static void an_answer_that_is_no_json_keeps_its_type(void **state)
{
    struct floor *floor = *state;
    const struct task *task;

    (void)floor_worker(floor, "/status/201", 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_SUCCEEDED);
    assert_true(bytes_is(task->result.data, "said so"));
    assert_true(bytes_is(task->result.content_type, "text/plain"));
}

static void a_bad_request_is_the_end_of_the_task(void **state)
{
    struct floor *floor = *state;
    const struct task *task;

    (void)floor_worker(floor, "/status/422", 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_FAILED);
    assert_int_equal(task->failures, 1);
    assert_non_null(strstr(task->error.at, "\"type\":\"push_status\""));
    assert_non_null(strstr(task->error.at, "\"status\":422,\"body\":\"said so\""));
}

static void what_failed_is_tried_again(void **state)
{
    struct floor *floor = *state;
    struct id task;

    (void)floor_worker(floor, "/say/3", 4);
    endpoint_answer(floor->endpoint, 500);
    task = floor_submit(floor, "1");
    (void)floor_await(floor, task, TASK_RETRYING);
    endpoint_answer(floor->endpoint, 0);
    assert_int_equal(floor_await(floor, task, TASK_SUCCEEDED)->attempt, 2);
}

static void who_asks_for_time_gets_it_and_no_attempt_is_spent(void **state)
{
    struct floor *floor = *state;
    struct id task;

    (void)floor_worker(floor, "/say/3", 4);
    endpoint_answer(floor->endpoint, 503); /* Retry-After: 2 */
    task = floor_submit(floor, "1");
    floor_run(floor, 1000);
    assert_int_equal(floor_look(floor, task)->state, TASK_READY);
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
    endpoint_answer(floor->endpoint, 0);
    assert_int_equal(floor_await(floor, task, TASK_SUCCEEDED)->attempt, 1);
}

static void gone_is_out_of_use(void **state)
{
    struct floor *floor = *state;
    struct id worker = floor_worker(floor, "/status/410", 4), task = floor_submit(floor, "1");
    struct command *look;

    for (int tries = 0; tries < 300; tries++) {
        look = floor_make(COMMAND_GET_WORKER);
        look->in.worker = worker;
        if (floor_ask(floor, look)->reply.workers[0].is_disabled)
            break;
        floor_run(floor, 10);
    }
    assert_true(look->reply.workers[0].is_disabled);
    floor_run(floor, 200);
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
    assert_int_equal(floor_look(floor, task)->state, TASK_READY);
}

static struct bytes lease_said(struct floor *floor, char said[ENDPOINT_TEXT_MAX])
{
    const char *at, *end;

    endpoint_last(floor->endpoint, said);
    at = strstr(said, "Task-Lease: ");
    assert_non_null(at);
    at += strlen("Task-Lease: ");
    end = strchr(at, '\r');
    return (struct bytes){at, (size_t)(end - at)};
}

static void what_was_accepted_is_finished_by_its_lease(void **state)
{
    struct floor *floor = *state;
    struct id task;
    char said[ENDPOINT_TEXT_MAX];
    struct command *finish = floor_make(COMMAND_FINISH);
    struct outcome outcome = {.kind = OUTCOME_SUCCEEDED, .delay_ms = -1};

    (void)floor_worker(floor, "/status/202", 4);
    task = floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    floor_run(floor, 200);
    assert_int_equal(floor_look(floor, task)->state, TASK_RUNNING);
    outcome.lease = arena_bytes(finish->mem, lease_said(floor, said));
    finish->in.finish = (struct finish){.outcomes = &outcome, .outcomes_len = 1};
    assert_int_equal(floor_ask(floor, finish)->reply.outcomes[0].error.code, OK);
    assert_int_equal(floor_look(floor, task)->state, TASK_SUCCEEDED);
}

static void cancel(struct floor *floor, struct id task, int64_t grace_ms)
{
    struct command *command = floor_make(COMMAND_CANCEL);

    command->in.cancel =
        (struct cancel){.task = task, .grace_ms = grace_ms, .if_match = VERSION_UNASKED};
    (void)floor_ask(floor, command);
}

static void a_cancel_is_a_delete(void **state)
{
    struct floor *floor = *state;
    char said[ENDPOINT_TEXT_MAX], id[ID_TEXT_LEN + 1];
    struct id task;

    (void)floor_worker(floor, "/hang?a=b", 4);
    task = floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    cancel(floor, task, 5000);
    assert_false(floor_await(floor, task, TASK_CANCELLED)->abandoned);
    endpoint_last(floor->endpoint, said);
    id_format(task, id);
    assert_memory_equal(said, "DELETE /hang/", 13);
    assert_memory_equal(said + 13, id, ID_TEXT_LEN);
    assert_non_null(strstr(said, "?a=b HTTP/1.1\r\n"));
    assert_non_null(strstr(said, "Task-Lease: "));
    assert_non_null(strstr(said, "webhook-signature: v1,"));
}

static void an_endpoint_that_does_not_stop_is_cut_off_after_the_grace_time(void **state)
{
    struct floor *floor = *state;
    struct id task, next;

    (void)floor_worker(floor, "/hang?delete=404", 1);
    task = floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    cancel(floor, task, 300);
    assert_true(floor_await(floor, task, TASK_CANCELLED)->abandoned);
    assert_int_equal(endpoint_deletes(floor->endpoint), 1);
    next = floor_submit(floor, "2"); /* the one slot is free again */
    (void)floor_await(floor, next, TASK_RUNNING);
    while (endpoint_posts(floor->endpoint) == 1)
        floor_run(floor, 5);
}

static void a_result_that_is_too_long_is_none(void **state)
{
    struct floor *floor = *state;
    const struct task *task;

    (void)floor_worker(floor, "/big/70000", 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_SUCCEEDED);
    assert_null(task->result.data.at);
}

static void a_body_that_is_cut_is_none(void **state)
{
    struct floor *floor = *state;
    struct command *look = floor_make(COMMAND_LOOK);

    (void)floor_worker(floor, "/cut", 4);
    look->in.look = (struct look){
        .task = floor_submit(floor, "1"), .with_logs = true, .if_none_match = VERSION_UNASKED};
    assert_null(floor_await(floor, look->in.look.task, TASK_SUCCEEDED)->result.data.at);
    (void)floor_ask(floor, look);
    assert_int_equal(look->reply.view.logs_len, 1);
    assert_true(bytes_is(look->reply.view.logs[0].logger, "sluice.push"));
}

/* A worker at the path fails by that type. */
static void fails_by(struct floor *floor, const char *path, const char *type)
{
    const struct task *task;

    (void)floor_worker(floor, path, 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_RETRYING);
    if (strstr(task->error.at, type) == NULL)
        fail_msg("%.*s", BYTES_ARG(task->error));
}

static void a_head_that_is_too_long_is_broken(void **state)
{
    fails_by(*state, "/head/20000", "push_broken");
}

static void no_answer_is_broken(void **state)
{
    fails_by(*state, "/close", "push_broken");
}

static void nobody_there_is_unreachable(void **state)
{
    struct floor *floor = *state;
    const struct task *task;

    (void)floor_worker_at(floor, "http://127.0.0.1:9", 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_RETRYING);
    assert_non_null(strstr(task->error.at, "push_unreachable"));
}

/* The URL's text is fine, what it resolves to is not. */
static void an_address_is_judged_when_it_is_called(void **state)
{
    struct floor *floor = *state;
    struct error error;
    const struct task *task;
    char url[64];

    push_close(floor->push);
    floor->push = NULL;
    networks_free(&floor->policy.allowed);
    assert_int_equal(networks_read("10.0.0.0/8", &floor->policy.allowed, &error), OK);
    floor_reopen(floor, 100, 64);
    (void)snprintf(url, sizeof(url), "http://localhost:%u/say/1", endpoint_port(floor->endpoint));
    (void)floor_worker_at(floor, url, 4);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_RETRYING);
    assert_non_null(strstr(task->error.at, "push_denied"));
    assert_int_equal(endpoint_connections(floor->endpoint), 0);
}

/* Submit so many, wait until all have succeeded. */
static void run_many(struct floor *floor, unsigned count)
{
    struct id *tasks = mem_alloc(count * sizeof(*tasks));

    for (unsigned i = 0; i < count; i++)
        tasks[i] = floor_submit(floor, "1");
    for (unsigned i = 0; i < count; i++)
        (void)floor_await(floor, tasks[i], TASK_SUCCEEDED);
    free(tasks);
}

static void a_host_gets_no_more_at_once_than_it_may(void **state)
{
    struct floor *floor = *state;

    floor_reopen(floor, 100, 3);
    (void)floor_worker(floor, "/slow/20", 50);
    (void)floor_worker(floor, "/slow/21", 50);
    run_many(floor, 40);
    assert_in_range(endpoint_peak(floor->endpoint), 2, 3);
}

static void all_together_get_no_more_than_the_room_has(void **state)
{
    struct floor *floor = *state;

    floor_reopen(floor, 4, 100);
    for (int i = 0; i < 6; i++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "/slow/%d", 20 + i);
        (void)floor_worker(floor, path, 50);
    }
    run_many(floor, 60);
    assert_in_range(endpoint_peak(floor->endpoint), 3, 4);
}

static void connections_are_used_again(void **state)
{
    struct floor *floor = *state;

    (void)floor_worker(floor, "/say/1", 8);
    run_many(floor, 200);
    assert_int_equal(endpoint_posts(floor->endpoint), 200);
    assert_in_range(endpoint_connections(floor->endpoint), 1, 16);
}

static void the_room_ends_at_once_whatever_hangs(void **state)
{
    struct floor *floor = *state;
    int64_t began_ms;

    (void)floor_worker(floor, "/hang", 8);
    for (int i = 0; i < 4; i++)
        (void)floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    began_ms = clock_system().now(NULL).mono_ms;
    push_close(floor->push);
    floor->push = NULL;
    assert_in_range(clock_system().now(NULL).mono_ms - began_ms, 0, 1000);
}

static void what_is_under_way_ends_before_the_broker_does(void **state)
{
    struct floor *floor = *state;
    struct bytes labels[] = {BYTES("default"), BYTES("q"), BYTES("succeeded")};

    (void)floor_worker(floor, "/slow/400", 8);
    (void)floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    engine_drain(floor->engine);
    floor_run(floor, 900);
    assert_int_equal(metrics_value(floor->metrics, METRIC_FINISHED, labels), 1);
}

static void who_was_deleted_is_called_no_more(void **state)
{
    struct floor *floor = *state;
    struct id worker = floor_worker(floor, "/hang", 8);
    struct command *leave = floor_make(COMMAND_LEAVE);

    (void)floor_submit(floor, "1");
    while (endpoint_posts(floor->endpoint) == 0)
        floor_run(floor, 5);
    leave->in.worker = worker;
    (void)floor_ask(floor, leave);
    floor_run(floor, 200);
    (void)floor_submit(floor, "1");
    floor_run(floor, 200);
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, floor_set_up, floor_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_task_is_posted_and_its_answer_is_the_result),
        TEST(an_answer_that_is_no_json_keeps_its_type),
        TEST(a_bad_request_is_the_end_of_the_task),
        TEST(what_failed_is_tried_again),
        TEST(who_asks_for_time_gets_it_and_no_attempt_is_spent),
        TEST(gone_is_out_of_use),
        TEST(what_was_accepted_is_finished_by_its_lease),
        TEST(a_cancel_is_a_delete),
        TEST(an_endpoint_that_does_not_stop_is_cut_off_after_the_grace_time),
        TEST(a_result_that_is_too_long_is_none),
        TEST(a_body_that_is_cut_is_none),
        TEST(a_head_that_is_too_long_is_broken),
        TEST(no_answer_is_broken),
        TEST(nobody_there_is_unreachable),
        TEST(an_address_is_judged_when_it_is_called),
        TEST(a_host_gets_no_more_at_once_than_it_may),
        TEST(all_together_get_no_more_than_the_room_has),
        TEST(connections_are_used_again),
        TEST(the_room_ends_at_once_whatever_hangs),
        TEST(what_is_under_way_ends_before_the_broker_does),
        TEST(who_was_deleted_is_called_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
