/* Place: where a task that is not leased stands: not due yet, held back, or ready. */
#pragma once

#include "mover.h"

/* By its time and by what holds it back. What has failed and is not due is RETRYING instead of
 * SCHEDULED; that is for the caller to know. */
enum task_state place_of(struct batch *batch, const struct task *task);
/* The same once its time has come, or does not count. */
enum task_state place_when_due(struct batch *batch, const struct task *task);
/* Its time is another now: move it to where it stands, unless it is there. */
void place_by_time(struct batch *batch, struct task *task);
/* What holds it back is another now; its time is not looked at, since a clock that steps back makes
 * nothing early that was due. */
void place_again(struct batch *batch, struct task *task);
