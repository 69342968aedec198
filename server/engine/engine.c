/* Engine: opening, the thread's loop, manual time, and closing. */
#include "engine/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "batch.h"
#include "closing.h"
#include "handlers.h"
#include "keys.h"
#include "loading.h"
#include "secret.h"
#include "timers.h"

/* On a full disk the log is emptied early and cut: its space is what outcomes go on with. */
enum { COMMANDS_A_BATCH = 512, CHECKPOINT_PAGES = 4096, CHECKPOINT_PAGES_FULL = 256 };

/* A gap this long in the loop means the process was stopped; heartbeats that wait in sockets are
 * read first. */
#define STALL_MS INT64_C(2000)

struct moment engine_now(const struct engine *engine)
{
    if (engine->options.manual_clock)
        return engine->manual.now;
    return engine->options.clock.now(engine->options.clock.ctx);
}

static int exit_code_of(enum db_failure failure)
{
    switch (failure) {
    case DB_LOCKED:
        return ENGINE_EXIT_IN_USE;
    case DB_NEWER:
    case DB_CORRUPT:
        return ENGINE_EXIT_UNREADABLE;
    case DB_FINE:
    case DB_FULL:
    case DB_IO:
        break;
    }
    return ENGINE_EXIT_IO;
}

void engine_fail(struct engine *engine)
{
    enum db_failure failure = db_failure(engine->db);

    engine->exit_code = exit_code_of(failure);
    log_event(LOG_ERROR, "store.failed", "the store failed; stopping without another try",
              LOG_TEXT_FIELD("error", bytes_of(db_failure_text(engine->db))), );
    atomic_store(&engine->has_room, false);
    atomic_store(&engine->state, BROKER_STOPPED);
    if (engine->options.ended != NULL)
        engine->options.ended(engine->options.wake_ctx, engine->exit_code);
}

/* ---- opening ---- */

static void reader_answers(void *ctx, struct command *command)
{
    struct engine *engine = ctx;
    struct list one;

    list_init(&one);
    list_push_back(&one, &command->link);
    if (mailbox_answer(&engine->mailbox, &one))
        engine->options.wake(engine->options.wake_ctx);
}

static bool is_in_memory(const struct engine_options *options)
{
    return options->store_name != NULL && strncmp(options->store_name, "memory:", 7) == 0;
}

static bool open_store(struct engine *engine, int *ret_exit_code, struct error *error)
{
    bool in_memory = is_in_memory(&engine->options);
    struct store_options options = {
        .data_dir = engine->options.data_dir,
        .memory = in_memory ? engine->options.store_name + 7 : NULL,
    };
    enum db_failure failure = DB_IO;

    if (!store_open(&options, &engine->store, &failure, error)) {
        *ret_exit_code = exit_code_of(failure);
        return false;
    }
    engine->db = store_writer(engine->store);
    engine->readers = readers_open(engine->store, !in_memory, reader_answers, engine, error);
    *ret_exit_code = ENGINE_EXIT_IO;
    return engine->readers != NULL;
}

enum err engine_open(const struct engine_options *options, struct engine **ret_engine,
                     int *ret_exit_code, struct error *error)
{
    struct engine *engine = mem_alloc(sizeof(*engine));

    engine->options = *options;
    engine->started = options->clock.now(options->clock.ctx);
    engine->manual.now = engine->last_janitor = engine->last_sweep = engine->started;
    mailbox_init(&engine->mailbox);
    hot_init(&engine->hot);
    lot_init(&engine->lot);
    list_init(&engine->rerun);
    list_init(&engine->intents);
    id_source_init(&engine->ids, options->random);
    engine->open_keys = map_new();
    engine->batch_mem = arena_new();
    atomic_store(&engine->state, BROKER_STARTING);
    if (!open_store(engine, ret_exit_code, error)) {
        engine_close(engine);
        return error->code;
    }
    load_all(engine);
    secret_load(engine);
    audit_start(engine);
    if (db_failure(engine->db) != DB_FINE) {
        *ret_exit_code = exit_code_of(db_failure(engine->db));
        (void)error_set(error, ERR_STORE_UNAVAILABLE, "", "%s", db_failure_text(engine->db));
        engine_close(engine);
        return ERR_STORE_UNAVAILABLE;
    }
    engine->disk_is_full = !store_has_room(engine->store);
    atomic_store(&engine->has_room, !engine->disk_is_full);
    atomic_store(&engine->state, BROKER_READY);
    *ret_engine = engine;
    return OK;
}

/* ---- manual time ---- */

static void answer_advance(struct engine *engine)
{
    struct command *command = engine->manual.advancing;

    engine->manual.advancing = NULL;
    command->reply.now.now_ms = engine->manual.now.wall_ms;
    reader_answers(engine, command);
}

static void move_time(struct engine *engine, int64_t to_mono_ms)
{
    int64_t by_ms = to_mono_ms - engine->manual.now.mono_ms;

    engine->manual.now.mono_ms += by_ms;
    engine->manual.now.wall_ms += by_ms;
}

