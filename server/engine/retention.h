/* Retention: notes what finishes, and deletes what has been kept for long enough. */
#pragma once

#include "batch.h"

/* A task that has just finished. */
void retention_note(struct batch *batch, const struct task *task);
/* Before COMMIT: write down what was noted. */
void retention_write(struct batch *batch);
/* Delete a bounded number of what is due, few while commands wait. */
void retention_run(struct batch *batch);
/* The queue's settings or counts are others: set its timer anew. */
void retention_time(struct hot *hot, struct hot_queue *queue);
/* At start, when queues and counts are loaded: look at every queue that has finished tasks. */
void retention_load(struct hot *hot);
/* When there is something to delete, as monotonic ms; INT64_MAX: never. */
int64_t retention_next_mono(const struct engine *engine);
