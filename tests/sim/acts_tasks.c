/* Acts of those who submit tasks and look after them. */
#include <stdio.h>

#include "domain/bounds.h"
#include "sim.h"

const struct known *pick_task(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    int64_t number = now->tasks_len > 0 ? now->tasks[sim_below(sim, now->tasks_len)].number : -1;

    if (sim_chance(sim, 5) && sim->model.tasks_len > 0)
        number = (int64_t)sim_below(sim, (uint64_t)sim->model.tasks_len);
    if (number < 0 || sim->model.tasks[number] == NULL || sim->model.tasks[number]->phase == ABSENT)
        return NULL;
    return sim->model.tasks[number];
}

static void draw_retry(struct sim *sim, struct retry_policy *policy)
{
    policy->max_delay_ms = -1;
    if (!sim->swarm.has_retry_policies || sim_chance(sim, 40))
        return;
    policy->given = RETRY_HAS_MAX_ATTEMPTS | RETRY_HAS_MAX_CRASHES;
    policy->max_attempts = (int32_t)sim_below(sim, 4) + 1;
    policy->max_crashes = (int32_t)sim_below(sim, 4) + 1;
    if (sim_chance(sim, 50))
        return;
    policy->given |= RETRY_HAS_DELAYS;
    policy->backoff = sim_pick(sim, 4);
    policy->delay_ms = (int64_t)sim_below(sim, 3) * 700;
    policy->max_delay_ms = sim_chance(sim, 50) ? 2000 : -1;
    policy->delays_len = policy->backoff == RETRY_LADDER ? 2 : 0;
    policy->delays_ms[1] = 900;
}

static void draw_ends(struct sim *sim, struct task_spec *spec)
{
    spec->expires_ms = spec->deadline_ms = -1;
    if (!sim->swarm.has_ends || sim_chance(sim, 40))
        return;
    if (sim_chance(sim, 40))
        spec->expires_ms = (int64_t)sim_below(sim, 15000) + 1;
    if (sim_chance(sim, 40))
        spec->deadline_ms = (int64_t)sim_below(sim, 40000) + 1;
    spec->at_most_once = sim_chance(sim, 30);
}

void spec_fill(struct op *op, struct task_spec *spec, int64_t submission)
{
    struct sim *sim = op->sim;

    *spec = (struct task_spec){
        .queue = queue_name(sim->submissions[submission].queue),
        .type = type_name((unsigned)sim_below(sim, TYPES)),
        .payload.data = op_printf(op, "%lld", (long long)submission),
        .name = op_printf(op, "%lld", (long long)submission), /* stays, whoever puts it off */
        .priority = sim_chance(sim, 30) ? (int32_t)sim_below(sim, 3) * 10 - 10 : 0,
        .delay_ms = sim_chance(sim, 20) ? (int64_t)sim_below(sim, 20000) : -1,
        .run_at_ms = -1,
        .timeout_ms = sim_chance(sim, 20) ? (int64_t)sim_below(sim, 30000) + 1000 : -1,
        .result_ttl_ms = sim_chance(sim, 15) ? (int64_t)sim_below(sim, 20000) + 1 : -1,
        .lease_ms = sim->swarm.has_small_leases ? (int64_t)sim_below(sim, 5) * 1000 + 1000 : -1,
    };
    if (sim_chance(sim, 20))
        spec->tags = BYTES("loud\nround\n");
    draw_ends(sim, spec);
    if (sim->swarm.has_demands && sim_chance(sim, 40))
    spec->requires = labels_named(sim_pick(sim, LABEL_SETS));
    draw_retry(sim, &spec->retry);
    rules_draw(op, &spec->rules);
    sim->submissions[submission].has_dedup |= spec->rules.dedup.key.at != NULL;
}

static int64_t draw_wait(struct sim *sim)
{
    return sim_chance(sim, sim->swarm.wait_percent) ? (int64_t)sim_below(sim, 20000) + 1 : 0;
}

static void set_key(struct op *op, int64_t submission, bool is_other)
{
    struct idempotency *idempotency = &op->command->idempotency;

    idempotency->scope = BYTES("POST /v1/tasks");
    idempotency->key = op_printf(op, "key-%lld", (long long)submission);
    (void)snprintf(idempotency->fingerprint.at, sizeof(idempotency->fingerprint.at), "%lld%s",
                   (long long)submission, is_other ? "-other" : "");
}

static void send_single(struct sim *sim, int64_t submission)
{
    struct op *op = op_new(sim, COMMAND_SUBMIT);
    struct submit *submit = &op->command->in.submit;

    op->first = submission;
    op->submissions = 1;
    op->queue = sim->submissions[submission].queue;
    submit->specs = arena_alloc(op->command->mem, sizeof(struct task_spec));
    submit->specs_len = 1;
    submit->single = true;
    submit->until = sim_pick(sim, 3);
    op->command->wait_ms = draw_wait(sim);
    submit->cancel_on_disconnect = sim_chance(sim, 20);
    submit->cancel_on_timeout = sim_chance(sim, 20);
    spec_fill(op, submit->specs, submission);
    if (sim->submissions[submission].is_keyed)
        set_key(op, submission, false);
    op_post(op);
}

void act_submit(struct sim *sim)
{
    int64_t submission;

    if (model_now(&sim->model)->tasks_len >= sim->swarm.tasks_max)
        return;
    submission = submission_add(sim, (unsigned)sim_below(sim, QUEUES));
    sim->submissions[submission].is_keyed = sim_chance(sim, sim->swarm.key_percent);
    send_single(sim, submission);
}

