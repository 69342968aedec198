/* Heal: one good worker, no limits, and time; then all must end within a bound. */
#include "sim.h"

enum { ROUNDS_MAX = 3000 };

#define BOUND_MS INT64_C(1800000)

static void heal_queue(struct sim *sim, unsigned queue)
{
    struct op *op = op_new(sim, COMMAND_REOPEN_QUEUE);

    op->command->in.queue =
        (struct queue_name){.queue = queue_name(queue), .for_ms = -1, .if_match = -1};
    op_post(op);
    op = op_new(sim, COMMAND_EDIT_QUEUE);
    op->command->in.queue_edit = (struct queue_edit){
        .queue = queue_name(queue),
        .replace = true,
        .settings = queue_default(),
        .if_match = -1,
    };
    op_post(op);
}

static void heal_worker(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_REGISTER);
    struct worker_spec *spec = &op->command->in.worker_spec;

    for (unsigned i = 0; i < AGENTS; i++)
        sim->agents[i].is_registered = false;
    spec->identity = BYTES("healer");
    spec->queues = arena_alloc(op->command->mem, QUEUES * sizeof(struct bytes));
    for (unsigned i = 0; i < QUEUES; i++)
        spec->queues[spec->queues_len++] = queue_name(i);
    spec->concurrency = 100;
    spec->confirm_ms = -1;
    spec->min_priority = MIN_PRIORITY_NONE;
    op_post(op);
}

/* Those that have room for nobody, or for too little, get some; the others hold on. */
static void heal_limits(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->limits_len; i++) {
        struct limit_settings settings = now->limits[i].settings;
        struct op *op;

        if ((settings.max_running < 0 || settings.max_running >= 3) && settings.rate.units <= 0)
            continue;
        settings.max_running = settings.max_running < 0 ? -1 : 3;
        if (settings.rate.units > 0)
            settings.rate = (struct rate_limit){.units = 3, .period_s = 1, .burst = 3};
        op = op_new(sim, COMMAND_PUT_LIMIT);
        op->command->in.limit = (struct limit_edit){
            .name = op_printf(op, "%s", now->limits[i].name), .settings = settings, .if_match = -1};
        op_post(op);
    }
}

static void delete_schedule(struct sim *sim, unsigned schedule)
{
    struct op *op = op_new(sim, COMMAND_DELETE_SCHEDULE);

    op->schedule = schedule;
    op->command->in.schedule =
        (struct schedule_name){.name = schedule_named(schedule), .if_match = -1};
    op_post(op);
}

/* Who is over and blocks those behind it waits for somebody to look at it. */
static void delete_blocking(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct row_task *task = &now->tasks[i];
        struct op *op;

        if (!phase_is_over(phase_of(task->state)) || snapshot_order(now, task->number) == NULL)
            continue;
        op = op_new(sim, COMMAND_DELETE_TASK);
        op->task = task->number;
        op->command->in.again = (struct again){.task = task->id, .if_match = -1};
        op_post(op);
    }
}

/* Tasks that only a certain worker may run wait for it for ever; nobody else can end that. */
static void cancel_pinned(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct row_class *of_class = snapshot_class(now, now->tasks[i].class_number);
        struct op *op;

        if (phase_is_over(phase_of(now->tasks[i].state)) || of_class->requires[0] == '\0')
            continue;
        op = op_new(sim, COMMAND_CANCEL);
        op->task = now->tasks[i].number;
        op->command->in.cancel =
            (struct cancel){.task = now->tasks[i].id, .grace_ms = 1000, .if_match = -1};
        op_post(op);
    }
}

static void work(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    struct op *op = op_new(sim, COMMAND_CLAIM);

    op->command->in.claim = (struct claim){.worker = sim->agents[0].id, .max = 50};
    sim->agents[0].claims++;
    op_post(op);
    for (unsigned i = 0; i < now->leases_len; i++) {
        struct lease_token token = {.task = now->leases[i].task,
                                    .delivery = (int32_t)now->leases[i].delivery};

        if (!id_equal(now->leases[i].worker, sim->agents[0].id))
            continue;
        for (unsigned j = 0; j < LEASE_NONCE_LEN; j++)
            token.nonce[j] = now->leases[i].nonce[j];
        op = op_new(sim, COMMAND_FINISH);
        op->command->in.finish.outcomes = arena_alloc(op->command->mem, sizeof(struct outcome));
        outcome_fill(op, &op->command->in.finish.outcomes[op->command->in.finish.outcomes_len++],
                     &token, OUTCOME_SUCCEEDED);
        op_post(op);
    }
}

