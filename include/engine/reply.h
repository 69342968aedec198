/* Reply: what the engine answers; views of things as they stood in the transaction. All that it
 * points at lives in the command's memory. */
#pragma once

#include "base/error.h"
#include "engine/ask.h"

struct submit_item {
    struct error error; /* code OK: taken */
    struct id id;
    int64_t number;
    enum task_state state;
    bool replayed;     /* by the item's own idempotency key */
    bool deduplicated; /* it is one that was there */
};

struct outcome_reply {
    struct error error;
    struct id task;
    enum task_state state;
};

struct heartbeat_cancel {
    struct bytes lease;
    struct id task;
    struct bytes reason;
    int64_t grace_ms; /* what is left of it */
};

/* A task, and what was asked to come with it. */
struct task_view {
    struct task *task;
    struct attempt *attempts;
    unsigned attempts_len;
    struct log_line *logs;
    unsigned logs_len;
    struct blocker *blockers;
    unsigned blockers_len;
    int64_t estimate_ms; /* until it may run; -1: unknown */
    int64_t grace_at_ms; /* of one that was asked to stop, with explain: when its attempt is ended
                            at the latest; -1: none runs */
};

/* One reason why a task does not run. Numbers are -1 and bytes NONE where they do not apply. */
struct blocker {
    const char *kind; /* paused closed queue_cap schedule no_worker position ... */
    struct bytes queue, type;
    struct bytes name;              /* of a limit, of a push worker */
    struct bytes key;               /* of an order */
    enum task_state holder_state;   /* of the one holder; NONE: it does not apply */
    const char *state;              /* of a queue that hands out nothing, of the push worker that
                                       is named; NULL: it does not apply */
    struct bytes error;             /* of that worker: what its endpoint did last */
    struct bytes requires, missing; /* labels: all, and those that no live worker has */
    struct bytes worker;            /* the one that it is pinned to, its id's text */
    int64_t until_ms;
    int64_t limit, running, units, ahead, count;
    int64_t workers, unavailable, resting, disabled, slots, free;
    bool never_fits;      /* it takes more than there can ever be, as things are set */
    int32_t min_priority; /* MIN_PRIORITY_NONE: it does not apply */
    struct id *holders;   /* tasks that hold the slots, have the turn, or are waited for */
    unsigned holders_len;
};

struct worker_view {
    struct id id;
    struct worker_spec spec;
    const char *state; /* run quiet terminate paused lost disabled */
    int64_t registered_at_ms, last_seen_at_ms;
    int64_t running;
    bool lost;
    /* Of one that is pushed to: it has spec.push_url. The secret is answered by the call that set
     * it alone. */
    struct target_health health;
    bool is_disabled;   /* its endpoint answered 410 */
    bool shows_key;     /* spec.push_key is to be answered */
    struct id previous; /* nil: it was not known before */
};

struct queue_view {
    struct bytes ns; /* only where queues of several are shown */
    struct bytes name;
    struct queue_settings settings;
    struct queue_counts counts;
    int64_t version;
    int64_t created_at_ms;
    int64_t oldest_ready_age_ms; /* -1: none is ready */
    struct worker_view *replicas;
    unsigned replicas_len;
    bool closed, closing, stalled;
    const char *blocked_by[4];
    unsigned blocked_by_len;
    int64_t demand;
    double submitted_per_s, claimed_per_s, finished_per_s;
    int64_t wait_p50_ms, wait_p99_ms; /* -1: nothing seen lately */
    /* of a close */
    struct id *abandoned;
    unsigned abandoned_len;
};

/* An endpoint that the push room calls. */
struct target_view {
    enum target_kind kind;
    int64_t changed; /* its mark; the next ask is since the largest */
    bool is_out;     /* disabled, paused or quiet: nothing new is sent */
    unsigned woken;  /* another number than before: its rest is over, one request finds out */
    struct id worker;
    int64_t webhook;
    struct bytes ns;   /* that commands about it are asked in */
    struct bytes name; /* the worker's identity, the webhook's name; for logs */
    struct bytes url;
    struct signature_key keys[SIGNATURE_KEYS_MAX]; /* the newest first */
    unsigned keys_len;
    int64_t old_key_until_ms; /* wall; of keys[1] */
    int32_t concurrency;      /* of a worker; of a webhook what it is sent at once */
};

/* A notification to be sent. */
struct delivery_view {
    int64_t number;
    struct bytes id;   /* webhook-id: the same however often it is sent */
    struct bytes body; /* JSON */
    struct bytes url;  /* NONE: the webhook's own */
    unsigned attempt;  /* from 1 */
    /* What signs it, the newest first; none: it goes unsigned. Of its own URL they are not those of
     * the target. */
    struct signature_key keys[SIGNATURE_KEYS_MAX];
    unsigned keys_len;
};

struct webhook_view {
    struct bytes name, created_by;
    struct webhook_settings settings;
    int64_t version, created_at_ms;
    const char *state; /* open resting probing disabled gone */
    struct target_health health;
    int64_t gone_at_ms;               /* -1: it is not */
    int64_t backlog, dead, delivered; /* delivered: of those that are remembered */
    int64_t missed, missed_first;     /* missed_first -1: none */
    int64_t oldest_due_at_ms;         /* -1: nothing is due */
    int64_t old_key_until_ms;         /* -1: there is no old key */
    bool shows_key;                   /* key is to be answered */
    struct signature_key key;
};

