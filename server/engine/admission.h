/* Admission: whether a submit may come in, in this order: bounds, dedup, room, quotas. Nothing is
 * changed but what a rate has left. */
#pragma once

#include "dedup.h"

enum admission { ADMITTED, QUEUE_IS_CLOSED, QUEUE_IS_FULL, IS_TOO_FAR_OFF };

/* Say why it was not admitted. */
void admission_refuse(const struct hot_queue *queue, enum admission admission,
                      struct error *ret_error);
enum verdict { TAKE, JOIN, HOLD, REFUSE };

/* Where a submit goes: a queue, NULL when it is yet to be made; and whom it meets there. */
struct aim {
    struct hot_queue *queue;
    struct dedup_meeting meeting;
};

/* Who is the same as one that is there needs no room. */
enum verdict admission_meet(struct batch *batch, const struct task_spec *spec, struct aim *aim,
                            struct error *ret_error);
/* A full queue may hold a task; the quotas of a namespace never do. What is refused takes nothing
 * and makes no names; who is held pays when its turn has come. */
enum verdict admission_decide(struct batch *batch, struct command *command, unsigned nth,
                              struct aim *ret_aim, struct error *ret_error);
/* All or none: the first task that would not fit refuses the whole. */
bool admission_fits_all(struct batch *batch, struct command *command);
