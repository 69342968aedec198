/* Submits: new tasks, and copies of old ones. */
#pragma once

#include "admission.h"
#include "mover.h"

/* A new task that nothing was said about but where it goes and when it is due. */
struct task submit_blank(struct batch *batch, const struct hot_queue *queue,
                         const struct hot_class *of_class, int64_t run_at_ms);
/* The copy that a retry with clone makes. */
void submit_clone(struct batch *batch, struct task *from, struct task *ret_task);
/* A task that no request brought: admitted, or refused, as a submit of one with these contents
 * would be, by command->by in command->ns. REFUSE: command->reply.error says why. JOIN: ret_task is
 * the one that is there already. It is never held. */
enum verdict submit_made(struct batch *batch, struct command *command, struct task *ret_task);
