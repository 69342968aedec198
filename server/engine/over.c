/* Over: policies at submit, by the units that unfinished tasks hold. */
#include "over.h"

#include "cancels.h"
#include "reach.h"
#include "store/repo_limit.h"

/* So many of the oldest are looked at for one new task. */
enum { HOLDERS_MAX = 100 };

static struct hot_ns *ns_of(const struct batch *batch, const struct task *task)
{
    return task_queue(batch, task)->ns;
}

/* One limit of a new task for which a policy is set. */
struct ruled {
    struct hot_limit *limit;
    int64_t units;
    uint64_t bit;  /* of task.paid; 0: there is none left */
    bool is_rated; /* it takes from its rate at submit */
};

struct ruled_walk {
    struct batch *batch;
    struct hot_ns *ns;
    struct bytes rest;
    unsigned nth;
};

static struct ruled_walk walk(struct batch *batch, struct hot_ns *ns, struct bytes limits)
{
    return (struct ruled_walk){.batch = batch, .ns = ns, .rest = limits};
}

/* The next that has this policy. */
static bool next(struct ruled_walk *walk, enum limit_over over, struct ruled *ret_ruled)
{
    struct limit_use use;

    while (walk->ns != NULL && limits_next(&walk->rest, &use)) {
        const struct hot_declared *declared = limit_declared_for(walk->ns, use.name);
        uint64_t bit = walk->nth < TASK_PAID_MAX ? UINT64_C(1) << walk->nth : 0;

        walk->nth++;
        if (declared == NULL || declared->settings.over != over)
            continue;
        *ret_ruled = (struct ruled){
            .limit = limit_look_up(walk->batch->hot, walk->ns, use.name),
            .units = use.units,
            .bit = bit,
            .is_rated = limit_charges_at_submit(&declared->settings) &&
                        declared->settings.rate.units > 0 && bit != 0,
        };
        return true;
    }
    return false;
}

/* ---- reject ---- */

struct over_use {
    struct over_use *next;
    struct ruled ruled;
};

/* What other queues do is told to those who reach them. */
static bool refuse_full(const struct command *command, const struct hot_limit *limit,
                        struct error *error)
{
    if (reaches_all_queues(command))
        (void)error_set(error, ERR_LIMIT_REACHED, "/limits",
                        "the limit %.*s is full: %lld of its %lld units are held",
                        BYTES_ARG(limit->name), (long long)limit_units_held(limit),
                        (long long)limit->settings.max_running);
    else
        (void)error_set(error, ERR_LIMIT_REACHED, "/limits", "the limit %.*s is full",
                        BYTES_ARG(limit->name));
    return false;
}

static bool refuse_big(const struct ruled *ruled, struct error *error)
{
    (void)error_set(error, ERR_LIMIT_REACHED, "/limits",
                    "the limit %.*s never has room for %lld units: its max_running is %lld",
                    BYTES_ARG(ruled->limit->name), (long long)ruled->units,
                    (long long)ruled->limit->settings.max_running);
    return false;
}

static bool refuse_fast(struct command *command, const struct hot_limit *limit, int64_t wait_ms,
                        struct error *error)
{
    const struct rate_limit *rate = &limit->settings.rate;

    if (wait_ms != INT64_MAX)
        command->reply.retry_after_ms = wait_ms;
    (void)error_set(error, ERR_LIMIT_REACHED, "/limits",
                    "the limit %.*s takes %.15g units in %.15g s, and %.15g at once",
                    BYTES_ARG(limit->name), rate->units, rate->period_s, rate->burst);
    return false;
}

static bool take_one(struct batch *batch, struct command *command, const struct ruled *ruled,
                     struct error *error)
{
    struct hot_limit *limit = ruled->limit;
    int64_t wait_ms = 0;

    if (!limit_fits(&limit->settings, 0, ruled->units))
        return refuse_big(ruled, error);
    if (!limit_fits(&limit->settings, limit_units_held(limit), ruled->units))
        return refuse_full(command, limit, error);
    if (ruled->is_rated && !limit_charge(batch, limit, ruled->units, &wait_ms))
        return refuse_fast(command, limit, wait_ms, error);
    limit_hold(batch, limit, ruled->units);
    return true;
}

bool over_take(struct batch *batch, struct command *command, const struct task_spec *spec,
               struct over *over, struct error *ret_error)
{
    struct ruled_walk at = walk(batch, hot_ns(batch->hot, command->ns, false), spec->rules.limits);
    struct ruled ruled;

    while (next(&at, LIMIT_REJECTS, &ruled)) {
        struct over_use *use;

        if (!take_one(batch, command, &ruled, ret_error))
            return false;
        use = arena_alloc(batch->mem, sizeof(*use));
        *use = (struct over_use){over->first, ruled};
        over->first = use;
    }
    return true;
}

void over_settle(struct batch *batch, const struct over *over, bool is_taken)
{
    for (const struct over_use *use = over->first; use != NULL; use = use->next) {
        limit_hold(batch, use->ruled.limit, -use->ruled.units);
        if (!is_taken && use->ruled.is_rated)
            limit_refund(use->ruled.limit, use->ruled.units);
    }
}

