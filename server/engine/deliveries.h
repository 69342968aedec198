/* Deliveries: what webhooks are to be told, written in the transaction of the event, in order for
 * each task. */
#pragma once

#include "batch.h"

/* An event has its row: whoever wants it gets one of his own. task NULL: it is not about one. */
void deliveries_tell(struct batch *batch, const struct event_row *row, const struct task *task);
/* Whether the webhook that a new task's end is to be told to is there; else error says so. */
bool callback_is_there(const struct batch *batch, struct bytes ns, const struct task_rules *rules,
                       struct error *ret_error);
/* Write one: number and time to be sent are set. False: too many are due already. */
bool delivery_put(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row);
/* One leaves a state, or comes into it. */
void delivery_count(struct batch *batch, struct hot_webhook *webhook, enum delivery_state state,
                    int64_t by);
/* It is delivered or dead: the next of its task has its turn, and the oldest that are over may go.
 */
void delivery_over(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row,
                   enum delivery_state state);
/* Count it among the metrics. */
void delivery_note_end(const struct batch *batch, const struct delivery_row *row, const char *end);
/* Something may be due, or come to be: those who wait for it are offered it by this batch. */
void deliveries_look(struct batch *batch, struct hot_webhook *webhook);
/* By the clock: what falls due. */
void deliveries_run(struct batch *batch);
/* Rows that nobody remembers leave; returns how many. */
int64_t deliveries_sweep(struct batch *batch, unsigned max);
/* At start, after the webhooks. */
void deliveries_load(struct engine *engine);

/* In sending.c: hand out what is due to those who wait for it, before COMMIT, */
void deliveries_offer(struct batch *batch);
/* and the end of a wait for a test. */
void delivery_wait_end(struct batch *batch, struct parked *parked);
