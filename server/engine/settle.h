/* Settle: how an attempt ends, and what becomes of its task. Each function ends the lease in the
 * same transaction. */
#pragma once

#include "mover.h"

struct settling {
    struct task task;
    struct lease_row lease;
};

/* The worker's word. A cancel that was asked for wins over all but success. */
void settle_succeeded(struct batch *batch, struct settling *settling, const struct body *result);
struct failed_how {
    enum attempt_outcome outcome; /* FAILED or TIMEOUT */
    struct bytes error;           /* JSON object */
    struct bytes type;            /* unescaped, for non_retryable */
    bool retryable;
    int64_t delay_ms; /* the worker's wish; -1: the policy's */
};
void settle_failed(struct batch *batch, struct settling *settling, const struct failed_how *how);
/* error: why, or NONE; the attempt keeps it, the task does not. */
void settle_released(struct batch *batch, struct settling *settling, struct bytes error);
void settle_snoozed(struct batch *batch, struct settling *settling, int64_t delay_ms);
void settle_cancelled(struct batch *batch, struct settling *settling, struct bytes error);
/* The broker's. */
void settle_timed_out(struct batch *batch, struct settling *settling);
void settle_lost(struct batch *batch, struct settling *settling);
void settle_answer_lost(struct batch *batch, struct settling *settling);
/* Its worker signed off without a word about it. */
void settle_left(struct batch *batch, struct settling *settling);
/* End a task that waits, if it has expired or its deadline has passed. False: it may go on. */
MUST_CHECK bool settle_overdue(struct batch *batch, struct task *task);
/* It ends as failed without having run. */
void settle_without_attempt(struct batch *batch, struct task *task, struct bytes error);
/* The cancel's grace is over and the worker said nothing. */
void settle_abandoned(struct batch *batch, struct settling *settling);

/* The error object that a task and its attempt keep, from the parts as they were sent. */
struct bytes failure_object(const struct failure *failure, struct arena *arena);
