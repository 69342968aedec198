/* Schedule views: how schedules are shown, and what a change of one changed, for the record. */
#pragma once

#include "batch.h"

/* task: the template of its tasks, or NONE. */
void fill_schedule(struct command *command, const struct hot_schedule *schedule, struct bytes task,
                   struct schedule_view *ret_view);
/* {"before":{...},"after":{...}}: the settings that differ; before NULL: all of them. A template
 * that changed is said so, not told. */
struct bytes schedule_audit(struct batch *batch, const struct schedule_settings *before,
                            const struct schedule_settings *after, bool task_changed);
