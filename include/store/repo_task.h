/* Task repo: rows of tasks and of what belongs to them. Loaded strings are copied into the arena.
 * Engine thread (writer) or a reader's thread, whichever owns the connection. Failures stick to the
 * db. */
#pragma once

#include "domain/task.h"
#include "store/db.h"

int64_t task_last_number(struct db *db);

/* The row, its body and its tags. Of task: number, id, ns, queue, class, state, priority, times,
 * bytes and own lease settings. */
void task_insert(struct db *db, const struct task *task, const struct task_spec *spec,
                 struct arena *arena);
/* The same body under a new number, with the task's own rules. */
void task_insert_copy(struct db *db, const struct task *task, int64_t from_number,
                      struct arena *arena);
/* The same, without its retry policy and rules. */
void task_insert_bare(struct db *db, const struct task *task, int64_t from_number);
/* The hot row only. False: there is none. */
bool task_load(struct db *db, struct id id, struct task *ret_task);
bool task_load_number(struct db *db, int64_t number, struct task *ret_task);
/* Read a row in the column order that every task query shares. */
void task_read_row(struct db_rows *rows, struct task *ret_task);
/* Write the hot row after a move; it must still be in state from. */
void task_save_move(struct db *db, const struct task *task, enum task_state from);
/* Write the times that end it, and which of them counts in its state. */
void task_save_ending(struct db *db, const struct task *task);
/* Write version, flags, cancel request and start; the state and what indexes read stay. */
void task_save_touch(struct db *db, const struct task *task);
/* Others wait for it: a flag that changes no version. */
void task_save_awaited(struct db *db, int64_t number);
/* Everything of it; tags as loaded. */
void task_delete(struct db *db, const struct task *task);

/* Content type, headers, tags, name, traceparent, retry, and the payload if asked. */
void body_load(struct db *db, struct task *task, bool with_payload, struct arena *arena);
/* Only the retry policy: what a failure needs. */
void body_load_retry(struct db *db, struct task *task, struct arena *arena);
/* Only the rules; nothing when it has none, or they are loaded. */
void body_load_rules(struct db *db, struct task *task, struct arena *arena);
/* Another payload, content type and headers. */
void body_renew(struct db *db, int64_t number, const struct task_spec *spec);
/* Store name and tags anew; old_tags are what it had. */
void body_save_label(struct db *db, const struct task *task, struct bytes old_tags);
bool body_name(struct db *db, int64_t number, struct arena *arena, struct bytes *ret_name);
bool task_has_tag(struct db *db, int64_t ns, struct bytes tag, int64_t number);

/* Result, error, cancel reason, progress, checkpoint; nothing when has_results is false. */
void result_load(struct db *db, struct task *task, struct arena *arena);
void result_load_rest(struct db *db, struct task *task,
                      struct arena *arena); /* all but the result, which may be large */
void result_save_end(struct db *db, int64_t number, const struct body *result, struct bytes error);
void result_save_reason(struct db *db, int64_t number, struct bytes reason);
void result_save_progress(struct db *db, int64_t number, struct bytes progress);
void result_save_checkpoint(struct db *db, int64_t number, struct bytes checkpoint);
void result_forget_end(struct db *db, int64_t number);
struct bytes result_reason(struct db *db, int64_t number, struct arena *arena);
struct bytes result_error(struct db *db, int64_t number, struct arena *arena);

struct attempt_end {
    int64_t task;
    const struct attempt *attempt;
    struct bytes nonce;
};
void attempt_insert(struct db *db, const struct attempt_end *end);
void attempts_load(struct db *db, int64_t number, struct arena *arena,
                   struct attempt **ret_attempts, unsigned *ret_len);
/* What is known of an attempt that is over: for the repeat of an outcome. */
bool attempt_find(struct db *db, int64_t number, int32_t delivery, struct arena *arena,
                  struct bytes *ret_nonce, struct attempt *ret_attempt);

struct task_log {
    int64_t at_ms;
    struct bytes level, logger, message;
};
enum { TASK_LOGS_MAX = 1000 }; /* the oldest go */
void logs_append(struct db *db, int64_t number, const struct task_log *lines, unsigned lines_len);
void logs_load(struct db *db, int64_t number, struct arena *arena, struct task_log **ret_lines,
               unsigned *ret_len);
