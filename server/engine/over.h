/* Over: what a submit meets that finds a limit full, when the limit does not let it wait: it is
 * refused, ends at once, or an older holder is asked to stop. */
#pragma once

#include "mover.h"

/* What new tasks have taken so far, from the batch's memory. */
struct over {
    struct over_use *first;
};

/* At admission: take what the task's limits of policy reject ask, for now; false: one of them has
 * too little, and error says which. */
bool over_take(struct batch *batch, struct command *command, const struct task_spec *spec,
               struct over *over, struct error *ret_error);
/* The tasks are entered next and hold for themselves; or nothing comes of them, and what was
 * charged is given back. */
void over_settle(struct batch *batch, const struct over *over, bool is_taken);

/* When it enters, in this order. Before it has a row: whether none of its limits ends it. */
bool over_judge(struct batch *batch, const struct task *task);
/* Take it from the rates that are charged at submit, and note which; when it is to end, it gets
 * back what it has paid already. */
void over_charge(struct batch *batch, struct task *task, bool lives);
/* When it has one: it ends by a limit, or older ones are asked to make room for it. */
void over_end(struct batch *batch, struct task *task);
void over_stop(struct batch *batch, struct task *task);

/* The mover tells, before it writes the row: it may be asked to make room from now on, or no more.
 */
void over_hold(struct batch *batch, struct task *task, struct bytes limits);
void over_leave(struct batch *batch, struct task *task, struct bytes limits);
