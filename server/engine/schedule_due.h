/* Schedule due: the slots that have come. Each is dealt with once: the schedule's next slot moves
 * on in the transaction that makes the task. */
#pragma once

#include "batch.h"

/* At start: take up a row. */
void schedule_load(struct engine *engine, const struct schedule_row *row);
/* The first slot that a schedule which starts now deals with; -1: there is none. */
int64_t schedule_first_slot_ms(const struct cron *cron, const struct zone *zone,
                               int64_t last_slot_ms, int64_t now_ms);
/* A bounded number of what is due. */
void schedules_run(struct batch *batch);
/* When the next one is, wall ms; INT64_MAX: never, or not now. */
int64_t schedules_next_ms(const struct engine *engine);
