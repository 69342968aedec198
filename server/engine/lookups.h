/* Lookups: finding what a command names, refusing it when it is not there. Each returns false after
 * it has refused. */
#pragma once

#include "mover.h"

struct hot_ns *command_ns(struct batch *batch,
                          const struct command *command); /* NULL: nothing was ever made in it */
bool find_task(struct batch *batch, struct command *command, struct id id, struct task *ret_row);
bool find_worker(struct batch *batch, struct command *command, struct id id,
                 struct hot_worker **ret_worker);
bool find_queue(struct batch *batch, struct command *command, struct bytes name,
                struct hot_queue **ret_queue);
/* If-Match. */
bool check_version(struct batch *batch, struct command *command, int64_t version, int64_t if_match);
