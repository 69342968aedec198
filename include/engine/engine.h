/* Engine: the broker's one brain. One thread decides everything about tasks, inside the transaction
 * that records it. */
#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "engine/command.h"
#include "engine/event_pack.h"

struct engine;

/* How the process should end when the store cannot be used, after sysexits.h. */
enum engine_exit {
    ENGINE_EXIT_UNREADABLE = 65, /* damaged, or written by a later version */
    ENGINE_EXIT_IN_USE = 69,
    ENGINE_EXIT_IO = 74,
};

/* What names, workers and tokens may grow to: each costs memory for as long as the process lives.
 * 0: the default. */
struct engine_bounds {
    int64_t namespaces_max; /* 1000 */
    int64_t queues_max;     /* of one namespace; 10,000 */
    int64_t classes_max;    /* the same */
    int64_t workers_max;    /* of all namespaces; 100,000 */
    int64_t tokens_max;     /* in the store; 10,000 */
    int64_t limits_max;     /* of all namespaces, rules included; 100,000 */
    int64_t schedules_max;  /* of all namespaces; 100,000 */
    int64_t webhooks_max;   /* of all namespaces; 10,000 */
    int64_t deliveries_max; /* that are due to one webhook; 100,000 */
    int64_t lines_max;      /* sets of limits and affinity of unfinished tasks; 200,000 */
};

typedef enum err task_spec_reader(void *ctx, struct bytes json, int64_t now_ms, struct arena *mem,
                                  struct task_spec *ret_spec, struct error *error);

struct engine_options {
    const char *data_dir;   /* a folder; the store lives in it */
    const char *store_name; /* NULL: sluice.db in data_dir; "memory:NAME" for simulations */
    const char *version;    /* for the record; NULL: not said */
    struct clock clock;
    bool manual_clock; /* time moves by COMMAND_ADVANCE only (and parked requests end by real time
                          as well) */
    struct random_source random;
    struct metrics *metrics; /* borrowed */
    int64_t drain_timeout_ms;
    int64_t heartbeat_ms, worker_ttl_ms; /* 5 s, 15 s */
    struct engine_bounds bounds;
    const char *zone_folder; /* NULL: the system's */
    /* Engine thread: make of the template of a schedule's tasks, JSON, what a submit would. NULL:
     * no schedule fires. */
    task_spec_reader *read_task;
    void *read_task_ctx;
    /* Loop thread, from engine_fetch(): what happened in a batch, while it is listened to; the
     * receiver's to free. NULL: nobody ever listens. */
    void (*take_events)(void *ctx, struct event_pack *pack);
    /* Any thread: there are replies to fetch. */
    void (*wake)(void *ctx);
    void *wake_ctx;
    /* Engine thread: the drain is over, or the store failed (enum engine_exit); the process should
     * end. */
    void (*ended)(void *ctx, int exit_code);
};

/* Open the store, migrate it, load what lives in memory. error.detail says why not; ret_exit_code
 * is the process's. */
MUST_CHECK enum err engine_open(const struct engine_options *options, struct engine **ret_engine,
                                int *ret_exit_code, struct error *error);
/* Random bytes that belong to the store and never change; to key what clients must not read. */
enum { ENGINE_SECRET_LEN = 16 };
void engine_secret(const struct engine *engine, uint8_t ret_secret[ENGINE_SECRET_LEN]);
/* The tokens in the store, in no special order; before engine_start(). */
void engine_each_token(struct engine *engine,
                       void (*each)(void *ctx, const struct token_record *token), void *ctx);
/* Start the threads. */
void engine_start(struct engine *engine);
/* Any thread: the broker's time. A manual clock stands still but for COMMAND_ADVANCE, here as for
 * the engine itself. */
struct moment engine_time(const struct engine *engine);
/* Any thread. The command is the engine's now, and says who asks. A sleeping engine is woken by
 * engine_flush(), which the poster calls when it has posted all that it has at hand: so requests
 * that arrive together share a transaction. */
void engine_post(struct engine *engine, struct command *command);
void engine_flush(struct engine *engine);
/* Loop thread: call done of every command that has been answered. */
void engine_fetch(struct engine *engine);
/* Loop thread: from now on take_events is called of whatever is committed, or is not. Whoever reads
 * the log after this finds all that is not handed over. */
void engine_listen(struct engine *engine, bool is_on);
/* Any thread: begin to drain, as COMMAND_SHUTDOWN does. */
void engine_drain(struct engine *engine);
enum broker_state engine_state(const struct engine *engine);
/* The store takes writes, the disk has room. */
bool engine_is_ready(const struct engine *engine);
/* Stop the threads (after `ended`, or to stop at once), answer what is parked, close the store. */
void engine_close(struct engine *engine);

/* For simulations: no threads; run one batch of what was posted, then what fell due by now. False
 * when there was nothing. */
bool engine_step(struct engine *engine);
/* When the next timer falls due, mono ms; INT64_MAX: never. */
int64_t engine_next_due(const struct engine *engine);
/* Simulations: forget everything that was not committed, as kill -9 would. */
void engine_kill(struct engine *engine);
