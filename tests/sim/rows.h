/* Rows: what is in the store, read past the engine; its connection also keeps a store in memory
 * alive when the broker dies. */
#pragma once

#include "base/id.h"
#include "domain/event.h"
#include "domain/lease_token.h"
#include "domain/limit.h"
#include "domain/queue.h"

struct row_task {
    int64_t number, queue, class_number, state, priority, run_at_ms, created_at_ms, version;
    int64_t attempt, delivery, failures, losses, timeout_ms, lease_ms, flags;
    int64_t cancel_requested_at_ms, finished_at_ms;
    int64_t expires_at_ms, deadline_at_ms, ends_at_ms, result_ttl_ms;
    int64_t share, line;
    struct id id, worker;
};

enum { FLAG_ABANDONED = 1, FLAG_AT_MOST_ONCE = 8, FLAG_DEAD_LETTER = 512 };

struct row_lease {
    int64_t task, queue, delivery, lease_ms, started_at_ms, grace_at_ms, timeout_at_ms;
    uint8_t nonce[LEASE_NONCE_LEN];
    struct id worker;
};

struct row_queue {
    int64_t number, concurrency, pending_limit, paused, paused_until_ms, closed, aging_ms;
    char name[16], retry[64], dead_letter_queue[16];
    struct rate_limit rate;
};

struct row_limit {
    char name[16];
    struct limit_settings settings;
};

struct row_schedule {
    int64_t number, version, overlap, missed, jitter_ms, paused, next_slot_ms, last_slot_ms;
    int64_t last_task, fired, skipped;
    char name[16], cron[16];
};

/* A place in the line of an ordering key. */
struct row_order {
    int64_t task, queue, place;
    char key[16];
};

struct row_dependency {
    int64_t task, on_task;
};

struct row_worker {
    struct id id;
    int64_t concurrency, mode, confirm_ms, min_priority, push_disabled;
    char queues[64], types[32], labels[64], push_url[32];
};

struct row_webhook {
    int64_t number, version, enabled, gone_at_ms, missed;
    bool has_types, has_queues;
    char name[16], types[48], queues[32];
};

struct row_delivery {
    int64_t number, webhook, event, task, state, attempts, next_at_ms;
};

struct row_class {
    int64_t number;
    char type[16], requires[ID_TEXT_LEN + 64];
};

struct row_event {
    int64_t number, at_ms, kind, queue, task, ns;
};

struct row_attempt {
    int64_t attempt, outcome;
    struct id worker;
    bool was_started;
};

/* Everything at one moment; arrays grow and are kept. Sorted by number. */
struct snapshot {
    struct row_task *tasks;
    struct row_lease *leases;
    struct row_queue *queues;
    struct row_worker *workers;
    struct row_class *classes;
    struct row_event *events; /* new ones */
    struct row_limit *limits;
    struct row_order *orders; /* by queue, key and place */
    struct row_dependency *dependencies;
    struct row_schedule *schedules;
    struct row_webhook *webhooks;
    struct row_delivery *deliveries; /* that are due */
    int64_t *purged;                 /* queues with an intent at work */
    unsigned tasks_len, leases_len, queues_len, workers_len, classes_len, events_len, purged_len;
    unsigned limits_len, orders_len, dependencies_len, schedules_len, webhooks_len, deliveries_len;
    unsigned rooms[13];
};

void snapshot_free(struct snapshot *snapshot);
const struct row_task *snapshot_task(const struct snapshot *snapshot, int64_t number);
const struct row_lease *snapshot_lease(const struct snapshot *snapshot, int64_t task);
const struct row_queue *snapshot_queue(const struct snapshot *snapshot, int64_t number);
const struct row_worker *snapshot_worker(const struct snapshot *snapshot, struct id id);
const struct row_class *snapshot_class(const struct snapshot *snapshot, int64_t number);

const struct row_schedule *snapshot_schedule(const struct snapshot *snapshot, int64_t number);
const struct row_webhook *snapshot_webhook(const struct snapshot *snapshot, int64_t number);
const struct row_delivery *snapshot_delivery(const struct snapshot *snapshot, int64_t number);
bool row_webhook_is_open(const struct row_webhook *row); /* NULL: it is not */
const struct row_order *snapshot_order(const struct snapshot *snapshot, int64_t task);

struct rows;
struct rows *rows_open(const char *store_name); /* "memory:NAME" */
void rows_close(struct rows *rows);
void rows_read(struct rows *rows, int64_t after_event, struct snapshot *snapshot);
bool rows_attempt(struct rows *rows, int64_t task, int64_t delivery,
                  struct row_attempt *ret_attempt);
/* What was sent: its name as a number, and its rules, to be freed; false: no such task. */
bool rows_body(struct rows *rows, int64_t task, int64_t *ret_submission, char **ret_rules);
bool rows_delivery(struct rows *rows, int64_t number, struct row_delivery *ret_row);
struct retry_policy rows_retry(struct rows *rows, int64_t task);
/* Rows that contradict each other: counters that differ from the tasks, parts of tasks that are not
 * there. */
int64_t rows_contradictions(struct rows *rows);
/* The store may not grow beyond what it is now, and by_pages; -1: it may again. */
void rows_limit(struct rows *rows, int64_t by_pages);
