/* Swarm: each seed has its own mix of what happens. */
#include "sim.h"

static const unsigned act_weights[ACTS_MAX] = {
#define ACT(name, weight) [ACT_##name] = (weight),
#include "acts.def"
#undef ACT
};

typedef void act_fn(struct sim *sim);

static act_fn *const act_runs[ACTS_MAX] = {
#define ACT(name, weight) [ACT_##name] = act_##name,
#include "acts.def"
#undef ACT
};

/* Without these nothing happens at all. */
static bool is_always_on(unsigned act)
{
    return act == ACT_submit || act == ACT_claim || act == ACT_finish ||
           act == ACT_register_worker || act == ACT_register_push || act == ACT_put_webhook ||
           act == ACT_delete_task;
}

static unsigned rule_percent(struct sim *sim)
{
    return sim_chance(sim, 60) ? sim_pick(sim, 90) + 10 : 0;
}

/* Claims in a hurry, and little else that could hold a task back. */
static void draw_rates(struct swarm *swarm)
{
    swarm->weights[ACT_put_limit] = 4;
    swarm->weights[ACT_edit_queue] = 4;
    swarm->weights[ACT_claim] *= 3;
    swarm->limit_percent = swarm->rate_percent = 90;
    swarm->order_percent = swarm->dedup_percent = swarm->await_percent = 0;
}

/* Slots come faster than their tasks are over. */
static void draw_schedules(struct swarm *swarm)
{
    swarm->weights[ACT_put_schedule] = 12;
    swarm->weights[ACT_delete_schedule] = 1;
    swarm->has_wall_jumps = false;
}

static void draw_theme(struct sim *sim)
{
    struct swarm *swarm = &sim->swarm;
    unsigned pick = sim_pick(sim, 10);

    swarm->theme = pick == 0 ? OF_RATES : pick == 1 ? OF_SCHEDULES : OF_ALL;
    if (swarm->theme == OF_RATES)
        draw_rates(swarm);
    else if (swarm->theme == OF_SCHEDULES)
        draw_schedules(swarm);
    swarm->weights_sum = 0;
    for (unsigned act = 0; act < ACTS_MAX; act++)
        swarm->weights_sum += swarm->weights[act];
}

void swarm_draw(struct sim *sim)
{
    struct swarm *swarm = &sim->swarm;

    for (unsigned act = 0; act < ACTS_MAX; act++) {
        bool is_on = is_always_on(act) || sim_chance(sim, 60);

        swarm->weights[act] = is_on ? act_weights[act] * ((unsigned)sim_below(sim, 4) + 1) : 0;
    }
    swarm->acts_a_step = (unsigned)sim_below(sim, 6) + 1;
    swarm->crashes_per_10000 = sim_chance(sim, 25) ? 400 : 8;
    swarm->tasks_max = (unsigned)sim_below(sim, 50) + 10;
    swarm->has_small_leases = sim_chance(sim, 50);
    swarm->has_wall_jumps = sim_chance(sim, 30);
    swarm->has_retry_policies = sim_chance(sim, 60);
    swarm->has_confirm = sim_chance(sim, 30);
    swarm->has_ends = sim_chance(sim, 60);
    swarm->has_demands = sim_chance(sim, 60);
    swarm->cap_percent = (unsigned)sim_below(sim, 100);
    swarm->wait_percent = (unsigned)sim_below(sim, 100);
    swarm->key_percent = (unsigned)sim_below(sim, 80);
    swarm->rate_percent = 40;
    swarm->limit_percent = rule_percent(sim);
    swarm->order_percent = rule_percent(sim);
    swarm->dedup_percent = rule_percent(sim);
    swarm->await_percent = rule_percent(sim);
    swarm->share_percent = rule_percent(sim);
    draw_theme(sim);
    sim->room.is_on = sim_chance(sim, 50);
    hooks_draw(sim);
}

static void some_act(struct sim *sim)
{
    uint64_t pick = sim_below(sim, sim->swarm.weights_sum);

    for (unsigned act = 0; act < ACTS_MAX; act++) {
        if (pick < sim->swarm.weights[act]) {
            act_runs[act](sim);
            return;
        }
        pick -= sim->swarm.weights[act];
    }
}

static void pass_time(struct sim *sim)
{
    int64_t due_ms = engine_next_due(sim->engine);
    uint64_t pick = sim_below(sim, 1000);

    if (sim->swarm.theme == OF_SCHEDULES && pick < 400)
        host_pass(sim, (int64_t)sim_below(sim, 40000));
    else if (pick < 500 || (sim->swarm.theme == OF_RATES && pick < 970))
        host_pass(sim, (int64_t)sim_below(sim, 300));
    else if (pick < 800 && due_ms != INT64_MAX && due_ms > sim->now.mono_ms)
        host_pass(sim, due_ms - sim->now.mono_ms > 70000 ? 70000 : due_ms - sim->now.mono_ms);
    else if (pick < 820)
        host_pass(sim, (int64_t)sim_below(sim, 40000));
    else if (pick < 822)
        host_pass(sim, INT64_C(90000000));
    else if (pick < 920 && sim->hooks.has_days)
        host_pass(sim, (int64_t)sim_below(sim, 100000000));
    if (sim->swarm.has_wall_jumps && pick % 100 == 7)
        host_step_wall(sim, (int64_t)sim_below(sim, 7200000) - 3600000);
}

static void restart(struct sim *sim)
{
    uint64_t pick = sim_below(sim, 1000);

    if (pick < 6)
        host_kill(sim);
    else if (pick < 9)
        host_close(sim);
    else if (pick < 11)
        host_drain(sim);
    if (sim->engine != NULL)
        return;
    host_pass(sim, (int64_t)sim_below(sim, 20000));
    host_open(sim);
}

void swarm_act(struct sim *sim)
{
    for (unsigned i = (unsigned)sim_below(sim, sim->swarm.acts_a_step) + 1; i > 0; i--)
        some_act(sim);
    /* Sent and not even looked at. */
    restart(sim);
    host_settle(sim);
    if (sim->room.is_on && !sim->has_failed) {
        room_run(sim);
        host_settle(sim);
    }
    pass_time(sim);
}
