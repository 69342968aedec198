/* Leases: what a worker may do with one while it holds it. */
#pragma once

#include "mover.h"

/* Keep a progress note of a live lease's task. */
void progress_keep(struct batch *batch, int64_t task, const struct progress_note *note);
