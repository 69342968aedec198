/* Views: what an answer shows, loaded into the command's own memory. */
#pragma once

#include "mover.h"

struct view_wants {
    bool payload, result, attempts, logs, explain;
};

/* Fill reply.view from the task's row as it stands in this batch. */
void fill_task(struct batch *batch, struct command *command, const struct task *row, struct view_wants wants);
/* A terminal state was shown to somebody who asked for it. */
void view_mark_observed(struct batch *batch, struct task *row);
void fill_worker(struct batch *batch, struct command *command, const struct hot_worker *worker,
                 struct worker_view *ret_view);
void fill_queue(struct batch *batch, struct command *command, struct hot_queue *queue, bool with_stats,
                struct queue_view *ret_view);
/* Reasons why it does not run, in the order in which the rules are applied. */
void fill_explain(struct batch *batch, struct command *command, const struct task *row, struct task_view *view);
