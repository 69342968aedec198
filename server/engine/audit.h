/* Audit: the record of who did what, written in the transaction that does it. */
#pragma once

#include "base/json_out.h"
#include "batch.h"

struct audit_act {
    const struct hot_ns *ns; /* NULL: the broker as a whole, or ns_name */
    struct bytes ns_name;    /* a namespace that need not be known yet; NONE: see ns */
    struct bytes action;     /* "queue.deleted" */
    struct bytes object;     /* NONE: none */
    struct bytes detail;     /* JSON object without blanks and line ends; NONE: {} */
};

/* command NULL: the broker itself did it. */
void audit_write(struct batch *batch, const struct command *command, const struct audit_act *act);
void audit_queue(struct batch *batch, const struct command *command, const char *action,
                 const struct hot_queue *queue, struct bytes detail);

/* A detail under way: an object, open for members. */
struct audit_detail {
    struct buffer buffer;
    struct json_out out;
};
void audit_detail_begin(struct audit_detail *detail);
struct bytes audit_detail_end(struct audit_detail *detail, struct arena *arena);
/* {"before":{...},"after":{...}}: the settings that differ. */
struct bytes audit_settings(const struct batch *batch, const struct queue_settings *before,
                            const struct queue_settings *after);

/* What is loaded at start: where the chain goes on; then broker.started, in a transaction of its
 * own. A disk without room for it does not keep the broker from starting. */
void audit_start(struct engine *engine);
/* Rows that are old enough leave. */
int64_t audit_sweep(struct batch *batch, unsigned max);
