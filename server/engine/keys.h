/* Keys: idempotency keys, stored in the transaction that they speak of. */
#pragma once

#include "mover.h"

/* Take care of a command whose key is known: replay, refuse, or park it behind the first. False: it
 * is the first. */
bool key_handles(struct batch *batch, struct command *command);
/* The command has decided: keep its answer. task -1: it made no single task. */
void key_keep(struct batch *batch, struct command *command, int64_t task);
/* The command is held: others with its key wait. */
void key_open(struct batch *batch, struct command *command);
/* After COMMIT: the command is answered, those behind it go on. */
void key_close(struct engine *engine, struct command *command);

void keys_free(struct engine *engine);

/* The key of one line of a stream. */
bool key_replays_item(struct batch *batch, const struct command *command,
                      const struct task_spec *spec, struct submit_item *item);
void key_keep_item(struct batch *batch, const struct command *command, const struct task_spec *spec,
                   const struct submit_item *item);
