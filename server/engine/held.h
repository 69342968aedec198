/* Held: submits that wait until their queue has room, first come first. */
#pragma once

#include "admission.h"

/* Of a piece of a stream it is the first that was held; the others have yet to wait. */
bool held_has_waited(const struct submit *submit, unsigned nth);
void held_add(struct batch *batch, struct command *command, struct hot_queue *queue);
/* A queue has, or may have, room again: let held submits go on after COMMIT, first come first. */
void held_go_on(struct batch *batch, struct hot_queue *queue);
/* The wait's time is over, the queue closed, or the broker drains: say no. */
void held_end(struct batch *batch, struct parked *parked);
/* A cut stream keeps what was taken and brings no more: give its held piece back. */
void held_sweep(struct batch *batch);
/* The queue closes in this batch. */
void held_refuse_closed(struct batch *batch, struct parked *parked);
