/* Push workers: workers that the broker calls at an address of theirs. They are never lost by
 * silence, live until they are deleted, and are known again by namespace, identity and address. */
#pragma once

#include "mover.h"

/* What is called; belongs to the worker. */
struct hot_target *push_worker_target(struct hot *hot, struct hot_worker *worker,
                                      const struct worker_row *row);
/* The one that has registered with this identity and address; NULL: none has. */
struct hot_worker *push_worker_known(const struct batch *batch, const struct command *command);
/* The columns of push as they stand. */
void push_worker_row(const struct hot_worker *worker, struct worker_row *row);
/* Another key, or one that is made when there is none in key; the present one signs on for a while.
 * Returns whether it is another. */
bool push_worker_rotate(const struct batch *batch, struct worker_row *row,
                        const struct signature_key *key);
/* After COMMIT: as the row says. */
void push_worker_set(struct engine *engine, struct hot_worker *worker,
                     const struct worker_row *row);
/* Before its health is noted: whether it was heard of since the last time. */
void push_worker_answered(const struct batch *batch, struct hot_target *target,
                          const struct target_health *health);
