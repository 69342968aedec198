/* Hooks: webhooks of a simulated world: what the push room has in hand for them, and what the model
 * knows of each delivery. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/ask.h"

struct op;
struct sim;
struct sight;
struct target_view;

enum { HOOKS = 3, HOOKS_SEEN_MAX = 64, SENDS_MAX = 32 };

/* What the push room knows of one; that of tasks' own URLs is among them. */
struct hook_target {
    bool is_known, is_out, asks;
    int64_t number;
};

/* A request with a delivery. */
struct send {
    bool is_under_way;
    int64_t number, webhook;
    int64_t ends_at_ms;
};

/* All that is known of one delivery. */
struct told {
    int64_t number, webhook, event, task;
    enum delivery_state state;
    int64_t attempts, next_at_ms;
    bool is_dropped; /* its webhook was deleted */
    bool is_out;     /* handed out in this life of the process, and nothing said of it */
    bool is_said;    /* the end below was sent; whether it was taken shows in the rows */
    enum delivery_end said;
    bool said_gone;
    int64_t said_retry_ms;
};

struct hooks {
    unsigned fail_percent; /* of requests */
    bool has_days;         /* time jumps far enough for whole ladders */
    bool has_urls;         /* tasks may name their own */
    unsigned callback_percent;
    int64_t deliveries_max;
    bool may_come_back; /* somebody asked for what was over, and it may not be done yet */
    struct hook_target targets[HOOKS_SEEN_MAX];
    struct send sends[SENDS_MAX];
    struct told *told; /* by number */
    unsigned told_len, told_room;
    uint64_t sent, taken, died, missed; /* for the report */
};

/* The push room's part. */
void hooks_run(struct sim *sim);
void hooks_learn(struct sim *sim, const struct target_view *view);
void hooks_answered(struct op *op);
void hooks_forget(struct sim *sim);
void hooks_draw(struct sim *sim);
struct bytes hook_named(unsigned hook);
/* All faults of them are over: what is due must get through. */
void hooks_heal(struct sim *sim);

/* The model's. */
struct told *told_numbered(struct hooks *hooks, int64_t number);
void hooks_look(struct sight *look);
void hooks_quiet(struct sim *sim);
