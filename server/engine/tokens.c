/* Tokens: made, replaced and revoked. */
#include "handlers.h"

void run_MAKE_TOKEN(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_ROTATE_TOKEN(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_REVOKE_TOKEN(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}

void run_NOTE_TOKEN_USES(struct batch *batch, struct command *command)
{
    batch_answer(batch, command);
}
