/* Fair: shares of a queue's dispatches, by key within one priority. Self-clocked fair queueing
 * (Golestani, 1994): a task that becomes ready gets max(virtual time, end of its key's last task) +
 * what it takes of the share, and stands in line by that; the virtual time is that of the task
 * handed out last. A key whose end the virtual time has reached is forgotten. */
#pragma once

#include "batch.h"

struct fair_ask {
    struct hot_queue *queue;
    int32_t priority;
    struct bytes key;
    int64_t step; /* what one task takes: SHARE_UNIT by its weight */
    /* It was held back or has been tried before: its key pays as for any other, and it stands as if
     * its key had nothing else waiting, not behind a backlog that came after it. */
    bool comes_back;
};

/* Where the task stands. */
int64_t fair_enter(struct batch *batch, const struct fair_ask *ask);
/* It goes without having been handed out: its key gets back what it took. */
void fair_leave(struct batch *batch, const struct fair_ask *ask);
/* It is handed out; share: where it stood. */
void fair_serve(struct batch *batch, const struct fair_ask *ask, int64_t share);

/* Before COMMIT: the rows. */
void fair_write(struct batch *batch);
void hot_fair_settle(struct hot *hot, bool keep);
/* At start. */
void fair_load(struct hot *hot, struct db *db);
void hot_free_levels(struct hot_queue *queue);
