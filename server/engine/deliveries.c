/* Deliveries: notifications on their way to webhooks. */
#include "handlers.h"
#include "parked.h"

void run_TAKE_DELIVERIES(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_SETTLE_DELIVERIES(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}
