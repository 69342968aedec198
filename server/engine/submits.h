/* Submits: new tasks, and those that are held until their queue has room. */
#pragma once

#include "mover.h"

/* A queue has, or may have, room again: let held submits go on after COMMIT, first come first. */
void held_go_on(struct batch *batch, struct hot_queue *queue);
/* The wait's time is over, the queue closed, or the broker drains: say no. */
void held_end(struct batch *batch, struct parked *parked);
/* A cut stream keeps what was taken and brings no more: give its held piece back. */
void held_sweep(struct batch *batch);
/* The queue closes in this batch. */
void held_refuse_closed(struct batch *batch, struct parked *parked);
/* The copy that a retry with clone makes. */
void submit_clone(struct batch *batch, struct task *from, struct task *ret_task);
