/* Parked: commands whose answer waits for something to happen: the parking lot, its deadlines, and
 * who waits for what. A parked command leaves the lot when a batch that answered it has committed.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "engine/command.h"

struct batch;
struct engine;
struct hot_queue;
struct hot_worker;
struct hot_webhook;

enum parked_kind {
    PARKED_CLAIM,     /* for work */
    PARKED_TASK,      /* for a task to get somewhere */
    PARKED_HEARTBEAT, /* for a cancel */
    PARKED_SUBMIT,    /* for room in a queue */
    PARKED_CLOSE,     /* for a close or a purge of a queue to be through */
    PARKED_KEY,       /* for the first command with the same idempotency key */
    PARKED_SHUTDOWN,  /* for the drain to end */
    PARKED_TARGETS,   /* for an endpoint to change: the push room's */
    PARKED_TAKE,      /* the push room, for deliveries that are due */
    PARKED_DELIVERY,  /* for a delivery to be tried */
    PARKED_KINDS,
};

/* One of the queues that a claim watches. */
struct watch {
    struct list_node link; /* in the queue's watches */
    struct parked *parked;
};

struct parked {
    struct command *command;
    enum parked_kind kind;
    struct list_node all;          /* in the lot, by kind, first come first */
    struct list_node subject;      /* in a list of the worker, queue, task or key waited for */
    struct heap_node deadline;     /* mono */
    int64_t real_deadline_mono_ms; /* with a manual clock: real time ends the wait as well */
    int64_t task;                  /* PARKED_TASK: its number */
    struct hot_worker *worker;
    struct hot_queue *queue;
    int64_t delivery; /* PARKED_DELIVERY: its number */
    struct watch *watches;
    unsigned watches_len;
    bool is_answered;          /* by the batch at work */
    struct list_node answered; /* in that batch's list */
    bool is_new;               /* parked by the batch at work */
    struct reply before;       /* what the command had been answered when it was parked */
};

/* Those who wait for one task. */
struct task_waiters {
    int64_t task;
    struct list parked;
};

struct parking_lot {
    struct list all[PARKED_KINDS];
    unsigned len[PARKED_KINDS];
    struct heap deadlines;
    struct map *by_task; /* number -> struct task_waiters */
};

void lot_init(struct parking_lot *lot);
void lot_fini(struct parking_lot *lot);

/* Park the command of this batch for wait_ms (INT64_MAX: as long as it takes). */
struct parked *park(struct batch *batch, struct command *command, enum parked_kind kind,
                    int64_t wait_ms);
void park_for_claim(struct batch *batch, struct command *command, struct hot_worker *worker);
void park_for_task(struct batch *batch, struct command *command, int64_t task);
/* Take it out of every list; its command is the caller's again. */
void unpark(struct engine *engine, struct parked *parked);
/* Its answer was undone: it waits on. */
void parked_again(struct engine *engine, struct parked *parked);
/* Those who wait there are answered by the next batch, which sees what this one has committed. */
void parked_wake(struct engine *engine, const struct list *waiting);
/* End the wait sooner. */
void parked_end_by(struct engine *engine, struct parked *parked, int64_t mono_ms);
struct task_waiters *lot_waiters(const struct parking_lot *lot, int64_t task); /* NULL: nobody */
bool parked_is_alive(const struct parked *parked);
