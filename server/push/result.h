/* Result: what an answer says, as the result or the error of a task. */
#pragma once

#include "domain/push_answer.h"
#include "engine/ask.h"
#include "reception.h"

/* The body of an answer that is whole. */
void result_write(struct outcome *outcome, const struct reception *reception, struct arena *mem);
void result_write_failure(struct outcome *outcome, const struct push_answer *answer,
                          const struct reception *reception, struct arena *mem);
/* What it says is copied: the memory that it was in goes. */
void result_keep(struct outcome *outcome, struct arena *mem);
