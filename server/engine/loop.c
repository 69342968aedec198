/* Loop: the engine's thread: commands in, batches, checkpoints. */
#include "loop.h"

#include <signal.h>

#include "base/assert.h"
#include "base/log.h"
#include "batch.h"
#include "manual.h"
#include "timers.h"

/* On a full disk the log is emptied early and cut: its space is what outcomes go on with. */
enum { COMMANDS_A_BATCH = 512, CHECKPOINT_PAGES = 4096, CHECKPOINT_PAGES_FULL = 256 };

/* A gap this long in the loop means the process was stopped; heartbeats that wait in sockets are
 * read first. */
#define STALL_MS INT64_C(2000)

static void keep_house(struct engine *engine)
{
    if (db_wal_pages(engine->db) <
        (engine->disk_is_full ? CHECKPOINT_PAGES_FULL : CHECKPOINT_PAGES))
        return;
    db_checkpoint(engine->db, engine->disk_is_full);
    metrics_add(engine->options.metrics, METRIC_CHECKPOINTS, NULL, 1);
    if (db_failure(engine->db) == DB_FULL)
        db_rollback(engine->db); /* nothing was begun: this only lets the next transaction try */
    else if (db_failure(engine->db) != DB_FINE)
        engine_fail(engine);
}

static bool run_round(struct engine *engine, struct list *commands)
{
    bool did = batch_run(engine, commands);

    if (engine->manual.advancing != NULL)
        manual_advance(engine);
    if (engine->exit_code == 0)
        keep_house(engine);
    return did;
}

/* Leases do not run out because we were not running: prolong them by the gap, so that waiting
 * heartbeats count. */
static void forgive_stall(struct engine *engine, int64_t stalled_ms)
{
    struct hot_lease *lease;

    log_event(LOG_WARN, "engine.stalled",
              "the process stood still; leases are prolonged by that time",
              LOG_INT_FIELD("ms", stalled_ms), );
    for (size_t at = 0; (lease = map_each(engine->hot.leases, &at)) != NULL;) {
        lease->expires_mono_ms += stalled_ms;
        hot_time_lease(&engine->hot, lease);
    }
}

static int64_t mono_now(const struct engine *engine)
{
    return engine->options.clock.now(engine->options.clock.ctx).mono_ms;
}

static void *engine_loop(void *ctx)
{
    struct engine *engine = ctx;
    bool goes_on = true;

    while (goes_on && engine->exit_code == 0) {
        int64_t wait_ms = list_is_empty(&engine->rerun) ? timers_idle_ms(engine) : 0;
        int64_t asleep_at_ms = mono_now(engine);
        int64_t awake_at_ms;
        struct list commands;

        list_init(&commands);
        goes_on = mailbox_take(&engine->mailbox, wait_ms, COMMANDS_A_BATCH, &commands);
        awake_at_ms = mono_now(engine);
        if (awake_at_ms - asleep_at_ms > wait_ms + STALL_MS && !engine->options.manual_clock)
            forgive_stall(engine, awake_at_ms - asleep_at_ms - wait_ms);
        (void)run_round(engine, &commands);
    }
    return NULL;
}

void engine_start(struct engine *engine)
{
    sigset_t all;
    sigset_t before;

    /* Signals belong to the loop's thread. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&engine->thread, NULL, engine_loop, engine);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(failed == 0);
    engine->has_thread = true;
}

bool engine_step(struct engine *engine)
{
    struct list commands;

    list_init(&commands);
    (void)mailbox_take(&engine->mailbox, 0, COMMANDS_A_BATCH, &commands);
    return run_round(engine, &commands);
}

int64_t engine_next_due(const struct engine *engine)
{
    return timers_next_mono(engine);
}

void loop_stop(struct engine *engine)
{
    if (!engine->has_thread)
        return;
    mailbox_nudge(&engine->mailbox, true);
    (void)pthread_join(engine->thread, NULL);
    engine->has_thread = false;
}
