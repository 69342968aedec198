/* Lookups: finding what a command names, refusing it when it is not there. Each returns false after
 * it has refused. */
#pragma once

#include "mover.h"

struct hot_ns *command_ns(const struct batch *batch,
                          const struct command *command); /* NULL: nothing was ever made in it */
bool find_task(struct batch *batch, struct command *command, struct id id, struct task *ret_row);
bool find_worker(struct batch *batch, struct command *command, struct id id,
                 struct hot_worker **ret_worker);
/* The same for calls in its name: every queue of it is in reach. */
bool find_own_worker(struct batch *batch, struct command *command, struct id id,
                     struct hot_worker **ret_worker);
/* The same, and it asks for its tasks itself: who is pushed to is asked for by the push room alone.
 */
MUST_CHECK bool find_own_puller(struct batch *batch, struct command *command, struct id id,
                                struct hot_worker **ret_worker);
/* Queues that the caller names, made or not; out of reach: 403. */
bool may_use_queue(struct batch *batch, struct command *command, struct bytes name,
                   const char *where);
bool may_use_queues(struct batch *batch, struct command *command, const struct bytes *names,
                    unsigned len); /* of a member "queues" */
bool find_queue(struct batch *batch, struct command *command, struct bytes name,
                struct hot_queue **ret_queue);
/* If-Match. */
bool check_version(struct batch *batch, struct command *command, int64_t version, int64_t if_match);
