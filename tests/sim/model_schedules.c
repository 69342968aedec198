/* Model schedules: each slot once, in order, and as its schedule's rules have it. */
#include "sight.h"

#include <string.h>

static int64_t period_ms(const struct row_schedule *row)
{
    return strcmp(row->cron, "* * * * *") == 0     ? 60000
           : strcmp(row->cron, "*/5 * * * *") == 0 ? 300000
                                                   : 3600000;
}

static const struct row_schedule *schedule_of(const struct sight *look,
                                              const struct snapshot *snapshot,
                                              const struct known *known)
{
    unsigned schedule = look->sim->submissions[known->submission].schedule;

    for (unsigned i = 0; i < snapshot->schedules_len; i++)
        if (bytes_is(schedule_named(schedule), snapshot->schedules[i].name))
            return &snapshot->schedules[i];
    return NULL;
}

/* A task of a slot, or of a trigger. */
void schedules_submitted(struct sight *look, const struct known *known)
{
    const struct row_schedule *row = schedule_of(look, look->before, known);
    unsigned schedule = look->sim->submissions[known->submission].schedule;
    const struct known *last;

    look->made[schedule]++;
    if (row == NULL) {
        sim_fail(look->sim, "task %lld is of a schedule that is not there",
                 (long long)known->number);
        return;
    }
    if (row->last_task < 0 || look->model->triggers_open[schedule] > 0)
        return;
    last = model_known(look->model, row->last_task);
    if (row->overlap == OVERLAP_ALLOW || (last->phase != PENDING && last->phase != RUNNING))
        return;
    if (row->overlap == OVERLAP_SKIP)
        sim_fail(look->sim, "task %lld was made by a schedule whose task %lld is not over",
                 (long long)known->number, (long long)last->number);
    else if (known->awaited_len == 0)
        sim_fail(look->sim, "task %lld does not wait for task %lld of its schedule",
                 (long long)known->number, (long long)last->number);
}

/* Nothing can be in its way. */
static bool is_free(const struct sight *look, const struct row_schedule *row)
{
    for (unsigned i = 0; i < look->before->queues_len; i++)
        if (look->before->queues[i].closed != 0 || look->before->queues[i].pending_limit >= 0)
            return false;
    return row->overlap == OVERLAP_ALLOW && look->before->limits_len == 0;
}

/* Slots that were dealt with, and how many of them may have made a task, or must have. */
static void check_slots(struct sight *look, const struct row_schedule *was,
                        const struct row_schedule *is)
{
    int64_t now_ms = look->sim->now.wall_ms, every_ms = period_ms(was), fired, missed = 0, most;
    int64_t slots = (is->next_slot_ms - was->next_slot_ms) / every_ms;

    fired = is->fired - was->fired;
    for (int64_t slot_ms = was->next_slot_ms;
         slot_ms < is->next_slot_ms && now_ms - slot_ms > 60000 + was->jitter_ms;
         slot_ms += every_ms)
        missed++;
    most = slots - missed +
           (was->missed == MISSED_ALL    ? missed
            : was->missed == MISSED_ONCE ? (missed > 0)
                                         : 0);
    if (fired + is->skipped - was->skipped != slots)
        sim_fail(look->sim, "schedule %s: %lld slots passed, %lld fired and %lld did not", is->name,
                 (long long)slots, (long long)fired, (long long)(is->skipped - was->skipped));
    if (fired > most)
        sim_fail(look->sim, "schedule %s: %lld slots fired of %lld, %lld of them missed", is->name,
                 (long long)fired, (long long)slots, (long long)missed);
    if (fired < slots - missed && is_free(look, was))
        sim_fail(look->sim, "schedule %s: a slot did not fire, and nothing was in its way",
                 is->name);
    if (slots > 0 && (is->last_slot_ms != is->next_slot_ms - every_ms || is->last_slot_ms > now_ms))
        sim_fail(look->sim, "schedule %s: its slots are not dealt with in their order", is->name);
}

static void check_one(struct sight *look, const struct row_schedule *is)
{
    const struct row_schedule *was = snapshot_schedule(look->before, is->number);

    if (is->paused != 0 && is->next_slot_ms >= 0)
        sim_fail(look->sim, "schedule %s is paused and has a next slot", is->name);
    if (is->paused == 0 && is->next_slot_ms <= is->last_slot_ms)
        sim_fail(look->sim, "schedule %s: its last slot comes again", is->name);
    if (was == NULL)
        return;
    if (is->last_slot_ms < was->last_slot_ms || is->fired < was->fired)
        sim_fail(look->sim, "schedule %s goes back", is->name);
    /* After a step back and a restart it begins where the clock is. */
    if (was->version == is->version && was->paused == 0 && !look->sim->swarm.has_wall_jumps)
        check_slots(look, was, is);
    if (was->version == is->version && was->paused != 0 && was->fired != is->fired)
        sim_fail(look->sim, "schedule %s is paused and fires", is->name);
}

static bool is_gone(const struct sight *look, unsigned schedule)
{
    for (unsigned i = 0; i < look->before->schedules_len; i++)
        if (bytes_is(schedule_named(schedule), look->before->schedules[i].name) &&
            snapshot_schedule(look->after, look->before->schedules[i].number) == NULL)
            return true;
    return false;
}

void schedules_end(struct sight *look)
{
    for (unsigned i = 0; i < SCHEDULES; i++) {
        int64_t fired = 0;

        for (unsigned j = 0; j < look->after->schedules_len; j++) {
            const struct row_schedule *is = &look->after->schedules[j];
            const struct row_schedule *was = snapshot_schedule(look->before, is->number);

            if (bytes_is(schedule_named(i), is->name) && was != NULL)
                fired += is->fired - was->fired;
        }
        if (is_gone(look, i))
            continue;
        if (look->made[i] + look->clones[i] < fired ||
            (look->made[i] > fired && look->model->triggers_open[i] == 0))
            sim_fail(look->sim, "schedule %.*s made %lld tasks for %lld slots",
                     BYTES_ARG(schedule_named(i)), (long long)look->made[i], (long long)fired);
    }
    for (unsigned i = 0; i < look->after->schedules_len && !look->sim->has_failed; i++)
        check_one(look, &look->after->schedules[i]);
}

void schedules_quiet(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->schedules_len; i++) {
        const struct row_schedule *row = &now->schedules[i];
        int64_t latest_ms = row->next_slot_ms + row->jitter_ms;

        if (row->paused != 0 || !engine_is_ready(sim->engine))
            continue;
        if (row->next_slot_ms < 0 || latest_ms <= sim->now.wall_ms)
            sim_fail(sim, "schedule %s has a slot that is due and does not fire", row->name);
        else if (engine_next_due(sim->engine) > sim->now.mono_ms + latest_ms - sim->now.wall_ms)
            sim_fail(sim, "schedule %s has a slot and no timer", row->name);
    }
}
