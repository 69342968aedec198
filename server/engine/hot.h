/* Hot: what a rule needs that rows do not hold, or not cheaply: names, queues with their counts,
 * workers, live leases. Engine thread only. Counts have a committed part and what the batch at work
 * adds; a batch either folds its part in after COMMIT or drops it. Everything else here changes
 * after COMMIT only, through effects (batch.h), or in solo batches. */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "domain/queue.h"
#include "engine/command.h"
#include "front.h"
#include "hot_limit.h"
#include "hot_schedule.h"
#include "hot_target.h"
#include "hot_webhook.h"
#include "rates.h"
#include "store/repo_lease.h"
#include "store/repo_registry.h"

/* Names are numbered when first used; a row is written by the batch that needs it, until one of
 * them commits. */
struct hot_name {
    int64_t number;
    bool is_saved;
    bool is_saving; /* by the batch at work */
    struct list_node saving;
    int64_t *existing; /* how many of its kind there are; NULL: nobody counts them */
};

struct state_counts {
    int64_t of[TASK_STATE_MAX];     /* committed */
    int64_t adding[TASK_STATE_MAX]; /* by the batch at work */
};

/* Totals over all queues of the namespace, kept while counting: hot_ns_counts() and hot_ns_bytes()
 * cost the same whatever it holds. */
struct hot_ns {
    struct hot_name head;
    struct bytes name;
    int64_t version;
    struct ns_quotas quotas;
    struct rate_bucket submits; /* what is left of the quota's rate */
    struct map *queues;         /* by name */
    struct map *classes;        /* by type and demands */
    struct ns_limits limits;
    struct map *schedules; /* by name */
    struct list webhooks;
    struct state_counts counts;
    int64_t bytes, adding_bytes; /* committed, and by the batch at work */
    int64_t queues_existing;     /* the batch's included */
    struct list workers;
    int64_t workers_len;
};

/* A type and the demands on the worker. requires: for a retry that was pinned to one worker a line
 * "@ID", then the labels that are demanded. */
struct hot_class {
    struct hot_name head;
    struct hot_ns *ns;
    struct bytes key; /* type, newline, requires */
    struct bytes type, requires;
    struct bytes pin, demands; /* the parts of requires; "" where there is none */
};

/* The tasks of one class in one queue. */
struct hot_shelf {
    struct hot_queue *queue;
    struct hot_class *of_class;
    struct state_counts counts;
    int64_t adding_bytes[TASK_STATE_MAX]; /* by the batch at work */
    struct list_node dirty;               /* has something to add */
    struct map *plain_lines;              /* with neither limits nor affinity, by priority */
};

enum queue_closing { QUEUE_OPEN = 0, QUEUE_CLOSING = 1, QUEUE_CLOSED = 2, QUEUE_HIDDEN = 3 };

/* What is kept of a queue's finished tasks, until they are deleted. */
struct hot_kept {
    int64_t bytes, adding_bytes; /* committed, and by the batch at work */
    int64_t
        oldest_ms[RETENTION_KINDS]; /* where each line begins, or earlier; INT64_MAX: it is empty */
    struct heap_node due;           /* wall: there is something to delete */
};

