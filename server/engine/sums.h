/* Sums: how much there is of everything. */
#pragma once

#include "batch.h"

/* Leases of the namespace that the command names, in queues that its caller reaches. */
int64_t leases_in_reach(const struct batch *batch, const struct command *command);
