/* Acts of workers, good and bad, and of those who play one. */
#include <string.h>

#include "sim.h"

static struct agent *pick_agent(struct sim *sim, unsigned *ret_agent)
{
    *ret_agent = (unsigned)sim_below(sim, AGENTS);
    return &sim->agents[*ret_agent];
}

struct held *pick_held(struct sim *sim)
{
    unsigned len = sim->held_next < HELD_MAX ? sim->held_next : HELD_MAX;

    return len == 0 ? NULL : &sim->held[sim_below(sim, len)];
}

static int32_t draw_min_priority(struct sim *sim)
{
    return sim_chance(sim, 15) ? (int32_t)sim_below(sim, 3) * 10 - 10 : MIN_PRIORITY_NONE;
}

void act_register_worker(struct sim *sim)
{
    unsigned number;
    struct agent *agent = pick_agent(sim, &number);
    struct op *op;
    struct worker_spec *spec;

    if (agent->is_registered)
        return;
    agent->temper = sim_pick(sim, TEMPERS);
    op = op_new(sim, COMMAND_REGISTER);
    op->agent = number;
    spec = &op->command->in.worker_spec;
    spec->identity = op_printf(op, "agent-%u", number);
    spec->queues = arena_alloc(op->command->mem, QUEUES * sizeof(struct bytes));
    for (unsigned i = 0; i < QUEUES; i++)
        if (sim_chance(sim, 70) || (spec->queues_len == 0 && i == QUEUES - 1))
            spec->queues[spec->queues_len++] = queue_name(i);
    if (sim_chance(sim, 25)) {
        spec->types = arena_alloc(op->command->mem, sizeof(struct bytes));
        spec->types[spec->types_len++] = type_name((unsigned)sim_below(sim, TYPES));
    }
    spec->concurrency = (int32_t)sim_below(sim, 4) + 1;
    spec->confirm_ms = sim->swarm.has_confirm && sim_chance(sim, 40) ? 2000 : -1;
    spec->labels = labels_named(sim_chance(sim, 50) ? sim_pick(sim, LABEL_SETS) : 0);
    spec->min_priority = draw_min_priority(sim);
    op_post(op);
}

/* ---- outcomes ---- */

void outcome_fill(struct op *op, struct outcome *outcome, const struct lease_token *token,
                  enum outcome_kind kind)
{
    struct sim *sim = op->sim;
    const struct snapshot *now = model_now(&sim->model);
    const struct row_lease *lease = snapshot_lease(now, token->task);
    struct word *word;

    if (op->words == NULL)
        op->words = arena_alloc(op->command->mem, 8 * sizeof(struct word));
    word = &op->words[op->words_len++];
    *word = (struct word){
        .task = token->task, .delivery = token->delivery, .kind = kind, .is_genuine = true};
    word->was_over = lease == NULL || lease->delivery != token->delivery;
    *outcome = (struct outcome){
        .lease = lease_token_write(token, op->command->mem),
        .kind = kind,
        .retryable = !word_is_final(token->task, token->delivery),
        .delay_ms = kind == OUTCOME_FAILED ? word_delay_ms(token->task, token->delivery) : 1000,
    };
    if (kind == OUTCOME_SUCCEEDED)
        outcome->result.data = op_printf(op, "\"%lld\"", (long long)token->task);
    if (kind == OUTCOME_FAILED)
        outcome->failure.message = BYTES("\"no luck\"");
    model_said(&sim->model, token, 1U << kind);
}

static enum outcome_kind draw_outcome(struct sim *sim)
{
    static const enum outcome_kind kinds[] = {
        OUTCOME_SUCCEEDED, OUTCOME_SUCCEEDED, OUTCOME_SUCCEEDED, OUTCOME_FAILED,
        OUTCOME_FAILED,    OUTCOME_RELEASED,  OUTCOME_SNOOZED,   OUTCOME_CANCELLED,
    };

    return kinds[sim_below(sim, sizeof(kinds) / sizeof(kinds[0]))];
}

static bool is_over(const struct sim *sim, const struct held *held)
{
    const struct row_lease *lease = snapshot_lease(model_now(&sim->model), held->token.task);

    return lease == NULL || lease->delivery != held->token.delivery;
}

