/* Shutdown: one way to stop, whoever asks for it. */
#include "shutdown.h"

#include "audit.h"
#include "handlers.h"
#include "parked_end.h"
#include "sums.h"

static void view(const struct batch *batch, struct command *command)
{
    const struct engine *engine = batch->engine;
    bool sees_all = grant_is_unbounded(&command->by->grant);

    command->reply.shutdown = (struct shutdown_view){
        .state = (enum broker_state)atomic_load(&engine->state),
        .live_leases =
            sees_all ? (int64_t)map_len(engine->hot.leases) : leases_in_reach(batch, command),
    };
}

/* But for those who wait for this very end. */
static void end_all_waits(struct batch *batch)
{
    for (int kind = 0; kind < PARKED_KINDS; kind++) {
        struct list *all = &batch->engine->lot.all[kind];

        for (struct list_node *node = list_first(all); node != NULL; node = list_next(all, node)) {
            struct parked *parked = CONTAINER_OF(node, struct parked, all);

            if (!parked->is_answered && kind != PARKED_SHUTDOWN)
                parked_end(batch, parked, false);
        }
    }
}

static int64_t real_now_ms(const struct engine *engine)
{
    return engine->options.clock.now(engine->options.clock.ctx).mono_ms;
}

/* A signal is no request: only broker.stopped tells of it. */
static void note_asked(struct batch *batch, const struct command *command)
{
    const struct shutdown_ask *ask = &command->in.shutdown;
    struct audit_act act = {.action = BYTES("broker.shutdown")};
    struct audit_detail detail;

    if (command->by == &principal_broker)
        return;
    audit_detail_begin(&detail);
    json_member_text(&detail.out, "mode", ask->now ? BYTES("now") : BYTES("drain"));
    json_member_seconds_or_null(&detail.out, "wait_timeout_s", ask->wait_timeout_ms);
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, command, &act);
}

void run_SHUTDOWN(struct batch *batch, struct command *command)
{
    struct engine *engine = batch->engine;
    const struct shutdown_ask *ask = &command->in.shutdown;
    int64_t wait_ms =
        ask->wait_timeout_ms >= 0 ? ask->wait_timeout_ms : engine->options.drain_timeout_ms;
    int64_t deadline_ms = batch->now.mono_ms + (ask->now ? 0 : wait_ms);

    if (!engine->drain.is_asked || deadline_ms < engine->drain.deadline_mono_ms) {
        engine->drain.deadline_mono_ms = deadline_ms;
        engine->drain.real_deadline_mono_ms =
            real_now_ms(engine) + (deadline_ms - batch->now.mono_ms);
    }
    engine->drain.is_asked = true;
    note_asked(batch, command);
    atomic_store(&engine->state, BROKER_DRAINING);
    end_all_waits(batch);
    if (command->wait_ms > 0) {
        (void)park(batch, command, PARKED_SHUTDOWN, command->wait_ms);
        return;
    }
    view(batch, command);
    batch_answer(batch, command);
}

void run_SHUTDOWN_STATE(struct batch *batch, struct command *command)
{
    view(batch, command);
    batch_answer(batch, command);
}

void shutdown_wait_end(struct batch *batch, struct parked *parked)
{
    view(batch, parked->command);
    batch_answer_parked(batch, parked);
}

static void end_drain(struct engine *engine, struct effect *effect)
{
    (void)effect;
    engine->drain.is_over = true;
    atomic_store(&engine->state, BROKER_STOPPED);
    if (engine->options.ended != NULL)
        engine->options.ended(engine->options.wake_ctx, 0);
}

/* Renewals that were kept in memory only: what a lease has left goes over the stop. */
static void store_renewals(struct batch *batch)
{
    const struct hot_lease *lease;

    for (size_t at = 0; (lease = map_each(batch->hot->leases, &at)) != NULL;) {
        struct lease_row row = lease->row;

        if (lease->expires_mono_ms == lease->stored_expires_mono_ms)
            continue;
        row.expires_at_ms = batch->now.wall_ms + (lease->expires_mono_ms - batch->now.mono_ms);
        lease_save(batch->db, &row);
        batch->rows++;
    }
}

void shutdown_run(struct batch *batch)
{
    struct engine *engine = batch->engine;
    struct list *waiters = &engine->lot.all[PARKED_SHUTDOWN];
    bool is_time = map_len(engine->hot.leases) == 0 ||
                   batch->now.mono_ms >= engine->drain.deadline_mono_ms ||
                   real_now_ms(engine) >= engine->drain.real_deadline_mono_ms;

    if (!engine->drain.is_asked || engine->drain.is_over || !is_time)
        return;
    for (struct list_node *node = list_first(waiters); node != NULL;
         node = list_next(waiters, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, all);

        if (parked->is_answered)
            continue;
        shutdown_wait_end(batch, parked);
        parked->command->reply.shutdown.state = BROKER_STOPPED;
    }
    store_renewals(batch);
    meta_put(batch->db, "stopped_at", batch->now.wall_ms);
    audit_write(batch, NULL, &(struct audit_act){.action = BYTES("broker.stopped")});
    batch->rows++;
    (void)batch_effect(batch, end_drain);
}
