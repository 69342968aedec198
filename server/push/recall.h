/* Recall: a task whose cancel was asked for while an endpoint has it: DELETE push_url/ID, and when
 * its grace time is over the request is cut. */
#pragma once

#include "sending.h"

struct recall {
    struct list_node link; /* of its target */
    struct list_node turn; /* of its target: not sent yet */
    struct target *target;
    struct arena *mem;
    struct bytes lease;
    struct id task;
    struct exchange *exchange; /* NULL: answered, or not sent yet */
    bool is_moot;              /* the task ended first */
    int64_t ends_ms;           /* the grace time */
};

/* What a heartbeat tells; what is known already is left as it is. */
void recalls_hear(struct push *push, struct target *target, const struct heartbeat_cancel *cancel);
/* Send those that there is room for; when to look again, INT64_MAX: all are sent. */
int64_t recalls_send(struct push *push, struct target *target);
/* A request of this lease has ended by itself. */
void recalls_note_end(struct target *target, struct bytes lease, enum push_end end);
/* End those whose grace time is over; when the next one's is, INT64_MAX: none. */
int64_t recalls_end_late(struct push *push, struct target *target);
void recall_end(struct push *push, struct recall *recall);

/* Of tasks.c: the endpoint has stopped it. */
void tasks_cancelled(struct push *push, struct target *target, struct bytes lease);
