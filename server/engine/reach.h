/* Reach: what whoever asks may use and see: things of the command's namespace, of queues that the
 * token's globs match. Pure, for any thread; a command without a principal reaches everything. */
#pragma once

#include "hot.h"

/* The grant holds for the namespace of the command. What is asked of the broker as a whole has
 * none, though it carries one. */
bool reaches_ns(const struct command *command);
bool reaches_all_queues(const struct command *command);
/* A queue of the command's namespace by its name, made or not. */
bool reaches_name(const struct command *command, struct bytes queue);
/* The same of one that was found by other means; NULL: none was. */
bool reaches_queue(const struct command *command, const struct hot_queue *queue);
/* One of its queues is enough to see a worker, and all of them are wanted to speak for it. */
bool sees_worker(const struct command *command, const struct hot_worker *worker);
bool speaks_for_worker(const struct command *command, const struct hot_worker *worker);
/* How many of its slots are used, by tasks of queues in reach. */
int64_t running_in_reach(const struct command *command, const struct hot_worker *worker);
/* What is refused is what was asked, so that it tells nothing of what is there. */
void reach_refuse(struct error *ret_error, const char *where, struct bytes queue);
