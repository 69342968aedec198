/* Quiet rules: whoever is held by a limit, an order or another task is held by something alive, and
 * nobody else is. */
#include "sim.h"

/* ---- limits ---- */

struct hold {
    bool by_cap, by_rate; /* there is no room now, or there may be none */
    bool is_hopeless;     /* there never is; only that is so */
    int64_t wait_ms;      /* for the rate, at most */
};

static void add_hold(struct sim *sim, const struct limit_use *use, struct hold *hold)
{
    struct limit_settings settings = limit_in_force(model_now(&sim->model), use->name);
    const struct rate_limit *rate = &settings.rate;
    int64_t running = limit_running(&sim->model, use->name);
    bool has_cap = settings.max_running >= 0 && running + use->units > settings.max_running;
    bool has_rate = rate->units > 0; /* it may not have paid at submit */
    bool is_hopeless = (settings.max_running >= 0 && use->units > settings.max_running) ||
                       (has_rate && (double)use->units > rate->burst);

    if (!has_cap && !has_rate)
        return;
    hold->is_hopeless = is_hopeless && (hold->is_hopeless || (!hold->by_cap && !hold->by_rate));
    hold->by_cap = hold->by_cap || has_cap || is_hopeless;
    hold->by_rate = hold->by_rate || has_rate;
    if (has_rate) {
        int64_t wait_ms = (int64_t)((double)use->units * rate->period_s * 1000 / rate->units) + 1;

        hold->wait_ms = wait_ms > hold->wait_ms ? wait_ms : hold->wait_ms;
    }
}

static struct hold hold_of(struct sim *sim, int64_t task)
{
    struct bytes rest = model_known(&sim->model, task)->rules.limits;
    struct hold hold = {.by_cap = false};
    struct limit_use use;

    while (limits_next(&rest, &use))
        add_hold(sim, &use, &hold);
    return hold;
}

static bool share_a_limit(struct sim *sim, int64_t a, int64_t b)
{
    struct bytes of_a = model_known(&sim->model, a)->rules.limits;
    struct limit_use use, other;

    while (limits_next(&of_a, &use)) {
        struct bytes of_b = model_known(&sim->model, b)->rules.limits;

        while (limits_next(&of_b, &other))
            if (bytes_equal(use.name, other.name))
                return true;
    }
    return false;
}

/* Another of its level waits for room there, and would wait for ever if all the others went first.
 */
static bool waits_behind(struct sim *sim, const struct row_worker *worker,
                         const struct row_task *task)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct row_task *other = &now->tasks[i];
        struct hold hold;

        if (other == task || other->state != TASK_READY || other->queue != task->queue ||
            other->priority != task->priority ||
            !worker_may_run(worker, snapshot_class(now, other->class_number)) ||
            !share_a_limit(sim, task->number, other->number))
            continue;
        hold = hold_of(sim, other->number);
        if ((hold.by_cap || hold.by_rate) && !hold.is_hopeless)
            return true;
    }
    return false;
}

bool quiet_is_free(struct sim *sim, const struct row_worker *worker, const struct row_task *task)
{
    struct hold hold = hold_of(sim, task->number);

    if (hold.by_cap || waits_behind(sim, worker, task))
        return false;
    if (hold.by_rate && engine_next_due(sim->engine) > sim->now.mono_ms + hold.wait_ms)
        sim_fail(sim, "task %lld waits for a rate and no timer is set", (long long)task->number);
    return !hold.by_rate;
}

/* ---- orders and dependencies ---- */

static bool is_first(const struct snapshot *now, int64_t task)
{
    const struct row_order *own = snapshot_order(now, task);

    for (const struct row_order *row = now->orders;
         own != NULL && row < now->orders + now->orders_len; row++)
        if (row->queue == own->queue && row->place < own->place &&
            bytes_is(bytes_of(row->key), own->key))
            return false;
    return true;
}

static bool waits_for_some(struct sim *sim, int64_t task)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->dependencies_len; i++) {
        const struct row_dependency *row = &now->dependencies[i];
        enum phase phase = model_known(&sim->model, row->on_task)->phase;

        if (row->task == task && (phase == PENDING || phase == RUNNING))
            return true;
    }
    return false;
}

static void check_task(struct sim *sim, const struct row_task *task)
{
    const struct known *known = model_known(&sim->model, task->number);
    bool has_turn = is_first(model_now(&sim->model), task->number);
    bool waits = waits_for_some(sim, task->number);

    if (known->phase == PENDING && keys_doom(&sim->model, known))
        sim_fail(sim, "task %lld waits for one that has failed", (long long)task->number);
    if (task->state == TASK_BLOCKED && has_turn && !waits)
        sim_fail(sim, "task %lld is blocked by nothing", (long long)task->number);
    if ((task->state == TASK_READY || task->state == TASK_RUNNING) && (!has_turn || waits))
        sim_fail(sim, "task %lld is %s and has to wait for another", (long long)task->number,
                 task_state_name((enum task_state)task->state));
}

void quiet_rules(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len && !sim->has_failed; i++)
        check_task(sim, &now->tasks[i]);
}
