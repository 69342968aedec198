/* Heartbeats: signs of life of workers and leases, and the way a cancel reaches a worker. */
#pragma once

#include "mover.h"

/* A cancel was asked of this lease: its worker's parked heartbeats are answered. */
void heartbeats_tell(struct batch *batch, const struct lease_row *lease);
/* After COMMIT of an order to the worker: answer its parked heartbeats soon. */
void worker_ordered(struct engine *engine, struct hot_worker *worker);
const char *worker_mode_name(enum worker_mode mode);
/* Its answer prolongs leases; another that is parked only waits for news. */
bool heartbeat_renews(const struct parked *parked);
/* The wait is over. */
void heartbeat_end(struct batch *batch, struct parked *parked);