void act_submit_many(struct sim *sim)
{
    unsigned len = (unsigned)sim_below(sim, 5) + 1;
    bool has_keys = sim_chance(sim, sim->swarm.key_percent);
    struct op *op;
    struct submit *submit;

    if (model_now(&sim->model)->tasks_len >= sim->swarm.tasks_max)
        return;
    op = op_new(sim, COMMAND_SUBMIT);
    submit = &op->command->in.submit;
    submit->atomic = !has_keys && sim_chance(sim, 50);
    submit->specs = arena_alloc(op->command->mem, (len + 3) * sizeof(struct task_spec));
    submit->specs_len = op->submissions = len;
    op->first = sim->submissions_len;
    for (unsigned i = 0; i < len; i++) {
        int64_t submission = submission_add(sim, (unsigned)sim_below(sim, QUEUES));

        spec_fill(op, &submit->specs[i], submission);
        refs_draw(op, submit->specs, i);
        if (!has_keys)
            continue;
        sim->submissions[submission].is_keyed = sim->submissions[submission].is_line = true;
        submit->specs[i].idempotency_key = op_printf(op, "line-%lld", (long long)submission);
        submit->specs[i].fingerprint = op_printf(op, "%lld", (long long)submission);
    }
    op_post(op);
}

void act_repeat_key(struct sim *sim)
{
    int64_t submission;

    if (sim->submissions_len == 0)
        return;
    submission =
        sim->submissions_len - 1 - (int64_t)sim_below(sim, (uint64_t)sim->submissions_len) % 20;
    if (submission < 0 || !sim->submissions[submission].is_keyed ||
        sim->submissions[submission].is_line)
        return;
    send_single(sim, submission);
}

/* ---- one task ---- */

static struct op *op_about(struct sim *sim, enum command_kind kind)
{
    const struct known *known = pick_task(sim);
    struct op *op;

    if (known == NULL)
        return NULL;
    op = op_new(sim, kind);
    op->task = known->number;
    return op;
}

void act_cancel(struct sim *sim)
{
    struct op *op = op_about(sim, COMMAND_CANCEL);

    if (op == NULL)
        return;
    op->command->in.cancel = (struct cancel){
        .task = model_known(&sim->model, op->task)->id,
        .grace_ms = (int64_t)sim_below(sim, 3) * 3000,
        .if_states = sim_chance(sim, 10) ? 1U << TASK_READY : 0,
        .if_match = -1,
    };
    op->command->wait_ms = draw_wait(sim);
    op_post(op);
}

void act_retry(struct sim *sim)
{
    struct op *op = op_about(sim, COMMAND_RETRY);
    struct again *again;
    const struct known *known;

    if (op == NULL)
        return;
    known = model_known(&sim->model, op->task);
    again = &op->command->in.again;
    *again = (struct again){.task = known->id, .if_match = -1};
    again->clone = model_now(&sim->model)->tasks_len < sim->swarm.tasks_max && sim_chance(sim, 30);
    if (again->clone) {
        op->first = known->submission;
        op->submissions = 1;
    }
    if (sim_chance(sim, 15)) {
        again->has_worker = true;
        again->worker = sim->agents[sim_below(sim, AGENTS)].id;
    }
    op_post(op);
}

void act_run_now(struct sim *sim)
{
    struct op *op = op_about(sim, COMMAND_RUN_NOW);

    if (op == NULL)
        return;
    op->command->in.again =
        (struct again){.task = model_known(&sim->model, op->task)->id, .if_match = -1};
    op_post(op);
}

void act_edit(struct sim *sim)
{
    struct op *op = op_about(sim, COMMAND_EDIT);
    struct edit *edit;

    if (op == NULL)
        return;
    edit = &op->command->in.edit;
    *edit = (struct edit){
        .task = model_known(&sim->model, op->task)->id,
        .has_tags = sim_chance(sim, 30),
        .tags = BYTES("blue\n"),
        .has_priority = sim_chance(sim, 50),
        .priority = (int32_t)sim_below(sim, 3) * 10 - 10,
        .has_run_at = sim_chance(sim, 30),
        .run_at_ms = sim->now.wall_ms + (int64_t)sim_below(sim, 10000) - 2000,
        .has_queue = sim_chance(sim, 30),
        .queue = queue_name((unsigned)sim_below(sim, QUEUES)),
        .if_match = -1,
    };
    op_post(op);
}

void act_delete_task(struct sim *sim)
{
    const struct known *known = pick_task(sim);
    struct op *op;

    if (known == NULL || (!phase_is_over(known->phase) && sim_chance(sim, 90)))
        return;
    op = op_new(sim, COMMAND_DELETE_TASK);
    op->task = known->number;
    op->command->in.again = (struct again){.task = known->id, .if_match = -1};
    op_post(op);
}

void act_look(struct sim *sim)
{
    struct op *op = op_about(sim, COMMAND_LOOK);

    if (op == NULL)
        return;
    op->command->in.look = (struct look){
        .task = model_known(&sim->model, op->task)->id,
        .with_result = true,
        .with_attempts = sim_chance(sim, 30),
        .with_explain = sim_chance(sim, 30),
        .marks_observed = true,
        .until = UNTIL_FINISHED,
        .cancel_on_disconnect = sim_chance(sim, 20),
        .cancel_on_timeout = sim_chance(sim, 20),
        .if_none_match = -1,
    };
    op->command->wait_ms = draw_wait(sim);
    op_post(op);
}

void act_hang_up(struct sim *sim)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        struct op *op = CONTAINER_OF(node, struct op, link);

        if (op->is_gone || op->of_room || op->command->wait_ms == 0 || !sim_chance(sim, 40))
            continue;
        sim_note(sim, "the client of step %llu hangs up", (unsigned long long)op->posted_step);
        op->is_gone = true;
        return;
    }
}
