/* Turns: at the end of each turn of the loop the targets that something happened to are served, one
 * after the other; where room is short, who has waited longest is served first. */
#pragma once

#include "push_struct.h"
#include "target.h"

/* To be served in this turn. */
void turns_mark(struct push *push, struct target *target);
/* All that are marked. */
void turns_serve(struct push *push);
/* Mark those whose time has come. */
void turns_wake(struct push *push);
/* For the next of them; at least once a second the room looks about. */
void turns_set_alarm(struct push *push);
/* There is room again, in all and at the host. */
void turns_freed(struct push *push, struct host *host);
void turns_forget(struct push *push, struct target *target);
