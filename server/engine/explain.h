/* Explain: the parts of an explanation; each adds the reasons of its own rule. */
#pragma once

#include "hot_line.h"
#include "views.h"

/* Live workers of a queue, as one task sees them. */
struct census {
    const struct hot_worker **typed; /* they run its type, and it is not pinned to another */
    const struct hot_worker **able;  /* they have the labels as well, and take its priority */
    unsigned live, typed_len, able_len;
    unsigned labelled;          /* those that have the labels */
    unsigned unavailable;       /* not live: lost, quiet, paused, asked to go */
    unsigned resting, disabled; /* pushed to, and not live either: too many failures, or it asked
                                   for time; it answered 410 */
    /* The first of the resting, and one of the disabled, that would take it else. */
    const struct hot_worker *rests, *is_disabled;
    int32_t min_priority; /* the least that one of the labelled takes */
    int64_t slots, free;  /* of the able */
};

struct explanation {
    struct batch *batch;
    struct command *command;
    const struct task *task;
    struct hot_queue *queue;
    const struct hot_line *line; /* NULL: it has none */
    struct task_view *view;
    struct census census;
    int64_t least_ms; /* it does not run before; wall */
    bool is_open;     /* what holds it back goes on until somebody does something */
};

/* How many units of what the lease holds. */
typedef int64_t lease_holds_fn(const struct hot *hot, const struct hot_lease *lease,
                               const void *what);

/* One more reason, with nothing in it but its kind. */
struct blocker *explain_add(struct explanation *explanation, const char *kind);
/* Time alone ends it then; -1: time alone does not. */
void explain_until(struct explanation *explanation, struct blocker *blocker, int64_t until_ms);
/* The task of the lease is a holder, if whoever asks may see it. False: no more are shown. */
bool explain_holder(struct explanation *explanation, struct blocker *blocker,
                    const struct hot_lease *lease);
/* The tasks whose leases hold what it wants, the first few; total: units that all of them hold. */
void explain_holders(struct explanation *explanation, struct blocker *blocker,
                     lease_holds_fn *holds, const void *what, int64_t total);

/* Named limits that are full, rates that have run dry, and the queue's own rate. */
void explain_limits(struct explanation *explanation);
/* No worker would take it; the census is for what comes after. */
void explain_workers(struct explanation *explanation);
/* What stands before it, and whether slots are free. */
void explain_position(struct explanation *explanation);