/* One due moment after the other, so that each thing happens at its own time. */
static void advance(struct engine *engine)
{
    struct list none;
    int64_t target_ms = engine->manual.target_mono_ms;
    int64_t next_ms;

    list_init(&none);
    while ((next_ms = timers_next_mono(engine)) <= target_ms && engine->exit_code == 0 &&
           !engine->drain.is_over) {
        if (next_ms > engine->manual.now.mono_ms)
            move_time(engine, next_ms);
        (void)batch_run(engine, &none);
    }
    move_time(engine, target_ms);
    (void)batch_run(engine, &none);
    while (!list_is_empty(&engine->rerun) && engine->exit_code == 0)
        (void)batch_run(engine, &none);
    answer_advance(engine);
}

static void note_advance(struct batch *batch, const struct command *command)
{
    struct audit_act act = {.action = BYTES("clock.advanced")};
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_seconds_or_null(&detail.out, "by_s", command->in.advance.by_ms);
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, command, &act);
}

void run_ADVANCE(struct batch *batch, struct command *command)
{
    struct engine *engine = batch->engine;

    if (!engine->options.manual_clock) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "the clock is not manual");
        return;
    }
    note_advance(batch, command);
    /* Alone in its batch: time moves when that has committed. */
    engine->manual.advancing = command;
    engine->manual.target_mono_ms = engine->manual.now.mono_ms + command->in.advance.by_ms;
}

/* ---- the loop ---- */

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
        advance(engine);
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

/* ---- the other side ---- */

void engine_post(struct engine *engine, struct command *command)
{
    if (command_is_read(command) && !is_in_memory(&engine->options))
        readers_post(engine->readers, command);
    else
        mailbox_post(&engine->mailbox, command);
}

void engine_flush(struct engine *engine)
{
    mailbox_nudge(&engine->mailbox, false);
}

void engine_fetch(struct engine *engine)
{
    struct list done;
    struct list_node *node;

    list_init(&done);
    mailbox_fetch(&engine->mailbox, &done);
    while ((node = list_pop_front(&done)) != NULL) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        command->caller.done(command);
    }
}

static void free_drain(struct command *command)
{
    arena_free(command->mem);
}

void engine_drain(struct engine *engine)
{
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    command->kind = COMMAND_SHUTDOWN;
    command->mem = mem;
    command->ns = BYTES("default");
    command->caller.done = free_drain;
    command->by = &principal_broker;
    command->in.shutdown.wait_timeout_ms = -1;
    engine_post(engine, command);
    engine_flush(engine);
}

enum broker_state engine_state(const struct engine *engine)
{
    return (enum broker_state)atomic_load(&engine->state);
}

bool engine_is_ready(const struct engine *engine)
{
    return engine_state(engine) == BROKER_READY && atomic_load(&engine->has_room);
}

/* ---- closing ---- */

static void answer_unanswered(struct engine *engine, struct list *commands)
{
    for (struct list_node *node = list_first(commands); node != NULL;
         node = list_next(commands, node)) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        if (engine->exit_code == 0)
            (void)error_set(&command->reply.error, ERR_DRAINING, "", "the broker has stopped");
        else
            (void)error_set(&command->reply.error, ERR_STORE_UNAVAILABLE, "",
                            "the store failed; whether this was stored is not known");
        key_close(engine, command);
    }
    (void)mailbox_answer(&engine->mailbox, commands);
}

static void answer_everything(struct engine *engine)
{
    struct list commands;
    bool was_parked = true;

    list_init(&commands);
    while (was_parked) {
        was_parked = false;
        for (int kind = 0; kind < PARKED_KINDS; kind++) {
            struct list_node *node = list_first(&engine->lot.all[kind]);

            if (node == NULL)
                continue;
            struct parked *parked = CONTAINER_OF(node, struct parked, all);
            struct command *command = parked->command;

            unpark(engine, parked);
            list_push_back(&commands, &command->link);
            was_parked = true;
        }
    }
    answer_unanswered(engine, &commands);
    list_move_all(&commands, &engine->rerun);
    do {
        answer_unanswered(engine, &commands);
        (void)mailbox_take(&engine->mailbox, 0, UINT32_MAX, &commands);
    } while (!list_is_empty(&commands));
}

static void free_all(struct engine *engine)
{
    intents_free(engine);
    hot_fini(&engine->hot);
    lot_fini(&engine->lot);
    keys_free(engine);
    arena_free(engine->batch_mem);
    mailbox_fini(&engine->mailbox);
    free(engine);
}

static void stop_thread(struct engine *engine)
{
    if (!engine->has_thread)
        return;
    mailbox_nudge(&engine->mailbox, true);
    (void)pthread_join(engine->thread, NULL);
    engine->has_thread = false;
}

void engine_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    stop_thread(engine);
    readers_close(engine->readers);
    /* Who is told that it is over may post once more: the next piece of a stream. */
    do {
        answer_everything(engine);
        engine_fetch(engine);
    } while (!mailbox_is_empty(&engine->mailbox));
    if (engine->db != NULL && db_failure(engine->db) == DB_FINE)
        db_checkpoint(engine->db, true);
    store_close(engine->store);
    free_all(engine);
}

void engine_kill(struct engine *engine)
{
    readers_close(engine->readers);
    store_close(engine->store);
    free_all(engine);
}
