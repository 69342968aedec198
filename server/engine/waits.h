/* Waits: parked commands that wait for a task to get somewhere. */
#pragma once

#include "mover.h"

/* Answer now if it is over or nothing is to be waited for, else park. */
void wait_or_answer(struct batch *batch, struct command *command, struct task *row);
/* Before COMMIT: answer those whose task got there in this batch. */
void waits_settle(struct batch *batch);
/* The wait's time is over, or the broker drains: answer with the state so far. */
void wait_end(struct batch *batch, struct parked *parked, bool timed_out);
/* Cancel tasks whose last waiter went away, if they asked for it. */
void waits_sweep(struct batch *batch);
