/* Hot limit: counts against caps, and which settings hold for a name. */
#include "hot_limit.h"

#include <stdlib.h>

#include "base/memory.h"
#include "batch.h"

enum { SLICE = 250 };

void ns_limits_init(struct ns_limits *limits)
{
    *limits = (struct ns_limits){.in_use = map_new(), .declared = map_new(), .rules = map_new()};
}

static void free_limit(struct hot_limit *limit)
{
    list_remove(&limit->full);
    bytes_drop(limit->name);
    free(limit);
}

static void free_declared(struct hot_declared *declared)
{
    bytes_drop(declared->name);
    free(declared);
}

void ns_limits_fini(struct ns_limits *limits)
{
    struct hot_limit *limit;
    struct hot_declared *declared;

    for (size_t at = 0; (limit = map_each(limits->in_use, &at)) != NULL;)
        free_limit(limit);
    for (size_t at = 0; (declared = map_each(limits->declared, &at)) != NULL;)
        free_declared(declared);
    map_free(limits->in_use);
    map_free(limits->rules);
    map_free(limits->declared);
}

/* ---- which settings hold ---- */

struct hot_declared *limit_declared_for(const struct hot_ns *ns, struct bytes name)
{
    const struct ns_limits *limits = &ns->limits;
    struct hot_declared *found = map_get(limits->declared, name);

    if (map_len(limits->rules) == 0)
        return found;
    for (size_t len = name.len + 1; found == NULL && len-- > 0;)
        if (len <= NAME_MAX_CEILING && limits->rule_lengths[len] > 0)
            found = map_get(limits->rules, (struct bytes){name.at, len});
    return found;
}

static void resolve(struct hot_limit *limit)
{
    if (limit->from != NULL)
        limit->from->names--;
    limit->from = limit_declared_for(limit->ns, limit->name);
    if (limit->from != NULL)
        limit->from->names++;
    limit->settings = limit->from != NULL ? limit->from->settings : limit_none();
}

const struct hot_declared *limit_declared(const struct hot_ns *ns, struct bytes name)
{
    return map_get(ns->limits.declared, name);
}

/* ---- taking and dropping ---- */

struct hot_limit *limit_in_use(const struct hot_ns *ns, struct bytes name)
{
    return map_get(ns->limits.in_use, name);
}

static struct hot_limit *add_limit(struct hot *hot, struct hot_ns *ns, struct bytes name)
{
    struct hot_limit *limit = mem_alloc(sizeof(*limit));

    limit->ns = ns;
    limit->name = bytes_keep(name);
    limit->due_in = &hot->limits_due;
    limit->full_in = &hot->full_limits;
    limit->told_full_mono_ms = INT64_MIN / 2; /* never */
    list_init(&limit->waiting);
    list_init(&limit->users);
    (void)map_put(ns->limits.in_use, limit->name, limit);
    hot->limit_names++;
    resolve(limit);
    return limit;
}

struct hot_limit *limit_look_up(struct hot *hot, struct hot_ns *ns, struct bytes name)
{
    struct hot_limit *limit = limit_in_use(ns, name);

    if (limit != NULL)
        return limit;
    limit = add_limit(hot, ns, name);
    heap_set(limit->due_in, &limit->due, 0);
    return limit;
}

struct hot_limit *limit_take(struct hot *hot, struct hot_ns *ns, struct bytes name)
{
    struct hot_limit *limit = limit_in_use(ns, name);

    if (limit == NULL)
        limit = add_limit(hot, ns, name);
    limit->lines++;
    return limit;
}

/* When a bucket is as full as one that was never used. */
static int64_t full_at(const struct hot_limit *limit)
{
    const struct rate_limit *rate = &limit->settings.rate;
    struct rate_bucket bucket = limit->bucket;
    int64_t wait_ms = 0;

    if (!bucket.is_used || rate->units <= 0 ||
        rate_bucket_take(&bucket, rate, rate->burst, bucket.at_mono_ms, &wait_ms))
        return bucket.is_used ? bucket.at_mono_ms : 0;
    return bucket.at_mono_ms + wait_ms;
}

