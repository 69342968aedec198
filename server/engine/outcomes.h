/* Outcomes: what workers say about how their attempts ended. */
#pragma once

#include "mover.h"

/* Settle each and put what came of it into the reply, in order. */
void outcomes_settle(struct batch *batch, struct command *command, const struct outcome *outcomes,
                     unsigned len);
