/* Secret: random bytes that belong to the store, for what clients are given to bring back and must
 * not read: cursors. It outlives restarts, so that they do. */
#pragma once

#include "brain.h"

/* Load it, or make it for a new store; before the threads start. */
void secret_load(struct engine *engine);