/* A notification as it is remembered. */
struct delivery_record {
    int64_t number;
    struct bytes id;
    int64_t event; /* 0: none, a test */
    enum event_kind kind;
    int64_t at_ms;
    bool has_task;
    struct id task;
    enum delivery_state state;
    int64_t attempts;
    int64_t next_at_ms; /* -1: it is over, or behind another of its task */
    int64_t last_at_ms; /* -1: not tried yet */
    int64_t last_status, took_ms;
    struct bytes last_error, url; /* NONE: none */
};

struct schedule_view {
    struct bytes name;
    struct schedule_settings settings;
    struct schedule_state state;
    struct bytes task; /* the template; NONE in lists */
    int64_t version, created_at_ms;
    int64_t next_at_ms; /* with its jitter; -1: it does not fire */
};

/* A moment to come, and what the clocks of the schedule's zone will show. */
struct slot_view {
    int64_t at_ms, local_ms;
};

struct audit_view {
    int64_t number, at_ms;
    struct bytes ns;                                                 /* NONE: the broker */
    struct bytes actor, address, request_id, action, object, detail; /* NONE: none */
    struct bytes hash; /* hex; NONE to those who see a part only */
};

struct ns_view {
    struct bytes name;
    int64_t version, number; /* number: its place in lists */
    struct ns_quotas quotas;
    struct queue_counts counts;
    int64_t bytes, queues, workers;
};

/* Counts are -1 to those who do not reach all queues; of a rule all but names are, and of others
 * names is. */
struct limit_view {
    struct bytes name;
    struct bytes rule; /* the one that holds for it; NONE: its own row, or nothing */
    struct limit_settings settings;
    bool is_declared;               /* it has a row: version and created_at_ms are set */
    int64_t version, created_at_ms; /* -1: none */
    int64_t running, held;          /* units that run; units of all unfinished tasks */
    int64_t blocked;                /* tasks that wait for room here */
    int64_t names;                  /* in use, that the rule holds for */
};

/* Of what the caller reaches in one namespace; of METRICS: of the whole broker. */
struct stats_view {
    struct queue_counts counts;
    int64_t queues, workers, workers_lost, leases, parked;
    int64_t uptime_ms;
    int64_t slots_total, slots_used;
};

/* The workers of one namespace, for METRICS. */
struct worker_sums {
    struct bytes ns;
    int64_t live, lost, disabled, slots_total, slots_used;
};

enum broker_state { BROKER_STARTING, BROKER_READY, BROKER_DRAINING, BROKER_STOPPED };

struct shutdown_view {
    enum broker_state state;
    int64_t live_leases;
};

struct reply {
    struct error error;     /* code OK: the rest says */
    int64_t retry_after_ms; /* of a refusal: when the same may be taken; 0: not known */
    bool done;              /* of a wait: what was waited for has happened */
    bool created;           /* 201 instead of 200 */
    bool deduplicated;      /* of a submit: the task was there */
    bool replayed;          /* an idempotent repeat: stored_* is the first answer, unless done */
    bool not_modified;
    int stored_status;
    struct bytes stored_body, stored_location;

    struct task_view view;
    struct submit_item *items;
    unsigned items_len;
    unsigned taken;     /* of a streamed piece: how many of its specs have been dealt with */
    struct task *tasks; /* claimed, or a page of a list */
    unsigned tasks_len;
    bool has_more;    /* of a list */
    int64_t list_end; /* of a list: the number that the next page goes on after */
    struct outcome_reply *outcomes;
    unsigned outcomes_len;

    const char *worker_state; /* run quiet terminate */
    struct heartbeat_cancel *cancels;
    unsigned cancels_len;
    struct bytes *lost; /* leases */
    unsigned lost_len;
    int64_t next_ms;

    struct worker_view *workers;
    unsigned workers_len;
    struct queue_view *queues;
    unsigned queues_len;
    struct schedule_view *schedules;
    unsigned schedules_len;
    struct slot_view *slots; /* of NEXT_SCHEDULE */
    unsigned slots_len;
    struct token_record token; /* made */
    int64_t token_ends_at_ms;  /* of a rotation: when the old one ends */
    struct bytes *swept;       /* tokens that are gone */
    unsigned swept_len;
    struct event *events;
    unsigned events_len;
    int64_t events_first, events_last; /* numbers that the log keeps; 0: it is empty */
    bool task_is_over;                 /* the one that was asked for has ended, or is gone */
    struct audit_view *audit;
    unsigned audit_len;
    struct ns_view *namespaces;
    unsigned namespaces_len;
    struct limit_view *limits;
    unsigned limits_len;
    struct target_view *targets;
    unsigned targets_len;
    struct delivery_view *deliveries;
    unsigned deliveries_len;
    struct webhook_view *webhooks;
    unsigned webhooks_len;
    struct delivery_record *records;
    unsigned records_len;
    int64_t redelivered, dead_left; /* of REDELIVER of all */
    struct stats_view stats;
    struct worker_sums *sums;
    unsigned sums_len;
    struct shutdown_view shutdown;
    struct moment_view {
        int64_t now_ms;
    } now;
};
