/* Shutdown: the drain: nothing new, end every wait, take outcomes until no lease is live or time is
 * up. */
#pragma once

#include "batch.h"

/* Inside the transaction: end it when nothing is left to wait for. */
void shutdown_run(struct batch *batch);
void shutdown_wait_end(struct batch *batch, struct parked *parked);
