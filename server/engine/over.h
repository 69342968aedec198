/* Over: what a submit meets that finds a limit full, when the limit does not let it wait: it is
 * refused, ends at once, or an older holder is asked to stop. */
#pragma once

#include "mover.h"

/* What new tasks have taken so far, from the batch's memory. */
struct over {
    struct over_use *first;
};

/* Take what the task's limits of policy reject ask, for now; false: one of them has too little, and
 * error says which. */
bool over_take(struct batch *batch, struct command *command, const struct task_spec *spec,
               struct over *over, struct error *ret_error);
/* The tasks are entered next and hold for themselves; or nothing comes of them, and what was
 * charged is given back. */
void over_end(struct batch *batch, const struct over *over, bool is_taken);
/* A new task has entered: it ends, or others are asked to, where limits say so. */
void over_entered(struct batch *batch, struct task *task, struct bytes limits);

/* The mover tells who holds units: from now on, or no more. */
void over_moved(struct batch *batch, const struct task *task, struct bytes limits, bool holds);
