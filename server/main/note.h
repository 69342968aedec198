/* Note: what this process tells the engine for the record, without waiting for an answer. */
#pragma once

#include "broker.h"
#include "tokens.h"

void note_tokens_reloaded(struct broker *broker, const struct tokens_change *change);
void note_tls_reloaded(struct broker *broker, bool is_modified);
/* reason holds no token. */
void note_not_reloaded(struct broker *broker, const char *setting, const char *reason);