/* A lease that counts and whose agent is ready to end it; agents that crashed never are. */
static struct held *pick_live(struct sim *sim)
{
    for (unsigned i = 0; i < 6; i++) {
        struct held *held = pick_held(sim);

        if (held != NULL && !is_over(sim, held) && held->act_at_ms <= sim->now.mono_ms)
            return held;
    }
    return NULL;
}

static void finish(struct sim *sim, const struct held *held)
{
    struct op *op = op_new(sim, COMMAND_FINISH);
    struct finish *finish = &op->command->in.finish;

    op->agent = held->agent;
    finish->outcomes = arena_alloc(op->command->mem, 2 * sizeof(struct outcome));
    outcome_fill(op, &finish->outcomes[finish->outcomes_len++], &held->token, draw_outcome(sim));
    op_post(op);
}

void act_finish(struct sim *sim)
{
    const struct held *held = pick_live(sim);

    if (held != NULL)
        finish(sim, held);
}

/* Repeats, contradictions, and what zombies say. */
void act_finish_again(struct sim *sim)
{
    const struct held *held = pick_held(sim);

    if (held != NULL)
        finish(sim, held);
}

/* Somebody who has seen a token, or none, tries what another might be. */
void act_guess(struct sim *sim)
{
    const struct held *held = pick_held(sim);
    struct lease_token token;
    struct op *op;

    if (held == NULL)
        return;
    token = held->token;
    if (sim_chance(sim, 60))
        token.nonce[sim_below(sim, LEASE_NONCE_LEN)] ^= (uint8_t)(1U << sim_below(sim, 8));
    else if (sim_chance(sim, 50))
        token.delivery++;
    else
        token.task++;
    op = op_new(sim, COMMAND_FINISH);
    op->command->in.finish.outcomes = arena_alloc(op->command->mem, sizeof(struct outcome));
    op->command->in.finish.outcomes_len = 1;
    op->words = arena_alloc(op->command->mem, sizeof(struct word));
    op->words_len = 1;
    op->words[0] =
        (struct word){.task = token.task, .delivery = token.delivery, .kind = OUTCOME_SUCCEEDED};
    op->command->in.finish.outcomes[0] = (struct outcome){
        .lease = lease_token_write(&token, op->command->mem),
        .kind = OUTCOME_SUCCEEDED,
        .result.data = BYTES("\"forged\""),
    };
    op_post(op);
}

void act_claim(struct sim *sim)
{
    unsigned number;
    struct agent *agent = pick_agent(sim, &number);
    const struct held *held = pick_live(sim);
    struct op *op;
    struct claim *claim;

    if (!agent->is_registered) {
        act_register_worker(sim);
        return;
    }
    if (agent->claims >= 2)
        return;
    op = op_new(sim, COMMAND_CLAIM);
    op->agent = number;
    claim = &op->command->in.claim;
    claim->worker = agent->id;
    claim->max = (unsigned)sim_below(sim, 4) + 1;
    op->command->wait_ms =
        sim_chance(sim, sim->swarm.wait_percent) ? (int64_t)sim_below(sim, 20000) + 1 : 0;
    if (sim_chance(sim, 20)) {
        claim->queues = arena_alloc(op->command->mem, sizeof(struct bytes));
        claim->queues[claim->queues_len++] = queue_name((unsigned)sim_below(sim, QUEUES));
    }
    if (held != NULL && sim_chance(sim, 30)) {
        claim->outcomes = arena_alloc(op->command->mem, sizeof(struct outcome));
        outcome_fill(op, &claim->outcomes[claim->outcomes_len++], &held->token, draw_outcome(sim));
    }
    agent->claims++;
    op_post(op);
}

/* ---- signs of life ---- */

void act_heartbeat(struct sim *sim)
{
    unsigned number;
    struct agent *agent = pick_agent(sim, &number);
    struct op *op;

    if (!agent->is_registered || agent->heartbeats > 0 ||
        (agent->temper != HONEST && sim_chance(sim, 80)))
        return;
    op = op_new(sim, COMMAND_HEARTBEAT);
    op->agent = number;
    op->command->in.heartbeat = (struct heartbeat){.worker = agent->id, .all = sim_chance(sim, 70)};
    op->command->wait_ms =
        sim_chance(sim, sim->swarm.wait_percent) ? (int64_t)sim_below(sim, 20000) + 1 : 0;
    agent->heartbeats++;
    op_post(op);
}

