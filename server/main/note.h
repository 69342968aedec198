/* Note: what this process tells the engine for the record, without waiting for an answer. */
#pragma once

#include "broker.h"
#include "tokens.h"

void note_reload(struct broker *broker, const struct tokens_change *change, bool with_tls);
/* Which tokens of the store were used since the last time. */
void note_token_uses(struct broker *broker);
