/* Targets: the push room is told which endpoints changed, and tells how they fare. */
#pragma once

#include "batch.h"

/* After COMMIT: the push room hears of it. */
void targets_changed(struct engine *engine, struct hot_target *target);
/* Its wait is over: there is a change, or the broker drains. */
void targets_end(struct batch *batch, struct parked *parked);
