/* Tests of what concerns the whole broker, and of the numbers it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "fake.h"
#include "handlers.h"
#include "http/server.h"

static enum broker_state state_now;
static bool is_ready;

enum broker_state engine_state(const struct engine *engine)
{
    (void)engine;
    return state_now;
}

bool engine_is_ready(const struct engine *engine)
{
    (void)engine;
    return is_ready;
}

struct http_server_stats http_server_stats(const struct http_server *server)
{
    (void)server;
    return (struct http_server_stats){.connections = 1};
}

/* The build embeds the contract; here it is one line. */
const struct embedded_file embedded_openapi[] = {
    {"openapi.yaml", (const unsigned char *)"openapi: 3.1.0\n", 15},
};
const size_t embedded_openapi_len = 1;

static struct api *api_of(struct request *request)
{
    return request_server_ctx(request);
}

static void a_broker_that_drains_is_live_but_not_ready(void **state)
{
    (void)state;
    state_now = BROKER_DRAINING;
    is_ready = true;

    op_livez(fake_begin());
    assert_true(fake_answered_with(200, "ok\n"));
    fake_end();
    op_readyz(fake_begin());
    assert_true(fake_answered_with(503, "draining|"));
    fake_end();
}

static void a_store_that_takes_nothing_is_not_ready(void **state)
{
    (void)state;
    state_now = BROKER_READY;
    is_ready = false;

    op_readyz(fake_begin());
    assert_true(fake_answered_with(503, "store_unavailable|"));
    fake_end();
    is_ready = true;
    op_readyz(fake_begin());
    assert_true(fake_answered_with(200, "ok\n"));
    fake_end();
}

static void nothing_takes_an_unknown_parameter(void **state)
{
    void (*const handlers[])(struct request *) = {op_livez,       op_readyz,    op_get_version,
                                                  op_get_openapi, op_get_stats, op_get_metrics};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        struct request *request = fake_begin();

        request->query[0] = (struct fake_pair){"x", "1"};
        handlers[i](request);
        assert_true(fake_answered_with(400, "invalid_field|?x|"));
        fake_end();
    }
}

static void the_contract_has_a_tag(void **state)
{
    struct request *request = fake_begin();
    char tag[64] = "";

    (void)state;

    op_get_openapi(request);
    assert_true(fake_answered_with(200, "openapi: 3.1.0\n"));
    (void)sscanf(request->answer_headers, "ETag: %63s", tag);
    fake_end();

    request = fake_begin();
    request->headers[0] = (struct fake_pair){"if-none-match", tag};
    op_get_openapi(request);
    assert_true(fake_answered_with(304, ""));
    fake_end();
}

static void the_clock_moves_only_when_it_is_manual(void **state)
{
    struct request *request = fake_begin();

    (void)state;

    request->body = BYTES("{\"s\":1.5}");
    op_advance_clock(request);
    assert_true(fake_answered_with(404, "not_found|"));
    fake_end();

    request = fake_begin();
    request->body = BYTES("{\"s\":1.5}");
    api_of(request)->manual_clock = true;
    op_advance_clock(request);
    assert_int_equal(fake_command()->in.advance.by_ms, 1500);
    fake_reply();
    assert_true(fake_answered_with(200, "{\"now\":\"1970-01-01T00:00:00.000Z\"}"));
    fake_end();
}

static void a_shutdown_says_how_far_it_is(void **state)
{
    struct request *request = fake_begin();
    struct keyring *keyring = keyring_new();

    (void)state;

    api_of(request)->keyring = keyring;
    request->body = BYTES("{\"mode\":\"now\",\"wait_timeout_s\":3}");
    op_start_shutdown(request);
    assert_true(fake_command()->in.shutdown.now);
    assert_int_equal(fake_command()->in.shutdown.wait_timeout_ms, 3000);
    fake_command()->reply.shutdown = (struct shutdown_view){BROKER_DRAINING, 2};
    fake_reply();
    assert_true(fake_answered_with(202, "{\"state\":\"draining\",\"live_leases\":2}"));
    fake_end();
    keyring_free(keyring);
}

