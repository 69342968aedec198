/* Views: what an answer shows, loaded into the command's own memory. */
#pragma once

#include "mover.h"

struct view_wants {
    bool payload, result, attempts, logs, explain;
};

/* Fill reply.view from the task's row as it stands in this batch. */
void fill_task(struct batch *batch, struct command *command, const struct task *row,
               struct view_wants wants);
/* As a task's state is shown: what a limit holds back is blocked, though its row is ready. */
bool task_is_held(const struct batch *batch, const struct task *task);
enum task_state task_shown_state(const struct batch *batch, const struct task *task);
void task_show_state(const struct batch *batch, struct task *task);
/* The same for the sums of a queue. */
void show_held(struct queue_counts *counts, const struct batch *batch,
               const struct hot_queue *queue);
/* A terminal state was shown to somebody who asked for it. */
void view_mark_observed(struct batch *batch, struct task *row);
void fill_worker(struct batch *batch, struct command *command, const struct hot_worker *worker,
                 struct worker_view *ret_view);
enum queue_detail { QUEUE_COUNTS, QUEUE_REPLICAS, QUEUE_STATS }; /* each with what is before it */
void fill_queue(struct batch *batch, struct command *command, struct hot_queue *queue,
                enum queue_detail detail, struct queue_view *ret_view);
/* Reasons why it does not run, in the order in which the rules are applied. */
void fill_explain(struct batch *batch, struct command *command, const struct task *row,
                  struct task_view *view);
