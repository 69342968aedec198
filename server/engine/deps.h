/* Deps: tasks that come after others. A task waits until each of those has ended; if one of them
 * ended badly, its rules say what becomes of it. */
#pragma once

#include "mover.h"

/* A task that others wait for and that has ended. */
struct ended {
    struct ended *next; /* of the batch's */
    int64_t number, ns_number, queue_number;
    struct id id;
    enum task_state state;
};

/* What a new task waits for must be there. may_ref: names of the array's other members count as
 * there. */
bool deps_are_there(struct batch *batch, const struct command *command, struct bytes depends_on,
                    bool may_ref, struct error *ret_error);
/* Before task_enter(): from now on it waits for what its rules name and is not over. ret_cause: one
 * that ended badly, so that it may not run. False: there is none. */
bool deps_wait(struct batch *batch, struct task *task, struct ended *ret_cause);
/* It waits for this one as well, which it does not name, and runs whatever becomes of it. */
void deps_wait_for(struct batch *batch, struct task *task, const struct task *awaited);
/* What it waits for ended badly, and its rules do not say run: it ends. */
void deps_end(struct batch *batch, struct task *task, const struct ended *cause);
/* It has ended in the state that it is in: it waits for nothing any more, and who waits for it is
 * told by deps_settle(). */
void deps_ended(struct batch *batch, struct task *task);
/* After the commands: tell who waits for what has ended, so many in a batch; what is left over is
 * owed, over a restart as well. */
void deps_settle(struct batch *batch);
/* Of what has ended since, all is owed: there is nobody left to hand tasks out. */
void deps_put_off(struct batch *batch);
/* At start: an intent of this kind. */
void deps_load(struct engine *engine, const struct intent_row *row);
void deps_free(struct engine *engine);
