/* Engine: opening, and what others ask of it; loop.c runs it, ending.c ends it. */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "audit.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"
#include "listing.h"
#include "loading.h"
#include "secret.h"

struct moment engine_now(const struct engine *engine)
{
    if (engine->options.manual_clock)
        return engine->manual.now;
    return engine->options.clock.now(engine->options.clock.ctx);
}

/* Only what is fixed before the threads start, or is atomic. */
struct moment engine_time(const struct engine *engine)
{
    struct moment now = engine->started;
    int64_t ahead_ms = atomic_load(&engine->manual.ahead_ms);

    if (!engine->options.manual_clock)
        return engine->options.clock.now(engine->options.clock.ctx);
    now.wall_ms += ahead_ms;
    now.mono_ms += ahead_ms;
    return now;
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

void engine_answer_one(struct engine *engine, struct command *command)
{
    struct list one;

    list_init(&one);
    list_push_back(&one, &command->link);
    if (mailbox_answer(&engine->mailbox, &one, NULL))
        engine->options.wake(engine->options.wake_ctx);
}

static void reader_answers(void *ctx, struct command *command)
{
    struct engine *engine = ctx;

    if (command->kind != COMMAND_LIST_TASKS || !listing_has_ready(command)) {
        engine_answer_one(engine, command);
        return;
    }
    command->in.list.is_read = true;
    mailbox_post(&engine->mailbox, command);
    mailbox_nudge(&engine->mailbox, false);
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
    alarms_init(&engine->alarms);
    lot_init(&engine->lot);
    list_init(&engine->rerun);
    list_init(&engine->intents);
    list_init(&engine->owed);
    id_source_init(&engine->ids, options->random);
    engine->open_keys = map_new();
    engine->batch_mem = arena_new();
    atomic_store(&engine->state, BROKER_STARTING);
    if (!open_store(engine, ret_exit_code, error)) {
        engine_close(engine);
        return error->code;
    }
    secret_load(engine);
    load_all(engine);
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

/* ---- the other side ---- */

void engine_post(struct engine *engine, struct command *command)
{
    ASSERT(command->by != NULL); /* nobody is not everybody */
    if (command_is_read(command) && !is_in_memory(&engine->options))
        readers_post(engine->readers, command);
    else
        mailbox_post(&engine->mailbox, command);
}

void engine_flush(struct engine *engine)
{
    mailbox_nudge(&engine->mailbox, false);
}

/* Events come before the replies of the same batches, so whoever is told of a commit can find what
 * happened in it. */
static void take_packs(const struct engine *engine, struct list *packs)
{
    struct list_node *node;

    while ((node = list_pop_front(packs)) != NULL) {
        struct event_pack *pack = CONTAINER_OF(node, struct event_pack, link);

        if (engine->options.take_events != NULL)
            engine->options.take_events(engine->options.wake_ctx, pack);
        else
            event_pack_free(pack);
    }
}

void engine_fetch(struct engine *engine)
{
    struct list done, packs;
    struct list_node *node;

    list_init(&done);
    list_init(&packs);
    mailbox_fetch(&engine->mailbox, &done, &packs);
    take_packs(engine, &packs);
    while ((node = list_pop_front(&done)) != NULL) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        command->caller.done(command);
    }
}

void engine_listen(struct engine *engine, bool is_on)
{
    atomic_store(&engine->is_heard, is_on);
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
