/* Submits: new tasks, and copies of old ones. */
#pragma once

#include "mover.h"

/* A new task that nothing was said about but where it goes and when it is due. */
struct task submit_blank(struct batch *batch, const struct hot_queue *queue,
                         const struct hot_class *of_class, int64_t run_at_ms);
/* The copy that a retry with clone makes. */
void submit_clone(struct batch *batch, struct task *from, struct task *ret_task);
