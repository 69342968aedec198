/* Acts of those who have tasks made by the clock. */
#include "base/parse.h"
#include "sim.h"

struct bytes schedule_named(unsigned schedule)
{
    static const char *const names[SCHEDULES] = {"tick", "tock"};

    return bytes_of(names[schedule]);
}

/* The template is the number of the submission that all its tasks are of. */
enum err schedule_read_task(void *ctx, struct bytes json, int64_t now_ms, struct arena *mem,
                            struct task_spec *ret_spec, struct error *error)
{
    const struct sim *sim = ctx;
    int64_t number;

    (void)now_ms;
    if (!parse_int(json, 0, sim->submissions_len - 1, &number))
        return error_set(error, ERR_INVALID_FIELD, "/task", "this is no template");
    *ret_spec = (struct task_spec){
        .queue = queue_name(sim->submissions[number].queue),
        .type = type_name((unsigned)number % TYPES),
        .payload.data = arena_bytes(mem, json),
        .name = arena_bytes(mem, json),
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .result_ttl_ms = -1,
        .lease_ms = -1,
        .expires_ms = -1,
        .deadline_ms = -1,
        .retry = {.max_delay_ms = -1},
        .rules.dedup.max_delay_ms = -1,
    };
    if (number % 3 == 0)
        ret_spec->rules.limits = BYTES("gpu 1\n");
    return OK;
}

void act_put_schedule(struct sim *sim)
{
    static const char *const crons[] = {"* * * * *", "*/5 * * * *", "0 * * * *", "* * * * *"};
    struct op *op = op_new(sim, COMMAND_PUT_SCHEDULE);
    unsigned cron = sim_pick(sim, ARRAY_LEN(crons));
    int64_t submission = submission_add(sim, sim_pick(sim, QUEUES));
    struct schedule_settings *settings = &op->command->in.schedule_edit.settings;

    sim->submissions[submission].is_schedule = true;
    sim->submissions[submission].schedule = sim_pick(sim, SCHEDULES);
    op->queue = sim->submissions[submission].queue;
    op->first = submission;
    op->command->in.schedule_edit = (struct schedule_edit){
        .name = schedule_named(sim->submissions[submission].schedule),
        .task = op_printf(op, "%lld", (long long)submission),
        .if_match = -1,
    };
    *settings = (struct schedule_settings){
        .cron = bytes_of(crons[cron]),
        .timezone = BYTES("UTC"),
        .queue = queue_name(op->queue),
        .overlap = sim_pick(sim, 4),
        .missed = sim_pick(sim, 3),
        .jitter_ms = sim_chance(sim, 30) ? (int64_t)sim_below(sim, 20000) : 0,
        .paused = sim_chance(sim, 20),
    };
    if (settings->missed == MISSED_ALL) /* a day may pass at once */
        settings->cron = bytes_of(crons[2]);
    sim_note(sim, "  %.*s at %.*s, overlap %d, missed %d, jitter %lld, paused %d",
             BYTES_ARG(op->command->in.schedule_edit.name), BYTES_ARG(settings->cron),
             (int)settings->overlap, (int)settings->missed, (long long)settings->jitter_ms,
             (int)settings->paused);
    op_post(op);
}

static struct op *op_of_schedule(struct sim *sim, enum command_kind kind)
{
    struct op *op = op_new(sim, kind);

    op->schedule = sim_pick(sim, SCHEDULES);
    op->command->in.schedule =
        (struct schedule_name){.name = schedule_named(op->schedule), .if_match = -1, .limit = 3};
    return op;
}

void act_trigger_schedule(struct sim *sim)
{
    op_post(op_of_schedule(sim, COMMAND_TRIGGER_SCHEDULE));
}

void act_delete_schedule(struct sim *sim)
{
    op_post(op_of_schedule(sim, COMMAND_DELETE_SCHEDULE));
}

void act_look_at_schedule(struct sim *sim)
{
    op_post(op_of_schedule(sim, COMMAND_NEXT_SCHEDULE));
}
