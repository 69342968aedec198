/* Closing: queues that are emptied: purge, close, and the timed end of a pause; many tasks, a slice
 * a batch. */
#pragma once

#include "mover.h"

/* A purge or the last step of a close at work. Claims from its queue are held back meanwhile. */
struct intent {
    struct list_node link;
    struct intent_row row;
    struct hot_queue *queue;
    char reason[32];
    int64_t done_to; /* tasks up to this number have been seen to */
};

void intent_start(struct batch *batch, struct hot_queue *queue, struct bytes reason);
/* At start: one that was at work when the broker stopped. */
void intent_load(struct engine *engine, const struct intent_row *row);
void intents_free(struct engine *engine);
/* A slice of each intent, and the queues whose timers are due. */
void closing_run(struct batch *batch);
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
/* Memory changed outside a batch: let the next one offer the queue to parked claims and held
 * submits. */
void queue_look_again(struct engine *engine, struct hot_queue *queue);
/* Set the queue's timer by its settings and close times. */
void queue_time(struct hot *hot, struct hot_queue *queue);
void close_view(struct batch *batch, struct command *command, struct hot_queue *queue);
void close_wait_end(struct batch *batch, struct parked *parked);
