/* Intents: tasks of a queue that are to be cancelled, as of now: a purge, or the last step of a
 * close. Claims from the queue are held back meanwhile. */
#pragma once

#include "batch.h"

/* What a row is for. */
enum intent_kind {
    INTENT_CANCEL = 1,
    INTENT_TELL = 2, /* of deps.h: who waits for the task up_to is still to be told how it ended */
};

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
/* A slice of each. */
void intents_run(struct batch *batch);
void intents_free(struct engine *engine);
