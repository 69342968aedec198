/* Namespaces: their quotas, and what they hold. */
#include "handlers.h"

void run_LIST_NS(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_GET_NS(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_PUT_NS(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}
