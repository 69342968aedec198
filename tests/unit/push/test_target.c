/* Tests of targets: what the room keeps of endpoints that get nothing. */
#include "floor.h"

static int64_t targets(const struct floor *floor, const char *kind, const char *state)
{
    const struct bytes labels[] = {bytes_of(kind), bytes_of(state)};

    return metrics_value(floor->metrics, METRIC_PUSH_TARGETS, labels);
}

/* Gauges are set once a second. */
static void await_targets(struct floor *floor, const char *kind, const char *state, int64_t count)
{
    for (int tries = 0; tries < 500 && targets(floor, kind, state) != count; tries++)
        floor_run(floor, 10);
    assert_int_equal(targets(floor, kind, state), count);
}

static void a_webhook_that_is_off_is_forgotten_when_it_is_deleted(void **state)
{
    struct floor *floor = *state;
    struct command *put = floor_make(COMMAND_PUT_WEBHOOK);
    struct command *gone = floor_make(COMMAND_DELETE_WEBHOOK);

    put->in.webhook_edit = (struct webhook_edit){
        .name = BYTES("h"),
        .settings = {.url = BYTES("http://127.0.0.1:9/"), .enabled = false},
        .if_match = VERSION_UNASKED,
    };
    (void)floor_ask(floor, put);
    await_targets(floor, "webhook", "out", 1);
    gone->in.webhook = (struct webhook_name){.name = BYTES("h"), .if_match = VERSION_UNASKED};
    (void)floor_ask(floor, gone);
    await_targets(floor, "webhook", "out", 0);
}

static struct bytes error_of(struct floor *floor, struct id worker)
{
    struct command *look = floor_make(COMMAND_GET_WORKER);

    look->in.worker = worker;
    return floor_ask(floor, look)->reply.workers[0].health.error;
}

static void a_url_that_is_not_allowed_any_more_is_told(void **state)
{
    struct floor *floor = *state;
    struct id worker = floor_worker(floor, "/say/1", 1);

    assert_null(error_of(floor, worker).at);
    push_close(floor->push);
    floor->push = NULL;
    networks_free(&floor->policy.allowed);
    floor_reopen(floor, 100, 64);
    for (int tries = 0; tries < 500 && error_of(floor, worker).at == NULL; tries++)
        floor_run(floor, 10);
    assert_true(bytes_is(error_of(floor, worker), "push_denied"));
    assert_int_equal(endpoint_connections(floor->endpoint), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, floor_set_up, floor_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_that_is_off_is_forgotten_when_it_is_deleted),
        TEST(a_url_that_is_not_allowed_any_more_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
