/* Over: policies at submit, by the units that unfinished tasks hold. */
#include "over.h"

#include "cancels.h"
#include "store/repo_limit.h"

/* So many of the oldest are looked at for one new task. */
enum { HOLDERS_MAX = 100 };

struct over_use {
    struct over_use *next;
    struct hot_limit *limit;
    int64_t units;
};

static struct hot_ns *ns_of(const struct batch *batch, const struct task *task)
{
    return task_queue(batch, task)->ns;
}

/* ---- reject ---- */

static bool refuse_full(const struct hot_limit *limit, struct error *error)
{
    (void)error_set(error, ERR_LIMIT_REACHED, "/limits",
                    "the limit %.*s is full: %lld of its %lld units are held",
                    BYTES_ARG(limit->name), (long long)limit_units_held(limit),
                    (long long)limit->settings.max_running);
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

static bool take_one(struct batch *batch, struct command *command, const struct over_use *use,
                     struct error *error)
{
    int64_t wait_ms = 0;

    if (!limit_fits(&use->limit->settings, limit_units_held(use->limit), use->units))
        return refuse_full(use->limit, error);
    if (!limit_charge(batch, use->limit, use->units, &wait_ms))
        return refuse_fast(command, use->limit, wait_ms, error);
    limit_hold(batch, use->limit, use->units);
    return true;
}

bool over_take(struct batch *batch, struct command *command, const struct task_spec *spec,
               struct over *over, struct error *ret_error)
{
    struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);
    struct bytes rest = spec->rules.limits;
    struct limit_use named;

    while (ns != NULL && limits_next(&rest, &named)) {
        const struct hot_declared *declared = limit_declared_for(ns, named.name);
        struct over_use *use;

        if (declared == NULL || declared->settings.over != LIMIT_REJECTS)
            continue;
        use = arena_alloc(batch->mem, sizeof(*use));
        use->limit = limit_look_up(batch->hot, ns, named.name);
        use->units = named.units;
        if (!take_one(batch, command, use, ret_error))
            return false;
        use->next = over->first;
        over->first = use;
    }
    return true;
}

void over_end(struct batch *batch, const struct over *over, bool is_taken)
{
    for (const struct over_use *use = over->first; use != NULL; use = use->next) {
        limit_hold(batch, use->limit, -use->units);
        if (!is_taken)
            limit_refund(use->limit, use->units);
    }
}

/* ---- cancel_newest ---- */

static bool is_too_new(struct batch *batch, struct hot_limit *limit, int64_t units)
{
    int64_t wait_ms;

    return !limit_fits(&limit->settings, limit_units_held(limit), 0) ||
           !limit_charge(batch, limit, units, &wait_ms);
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

static void stop_oldest(struct batch *batch, const struct task *newest,
                        const struct hot_limit *limit)
{
    int64_t excess = limit_units_held(limit) - limit->settings.max_running;
    int64_t holders[HOLDERS_MAX];
    unsigned len;

    if (limit->settings.max_running < 0 || excess <= 0)
        return;
    len = limit_holders(batch->db, newest->ns_number, limit->name, -1, HOLDERS_MAX, holders);
    for (unsigned i = 0; i < len && excess > 0; i++)
        if (holders[i] != newest->number)
            excess -= stop_one(batch, holders[i], limit->name);
}

/* ---- after entering ---- */

/* Whether the newcomer ends by this limit. */
static bool meets(struct batch *batch, const struct task *task, const struct limit_use *use)
{
    struct hot_limit *limit = limit_in_use(ns_of(batch, task), use->name);

    if (limit == NULL)
        return false;
    if (limit->settings.over == LIMIT_CANCELS_NEWEST)
        return is_too_new(batch, limit, use->units);
    if (limit->settings.over == LIMIT_CANCELS_OLDEST)
        stop_oldest(batch, task, limit);
    return false;
}

void over_entered(struct batch *batch, struct task *task, struct bytes limits)
{
    static const struct cancel_how HOW = {.reason = {"limit", 5}};
    struct bytes rest = limits;
    struct limit_use use;

    while (!task_state_is_terminal(task->state) && limits_next(&rest, &use))
        if (meets(batch, task, &use))
            cancel_task(batch, task, &HOW);
}

/* ---- who holds ---- */

static void note_holder(struct batch *batch, const struct task *task, struct bytes name)
{
    const struct hot_declared *declared = limit_declared_for(ns_of(batch, task), name);

    if (declared == NULL || declared->settings.over != LIMIT_CANCELS_OLDEST)
        return;
    limit_holder_insert(batch->db, task->ns_number, name, task->number);
    batch->rows++;
}

void over_moved(struct batch *batch, const struct task *task, struct bytes limits, bool holds)
{
    struct limit_use use;

    while (limits_next(&limits, &use)) {
        if (holds)
            note_holder(batch, task, use.name);
        else
            limit_holder_delete(batch->db, task->ns_number, use.name, task->number);
    }
}
