/* Waiting: until a task has ended, over as many questions to the broker as that takes. */
#pragma once

#include "client.h"

/* OK: *ret_task is the ended task's JSON. WAIT_TIMEOUT: it is the task as it was last seen (nothing
 * is printed). Others: the message was printed. timeout_ms below 0: as long as it takes. A broker
 * that restarts meanwhile is waited for. */
MUST_CHECK int waiting_run(struct client *client, const char *task_id, int64_t timeout_ms,
                           struct bytes *ret_task);
/* The exit code that an ended task's state stands for; for a failed one the error is told on
 * stderr. */
int waiting_tell(struct client *client, struct bytes task);
/* "&wait=" or "?wait=" take seconds with a fraction. */
struct bytes waiting_seconds(int64_t ms, struct arena *arena);
