/* Parked end: a wait that ends before what it waited for has happened. */
#pragma once

#include "batch.h"

/* Answer a parked command that is not answered yet: its time is over (timed_out), or the broker
 * drains. */
void parked_end(struct batch *batch, struct parked *parked, bool timed_out);
