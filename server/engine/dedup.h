/* Dedup: a submit that meets a task of the same queue and key. */
#pragma once

#include "domain/dedup.h"
#include "mover.h"

/* A replacement ends so many tasks of its key at most; with one scope there are never more than two
 * of them. */
enum { SUPPLANTED_MAX = 10 };

struct dedup_meeting {
    enum dedup_action action;
    struct task found; /* the newest of those that count; unless MAKE */
    unsigned places;   /* that those it supplants leave in the queue at once */
    bool is_crowded;   /* there are more than it may supplant */
};

/* What a submit meets; nothing is changed. queue NULL: it is yet to be made. */
void dedup_meet(struct batch *batch, const struct hot_queue *queue, const struct task_spec *spec,
                struct dedup_meeting *ret_meeting);
/* Of action REFUSE. */
void dedup_refuse(const struct dedup_meeting *meeting, const struct dedup *dedup,
                  struct error *ret_error);
/* Of action PUT_OFF: the task that is there takes what the submit brings. */
void dedup_put_off(struct batch *batch, struct task *task, const struct task_spec *spec,
                   int64_t run_at_ms);
/* Of action SUPPLANT: end those that are there. task: the new one, which is yet to enter, and does
 * not run beside one that has yet to stop. */
void dedup_supplant(struct batch *batch, struct task *task);

/* Another live task that would be the same, if this one ran again or came into that queue. */
bool dedup_is_taken(struct batch *batch, struct task *task, int64_t queue_number,
                    struct task *ret_by);
/* Says so: 409. */
void dedup_refuse_taken(struct batch *batch, struct command *command, const struct task *by);
