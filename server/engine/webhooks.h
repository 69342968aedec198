/* Webhooks: their settings, and what the push room is told of them. */
#pragma once

#include "batch.h"

extern const struct target_owner webhook_owner;

/* At start. */
void webhook_load(struct engine *engine, const struct webhook_row *row);
/* Whether the token may look at webhooks, or change them: they tell of all queues. Refused when
 * not. */
bool may_use_webhooks(struct batch *batch, struct command *command);
/* By its name; refused when there is none. */
bool find_webhook(struct batch *batch, struct command *command, struct bytes name,
                  struct hot_webhook **ret_webhook);
