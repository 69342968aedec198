/* Firing: making the tasks of one schedule, within one batch. */
#pragma once

#include "mover.h"

struct firing {
    struct batch *batch;
    const struct hot_schedule *schedule;
    struct schedule_state state; /* as it will be */
    struct task_spec spec;       /* of its tasks, once the template was read */
    bool is_read;
    struct error error; /* why the last slot made no task */
    struct task made;   /* the last one */
    bool is_joined;     /* it was there already: its dedup key says that they are the same */
};

void firing_begin(struct firing *firing, struct batch *batch, const struct hot_schedule *schedule);
/* Make a task, whatever else of the schedule's is not over. False: firing->error. */
bool firing_make(struct firing *firing);
/* The same for a slot: what is not over is heeded, and what becomes of the slot is counted. */
void firing_slot(struct firing *firing, int64_t slot_ms);
/* A slot that makes no task. */
void firing_skip(struct firing *firing, int64_t slot_ms);
