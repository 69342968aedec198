/* Audit: the record of who did what, written in the transaction that does it. */
#pragma once

#include "batch.h"

struct audit_act {
    const struct hot_ns *ns; /* NULL: the broker as a whole */
    struct bytes action;     /* "queue.deleted" */
    struct bytes object;     /* NONE: none */
    struct bytes detail;     /* JSON object; NONE: {} */
};

/* command NULL: the broker itself did it. */
void audit_write(struct batch *batch, const struct command *command, const struct audit_act *act);
