/* Queue codec: settings, and the bodies of the verbs under /v1/queues. */
#pragma once

#include "codec.h"
#include "engine/command.h"

MUST_CHECK enum err queue_edit_read(struct codec *codec, struct bytes text,
                                    struct queue_edit *edit);
MUST_CHECK enum err queue_pause_read(struct codec *codec, struct bytes text,
                                     struct queue_name *pause);
MUST_CHECK enum err queue_close_read(struct codec *codec, struct bytes text,
                                     struct queue_close *close);
