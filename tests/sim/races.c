/* Races: submit, claim, then cancel, outcomes, loss and restarts in a drawn order; the model looks
 * on. */
#include "races.h"

#include "domain/bounds.h"
#include "sim.h"

enum { RACES_A_WORLD = 40, MOVES_MAX = 8, ROUNDS_MAX = 60, RUNNERS = 2, LEASE_MS = 2000 };

/* One race in its world: one task at a time in a queue that runs one at a time. */
struct race {
    struct sim *sim;
    const struct known *task;
};

static void set_up(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_EDIT_QUEUE);
    struct queue_settings settings = queue_default();

    settings.concurrency = 1;
    settings.lease_ms = LEASE_MS;
    op->command->in.queue_edit = (struct queue_edit){
        .queue = queue_name(0),
        .replace = true,
        .has = QUEUE_HAS_CONCURRENCY | QUEUE_HAS_LEASE,
        .settings = settings,
        .if_match = -1,
    };
    op_post(op);
    for (unsigned i = 0; i < RUNNERS; i++) {
        struct worker_spec *spec;

        op = op_new(sim, COMMAND_REGISTER);
        op->agent = i;
        spec = &op->command->in.worker_spec;
        spec->identity = op_printf(op, "runner-%u", i);
        spec->queues = arena_alloc(op->command->mem, sizeof(struct bytes));
        spec->queues[spec->queues_len++] = queue_name(0);
        spec->concurrency = 2;
        spec->confirm_ms = -1;
        spec->min_priority = MIN_PRIORITY_NONE;
        op_post(op);
    }
    host_settle(sim);
}

static void submit(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_SUBMIT);
    struct submit *submit = &op->command->in.submit;

    op->first = submission_add(sim, 0);
    op->submissions = 1;
    submit->specs = arena_alloc(op->command->mem, sizeof(struct task_spec));
    submit->specs_len = 1;
    submit->single = true;
    spec_fill(op, submit->specs, op->first);
    submit->specs[0].delay_ms = submit->specs[0].lease_ms = submit->specs[0].timeout_ms = -1;
    submit->specs[0].result_ttl_ms = -1; /* its end is looked at */
    op_post(op);
}

static void claim(struct sim *sim, unsigned agent, int64_t wait_ms)
{
    struct op *op = op_new(sim, COMMAND_CLAIM);

    op->agent = agent;
    op->command->in.claim = (struct claim){.worker = sim->agents[agent].id, .max = 2};
    op->command->wait_ms = wait_ms;
    sim->agents[agent].claims++;
    op_post(op);
}

static void cancel(const struct race *race)
{
    struct op *op = op_new(race->sim, COMMAND_CANCEL);

    op->task = race->task->number;
    op->command->in.cancel = (struct cancel){
        .task = race->task->id,
        .grace_ms = (int64_t)sim_below(race->sim, 3) * 700,
        .if_match = -1,
    };
    op->command->wait_ms = sim_chance(race->sim, 50) ? 1500 : 0;
    op_post(op);
}

/* A token of this task that somebody was given, old or new. */
static const struct held *a_token(const struct race *race)
{
    for (int i = 0; i < 20; i++) {
        const struct held *held = pick_held(race->sim);

        if (held != NULL && held->token.task == race->task->number)
            return held;
    }
    return NULL;
}

static void say(const struct race *race, enum outcome_kind kind)
{
    const struct held *held = a_token(race);
    struct op *op;

    if (held == NULL)
        return;
    op = op_new(race->sim, COMMAND_FINISH);
    op->command->in.finish.outcomes = arena_alloc(op->command->mem, sizeof(struct outcome));
    outcome_fill(op, &op->command->in.finish.outcomes[op->command->in.finish.outcomes_len++],
                 &held->token, kind);
    op_post(op);
}

static void restart(struct sim *sim)
{
    if (sim_chance(sim, 60))
        host_kill(sim);
    else
        host_close(sim);
    host_open(sim);
}

static void beat(const struct race *race)
{
    unsigned agent = sim_pick(race->sim, RUNNERS);
    struct op *op = op_new(race->sim, COMMAND_HEARTBEAT);

    op->agent = agent;
    op->command->in.heartbeat =
        (struct heartbeat){.worker = race->sim->agents[agent].id, .all = true};
    op->command->wait_ms = sim_chance(race->sim, 50) ? 1500 : 0;
    race->sim->agents[agent].heartbeats++;
    op_post(op);
}