struct hot_queue {
    struct hot_name head;
    struct hot_ns *ns;
    struct bytes name;
    int64_t version, created_at_ms;
    struct queue_settings settings;
    enum queue_closing closing;
    int64_t close_cancel_at_ms, close_end_at_ms; /* wall; -1: none */
    struct hot_shelf **shelves;
    unsigned shelves_len;
    struct map *shelves_by_class;
    struct hot_line **lines; /* with gaps */
    unsigned lines_len;
    unsigned *gaps; /* indexes that are free again */
    unsigned gaps_len, gaps_room;
    struct map *keyed_lines;      /* those with limits or affinity, by what they have in common */
    struct map *affinities;       /* by key */
    struct list affinities_ready; /* those bound to a worker that may have something ready */
    struct list changed;          /* lines, those whose first changed last before the others */
    uint64_t changes;
    struct map *levels;           /* of fair sharing, by priority */
    struct hot_level *last_level; /* the one that was looked for last */
    struct rate_bucket claims;    /* what is left of its rate */
    double claims_taken;          /* from it, by the batch at work */
    struct heap_node rate_due;    /* mono: it has something again, and somebody waits for that */
    struct state_counts counts;   /* of all shelves */
    int64_t bytes, adding_bytes;  /* that are kept of its tasks: committed, and by the batch */
    unsigned purges;              /* intents at work: nothing is handed out */
    struct list watches;          /* parked claims that would take from here, first come first */
    struct list held;             /* parked submits that wait for room */
    struct list closers;          /* parked closes */
    struct list purgers;          /* parked purges */
    struct list_node dirty;       /* something became ready or free in this batch */
    struct heap_node due;         /* wall: a timed pause or a close goes on */
    struct heap_node idle;        /* mono: nothing of it is unfinished, and that will be told */
    struct hot_kept kept;
    struct rate submitted, claimed, finished;
    struct wait_times waits;
    struct id *abandoned; /* of the last close */
    unsigned abandoned_len;
};

struct hot_worker {
    struct id id;
    struct hot_ns *ns;
    struct bytes identity, instance, version, info, labels;
    struct hot_queue **queues;
    unsigned queues_len;
    struct bytes *types;
    unsigned types_len; /* 0: every type */
    struct skill *skill;
    int64_t concurrency, confirm_ms;
    int32_t min_priority; /* it is handed nothing below; MIN_PRIORITY_NONE: anything */
    enum worker_mode mode;
    int64_t registered_at_ms, last_seen_at_ms, last_seen_mono_ms;
    bool is_lost;
    bool is_forgotten;       /* by the batch at work */
    int64_t running, adding; /* leases: committed, and by the batch at work */
    struct list_node by_ns;
    struct list leases;
    struct list claims;     /* parked */
    struct list heartbeats; /* parked */
    struct list affinities; /* bound to it, the latest first */
    unsigned affinities_len;
    struct list affinities_ready; /* of them, those that may have something ready */
    struct list_node dirty;       /* a slot became free in this batch */
    struct heap_node silence;     /* mono: when it counts as lost, or is forgotten */
    struct hot_target *target;    /* what is called when it is pushed to; NULL: it polls */
};

struct hot_lease {
    struct lease_row row;      /* times are wall */
    struct hot_worker *worker; /* NULL: it was forgotten */
    struct hot_queue *queue;
    int64_t line;
    int64_t expires_mono_ms, timeout_mono_ms, confirm_mono_ms, grace_mono_ms; /* INT64_MAX: none */
    int64_t stored_expires_mono_ms;
    bool cancel_told;
    struct list_node by_worker;
    struct heap_node due; /* the earliest of the four */
};

/* The audit record's last row: the next one follows it. */
struct chain_end {
    int64_t number;
    struct digest hash;
};

struct hot {
    struct map *namespaces; /* by name */
    struct map *queues;     /* by number */
    struct map *classes;    /* by number */
    struct map *lines;      /* by number */
    struct map *workers;    /* by id */
    struct map *leases;     /* by task's number */
    struct map *skills;     /* by what is in them */
    struct map *pinned;     /* a class for each worker that one is pinned to, by its id's text */
    struct heap leases_due; /* mono */
    struct heap limits_due; /* mono */
    struct heap rates_due;  /* mono: of queues */
    struct heap workers_silent; /* mono */
    struct heap queues_idle;    /* mono */
    struct heap queues_due;     /* wall */
    struct heap kept_due;       /* wall */
    struct hot_schedules schedules;
    struct hot_targets targets;
    struct hot_webhooks webhooks;
    int64_t last_ns, last_queue, last_class, last_line, last_task, last_event, last_intent;
    int64_t events_size; /* of all events ever written, see repo_event.h */
    int64_t limits_len;  /* rows of all namespaces */
    int64_t limit_names; /* that are in use */
    struct chain_end audit;
    int64_t next_due_ms; /* wall: the first scheduled or retrying task; INT64_MAX: none */
    int64_t next_end_ms; /* wall: the first waiting task that expires or meets its deadline */
    struct list dirty_shelves, dirty_queues, dirty_workers, dirty_limits, saving;
    struct list dirty_lines, dirty_levels, dirty_shares, dirty_affinities;
    struct list full_limits; /* found full by the batch at work */
    struct list idle_lines;  /* with limits or affinity, and nothing that is live */
};

