/* Quotas: what a namespace may still take up, by its own quotas and by the broker's bounds. What
 * the batch at work adds is counted, so that no two submits can share the last place. */
#pragma once

#include "batch.h"

/* What is asked of a namespace at once, besides what it holds. */
struct intake {
    int64_t tasks, bytes;
    int64_t queues;      /* that do not exist */
    int64_t queue_names; /* of them, those that never did: a deleted one keeps its place */
    int64_t classes;     /* types that were never asked for, alone or with a worker */
};

void intake_add_queue(struct intake *intake, const struct hot_ns *ns, struct bytes queue);
void intake_add_class(struct intake *intake, const struct hot_ns *ns, struct bytes type,
                      struct bytes requires);

/* There may be no place for another class: only then is it worth while to look which are known. */
/* Whether a task with such rules may get a line of its own. */
bool quota_has_line(const struct batch *batch, const struct task_rules *rules,
                    struct error *ret_error);
bool quota_is_short_of_classes(const struct batch *batch, const struct hot_ns *ns);
/* Whether the namespace takes all of it; else error says why not. ns NULL: one of that name is yet
 * to be made. Who is bound by his token has seven eighths of the broker's bounds. */
bool quota_fits(const struct batch *batch, const struct command *command, struct bytes name,
                const struct hot_ns *ns, const struct intake *intake, struct error *ret_error);
/* The same by its name. */
bool quota_allows(const struct batch *batch, const struct command *command, struct bytes name,
                  const struct intake *intake, struct error *ret_error);
/* The same, and the command is refused when not. */
bool quota_admits(struct batch *batch, struct command *command, const struct intake *intake);
/* Whether one more worker may register; refused when not. */
bool quota_admits_worker(struct batch *batch, struct command *command);
/* Whether one more token may be kept; refused when not. */
bool quota_admits_token(struct batch *batch, struct command *command);
/* Whether one more limit or rule may be declared; refused when not. */
bool quota_admits_limit(struct batch *batch, struct command *command);
/* Whether one more schedule may be made; refused when not. */
bool quota_admits_schedule(struct batch *batch, struct command *command);
/* Whether one more webhook may be made; refused when not. */
bool quota_admits_webhook(struct batch *batch, struct command *command);
/* How much may be due to one webhook. */
int64_t quota_deliveries(const struct batch *batch);
/* Take new tasks from the namespace's rate, all or none; what the batch does not do is given back.
 * ns NULL: it is yet to be made. When there are too few, error says so and the reply when there
 * will be enough. */
bool quota_charge(struct batch *batch, struct command *command, struct hot_ns *ns, int64_t tasks,
                  struct error *ret_error);
