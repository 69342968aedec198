/* Cancels: ending a task that is not wanted any more. */
#pragma once

#include "mover.h"

#include "domain/bounds.h"

struct cancel_how {
    struct bytes reason;
    int64_t grace_ms;
    bool hastens; /* a longer grace that was given before ends with this one */
};

/* What has not been handed out is cancelled at once; of what runs it is asked, and its worker is
 * told. Terminal tasks stay as they are; so does a cancel asked before, unless this one hastens it.
 */
void cancel_task(struct batch *batch, struct task *task, const struct cancel_how *how);
