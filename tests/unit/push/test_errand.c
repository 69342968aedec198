/* Tests of errands that are refused: the room's commands pass by here on their way to the engine.
 */
#include "floor.h"

#include <stdatomic.h>

/* The linker's, see tests/CMakeLists.txt. */
void __real_engine_post(struct engine *engine, struct command *command);
void __wrap_engine_post(struct engine *engine, struct command *command);

static atomic_int refusals;        /* to come */
static atomic_bool spares_reports; /* only what goes with claims is refused */

static bool is_report(const struct command *command)
{
    return command->kind == COMMAND_FINISH || command->kind == COMMAND_SETTLE_DELIVERIES ||
           (command->kind == COMMAND_CLAIM && command->in.claim.outcomes_len > 0);
}

void __wrap_engine_post(struct engine *engine, struct command *command)
{
    bool is_meant = command->by == &principal_broker && is_report(command) &&
                    (command->kind == COMMAND_CLAIM || !atomic_load(&spares_reports));

    if (!is_meant || atomic_load(&refusals) == 0) {
        __real_engine_post(engine, command);
        return;
    }
    atomic_fetch_sub(&refusals, 1);
    (void)error_set(&command->reply.error, ERR_DISK_RESERVE, "", "the disk is full");
    command->caller.done(command);
}

static int set_up(void **state)
{
    atomic_store(&refusals, 0);
    atomic_store(&spares_reports, false);
    return floor_set_up(state);
}

static void await_refusals(struct floor *floor)
{
    for (int tries = 0; tries < 500 && atomic_load(&refusals) > 0; tries++)
        floor_run(floor, 10);
    assert_int_equal(atomic_load(&refusals), 0);
}

static void a_result_that_is_refused_is_reported_again(void **state)
{
    struct floor *floor = *state;
    const struct task *task;
    struct id id;

    (void)floor_worker(floor, "/say/[1]", 1);
    atomic_store(&refusals, 2);
    id = floor_submit(floor, "1");
    await_refusals(floor);
    assert_int_equal(floor_look(floor, id)->state, TASK_RUNNING);
    task = floor_await(floor, id, TASK_SUCCEEDED);
    assert_true(bytes_is(task->result.data, "[1]"));
    assert_int_equal(task->attempt, 1);
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
}

static void an_error_that_is_refused_is_reported_again(void **state)
{
    struct floor *floor = *state;
    const struct task *task;

    (void)floor_worker(floor, "/status/422", 1);
    atomic_store(&refusals, 1);
    task = floor_await(floor, floor_submit(floor, "1"), TASK_FAILED);
    assert_non_null(strstr(task->error.at, "\"status\":422,\"body\":\"said so\""));
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
}

/* With one slot all that ends goes with the next claim. */
static void what_goes_with_a_claim_that_is_refused_is_reported_again(void **state)
{
    enum { TASKS = 4 };
    struct floor *floor = *state;
    struct id ids[TASKS];

    (void)floor_worker(floor, "/say/[1]", 1);
    atomic_store(&spares_reports, true);
    atomic_store(&refusals, 1);
    for (int i = 0; i < TASKS; i++)
        ids[i] = floor_submit(floor, "1");
    await_refusals(floor);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(floor_await(floor, ids[i], TASK_SUCCEEDED)->attempt, 1);
    assert_int_equal(endpoint_posts(floor->endpoint), TASKS);
}

static const struct webhook_view *look(struct floor *floor)
{
    struct command *command = floor_make(COMMAND_GET_WEBHOOK);

    command->in.webhook.name = BYTES("h");
    return floor_ask(floor, command)->reply.webhooks;
}

static void a_delivery_whose_end_is_refused_is_not_out_for_ever(void **state)
{
    struct floor *floor = *state;
    struct command *put = floor_make(COMMAND_PUT_WEBHOOK);
    char url[64];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/say/1", endpoint_port(floor->endpoint));
    put->in.webhook_edit = (struct webhook_edit){
        .name = BYTES("h"),
        .settings = {.url = bytes_of(url), .types = BYTES("task.submitted"), .enabled = true},
        .if_match = VERSION_UNASKED,
    };
    (void)floor_ask(floor, put);
    atomic_store(&refusals, 1);
    (void)floor_submit(floor, "1");
    await_refusals(floor);
    assert_int_equal(look(floor)->backlog, 1);
    for (int tries = 0; tries < 500 && look(floor)->delivered == 0; tries++)
        floor_run(floor, 10);
    assert_int_equal(look(floor)->delivered, 1);
    assert_int_equal(endpoint_posts(floor->endpoint), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, floor_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_result_that_is_refused_is_reported_again),
        TEST(an_error_that_is_refused_is_reported_again),
        TEST(what_goes_with_a_claim_that_is_refused_is_reported_again),
        TEST(a_delivery_whose_end_is_refused_is_not_out_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
