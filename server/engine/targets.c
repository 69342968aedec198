/* Targets: what the push room is told of endpoints, and what it tells. */
#include "handlers.h"
#include "parked.h"

void run_WATCH_TARGETS(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_NOTE_TARGET(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}
