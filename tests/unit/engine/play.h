/* Play: the usual things that producers, workers and operators ask of an engine on the stage, in
 * one word each. */
#pragma once

#include "stage.h"

/* Makers: a command to change before it is asked. Names are literals or live as long as the stage.
 */
struct command *to_submit(struct stage *stage, const char *queue);
struct command *to_submit_many(struct stage *stage, const char *queue, unsigned count);
struct command *to_claim(struct stage *stage, struct id worker, unsigned max, int64_t wait_ms);
struct command *to_finish(struct stage *stage, struct bytes lease, enum outcome_kind kind);
struct command *to_beat(struct stage *stage, struct id worker, int64_t wait_ms);
struct command *to_look(struct stage *stage, struct id task, int64_t wait_ms);
struct command *to_cancel(struct stage *stage, struct id task, int64_t grace_ms);
struct command *to_extend(struct stage *stage, struct bytes lease, int64_t lease_ms);
struct command *to_queue(struct stage *stage, enum command_kind kind, const char *queue);
struct command *to_edit_queue(struct stage *stage, const char *queue, unsigned has,
                              struct queue_settings settings);
struct command *to_close(struct stage *stage, const char *queue, bool now, int64_t wait_ms);
/* Every day at noon, UTC; the template is the queue's name. */
struct command *to_plan(struct stage *stage, const char *name, const char *queue);
struct command *to_schedule(struct stage *stage, enum command_kind kind, const char *name);
struct command *to_again(struct stage *stage, enum command_kind kind, struct id task);

/* Done at once; the test fails when it is refused. */
struct id submit(struct stage *stage, const char *queue);
struct id enrol(struct stage *stage, const char *queue, int32_t concurrency);
/* Claim one; NULL: there is none. It lives as long as the stage. */
const struct task *claim(struct stage *stage, struct id worker);
enum task_state finish(struct stage *stage, const struct task *task, enum outcome_kind kind);
void cancel(struct stage *stage, struct id task, int64_t grace_ms);
void beat(struct stage *stage, struct id worker);
void limit_running(struct stage *stage, const char *queue, int64_t concurrency);
void limit_pending(struct stage *stage, const char *queue, int64_t pending_limit);

/* The task as it stands, with its attempts. */
const struct task_view *view(struct stage *stage, struct id task);
enum task_state state_of(struct stage *stage, struct id task);
const struct queue_view *view_queue(struct stage *stage, const char *queue);
/* How many of the queue's tasks are in this state. */
int64_t count(struct stage *stage, const char *queue, enum task_state state);
enum err code_of(const struct command *command);
