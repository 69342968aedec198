/* Acts of operators: on queues, and on the machine. */
#include "domain/bounds.h"
#include "sim.h"

static struct op *op_of_queue(struct sim *sim, enum command_kind kind)
{
    struct op *op = op_new(sim, kind);

    op->queue = (unsigned)sim_below(sim, QUEUES);
    op->command->in.queue =
        (struct queue_name){.queue = queue_name(op->queue), .for_ms = -1, .if_match = -1};
    return op;
}

void act_edit_queue(struct sim *sim)
{
    struct op *op = op_of_queue(sim, COMMAND_EDIT_QUEUE);
    struct queue_settings settings = queue_default();

    settings.concurrency =
        sim_chance(sim, sim->swarm.cap_percent) ? (int64_t)sim_below(sim, 4) : -1;
    settings.pending_limit =
        sim_chance(sim, sim->swarm.cap_percent) ? (int64_t)sim_below(sim, 6) : -1;
    settings.lease_ms = (int64_t)sim_below(sim, 10) * 1000 + 2000;
    settings.retry.given = sim_chance(sim, 50) ? RETRY_HAS_MAX_ATTEMPTS : 0;
    settings.retry.max_attempts = 2;
    settings.is_fair = sim_chance(sim, 70);
    settings.aging_ms = sim_chance(sim, 50) ? (int64_t)sim_below(sim, 5000) + 1 : -1;
    settings.rate = rate_draw(sim);
    if (sim_chance(sim, 40))
        settings.dead_letter_queue = queue_name(sim_pick(sim, QUEUES));
    op->command->in.queue_edit = (struct queue_edit){
        .queue = queue_name(op->queue),
        .replace = sim_chance(sim, 60),
        .has =
            (unsigned)sim_below(sim, 4096) & ~(unsigned)(QUEUE_HAS_PAUSED | QUEUE_HAS_PAUSED_UNTIL |
                                                         QUEUE_HAS_TIMEOUT | QUEUE_HAS_RETENTION),
        .settings = settings,
        .if_match = -1,
    };
    op_post(op);
}

void act_pause_queue(struct sim *sim)
{
    struct op *op = op_of_queue(sim, COMMAND_PAUSE_QUEUE);

    op->command->in.queue.for_ms = sim_chance(sim, 60) ? (int64_t)sim_below(sim, 10000) : -1;
    op_post(op);
}

void act_resume_queue(struct sim *sim)
{
    op_post(op_of_queue(sim, COMMAND_RESUME_QUEUE));
}

void act_purge_queue(struct sim *sim)
{
    op_post(op_of_queue(sim, COMMAND_PURGE_QUEUE));
}

void act_close_queue(struct sim *sim)
{
    struct op *op = op_of_queue(sim, COMMAND_CLOSE_QUEUE);

    op->command->in.queue_close = (struct queue_close){
        .queue = queue_name(op->queue),
        .now = sim_chance(sim, 40),
        .wait_timeout_ms = (int64_t)sim_below(sim, 10000),
        .close_timeout_ms = (int64_t)sim_below(sim, 5000),
    };
    op->command->wait_ms =
        sim_chance(sim, sim->swarm.wait_percent) ? (int64_t)sim_below(sim, 20000) + 1 : 0;
    op_post(op);
}

void act_reopen_queue(struct sim *sim)
{
    op_post(op_of_queue(sim, COMMAND_REOPEN_QUEUE));
}

void act_delete_queue(struct sim *sim)
{
    op_post(op_of_queue(sim, COMMAND_DELETE_QUEUE));
}

void act_look_around(struct sim *sim)
{
    static const enum command_kind kinds[] = {COMMAND_LIST_WORKERS, COMMAND_STATS,
                                              COMMAND_GET_QUEUE, COMMAND_SHUTDOWN_STATE};

    /* On a full disk there is always something left to do. */
    if (sim->disk_is_full || sim_chance(sim, 50))
        op_post(op_of_queue(sim, kinds[sim_below(sim, 4)]));
    else
        quiet_look(sim);
}

/* Full, and then somebody makes room and starts the broker again. */
void act_fill_disk(struct sim *sim)
{
    if (sim->disk_is_full)
        return;
    sim_note(sim, "the disk is full");
    sim->disk_is_full = true;
    rows_limit(sim->rows, (int64_t)sim_below(sim, 3));
    for (int i = 0; i < 5 && !sim->has_failed; i++)
        swarm_act(sim);
    rows_limit(sim->rows, -1);
    host_pass(sim, 1000);
    host_settle(sim);
    sim->disk_is_full = false;
    if (!sim->has_failed) /* what was undone has left no trace in memory */
        quiet_look(sim);
    host_kill(sim);
    host_open(sim);
}
