/* Queue due: the timer of a queue: the end of a pause, the next step of a close, or somebody to be
 * looked at. */
#pragma once

#include "batch.h"

/* Memory changed outside a batch: let the next one offer the queue to parked claims and held
 * submits. */
/* Its rate has nothing left for so long. */
void queue_wake_in(const struct batch *batch, struct hot_queue *queue, int64_t wait_ms);
void queue_look_again(struct engine *engine, struct hot_queue *queue);
/* Set the queue's timer by its settings and close times. */
void queue_time(struct hot *hot, struct hot_queue *queue);
/* Queues whose rate has something again are offered. */
void queue_rates_run(struct batch *batch);
/* The queues whose timers are due. */
void queues_run(struct batch *batch);

bool pause_is_over(const struct queue_settings *settings, int64_t now_ms);
void pause_end(struct queue_settings *settings);