/* What the room has parked waits for ever. */
static bool is_answered(const struct sim *sim)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node))
        if (!CONTAINER_OF(node, struct op, link)->of_room)
            return false;
    return true;
}

static int64_t unfinished(const struct sim *sim, int64_t *ret_last_due_ms)
{
    const struct snapshot *now = model_now(&sim->model);
    int64_t count = 0;

    for (unsigned i = 0; i < now->tasks_len; i++) {
        if (phase_is_over(phase_of(now->tasks[i].state)))
            continue;
        count++;
        if (now->tasks[i].run_at_ms > *ret_last_due_ms)
            *ret_last_due_ms = now->tasks[i].run_at_ms;
    }
    return count;
}

/* Tasks that wait for each other, since one was moved or retried behind another: each is held by
 * one that lives, so where all are held there is a circle. Somebody has to cut it. */
static void cut_circle(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    const struct row_task *first = NULL;
    struct op *op;

    for (unsigned i = 0; i < now->tasks_len; i++) {
        if (phase_is_over(phase_of(now->tasks[i].state)))
            continue;
        if (now->tasks[i].state != TASK_BLOCKED)
            return;
        first = first == NULL ? &now->tasks[i] : first;
    }
    if (first == NULL)
        return;
    op = op_new(sim, COMMAND_CANCEL);
    op->task = first->number;
    op->command->in.cancel = (struct cancel){.task = first->id, .if_match = -1};
    op_post(op);
}

static void note_unfinished(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct known *known = model_known(&sim->model, now->tasks[i].number);
        struct bytes limits = known->rules.limits, line;

        if (phase_is_over(known->phase))
            continue;
        sim_note(sim, "task %lld is %s, run_at %lld", (long long)known->number,
                 task_state_name((enum task_state)now->tasks[i].state),
                 (long long)(now->tasks[i].run_at_ms - sim->now.wall_ms));
        while (bytes_split(&limits, '\n', &line))
            sim_note(sim, "  limit %.*s", BYTES_ARG(line));
    }
    for (unsigned i = 0; i < now->limits_len; i++)
        sim_note(sim, "limit %s: %lld, rate %g in %g s, %g at once, over %d", now->limits[i].name,
                 (long long)now->limits[i].settings.max_running, now->limits[i].settings.rate.units,
                 now->limits[i].settings.rate.period_s, now->limits[i].settings.rate.burst,
                 (int)now->limits[i].settings.over);
}

static void pass_to_next(struct sim *sim)
{
    int64_t due_ms = engine_next_due(sim->engine);

    if (due_ms != INT64_MAX && due_ms > sim->now.mono_ms)
        host_pass(sim, due_ms - sim->now.mono_ms > 5000 ? 5000 : due_ms - sim->now.mono_ms);
    else
        host_pass(sim, 100);
}

void heal_run(struct sim *sim)
{
    int64_t last_due_ms = sim->wall_max_ms;

    sim_note(sim, "all faults end");
    sim->swarm = (struct swarm){.has_wall_jumps = sim->swarm.has_wall_jumps};
    if (sim->now.wall_ms < sim->wall_max_ms)
        host_step_wall(sim, sim->wall_max_ms - sim->now.wall_ms);
    for (unsigned i = 0; i < QUEUES; i++)
        heal_queue(sim, i);
    heal_limits(sim);
    for (unsigned i = 0; i < SCHEDULES; i++)
        delete_schedule(sim, i);
    heal_worker(sim);
    sim->room.is_healed = true;
    host_settle(sim);
    cancel_pinned(sim);
    for (int i = 0; i < ROUNDS_MAX && !sim->has_failed; i++) {
        if (unfinished(sim, &last_due_ms) == 0 && is_answered(sim))
            break;
        work(sim);
        delete_blocking(sim);
        cut_circle(sim);
        host_settle(sim);
        room_run(sim);
        host_settle(sim);
        pass_to_next(sim);
        if (sim->now.wall_ms > last_due_ms + BOUND_MS) {
            note_unfinished(sim);
            sim_fail(sim, "%lld tasks are not over long after all faults ended",
                     (long long)unfinished(sim, &last_due_ms));
        }
    }
    if (!sim->has_failed && (unfinished(sim, &last_due_ms) > 0 || !is_answered(sim)))
        sim_fail(sim, "tasks or requests do not come to an end");
    hooks_heal(sim);
    if (!sim->has_failed && rows_contradictions(sim->rows) != 0)
        sim_fail(sim, "counters or parts of tasks do not agree with the tasks in the end");
    if (!sim->has_failed)
        quiet_look(sim);
    if (sim->has_failed)
        return;
    host_close(sim);
    host_open(sim);
    quiet_look(sim);
}
