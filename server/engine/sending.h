/* Sending: deliveries on their way through the push room: handed out when they are due, settled
 * when it says how they went; and how they are shown. */
#pragma once

#include "deliveries.h"

/* What is remembered of it; strings are copied. */
struct delivery_record delivery_shown(const struct batch *batch, const struct delivery_row *row,
                                      struct arena *arena);
/* Answer with one: now, or when it has been tried. */
void delivery_answer(struct batch *batch, struct command *command, struct hot_webhook *webhook,
                     const struct delivery_row *row);
