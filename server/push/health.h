/* Health: how a target fares, told to the engine when it changed, and the room's metrics. */
#pragma once

#include "push_struct.h"
#include "target.h"

/* What the last failure was, in words; status 0: there was no answer. */
void health_failed(struct target *target, const struct push_answer *answer);
/* Tells if there is something new and it is time; when to look again, in the room's time. */
int64_t health_tell(struct push *push, struct target *target, struct moment now);
void health_count(struct push *push, const struct target *target, enum push_end end,
                  int64_t took_ms);
/* Gauges, once a second. */
void health_gauge(struct push *push);
