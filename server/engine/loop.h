/* Loop: the engine's thread: commands in, batches, checkpoints. */
#pragma once

#include "brain.h"

/* Wait until the thread has ended; nothing when there is none. */
void loop_stop(struct engine *engine);
