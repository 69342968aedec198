/* Deadline: when the clock ends a task, whatever its worker does. All times are wall times; -1:
 * none. */
#pragma once

#include "domain/task.h"

/* The members of a submit as moments: so long from now on. */
int64_t deadline_after(int64_t now_ms, int64_t duration_ms);
/* When a task that waits is ended next: its first claim must come by expires_at, its end by
 * deadline_at. -1 while it is leased, since its lease's timer knows, and when it is over. */
int64_t deadline_next_ms(const struct task *task);
/* What the clock has made of a task that waits: expired, failed, or TASK_STATE_NONE. */
enum task_state deadline_verdict(const struct task *task, int64_t now_ms);
/* When an attempt that begins now is over at the latest. */
int64_t deadline_of_attempt(const struct task *task, int64_t now_ms, int64_t timeout_ms);
/* Whether an attempt that was given until timeout_at was cut short by the task's deadline. */
bool deadline_cuts(const struct task *task, int64_t timeout_at_ms);
/* One more attempt by hand: what has passed binds no more. Returns whether anything had. */
bool deadline_forgive(struct task *task, int64_t now_ms);
