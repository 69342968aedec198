/* Acts of those who limit, order and connect tasks. */
#include <stdio.h>

#include "base/buffer.h"
#include "sim.h"

enum { ORDERS = 3, DEDUPS = 3, SHARES = 4, UNITS_MAX = 3 };

struct rate_limit rate_draw(struct sim *sim)
{
    struct rate_limit rate = {.units = 0};

    if (!sim_chance(sim, sim->swarm.rate_percent))
        return rate;
    rate.units = (double)(sim_pick(sim, 4) + 1);
    rate.period_s = (double)(sim_pick(sim, 10) + 1);
    rate.burst = (double)(sim_pick(sim, 5) + 1);
    return rate;
}

static void draw_limits(struct op *op, struct task_rules *rules)
{
    struct sim *sim = op->sim;
    struct limit_use uses[LIMITS];
    unsigned len = 0;

    for (unsigned i = 0; i < LIMITS; i++)
        if (sim_chance(sim, 30))
            uses[len++] = (struct limit_use){
                limit_named(i), sim_chance(sim, 70) ? 1 : (int64_t)sim_pick(sim, UNITS_MAX) + 1};
    rules->limits = limits_write(uses, len, op->command->mem);
}

static void draw_dedup(struct op *op, struct dedup *dedup)
{
    struct sim *sim = op->sim;

    *dedup = (struct dedup){
        .key = op_printf(op, "key-%u", sim_pick(sim, DEDUPS)),
        .scope = sim_pick(sim, 4),
        .on_conflict = sim_pick(sim, 4),
        .max_delay_ms = -1,
    };
    if (dedup->scope == DEDUP_WINDOW)
        dedup->window_ms = (int64_t)sim_below(sim, 30000) + 1;
    if (dedup->on_conflict == DEDUP_DEBOUNCE && sim_chance(sim, 50))
        dedup->max_delay_ms = (int64_t)sim_below(sim, 20000);
}

static void draw_awaited(struct op *op, struct task_rules *rules)
{
    unsigned len = sim_pick(op->sim, 3) + 1;
    struct buffer lines;
    const struct known *seen[3] = {NULL};

    buffer_init(&lines, SIZE_MAX);
    for (unsigned i = 0; i < len; i++) {
        const struct known *known = pick_task(op->sim);
        char id[ID_TEXT_LEN + 1];

        if (known == NULL || known == seen[0] || known == seen[1])
            continue;
        seen[i] = known;
        id_format(known->id, id);
        buffer_printf(&lines, "%s\n", id);
    }
    rules->depends_on = arena_bytes(op->command->mem, buffer_bytes(&lines));
    buffer_fini(&lines);
}

/* One that is not there refuses the submit. */
static void draw_callback(struct op *op, struct task_rules *rules)
{
    if (op->sim->hooks.has_urls && sim_chance(op->sim, 50)) {
        rules->callback_url = BYTES("https://127.0.0.1:1/own");
        return;
    }
    const struct snapshot *now = model_now(&op->sim->model);

    if (now->webhooks_len > 0)
        rules->callback_webhook =
            op_printf(op, "%s", now->webhooks[sim_below(op->sim, now->webhooks_len)].name);
}

void rules_draw(struct op *op, struct task_rules *rules)
{
    struct sim *sim = op->sim;
    const struct swarm *swarm = &sim->swarm;

    if (sim_chance(sim, swarm->limit_percent))
        draw_limits(op, rules);
    if (sim_chance(sim, swarm->share_percent)) {
        rules->fairness_key = op_printf(op, "of-%u", sim_pick(sim, SHARES));
        rules->weight_milli = sim_chance(sim, 50) ? (int64_t)sim_below(sim, 4000) + 1 : 0;
    }
    if (sim_chance(sim, swarm->order_percent)) {
        rules->ordering_key = op_printf(op, "line-%u", sim_pick(sim, ORDERS));
        rules->on_order_failure = sim_pick(sim, 2);
    }
    if (sim_chance(sim, swarm->dedup_percent))
        draw_dedup(op, &rules->dedup);
    if (sim_chance(sim, swarm->await_percent / 2))
        draw_awaited(op, rules);
    rules->on_dependency_failure = sim_pick(sim, 3);
    if (sim->room.is_on && sim_chance(sim, sim->hooks.callback_percent))
        draw_callback(op, rules);
}

/* Chains, fans, and now and then a circle. */
void refs_draw(struct op *op, struct task_spec *specs, unsigned nth)
{
    struct sim *sim = op->sim;
    unsigned other = sim_chance(sim, 90) ? sim_pick(sim, nth + 1) : sim_pick(sim, nth + 3);

    if (!sim_chance(sim, sim->swarm.await_percent))
        return;
    specs[nth].ref = op_printf(op, "r%u", nth);
    specs[nth].rules.depends_on = BYTES_NONE;
    if (other != nth && specs[other].ref.at != NULL)
        specs[nth].rules.depends_on = op_printf(op, "r%u\n", other);
}

/* ---- operators ---- */

void act_put_limit(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_PUT_LIMIT);

    op->command->in.limit = (struct limit_edit){
        .name = limit_named(sim_pick(sim, LIMITS + RULES)),
        .settings = {.max_running = sim_chance(sim, 80) ? (int64_t)sim_below(sim, 6) : -1,
                     .rate = rate_draw(sim),
                     .over = sim_chance(sim, 50) ? LIMIT_QUEUES : sim_pick(sim, LIMIT_OVERS)},
        .if_match = -1,
    };
    sim_note(sim, "  %.*s: %lld units, %g in %g s and %g at once, over %s",
             BYTES_ARG(op->command->in.limit.name),
             (long long)op->command->in.limit.settings.max_running,
             op->command->in.limit.settings.rate.units,
             op->command->in.limit.settings.rate.period_s,
             op->command->in.limit.settings.rate.burst,
             limit_over_name(op->command->in.limit.settings.over));
    op_post(op);
}

void act_delete_limit(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_DELETE_LIMIT);

    op->command->in.limit =
        (struct limit_edit){.name = limit_named(sim_pick(sim, LIMITS + RULES)), .if_match = -1};
    sim_note(sim, "  %.*s", BYTES_ARG(op->command->in.limit.name));
    op_post(op);
}
