/* Order: tasks of one queue with one ordering key run one after the other, in the order in which
 * they were submitted; the first of the line has the turn until it is over. */
#pragma once

#include "mover.h"

/* Before task_enter() or a move: stand at the end of its line, if its rules name one. */
void order_join(struct batch *batch, struct task *task, int64_t place);
/* The same once more, behind all who stand there now, unless it still has a place. Loads its
 * rules. */
void order_join_again(struct batch *batch, struct task *task);
/* Its queue is another now. */
void order_change(struct batch *batch, struct task *task);
bool order_has_turn(struct batch *batch, const struct task *task);
/* It has ended in the state that it is in: the next has the turn, unless it blocks them. */
void order_ended(struct batch *batch, struct task *task);
/* It goes for good. */
void order_leave(struct batch *batch, struct task *task);