void hot_init(struct hot *hot);
void hot_fini(struct hot *hot);

/* Find, or with make also take up, by name; strings are copied. */
struct hot_ns *hot_ns(struct hot *hot, struct bytes name, bool make);
struct hot_queue *hot_queue(struct hot *hot, struct hot_ns *ns, struct bytes name,
                            int64_t make_at_ms); /* -1: do not */
struct hot_class *hot_class(struct hot *hot, struct hot_ns *ns, struct bytes type,
                            struct bytes requires);
/* Whether it is known without taking it up. */
bool hot_knows_class(const struct hot_ns *ns, struct bytes type, struct bytes requires);
struct hot_ns *hot_ns_numbered(const struct hot *hot, int64_t number);
struct hot_queue *hot_queue_numbered(const struct hot *hot, int64_t number);
struct hot_class *hot_class_numbered(const struct hot *hot, int64_t number);
struct hot_worker *hot_worker(const struct hot *hot, struct id id);
struct hot_lease *hot_lease(const struct hot *hot, int64_t task);
struct hot_shelf *hot_shelf(struct hot_queue *queue, struct hot_class *of_class);

/* Take up what rows say, at start. */
struct hot_ns *hot_load_ns(struct hot *hot, const struct ns_row *row);
struct hot_class *hot_load_class(struct hot *hot, const struct class_row *row);
struct hot_queue *hot_load_queue(struct hot *hot, const struct queue_row *row);
struct hot_worker *hot_add_worker(struct hot *hot, const struct worker_row *row,
                                  int64_t now_mono_ms);
/* Known by the same id, it announced itself anew. */
void hot_set_worker(struct hot *hot, struct hot_worker *worker, const struct worker_row *row);
void hot_drop_worker(struct hot *hot, struct hot_worker *worker);

/* Counting: by n tasks, and what is kept of them, of shelf in state. */
void hot_count(struct hot *hot, struct hot_shelf *shelf, enum task_state state, int64_t by,
               int64_t bytes);
int64_t hot_in_state(const struct state_counts *counts,
                     enum task_state state);        /* the batch's part included */
int64_t hot_running(const struct hot_queue *queue); /* leases that count against the cap */
int64_t hot_pending(const struct hot_queue *queue);
struct queue_counts hot_queue_counts(const struct hot_queue *queue);
struct queue_counts hot_ns_counts(const struct hot_ns *ns);
int64_t hot_ns_pending(const struct hot_ns *ns);
int64_t hot_ns_bytes(const struct hot_ns *ns);
int64_t hot_ns_queues(const struct hot_ns *ns); /* those that exist */
int64_t hot_free_slots(const struct hot_worker *worker);
/* After COMMIT, after ROLLBACK. */
void hot_fold(struct hot *hot);
void hot_drop(struct hot *hot);
/* The batch at work writes its row: from now on it exists, and for good if that commits. */
void hot_save(struct hot *hot, struct hot_name *name);
/* After COMMIT: the queue exists as long as it is not hidden. */
void hot_close_queue(struct hot_queue *queue, enum queue_closing closing);

/* Leases: put into the index and timers, taken out and freed; due times set anew. */
void hot_link_lease(struct hot *hot, struct hot_lease *lease);
void hot_unlink_lease(struct hot *hot, struct hot_lease *lease);
void hot_time_lease(struct hot *hot, struct hot_lease *lease);

/* It has a row, or gets one from the batch at work, and was not deleted. */
bool queue_exists(const struct hot_queue *queue);
/* The same. */
bool ns_exists(const struct hot_ns *ns);
bool worker_runs_class(const struct hot_worker *worker, const struct hot_class *of_class);
bool worker_serves(const struct hot_worker *worker, const struct hot_queue *queue);
/* It may be handed something, should it have room. */
bool worker_is_open(const struct hot_worker *worker);
