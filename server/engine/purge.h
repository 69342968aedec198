/* Purge: how it is shown to who waits for it. */
#pragma once

#include "batch.h"

void purge_view(struct batch *batch, struct command *command, struct hot_queue *queue);
