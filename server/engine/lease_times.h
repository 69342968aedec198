/* Lease times: making a lease, showing it, and prolonging it. */
#pragma once

#include "mover.h"

/* A lease of this task for this worker, not yet in memory or rows. */
struct hot_lease *lease_make(struct batch *batch, const struct task *task,
                             struct hot_worker *worker, struct hot_queue *queue);
/* Put token and deadlines into the task that answers a claim. */
void lease_show(struct command *command, struct task *task, const struct hot_lease *lease);
struct bytes lease_text(const struct lease_row *row, struct arena *arena);
/* A parked heartbeat must be answered in time for the next one to prolong this lease. */
void lease_shortens_waits(struct engine *engine, struct hot_lease *lease);

/* A sign of life after COMMIT: the lease runs anew from this batch's moment, now for lease_ms. */
void lease_prolong(struct batch *batch, const struct lease_row *row);
/* The first sign of life is stored, later ones are not. Returns whether it was the first. */
bool lease_note_sign(struct batch *batch, struct task *task, struct lease_row *row);
/* Find the lease of a token; false: it is not, or not any more, the current one. */
bool lease_find(struct batch *batch, struct command *command, struct bytes token,
                struct lease_row *ret_row, struct lease_token *ret_token);