static void move(const struct race *race)
{
    struct sim *sim = race->sim;
    unsigned pick = sim_pick(sim, 12);

    switch (pick) {
    case 0:
    case 1:
        cancel(race);
        break;
    case 2:
        claim(sim, sim_pick(sim, RUNNERS), sim_chance(sim, 50) ? 3000 : 0);
        break;
    case 3: /* the lease is lost */
        host_pass(sim, LEASE_MS);
        break;
    case 4:
        restart(sim);
        break;
    case 5:
        beat(race);
        break;
    case 6:
        say(race, OUTCOME_SUCCEEDED);
        break;
    default: /* the kinds in order, succeeded first */
        say(race, (enum outcome_kind)(pick - 7));
        break;
    }
    /* Together with the next in one batch, or after it. */
    if (sim_chance(sim, 50))
        host_settle(sim);
    if (sim_chance(sim, 30))
        host_pass(sim, (int64_t)sim_below(sim, 800));
}

/* Let the task end, if it has not. */
static void end(const struct race *race)
{
    struct sim *sim = race->sim;

    for (int i = 0; i < ROUNDS_MAX && !phase_is_over(race->task->phase) && !sim->has_failed; i++) {
        claim(sim, 0, 0);
        host_settle(sim);
        say(race, OUTCOME_SUCCEEDED);
        host_settle(sim);
        host_pass(sim, LEASE_MS / 2);
    }
    host_settle(sim);
    if (!sim->has_failed && !phase_is_over(race->task->phase))
        sim_fail(sim, "task %lld does not end", (long long)race->task->number);
}

/* It has ended once, and whatever comes now changes nothing. */
static void check_end(const struct race *race)
{
    struct sim *sim = race->sim;
    enum phase phase = race->task->phase;

    for (int kind = OUTCOME_SUCCEEDED; kind <= OUTCOME_CANCELLED; kind++)
        say(race, (enum outcome_kind)kind);
    cancel(race);
    host_settle(sim);
    if (!sim->has_failed && (race->task->phase != phase || race->task->ends != 1))
        sim_fail(sim, "task %lld ended %u times", (long long)race->task->number, race->task->ends);
}

static void sweep(const struct race *race)
{
    struct op *op = op_new(race->sim, COMMAND_DELETE_TASK);

    op->task = race->task->number;
    op->command->in.again = (struct again){.task = race->task->id, .if_match = -1};
    op_post(op);
    host_settle(race->sim);
}

static bool run_one(struct sim *sim)
{
    struct race race = {.sim = sim};

    sim_note(sim, "a race begins");
    submit(sim);
    host_settle(sim);
    race.task = sim->model.tasks[model_now(&sim->model)->tasks[0].number];
    claim(sim, 0, 0);
    host_settle(sim);
    for (unsigned moves = sim_pick(sim, MOVES_MAX) + 2; moves > 0 && !sim->has_failed; moves--)
        move(&race);
    end(&race);
    if (!sim->has_failed)
        check_end(&race);
    if (!sim->has_failed)
        sweep(&race);
    return !sim->has_failed;
}

static void run_world(uint64_t seed, int64_t races, bool traces, uint64_t *passed, uint64_t *failed)
{
    static struct sim sim; /* large, and one at a time */

    sim_init(&sim, seed, traces);
    sim.swarm = (struct swarm){.has_retry_policies = true}; /* other crashes are moves here */
    set_up(&sim);
    sim.swarm.crashes_per_10000 = 50;
    for (int64_t i = 0; i < races && !sim.has_failed; i++)
        *passed += run_one(&sim);
    if (sim.has_failed) {
        ++*failed;
        sim_print_failure(&sim);
    }
    sim_fini(&sim);
}

void races_run(uint64_t seed, int64_t races, bool traces, uint64_t *passed, uint64_t *failed)
{
    for (; races > 0; races -= RACES_A_WORLD, seed++)
        run_world(seed, races < RACES_A_WORLD ? races : RACES_A_WORLD, traces, passed, failed);
}
