/* Timers: everything that happens because time has passed, in one place. */
#pragma once

#include "batch.h"

/* Inside the transaction: do what is due, a bounded amount. */
void timers_run(struct batch *batch);
bool timers_are_due(const struct engine *engine);
/* How long nothing will be due, 0 when something is; at most a second, so that steps of the wall
 * clock are seen. */
int64_t timers_idle_ms(const struct engine *engine);
/* For manual time: the earliest due moment as monotonic ms; INT64_MAX: none. */
int64_t timers_next_mono(const struct engine *engine);
