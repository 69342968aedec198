/* Explain: the parts of an explanation; each adds the reasons of its own rule. */
#pragma once

#include "views.h"

struct explanation {
    struct batch *batch;
    struct command *command;
    const struct task *task;
    struct hot_queue *queue;
    struct task_view *view;
};

typedef bool lease_holds_fn(const struct hot *hot, const struct hot_lease *lease, const void *what);

/* One more reason, with nothing in it but its kind. */
struct blocker *explain_add(struct explanation *explanation, const char *kind);
/* The tasks whose leases hold what it wants, the first few. */
void explain_holders(struct explanation *explanation, struct blocker *blocker,
                     lease_holds_fn *holds, const void *what);

/* Named limits that are full, rates that have run dry, and the queue's own rate. */
void explain_limits(struct explanation *explanation);
