/* Queue codec: settings, and the bodies of the verbs under /v1/queues. */
#pragma once

#include "codec.h"
#include "engine/command.h"

MUST_CHECK enum err queue_edit_read(struct bytes text, struct arena *arena, struct queue_edit *edit,
                                    struct error *error);
MUST_CHECK enum err queue_pause_read(struct bytes text, struct arena *arena,
                                     struct queue_name *pause, struct error *error);
MUST_CHECK enum err queue_close_read(struct bytes text, struct arena *arena,
                                     struct queue_close *close, struct error *error);
