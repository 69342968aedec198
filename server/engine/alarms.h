/* Alarms: what is told of queues, limits and the broker itself when something has become so, and
 * not again while it stays so. */
#pragma once

#include "batch.h"

void alarms_init(struct alarms *alarms);
/* After COMMIT, before the batch's counts are folded: queues that have become empty. */
void alarms_note_empty(struct batch *batch);
/* By the clock: queues that have been empty for long enough. */
void alarms_run(struct batch *batch);
/* Before COMMIT: limits that were found full. */
void alarms_tell_limits(struct batch *batch);
/* By the broom: the disk and the log. */
void alarms_look(struct batch *batch);
