/* Submits: new tasks, and copies of old ones. */
#pragma once

#include "mover.h"

/* The copy that a retry with clone makes. */
void submit_clone(struct batch *batch, struct task *from, struct task *ret_task);
