/* Closing: queues that are emptied and take no more. */
#pragma once

#include "mover.h"

/* Before COMMIT: queues that became empty while closing are closed. */
void closing_settle(struct batch *batch);

struct closing_step {
    enum queue_closing closing;
    int64_t cancel_at_ms, end_at_ms;
};
/* Row now, memory after COMMIT. */
void closing_step_to(struct batch *batch, struct hot_queue *queue, struct closing_step step);
/* A task of this queue was abandoned; a close tells of it. */
void closing_note_abandoned(struct batch *batch, struct hot_queue *queue, struct id task);
/* What is left when the close's wait is over is asked to stop. */
void closing_go_on(struct batch *batch, struct hot_queue *queue);
void close_view(struct batch *batch, struct command *command, struct hot_queue *queue);
void close_wait_end(struct batch *batch, struct parked *parked);