/* ---- cancel_newest ---- */

static bool is_too_new(const struct batch *batch, const struct ruled *ruled)
{
    const struct hot_limit *limit = ruled->limit;
    int64_t wait_ms;

    return !limit_fits(&limit->settings, limit_units_held(limit), ruled->units) ||
           (ruled->is_rated && !limit_rate_has(limit, ruled->units, batch->now.mono_ms, &wait_ms));
}

bool over_judge(struct batch *batch, const struct task *task)
{
    struct ruled_walk at = walk(batch, ns_of(batch, task), task->rules.limits);
    struct ruled ruled;

    while (next(&at, LIMIT_CANCELS_NEWEST, &ruled))
        if (is_too_new(batch, &ruled))
            return false;
    return true;
}

void over_charge(struct batch *batch, struct task *task, bool lives)
{
    struct ruled_walk paid = walk(batch, ns_of(batch, task), task->rules.limits);
    struct ruled_walk due = paid;
    struct ruled ruled;
    int64_t wait_ms;

    while (next(&paid, LIMIT_REJECTS, &ruled)) {
        if (ruled.is_rated && lives)
            task->paid |= ruled.bit;
        else if (ruled.is_rated)
            limit_refund(ruled.limit, ruled.units);
    }
    while (lives && next(&due, LIMIT_CANCELS_NEWEST, &ruled))
        if (ruled.is_rated && limit_charge(batch, ruled.limit, ruled.units, &wait_ms))
            task->paid |= ruled.bit;
}

void over_end(struct batch *batch, struct task *task)
{
    static const struct cancel_how HOW = {.reason = {"limit", 5}};

    cancel_task(batch, task, &HOW);
}

/* ---- cancel_oldest ---- */

static int64_t units_of(struct batch *batch, struct task *task, struct bytes name)
{
    struct bytes rest;
    struct limit_use use;

    body_load_rules(batch->db, task, batch->mem);
    rest = task->rules.limits;
    while (limits_next(&rest, &use))
        if (bytes_equal(use.name, name))
            return use.units;
    return 0;
}

/* Those who are asked already make room as well. Returns how much there will be. */
static int64_t stop_one(struct batch *batch, int64_t number, struct bytes name)
{
    static const struct cancel_how HOW = {.reason = {"replaced", 8}, .grace_ms = GRACE_DEFAULT_MS};
    struct task task;
    int64_t units;

    if (!task_load_number(batch->db, number, &task) || task_state_is_terminal(task.state))
        return 0;
    units = units_of(batch, &task, name);
    cancel_task(batch, &task, &HOW);
    return units;
}

/* Whether anybody was asked. Nobody is for one that would not fit alone. */
static bool stop_oldest(struct batch *batch, const struct task *newest, const struct ruled *ruled)
{
    const struct hot_limit *limit = ruled->limit;
    int64_t excess = limit_units_held(limit) - limit->settings.max_running;
    int64_t holders[HOLDERS_MAX];
    unsigned len;

    if (limit->settings.max_running < 0 || excess <= 0 ||
        limit_never_fits(&limit->settings, ruled->units))
        return false;
    len = limit_holders(batch->db, newest->ns_number, limit->name, -1, HOLDERS_MAX, holders);
    for (unsigned i = 0; i < len && excess > 0; i++)
        if (holders[i] != newest->number)
            excess -= stop_one(batch, holders[i], limit->name);
    return len > 0;
}

/* Whoever was stopped may have stood before it. */
static void load_again(struct batch *batch, struct task *task)
{
    struct task now;

    if (!task_load_number(batch->db, task->number, &now))
        return;
    now.rules = task->rules;
    now.knows_rules = true;
    *task = now;
}

void over_stop(struct batch *batch, struct task *task)
{
    struct ruled_walk at = walk(batch, ns_of(batch, task), task->rules.limits);
    struct ruled ruled;

    while (!task_state_is_terminal(task->state) && next(&at, LIMIT_CANCELS_OLDEST, &ruled))
        if (stop_oldest(batch, task, &ruled))
            load_again(batch, task);
}

/* ---- who holds ---- */

void over_hold(struct batch *batch, struct task *task, struct bytes limits)
{
    struct ruled_walk at = walk(batch, ns_of(batch, task), limits);
    struct ruled ruled;

    while (next(&at, LIMIT_CANCELS_OLDEST, &ruled)) {
        limit_holder_insert(batch->db, task->ns_number, ruled.limit->name, task->number);
        task->is_holder = true;
        batch->rows++;
    }
}

void over_leave(struct batch *batch, struct task *task, struct bytes limits)
{
    struct limit_use use;

    while (task->is_holder && limits_next(&limits, &use)) {
        limit_holder_delete(batch->db, task->ns_number, use.name, task->number);
        batch->rows++;
    }
    task->is_holder = false;
}