static bool is_needed(const struct hot_limit *limit)
{
    return limit->lines > 0 || limit->running.of != 0 || limit->held.of != 0 ||
           list_is_linked(&limit->dirty) || !list_is_empty(&limit->waiting);
}

/* Not while a batch could still put something back: the timers do it. */
static void forget_later(struct hot_limit *limit)
{
    if (!is_needed(limit))
        heap_set(limit->due_in, &limit->due, full_at(limit));
}

void limit_drop(struct hot_limit *limit)
{
    limit->lines--;
    forget_later(limit);
}

/* ---- counting ---- */

int64_t limit_units_running(const struct hot_limit *limit)
{
    return limit->running.of + limit->running.adding;
}

int64_t limit_units_held(const struct hot_limit *limit)
{
    return limit->held.of + limit->held.adding;
}

bool limit_rate_has(const struct hot_limit *limit, int64_t units, int64_t now_mono_ms,
                    int64_t *ret_wait_ms)
{
    struct rate_bucket bucket = limit->bucket;

    return rate_bucket_take(&bucket, &limit->settings.rate, (double)units, now_mono_ms,
                            ret_wait_ms);
}

bool limit_has_room(const struct hot_limit *limit, int64_t units, bool is_paid, int64_t now_mono_ms,
                    int64_t *ret_wait_ms)
{
    *ret_wait_ms = INT64_MAX;
    return limit_fits(&limit->settings, limit_units_running(limit), units) &&
           (is_paid || limit_rate_has(limit, units, now_mono_ms, ret_wait_ms));
}

void limit_wake_in(struct hot_limit *limit, int64_t now_mono_ms, int64_t wait_ms)
{
    if (wait_ms == INT64_MAX)
        return;
    if (limit->due.place == 0 || now_mono_ms + wait_ms < limit->due.key)
        heap_set(limit->due_in, &limit->due, now_mono_ms + wait_ms);
}

void limit_note_full(struct hot_limit *limit, const struct hot_queue *queue)
{
    if (list_is_linked(&limit->full))
        return;
    limit->full_for = queue;
    list_push_back(limit->full_in, &limit->full);
}

static void set_dirty(struct batch *batch, struct hot_limit *limit)
{
    if (!list_is_linked(&limit->dirty))
        list_push_back(&batch->hot->dirty_limits, &limit->dirty);
}

bool limit_charge(struct batch *batch, struct hot_limit *limit, int64_t units, int64_t *ret_wait_ms)
{
    const struct rate_limit *rate = &limit->settings.rate;

    if (!rate_bucket_take(&limit->bucket, rate, (double)units, batch->now.mono_ms, ret_wait_ms))
        return false;
    if (rate->units > 0) {
        limit->taken += (double)units;
        set_dirty(batch, limit);
    }
    return true;
}

void limit_refund(struct hot_limit *limit, int64_t units)
{
    if (limit->taken < (double)units)
        return; /* it has no rate */
    limit->taken -= (double)units;
    rate_bucket_give_back(&limit->bucket, (double)units);
}

void limit_claim(struct batch *batch, struct hot_limit *limit, int64_t units, bool is_paid)
{
    int64_t wait_ms;

    limit->running.adding += units;
    set_dirty(batch, limit);
    if (!is_paid)
        (void)limit_charge(batch, limit, units, &wait_ms);
}

void limit_release(struct batch *batch, struct hot_limit *limit, int64_t units)
{
    limit->running.adding -= units;
    set_dirty(batch, limit);
    lines_wake(batch, limit);
}

void limit_hold(struct batch *batch, struct hot_limit *limit, int64_t units)
{
    limit->held.adding += units;
    set_dirty(batch, limit);
}

void limit_load(struct hot_limit *limit, int64_t running, int64_t held)
{
    limit->running.of += running;
    limit->held.of += held;
}

