/* Floor: commands as a loop would post them. */
#include "floor.h"

#include "base/memory.h"

#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 10000 };

static void wake(void *ctx)
{
    (void)ctx; /* the test looks all the time */
}

static void open_engine(struct floor *floor)
{
    struct error error = {0};
    int exit_code;
    struct engine_options options = {
        .data_dir = "/",
        .store_name = "memory:push",
        .clock = clock_system(),
        .random = random_system(),
        .metrics = floor->metrics,
        .drain_timeout_ms = 1000,
        .heartbeat_ms = 5000,
        .worker_ttl_ms = 15000,
        .wake = wake,
    };

    assert_int_equal(engine_open(&options, &floor->engine, &exit_code, &error), OK);
    engine_start(floor->engine);
}

static void open_push(struct floor *floor)
{
    struct error error = {0};
    struct push_options options = {
        .engine = floor->engine,
        .metrics = floor->metrics,
        .policy = &floor->policy,
        .random = random_system(),
        .version = "0",
        .result_max = 65536,
        .max = floor->max,
        .per_host = floor->per_host,
    };

    assert_int_equal(push_open(&options, &floor->push, &error), OK);
}

void floor_reopen(struct floor *floor, unsigned max, unsigned per_host)
{
    push_close(floor->push);
    floor->max = max;
    floor->per_host = per_host;
    open_push(floor);
}

int floor_set_up(void **state)
{
    struct floor *floor = mem_alloc(sizeof(*floor));
    struct error error = {0};

    floor->endpoint = endpoint_open();
    floor->metrics = metrics_new();
    floor->max = 100;
    floor->per_host = 64;
    assert_int_equal(networks_read("127.0.0.0/8", &floor->policy.allowed, &error), OK);
    open_engine(floor);
    open_push(floor);
    *state = floor;
    return 0;
}

int floor_tear_down(void **state)
{
    struct floor *floor = *state;

    push_close(floor->push);
    engine_close(floor->engine);
    for (unsigned i = 0; i < floor->done_len; i++)
        arena_free(floor->done[i]->mem);
    endpoint_close(floor->endpoint);
    networks_free(&floor->policy.allowed);
    metrics_free(floor->metrics);
    free(floor);
    return 0;
}

static void on_done(struct command *command)
{
    bool *is_done = command->caller.ctx;

    *is_done = true;
}

struct command *floor_make(enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    command->kind = kind;
    command->mem = mem;
    command->ns = BYTES("default");
    command->by = &principal_open;
    command->caller.ctx = arena_alloc(mem, sizeof(bool));
    command->caller.done = on_done;
    return command;
}

struct command *floor_ask(struct floor *floor, struct command *command)
{
    const bool *is_done = command->caller.ctx;

    assert_true(floor->done_len < FLOOR_COMMANDS_MAX);
    floor->done[floor->done_len++] = command;
    engine_post(floor->engine, command);
    engine_flush(floor->engine);
    for (int ms = 0; !*is_done && ms < WAIT_MS; ms++) {
        (void)usleep(1000);
        engine_fetch(floor->engine);
    }
    assert_true(*is_done);
    if (command->reply.error.code != OK)
        fail_msg("%s", command->reply.error.detail);
    return command;
}

struct id floor_worker_at(struct floor *floor, const char *url, int concurrency)
{
    struct command *command = floor_make(COMMAND_REGISTER);
    struct worker_spec *spec = &command->in.worker_spec;

    *spec = (struct worker_spec){
        .identity = arena_bytes(command->mem, BYTES("worker")),
        .instance = arena_bytes(command->mem, bytes_of(url)),
        .queues = arena_alloc(command->mem, sizeof(struct bytes)),
        .queues_len = 1,
        .concurrency = concurrency,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
        .push_url = arena_bytes(command->mem, bytes_of(url)),
    };
    spec->queues[0] = BYTES("q");
    (void)floor_ask(floor, command);
    return command->reply.workers[0].id;
}

struct id floor_worker(struct floor *floor, const char *path, int concurrency)
{
    char url[256];

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", endpoint_port(floor->endpoint), path);
    return floor_worker_at(floor, url, concurrency);
}

struct id floor_submit(struct floor *floor, const char *payload)
{
    struct command *command = floor_make(COMMAND_SUBMIT);
    struct submit *submit = &command->in.submit;

    submit->specs = arena_alloc(command->mem, sizeof(*submit->specs));
    submit->specs_len = 1;
    submit->single = true;
    submit->specs[0] = (struct task_spec){
        .queue = BYTES("q"),
        .type = BYTES("t"),
        .payload.data = arena_bytes(command->mem, bytes_of(payload)),
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_ms = -1,
        .deadline_ms = -1,
        .result_ttl_ms = -1,
        .retry = retry_default(),
    };
    return floor_ask(floor, command)->reply.view.task->id;
}

struct task *floor_look(struct floor *floor, struct id task)
{
    struct command *command = floor_make(COMMAND_LOOK);

    command->in.look =
        (struct look){.task = task, .with_result = true, .if_none_match = VERSION_UNASKED};
    return floor_ask(floor, command)->reply.view.task;
}

struct task *floor_await(struct floor *floor, struct id task, enum task_state state)
{
    struct task *now = NULL;

    for (int tries = 0; tries < WAIT_MS / 10; tries++) {
        now = floor_look(floor, task);
        if (now->state == state)
            return now;
        floor_run(floor, 10);
    }
    fail_msg("it is %s after %d of %d: %.*s", task_state_name(now->state), now->attempt,
             now->max_attempts, BYTES_ARG(now->error));
    return now;
}

void floor_run(struct floor *floor, int ms)
{
    for (; ms > 0; ms--) {
        (void)usleep(1000);
        engine_fetch(floor->engine);
    }
}