static void metrics_are_the_engines_and_those_of_http(void **state)
{
    struct request *request = fake_begin();
    struct metrics *metrics = metrics_new();
    struct queue_view queue = {
        .ns = BYTES("default"), .name = BYTES("q"), .oldest_ready_age_ms = 1500};
    struct worker_sums sums = {.ns = BYTES("default"), .live = 2, .lost = 1};
    const struct route route = {.operation = "livez"};

    (void)state;
    api_of(request)->metrics = metrics;
    queue.counts.of[TASK_READY] = 7;
    api_count_answer(api_of(request), &route, BYTES("GET"), 200, 2000);

    op_get_metrics(request);
    assert_int_equal(fake_command()->kind, COMMAND_METRICS);
    fake_command()->reply = (struct reply){
        .queues = &queue, .queues_len = 1, .sums = &sums, .sums_len = 1, .stats.parked = 9};
    fake_reply();

    assert_true(fake_answered_with(
        200, "sluice_tasks{namespace=\"default\",queue=\"q\",state=\"ready\"} 7\n"));
    assert_true(fake_answered_with(
        200, "sluice_oldest_ready_age_seconds{namespace=\"default\",queue=\"q\"} 1.5\n"));
    assert_true(
        fake_answered_with(200, "sluice_workers{namespace=\"default\",state=\"live\"} 2\n"));
    assert_true(
        fake_answered_with(200, "sluice_workers{namespace=\"default\",state=\"lost\"} 1\n"));
    assert_true(fake_answered_with(200, "sluice_pollers_waiting{kind=\"all\"} 9\n"));
    assert_true(fake_answered_with(
        200, "sluice_http_requests_total{operation=\"livez\",status=\"200\"} 1\n"));
    fake_end();
    metrics_free(metrics);
}

static struct keyring *callers;

/* What a scrape with this grant is answered. */
static struct request *scrape_as(const struct principal *by, struct metrics *metrics)
{
    struct key_facts facts = {.who = *by, .expires_at_ms = -1};
    struct request *request = fake_begin();
    struct queue_view queues[] = {
        {.ns = BYTES("ours"), .name = BYTES("mail")},
        {.ns = BYTES("ours"), .name = BYTES("secret")},
        {.ns = BYTES("theirs"), .name = BYTES("mail")},
        {.ns = BYTES("ours"), .name = BYTES(METRICS_OTHER)},
        {.ns = BYTES(METRICS_OTHER), .name = BYTES(METRICS_OTHER)},
    };
    struct worker_sums sums[] = {{.ns = BYTES("ours")}, {.ns = BYTES("theirs")}};

    api_of(request)->metrics = metrics;
    facts.who.id = BYTES("scraper");
    keyring_put(callers, &facts);
    request->caller = &keyring_find(callers, facts.who.id)->who;
    op_get_metrics(request);
    fake_command()->reply =
        (struct reply){.queues = queues, .queues_len = 5, .sums = sums, .sums_len = 2};
    fake_reply();
    return request;
}

static bool has(const struct request *request, const char *text)
{
    return strstr(request->text, text) != NULL;
}

static void metrics_are_shown_as_far_as_the_token_reaches(void **state)
{
    static const struct principal ours = {.grant = {.ns = {"ours", 4}, .queues = {"*", 1}}},
                                  mail = {.grant = {.ns = {"ours", 4}, .queues = {"m*,_*", 5}}},
                                  all_mail = {.grant = {.ns = {"*", 1}, .queues = {"mail", 4}}},
                                  all = {.grant = {.ns = {"*", 1}, .queues = {"*", 1}}};
    struct metrics *metrics = metrics_new();
    const struct request *request;

    (void)state;
    callers = keyring_new();
    request = scrape_as(&ours, metrics);
    assert_true(has(request, "{namespace=\"ours\",queue=\"secret\","));
    assert_true(has(request, "sluice_workers{namespace=\"ours\","));
    assert_true(has(request, "{namespace=\"ours\",queue=\"_other\","));
    assert_false(has(request, "theirs") || has(request, "\"_other\",queue") ||
                 has(request, "process_"));
    fake_end();

    request = scrape_as(&mail, metrics);
    assert_true(has(request, "{namespace=\"ours\",queue=\"mail\","));
    assert_false(has(request, "secret") || has(request, "theirs") || has(request, "_other"));
    assert_false(has(request, "sluice_workers{") || has(request, "process_"));
    fake_end();

    request = scrape_as(&all_mail, metrics);
    assert_true(has(request, "{namespace=\"theirs\",queue=\"mail\","));
    assert_false(has(request, "secret") || has(request, "_other") || has(request, "process_"));
    fake_end();

    request = scrape_as(&all, metrics);
    assert_true(has(request, "theirs") && has(request, "_other") && has(request, "process_"));
    assert_true(has(request, "sluice_db_commits_total"));
    fake_end();
    keyring_free(callers);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broker_that_drains_is_live_but_not_ready),
        cmocka_unit_test(a_store_that_takes_nothing_is_not_ready),
        cmocka_unit_test(nothing_takes_an_unknown_parameter),
        cmocka_unit_test(the_contract_has_a_tag),
        cmocka_unit_test(the_clock_moves_only_when_it_is_manual),
        cmocka_unit_test(a_shutdown_says_how_far_it_is),
        cmocka_unit_test(metrics_are_the_engines_and_those_of_http),
        cmocka_unit_test(metrics_are_shown_as_far_as_the_token_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
