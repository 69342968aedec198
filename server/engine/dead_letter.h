/* Dead letter: the copy of a task that failed for good, in the queue that its queue names. */
#pragma once

#include "mover.h"

/* A task has failed: make its copy, if its queue asks for one. Returns the event's data with what
 * became of that; data is a JSON object. */
struct bytes dead_letter_make(struct batch *batch, const struct task *task, struct bytes data);
/* A failed task runs once more: what was copied of it and never claimed is cancelled. False: a copy
 * was claimed and is not over, the command is refused. */
bool dead_letter_may_redrive(struct batch *batch, struct command *command,
                             const struct task *original);
void dead_letter_redrive(struct batch *batch, const struct task *original);
