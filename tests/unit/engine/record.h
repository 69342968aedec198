/* Record: looking at the audit record of an engine on the stage. */
#pragma once

#include "stage.h"
#include "store/repo_access.h"

/* Every row follows from its text and the row before it; how many there are. */
int64_t assert_record_is_whole(struct stage *stage);
/* How many rows tell of this action. */
int64_t acts_of(struct stage *stage, const char *action);
/* The last row, in the command's memory of a list that was asked for it. */
const struct audit_view *last_act(struct stage *stage);
struct command *to_list_audit(struct stage *stage, unsigned limit);