static struct op *op_of_lease(struct sim *sim, enum command_kind kind, struct bytes *ret_lease)
{
    const struct held *held = pick_held(sim);
    struct op *op;
    struct lease_token token;

    if (held == NULL)
        return NULL;
    op = op_new(sim, kind);
    op->agent = held->agent;
    token = held->token;
    op->words = arena_alloc(op->command->mem, sizeof(struct word));
    op->words_len = 1;
    op->words[0] = (struct word){
        .task = token.task,
        .delivery = token.delivery,
        .is_genuine = !sim_chance(sim, 15),
        .was_over = is_over(sim, held),
    };
    if (!op->words[0].is_genuine)
        token.nonce[0] ^= 1;
    *ret_lease = lease_token_write(&token, op->command->mem);
    return op;
}

void act_extend(struct sim *sim)
{
    struct bytes lease;
    struct op *op = op_of_lease(sim, COMMAND_EXTEND, &lease);

    if (op == NULL)
        return;
    op->command->in.extend = (struct extend){
        .lease = lease,
        .lease_ms =
            sim_chance(sim, 50) ? (int64_t)sim_below(sim, LEASE_LONGEST_MS - 1000) + 1000 : -1,
    };
    op_post(op);
}

void act_report(struct sim *sim)
{
    struct bytes lease;
    bool is_progress = sim_chance(sim, 50);
    struct op *op = op_of_lease(sim, is_progress ? COMMAND_PROGRESS : COMMAND_LEASE_LOGS, &lease);

    if (op == NULL)
        return;
    if (is_progress) {
        op->command->in.progress =
            (struct progress_note){.lease = lease, .progress = BYTES("{\"percent\":50}")};
    } else {
        struct log_line *line = arena_alloc(op->command->mem, sizeof(*line));

        *line = (struct log_line){.message = BYTES("still here"), .at_ms = -1};
        op->command->in.logs = (struct lease_logs){.lease = lease, .lines = line, .lines_len = 1};
    }
    op_post(op);
}

/* ---- leaving ---- */

void act_leave(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    unsigned number;
    struct agent *agent = pick_agent(sim, &number);
    struct op *op;

    /* What it may be given by then would be its own to give back, too; so it does not ask
     * meanwhile. */
    if (!agent->is_registered || agent->claims > 0)
        return;
    op = op_new(sim, COMMAND_LEAVE);
    op->agent = number;
    op->command->in.worker = agent->id;
    agent->is_registered = false;
    for (unsigned i = 0; i < now->leases_len; i++)
        if (id_equal(now->leases[i].worker, agent->id)) {
            struct lease_token token = {.task = now->leases[i].task,
                                        .delivery = (int32_t)now->leases[i].delivery};

            model_said(&sim->model, &token, SAID_BY_LEAVING);
        }
    op_post(op);
}

/* Never heard of again; whoever comes in its place is another. */
void act_crash_worker(struct sim *sim)
{
    unsigned number;
    struct agent *agent = pick_agent(sim, &number);

    if (agent->temper != CRASHING)
        return;
    agent->is_registered = false;
    for (unsigned i = 0; i < HELD_MAX; i++)
        if (sim->held[i].agent == number)
            sim->held[i].act_at_ms = INT64_MAX;
}

void act_edit_worker(struct sim *sim)
{
    unsigned number;
    const struct agent *agent = pick_agent(sim, &number);
    struct op *op;

    if (!agent->is_registered)
        return;
    op = op_new(sim, COMMAND_EDIT_WORKER);
    op->agent = number;
    op->command->in.worker_edit = (struct worker_edit){
        .worker = agent->id,
        .has_mode = sim_chance(sim, 60),
        .mode = sim_chance(sim, 60) ? WORKER_RUN : sim_pick(sim, 4),
        .has_concurrency = sim_chance(sim, 50),
        .concurrency = (int32_t)sim_below(sim, 4) + 1,
        .has_min_priority = sim_chance(sim, 30),
        .min_priority = draw_min_priority(sim),
    };
    op_post(op);
}
