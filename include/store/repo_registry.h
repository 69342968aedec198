/* Registry repo: what is loaded whole at start and kept in memory: namespaces, classes, queues,
 * workers, counters, intents. Strings given to callbacks are valid during the call only. */
#pragma once

#include "domain/namespace.h"
#include "domain/queue.h"
#include "domain/signature.h"
#include "store/db.h"

int64_t meta_get(struct db *db, const char *name, int64_t otherwise);
void meta_put(struct db *db, const char *name, int64_t value);

/* With no quotas, at version 1. */
void ns_insert(struct db *db, int64_t number, struct bytes name);
struct ns_row {
    int64_t number, version;
    struct bytes name;
    struct ns_quotas quotas;
};
/* Make it or set its quotas; number and name never change. */
void ns_save(struct db *db, const struct ns_row *row, struct arena *arena);
void ns_each(struct db *db, void (*each)(void *ctx, const struct ns_row *row), void *ctx);

struct class_row {
    int64_t number, ns;
    struct bytes type, requires;
};
void class_insert(struct db *db, const struct class_row *row);
void class_each(struct db *db, void (*each)(void *ctx, const struct class_row *row), void *ctx);

struct queue_row {
    int64_t number, ns, version, created_at_ms;
    struct bytes name;
    struct queue_settings settings;
    int64_t closed; /* 0 open, 1 closing, 2 closed */
    int64_t close_cancel_at_ms, close_end_at_ms;
};
void queue_save(struct db *db, const struct queue_row *row, struct arena *arena);
void queue_each(struct db *db, void (*each)(void *ctx, const struct queue_row *row), void *ctx);

struct worker_row {
    struct id id;
    int64_t ns;
    struct bytes identity, instance, version, info, labels;
    struct bytes queues, types; /* a newline behind each; types NONE: all */
    int64_t concurrency, confirm_ms, mode, registered_at_ms, last_seen_at_ms;
    int64_t min_priority;
    struct bytes push_url; /* NONE: it polls, and the rest says nothing */
    struct signature_key push_key, push_old_key;
    int64_t push_old_until_ms; /* -1: there is no old key */
    bool push_disabled;
};
/* Make it or set what may change of it. */
void worker_save(struct db *db, const struct worker_row *row);
void worker_each(struct db *db, void (*each)(void *ctx, const struct worker_row *row), void *ctx);
void worker_delete(struct db *db, struct id id);

struct counter_row {
    int64_t ns, queue, class_number, state, tasks;
    int64_t bytes; /* of those tasks */
};
void counter_add(struct db *db, const struct counter_row *by);
void counter_each(struct db *db, void (*each)(void *ctx, const struct counter_row *row), void *ctx);
/* The same numbers, counted from the tasks; for checks and tests. */
void counter_recount(struct db *db, void (*each)(void *ctx, const struct counter_row *row),
                     void *ctx);

struct intent_row {
    int64_t number, ns, queue, kind, up_to, created_at_ms;
    struct bytes reason;
};
void intent_insert(struct db *db, const struct intent_row *row);
void intent_each(struct db *db, void (*each)(void *ctx, const struct intent_row *row), void *ctx);
void intent_delete(struct db *db, int64_t number);
