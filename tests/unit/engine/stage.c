/* Stage: clock, randomness, store and callers of an engine under test. */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "raw_sql.h"
#include "store/db.h"

/* A command with what its caller knows. */
struct asked {
    struct asked *next;
    bool is_answered, has_hung_up;
    struct command command;
};

static struct moment stage_now(void *ctx)
{
    return ((struct stage *)ctx)->now;
}

static void on_wake(void *ctx)
{
    ((struct stage *)ctx)->wakes++;
}

static void on_ended(void *ctx, int exit_code)
{
    ((struct stage *)ctx)->exit_code = exit_code;
}

static void open_engine(struct stage *stage)
{
    struct error error;
    int exit_code = 0;

    stage->exit_code = -1;
    if (engine_open(&stage->options, &stage->engine, &exit_code, &error) != OK) {
        (void)fprintf(stderr, "engine: %s\n", error.detail);
        abort();
    }
}

/* A template is the name of a queue; "bad" is none. */
static enum err read_task(void *ctx, struct bytes json, int64_t now_ms, struct arena *mem,
                          struct task_spec *ret_spec, struct error *error)
{
    (void)ctx;
    (void)now_ms;
    if (bytes_is(json, "bad"))
        return error_set(error, ERR_INVALID_FIELD, "/task/type", "is bad");
    *ret_spec = (struct task_spec){
        .queue = arena_bytes(mem, json),
        .type = BYTES(""),
        .payload = {.data = BYTES("1")},
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_ms = -1,
        .deadline_ms = -1,
        .result_ttl_ms = -1,
    };
    return OK;
}

/* A store in memory goes with its last connection. */
static struct db *keep_memory(const char *store_name)
{
    struct db_options options = {.path = store_name, .read_only = true};
    enum db_failure failure;
    struct error error;
    struct db *keeper = NULL;

    if (!db_open_sqlite(&options, &keeper, &failure, &error))
        abort();
    return keeper;
}

static struct stage *set(bool is_on_disk)
{
    static unsigned stages;
    struct stage *stage = mem_alloc(sizeof(*stage));

    stage->is_on_disk = is_on_disk;
    stage->now = (struct moment){.wall_ms = INT64_C(1700000000000), .mono_ms = 5000000};
    stage->metrics = metrics_new();
    random_seed(&stage->random, 1);
    scratch_make(&stage->scratch);
    (void)snprintf(stage->store_name, sizeof(stage->store_name), "memory:stage-%u", ++stages);
    stage->options = (struct engine_options){
        .data_dir = stage->scratch.path,
        .store_name = is_on_disk ? NULL : stage->store_name,
        .clock = {.ctx = stage, .now = stage_now},
        .random = random_from_seed(&stage->random),
        .metrics = stage->metrics,
        .drain_timeout_ms = 30000,
        .heartbeat_ms = 5000,
        .worker_ttl_ms = 15000,
        .read_task = read_task,
        .wake = on_wake,
        .wake_ctx = stage,
        .ended = on_ended,
    };
    open_engine(stage);
    stage->keeper = is_on_disk ? NULL : keep_memory(stage->store_name);
    return stage;
}

struct stage *stage_set(void)
{
    return set(false);
}

struct stage *stage_set_on_disk(void)
{
    return set(true);
}

void stage_strike(struct stage *stage)
{
    struct asked *next;

    engine_close(stage->engine);
    for (struct asked *asked = stage->asked; asked != NULL; asked = next) {
        next = asked->next;
        arena_free(asked->command.mem);
    }
    db_close(stage->keeper);
    metrics_free(stage->metrics);
    scratch_remove(&stage->scratch);
    free(stage);
}

int stage_setup(void **state)
{
    *state = stage_set();
    return 0;
}

int stage_setup_on_disk(void **state)
{
    *state = stage_set_on_disk();
    return 0;
}

int stage_teardown(void **state)
{
    stage_strike(*state);
    return 0;
}

void stage_restart(struct stage *stage)
{
    engine_close(stage->engine);
    open_engine(stage);
}

void stage_kill(struct stage *stage)
{
    engine_kill(stage->engine);
    open_engine(stage);
}

/* ---- asking ---- */

static struct asked *asked_of(struct command *command)
{
    return CONTAINER_OF(command, struct asked, command);
}

static void on_done(struct command *command)
{
    struct asked *asked = asked_of(command);

    if (asked->is_answered)
        abort();
    asked->is_answered = true;
}

static bool is_there(const struct caller *caller)
{
    return !((const struct asked *)caller->ctx)->has_hung_up;
}

struct command *stage_make(struct stage *stage, enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct asked *asked = arena_alloc(mem, sizeof(*asked));

    asked->next = stage->asked;
    stage->asked = asked;
    asked->command.kind = kind;
    asked->command.mem = mem;
    asked->command.by = &principal_open;
    asked->command.ns = BYTES("default");
    asked->command.caller = (struct caller){.ctx = asked, .done = on_done, .is_alive = is_there};
    return &asked->command;
}

void stage_post(struct stage *stage, struct command *command)
{
    engine_post(stage->engine, command);
}

void stage_settle(struct stage *stage)
{
    for (unsigned rounds = 0; engine_step(stage->engine); rounds++)
        if (rounds > 100000) /* it finds something due for ever */
            abort();
    engine_fetch(stage->engine);
}

struct command *stage_ask(struct stage *stage, struct command *command)
{
    stage_post(stage, command);
    stage_settle(stage);
    return command;
}

bool is_answered(const struct command *command)
{
    return ((const struct asked *)command->caller.ctx)->is_answered;
}

void stage_hang_up(struct command *command)
{
    asked_of(command)->has_hung_up = true;
}

/* ---- time ---- */

void stage_skip(struct stage *stage, int64_t ms)
{
    stage->now.wall_ms += ms;
    stage->now.mono_ms += ms;
}

void stage_pass(struct stage *stage, int64_t ms)
{
    int64_t target_ms = stage->now.mono_ms + ms, next_ms;

    while ((next_ms = engine_next_due(stage->engine)) < target_ms) {
        if (next_ms > stage->now.mono_ms)
            stage_skip(stage, next_ms - stage->now.mono_ms);
        stage_settle(stage);
        if (engine_next_due(stage->engine) <=
            stage->now.mono_ms) /* it ended, or does nothing about it */
            break;
    }
    stage_skip(stage, target_ms - stage->now.mono_ms);
    stage_settle(stage);
}

/* ---- what is there ---- */

int64_t stage_metric(const struct stage *stage, enum metric metric)
{
    return metrics_value(stage->metrics, metric, NULL);
}

int64_t stage_number(const struct stage *stage, const char *sql)
{
    char path[256];

    if (stage->is_on_disk)
        (void)snprintf(path, sizeof(path), "%s/sluice.db", stage->scratch.path);
    else
        (void)snprintf(path, sizeof(path), "file:/%s?vfs=memdb", stage->store_name + 7);
    return raw_number(path, sql);
}
