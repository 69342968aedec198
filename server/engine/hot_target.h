/* Hot target: an endpoint that the push room calls, a push worker's or a webhook's: what it is
 * called with, how it fares, and when it changed last. Engine thread only; changed after COMMIT,
 * but for its health, which is so whatever becomes of the batch. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "engine/command.h"

struct batch;
struct hot_target;

/* What differs between a worker's and a webhook's. */
struct target_owner {
    enum target_kind kind;
    /* All of the view that is not in the target itself; strings are copied. */
    void (*show)(const struct hot_target *target, struct arena *arena,
                 struct target_view *ret_view);
    /* It answered 410: the rows now, the rest by an effect that ends in targets_changed(). */
    void (*disable)(struct batch *batch, struct hot_target *target);
};

struct hot_target {
    const struct target_owner *owner;
    void *owned;     /* the owner's: the hot_worker, the webhook */
    int64_t webhook; /* its number; of a worker's 0 */
    struct bytes url;
    struct signature_key key, old_key;
    int64_t old_until_ms; /* wall; -1: there is no old key */
    bool is_disabled;     /* it answered 410 */
    unsigned woken;       /* how often somebody wanted it tried at once */
    int64_t changed;      /* its mark: those that changed later have a larger one */
    struct list_node by_change;
    struct target_health health; /* error is its own copy */
};

struct hot_targets {
    struct list by_change;  /* the latest last */
    int64_t last_change;    /* counted from the start of the process */
    struct map *of_webhook; /* by the webhook's number */
};

void hot_targets_init(struct hot_targets *targets);
void hot_targets_fini(struct hot_targets *targets); /* all are freed before */

/* One that just came to be; the caller sets keys and whether it is disabled. The url is copied. */
struct hot_target *hot_target_new(struct hot_targets *targets, const struct target_owner *owner,
                                  void *owned, struct bytes url, int64_t webhook);
void hot_target_free(struct hot_targets *targets, struct hot_target *target);
/* It is the one that changed last. */
void hot_target_mark(struct hot_targets *targets, struct hot_target *target);
/* The first of those that changed behind the mark; NULL: there is none. */
struct hot_target *hot_target_after(const struct hot_targets *targets, int64_t mark);
struct hot_target *hot_target_next(const struct hot_targets *targets,
                                   const struct hot_target *target);
void hot_target_note(struct hot_target *target, const struct target_health *health);
/* NULL: nothing is known of it, it was never called. */
struct hot_target *hot_target_of_webhook(const struct hot_targets *targets, int64_t webhook);
