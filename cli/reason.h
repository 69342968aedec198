/* Reason: what keeps a task from running, as a sentence. */
#pragma once

#include "base/arena.h"

/* blocker: one of an explanation's, a JSON object. What no sentence tells is told behind it, so
 * that members of a newer broker are not lost. */
struct bytes reason_of(struct bytes blocker, struct arena *arena);
