/* Hot limit: a name in a namespace, while tasks use it: the settings that hold for it, the units
 * that run and that are held, and what is left of its rate. Counts have a committed part and the
 * batch's, as in hot.h. */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "domain/bounds.h"
#include "domain/limit.h"

struct batch;
struct hot;
struct hot_ns;
struct hot_queue;

/* A row: of one name, or a rule for all that begin alike. */
struct hot_declared {
    struct bytes name;
    int64_t version, created_at_ms;
    struct limit_settings settings;
    int64_t names; /* in use that it holds for */
};

/* Of one namespace. */
struct ns_limits {
    struct map *in_use;   /* hot_limit by name */
    struct map *declared; /* hot_declared by name, rules included */
    struct map *rules;    /* those of them that are rules, by what is before the "*" */
    /* How many rules have so many letters before the "*": only these are looked for. */
    uint16_t rule_lengths[NAME_MAX_CEILING + 1];
};

struct unit_count {
    int64_t of, adding; /* committed, and by the batch at work */
};

struct hot_limit {
    struct hot_ns *ns;
    struct bytes name;
    struct limit_settings settings; /* in effect */
    struct hot_declared *from;      /* whose they are; NULL: nobody's, there is no cap */
    struct unit_count running;      /* leased */
    struct unit_count held;         /* of all unfinished tasks that name it */
    struct rate_bucket bucket;
    double taken;           /* from it, by the batch at work */
    unsigned lines;         /* that hold it */
    struct list users;      /* what they take of it each */
    struct list waiting;    /* what waits for room here */
    struct list_node dirty; /* has something to fold */
    struct heap_node due;   /* mono: whoever waits is woken, or it is forgotten */
    struct heap *due_in;
    struct list_node full; /* something was found waiting for it by the batch at work */
    struct list *full_in;
    const struct hot_queue *full_for;
    int64_t told_full_mono_ms;
};

void ns_limits_init(struct ns_limits *limits);
void ns_limits_fini(struct ns_limits *limits);

/* lines += 1; the name is copied. */
struct hot_limit *limit_take(struct hot *hot, struct hot_ns *ns, struct bytes name);
/* It is freed when nothing counts on it and its rate is as if it had never been used. */
void limit_drop(struct hot_limit *limit);
/* One that is in use; NULL: none. */
struct hot_limit *limit_in_use(const struct hot_ns *ns, struct bytes name);
/* Its row, or a rule's; NULL: there is none. */
const struct hot_declared *limit_declared(const struct hot_ns *ns, struct bytes name);
/* The same or a new one, which the next batch forgets unless it is taken or counted. */
struct hot_limit *limit_look_up(struct hot *hot, struct hot_ns *ns, struct bytes name);
/* What holds for a name, used or not: its own row, else the most specific rule; NULL: nothing. */
struct hot_declared *limit_declared_for(const struct hot_ns *ns, struct bytes name);

int64_t limit_units_running(const struct hot_limit *limit); /* the batch's part included */
int64_t limit_units_held(const struct hot_limit *limit);
/* Whether its rate has so many now. ret_wait_ms: when it will (INT64_MAX: not by time alone). */
bool limit_rate_has(const struct hot_limit *limit, int64_t units, int64_t now_mono_ms,
                    int64_t *ret_wait_ms);
/* Whether so many units more may run now. is_paid: its rate took them at submit. */
bool limit_has_room(const struct hot_limit *limit, int64_t units, bool is_paid, int64_t now_mono_ms,
                    int64_t *ret_wait_ms);
/* Wake those who wait here then, or sooner. To be called with what limit_has_room() says when
 * something begins to wait; INT64_MAX is fine. */
void limit_wake_in(struct hot_limit *limit, int64_t now_mono_ms, int64_t wait_ms);
/* It is full, and something of the queue waits for it: to be told. */
void limit_note_full(struct hot_limit *limit, const struct hot_queue *queue);
/* running += units, and the rate is charged unless that was done at submit; undone with the batch.
 */
void limit_claim(struct batch *batch, struct hot_limit *limit, int64_t units, bool is_paid);
/* running -= units; those who wait are woken. */
void limit_release(struct batch *batch, struct hot_limit *limit, int64_t units);
/* held += units, which may be negative: a task enters or has ended. */
void limit_hold(struct batch *batch, struct hot_limit *limit, int64_t units);
/* Take from the rate, or nothing: then ret_wait_ms is when there will be enough. */
bool limit_charge(struct batch *batch, struct hot_limit *limit, int64_t units,
                  int64_t *ret_wait_ms);
/* What was charged in this batch comes to nothing. */
void limit_refund(struct hot_limit *limit, int64_t units);
/* At start: what leases and unfinished tasks have. */
void limit_load(struct hot_limit *limit, int64_t running, int64_t held);

/* Fold or drop what the batch has added; hot.c calls it. */
void hot_limits_settle(struct hot *hot, bool keep);
/* A row is there as from now on, or is gone; every name that it holds for goes by it at once, and
 * whoever waits there is woken by the next batch. Between batches only. */
void limit_declare(struct hot *hot, struct hot_ns *ns, const struct hot_declared *as);
void limit_undeclare(struct hot *hot, struct hot_ns *ns, struct bytes name);

/* Timers: wake those for whom a rate has refilled, and forget what is not used any more. */
void limits_run(struct batch *batch);

/* There may be more room than before: what waits here stands in line again, and its queues are
 * offered; batch NULL: they are not. */
void lines_wake(struct batch *batch, struct hot_limit *limit);
/* Tasks that wait here. */
int64_t lines_blocked_by(const struct hot_limit *limit, int64_t now_mono_ms);
