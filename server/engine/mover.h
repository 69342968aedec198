/* Mover: the only place where a task's state changes; rows, counts, events and waiters follow in
 * one step.
 *
 * Any move to an end may move others, the next of its ordering key and those that depend on it: a
 * struct task that is held across a move of another task is stale, and is to be loaded again. */
#pragma once

#include "batch.h"

/* Admit a new task: row, body, count, event. task has number, id, queue, class, state and times. */
void task_enter(struct batch *batch, struct task *task, const struct task_spec *spec);
/* What is kept of a task to begin with, as its namespace's bytes_limit counts it. */
int64_t task_spec_bytes(const struct task_spec *spec);
/* The same for a copy of another task's body; task has bytes as well. */
void task_enter_copy(struct batch *batch, struct task *task, int64_t from_number);
/* The same, without the other's retry policy and rules. */
void task_enter_bare(struct batch *batch, struct task *task, int64_t from_number);
/* Move along a legal edge and write all that changed in *task with it. event EVENT_NONE: none is
 * told. */
void task_move(struct batch *batch, struct task *task, enum task_state to, enum event_kind event,
               struct bytes data);
/* Write the times that end it; a move does so of itself. */
void task_set_ending(struct batch *batch, const struct task *task);
/* The result and error that are kept of it are so long now; a move writes it. */
void task_set_end_bytes(struct batch *batch, struct task *task, size_t end_bytes);
/* It has another payload and headers now; a move or a change of place writes it. */
void task_set_spec_bytes(struct batch *batch, struct task *task, const struct task_spec *spec);
/* Write a change of place (queue, class, priority, due time) that keeps the state. */
void task_replace(struct batch *batch, struct task *task, struct hot_shelf *from);
/* Write a visible change that keeps state and place. */
void task_touch(struct batch *batch, struct task *task);
/* Take a terminal task out for good. */
void task_remove(struct batch *batch, struct task *task);

struct hot_queue *task_queue(const struct batch *batch, const struct task *task);
struct hot_shelf *task_shelf(const struct batch *batch, const struct task *task);
/* The retry policy in effect now: built-in, queue's, task's. Loads the task's. */
struct retry_policy task_retry(struct batch *batch, struct task *task);
/* Fill in names and what else a view shows. */
void task_name(const struct batch *batch, struct task *task);
