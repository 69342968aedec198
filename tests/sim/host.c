/* Host: starts, stops and kills the broker, and moves the clock. */
#include <string.h>

#include "base/assert.h"
#include "sim.h"

enum { BATCHES_TO_QUIET_MAX = 3000 };

static struct moment now(void *ctx)
{
    return ((struct sim *)ctx)->now;
}

static void wake(void *ctx)
{
    (void)ctx; /* replies are fetched after each batch */
}

static void ended(void *ctx, int exit_code)
{
    struct sim *sim = ctx;

    sim->has_ended = true;
    if (exit_code != 0)
        sim_fail(sim, "the engine gave up with exit code %d", exit_code);
}

void host_open(struct sim *sim)
{
    struct engine_options options = {
        .store_name = sim->store_name,
        .clock = {.ctx = sim, .now = now},
        .random = sim->engine_random,
        .metrics = sim->metrics,
        .drain_timeout_ms = 8000,
        .bounds = {.deliveries_max = sim->hooks.deliveries_max},
        .heartbeat_ms = 5000,
        .worker_ttl_ms = WORKER_TTL_MS,
        .read_task = schedule_read_task,
        .read_task_ctx = sim,
        .wake = wake,
        .wake_ctx = sim,
        .ended = ended,
    };
    struct error error = {.code = OK};
    int exit_code = 0;

    sim->starts++;
    sim->has_ended = false;
    enum err code = engine_open(&options, &sim->engine, &exit_code, &error);
    ASSERT(code == OK);
    model_restarted(sim);
}

/* What was sent and not answered is unknown to its senders for ever, and nothing more can come of
 * it. */
static void forget_asked(struct sim *sim)
{
    struct list_node *node;

    while ((node = list_pop_front(&sim->asked)) != NULL)
        op_free(CONTAINER_OF(node, struct op, link));
    for (unsigned i = 0; i < AGENTS + ENDPOINTS; i++)
        sim->agents[i].claims = sim->agents[i].heartbeats = 0;
    room_forget(sim);
}

void host_kill(struct sim *sim)
{
    sim_note(sim, "kill -9");
    engine_kill(sim->engine);
    sim->engine = NULL;
    sim->kills++;
    forget_asked(sim);
}

void host_close(struct sim *sim)
{
    sim_note(sim, "close");
    engine_close(sim->engine);
    sim->engine = NULL;
    if (!list_is_empty(&sim->asked))
        sim_fail(sim, "the broker closed and left a request without an answer");
    forget_asked(sim);
}

void host_drain(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_SHUTDOWN);
    uint64_t kills = sim->kills;

    op->command->in.shutdown.wait_timeout_ms = -1;
    op_post(op);
    for (int i = 0; i < 20 && !sim->has_ended && !sim->has_failed; i++) {
        host_settle(sim);
        if (sim->kills == kills && !sim->has_ended)
            room_run(sim);
        host_pass(sim, 500);
    }
    if (sim->kills != kills) /* it did not come to that */
        return;
    if (!sim->has_ended && !sim->disk_is_full)
        sim_fail(sim, "the drain did not end in time");
    host_close(sim);
}

void host_pass(struct sim *sim, int64_t by_ms)
{
    sim->now.mono_ms += by_ms;
    sim->now.wall_ms += by_ms;
    if (sim->now.wall_ms > sim->wall_max_ms)
        sim->wall_max_ms = sim->now.wall_ms;
}

void host_step_wall(struct sim *sim, int64_t by_ms)
{
    sim_note(sim, "the wall clock steps by %lld ms", (long long)by_ms);
    sim->now.wall_ms += by_ms;
    if (sim->now.wall_ms > sim->wall_max_ms)
        sim->wall_max_ms = sim->now.wall_ms;
}

static bool step_once(struct sim *sim)
{
    if (!engine_step(sim->engine))
        return false;
    sim->steps++;
    sim->step_before_wall_ms = sim->step_wall_ms;
    sim->step_wall_ms = sim->now.wall_ms;
    model_look(sim);
    return true;
}

void host_settle(struct sim *sim)
{
    for (int i = 0; i < BATCHES_TO_QUIET_MAX && !sim->has_failed; i++) {
        if (!step_once(sim)) {
            if (!sim->disk_is_full)
                quiet_check(sim);
            return;
        }
        /* What has been committed may never be answered; or it is, and what was to follow does not.
         */
        if (sim_below(sim, 10000) < sim->swarm.crashes_per_10000) {
            if (sim_chance(sim, 50))
                engine_fetch(sim->engine);
            host_kill(sim);
            host_open(sim);
        }
        engine_fetch(sim->engine);
    }
    sim_fail(sim, "the engine does not come to rest");
}
