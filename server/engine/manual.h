/* Manual time: a clock that only commands move. */
#pragma once

#include "brain.h"

/* The command at work has committed: go to its time, one due moment after the other, so that each
 * thing happens at its own time; then answer it. */
void manual_advance(struct engine *engine);
