/* Webhook codec: a webhook's settings, and what a task says of who is told of its end. */
#pragma once

#include "call.h"

MUST_CHECK enum err webhook_edit_read(struct codec *codec, struct bytes text,
                                      struct webhook_edit *edit);

extern const struct shape CALLBACK_SHAPE;
field_read_fn field_callback; /* struct task_rules */