static void fold(struct unit_count *count, bool keep)
{
    if (keep)
        count->of += count->adding;
    count->adding = 0;
}

void hot_limits_settle(struct hot *hot, bool keep)
{
    struct list_node *node;

    while ((node = list_pop_front(&hot->dirty_limits)) != NULL) {
        struct hot_limit *limit = CONTAINER_OF(node, struct hot_limit, dirty);

        fold(&limit->running, keep);
        fold(&limit->held, keep);
        if (!keep) {
            rate_bucket_give_back(&limit->bucket, limit->taken);
            lines_wake(NULL, limit);
        }
        limit->taken = 0;
        forget_later(limit);
    }
}

/* ---- rows ---- */

/* Who waits may have room now; who looked last time knows nothing of that. */
static void resolve_again(struct hot_limit *limit)
{
    resolve(limit);
    heap_set(limit->due_in, &limit->due, is_needed(limit) ? 0 : full_at(limit));
}

/* Names that a row is for: itself, or those that begin like a rule. */
static void resolve_those_of(struct hot_ns *ns, struct bytes name)
{
    struct hot_limit *limit = limit_in_use(ns, name);
    struct bytes prefix;

    if (!limit_name_is_rule(name)) {
        if (limit != NULL)
            resolve_again(limit);
        return;
    }
    prefix = limit_rule_prefix(name);
    for (size_t at = 0; (limit = map_each(ns->limits.in_use, &at)) != NULL;)
        if (limit->name.len >= prefix.len &&
            bytes_equal((struct bytes){limit->name.at, prefix.len}, prefix))
            resolve_again(limit);
}

void limit_declare(struct hot *hot, struct hot_ns *ns, const struct hot_declared *as)
{
    struct ns_limits *limits = &ns->limits;
    struct hot_declared *declared = map_get(limits->declared, as->name);

    if (declared == NULL) {
        hot->limits_len++;
        declared = mem_alloc(sizeof(*declared));
        declared->name = bytes_keep(as->name);
        (void)map_put(limits->declared, declared->name, declared);
        if (limit_name_is_rule(as->name)) {
            (void)map_put(limits->rules, limit_rule_prefix(declared->name), declared);
            limits->rule_lengths[limit_rule_prefix(declared->name).len]++;
        }
    }
    declared->version = as->version;
    declared->created_at_ms = as->created_at_ms;
    declared->settings = as->settings;
    resolve_those_of(ns, declared->name);
}

void limit_undeclare(struct hot *hot, struct hot_ns *ns, struct bytes name)
{
    struct ns_limits *limits = &ns->limits;
    struct hot_declared *declared = map_remove(limits->declared, name);

    if (declared == NULL)
        return;
    hot->limits_len--;
    if (limit_name_is_rule(name)) {
        (void)map_remove(limits->rules, limit_rule_prefix(name));
        limits->rule_lengths[limit_rule_prefix(name).len]--;
    }
    resolve_those_of(ns, name);
    free_declared(declared);
}

/* ---- timers ---- */

static void forget(struct hot *hot, struct hot_limit *limit)
{
    hot->limit_names--;
    if (limit->from != NULL)
        limit->from->names--;
    (void)map_remove(limit->ns->limits.in_use, limit->name);
    free_limit(limit);
}

/* A refilled rate is known by its wait: it may have been charged again meanwhile. */
static void is_due(struct batch *batch, struct hot_limit *limit)
{
    if (is_needed(limit))
        lines_wake(batch, limit);
    else if (full_at(limit) <= batch->now.mono_ms)
        forget(batch->hot, limit);
    else
        forget_later(limit);
}

void limits_run(struct batch *batch)
{
    struct heap *due = &batch->hot->limits_due;
    struct heap_node *node;
    unsigned left = SLICE;

    while ((node = heap_first(due)) != NULL && node->key <= batch->now.mono_ms && left-- > 0) {
        heap_remove(due, node);
        is_due(batch, CONTAINER_OF(node, struct hot_limit, due));
    }
}
