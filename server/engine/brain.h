/* Brain: the engine's own state. Everything here belongs to the engine thread, but the mailbox and
 * what says otherwise. */
#pragma once

#include <stdatomic.h>

#include "engine/engine.h"
#include "hot.h"
#include "mailbox.h"
#include "parked.h"
#include "reading.h"
#include "store/store.h"

/* Manual time: what has been added, and how far a command may still move it in this step. */
struct manual_time {
    struct moment now;
    atomic_int_fast64_t ahead_ms; /* the same as what was added since the start, for any thread */
    struct command *advancing;    /* the command at work; NULL: none */
    int64_t target_mono_ms;
};

struct drain {
    bool is_asked;
    bool is_over;
    int64_t deadline_mono_ms;
    int64_t real_deadline_mono_ms; /* a manual clock does not hold a stop up */
};

/* What of the broker itself has been told and is still so. */
struct alarms {
    bool disk_low, wal_large;
    int64_t wal_bytes_max;
};

struct engine {
    struct engine_options options;
    struct mailbox mailbox;
    struct store *store;
    struct db *db;
    struct hot hot;
    struct parking_lot lot;
    struct readers *readers;
    struct id_source ids;
    struct map *open_keys; /* idempotency keys of commands that are held */
    struct list rerun;     /* commands that were parked and go on: first of the next batch */
    struct list intents;
    struct list owed; /* ends that are still to be told to those who wait for them */
    struct manual_time manual;
    struct drain drain;
    struct arena *batch_mem;
    struct moment started, last_janitor, last_sweep;
    int64_t retention_mono_ms; /* the next slice of deletions comes no earlier */
    struct alarms alarms;
    bool disk_is_full;
    int64_t
        full_until_mono_ms; /* a batch found no room: what is due comes again then, not at once */
    uint8_t secret[ENGINE_SECRET_LEN];
    int exit_code;    /* not 0: the store failed */
    atomic_int state; /* enum broker_state; written here, read anywhere */
    atomic_bool has_room;
    atomic_bool is_heard; /* events are wanted; written by the loop */
    pthread_t thread;
    bool has_thread;
};

struct moment engine_now(const struct engine *engine);
/* Leave the process to main: nothing can be trusted any more. */
void engine_fail(struct engine *engine);
/* Any thread: hand one command over that no batch answers. */
void engine_answer_one(struct engine *engine, struct command *command);
