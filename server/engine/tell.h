/* Tell: what the events say: small JSON objects in the batch's memory, never payloads or results.
 */
#pragma once

#include "batch.h"

/* {type} */
struct bytes tell_submitted(struct batch *batch, struct bytes type);
/* {worker_id, attempt, delivery} */
struct bytes tell_claimed(struct batch *batch, const struct task *task);
/* {attempt}: it has started, or succeeded. */
struct bytes tell_attempt(struct batch *batch, const struct task *task);
/* {attempt, run_at, reason, error}: the attempt that ended, and why it goes on. error: the object
 * that the task keeps, or NONE. */
struct bytes tell_retrying(struct batch *batch, const struct task *task, int32_t attempt,
                           struct bytes reason, struct bytes error);
/* {handled, attempt, error}; handled: somebody waits for this very task. */
struct bytes tell_failed(struct batch *batch, const struct task *task, struct bytes error);
/* {reason, abandoned} and, of an abandoned one, detail. Its reason is read unless it is in *task.
 */
struct bytes tell_cancelled(struct batch *batch, const struct task *task);
/* {expires_at} */
struct bytes tell_expired(struct batch *batch, const struct task *task);
/* The note as it was sent; of one above 4 KiB only its percent. */
struct bytes tell_progress(struct batch *batch, struct bytes note);
/* {at, level, logger, message}; the message is cut. */
struct bytes tell_log(struct batch *batch, const struct task_log *line);
/* {worker_id, identity} */
struct bytes tell_worker(struct batch *batch, const struct hot_worker *worker);
/* {worker_id, identity, status} */
struct bytes tell_worker_gone(struct batch *batch, const struct hot_worker *worker);
/* {name, status} */
struct bytes tell_webhook_gone(struct batch *batch, struct bytes name);
/* {free_bytes, full} */
struct bytes tell_disk(struct batch *batch, int64_t free_bytes);
/* {wal_bytes} */
struct bytes tell_wal(struct batch *batch, int64_t wal_bytes);
/* {limit, running, max, queue}: one that waits for it. */
struct bytes tell_limit_full(struct batch *batch, const struct hot_limit *limit);
/* {until} */
struct bytes tell_paused(struct batch *batch, int64_t until_ms);
