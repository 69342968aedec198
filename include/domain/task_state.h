/* Task state: the states, their names and the edges between them, all from one table. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

enum task_state {
    TASK_STATE_NONE = 0,
#define STATE(number, name, wire, targets, flags) TASK_##name = (number),
#include "tables/task_states.def"
#undef STATE
    TASK_STATE_MAX = 11,
};

bool task_state_may_move(enum task_state from, enum task_state to);
bool task_state_is_terminal(enum task_state state);
bool task_state_is_leased(enum task_state state); /* running or waiting: one worker holds it */
bool task_state_is_pending(
    enum task_state state); /* counted by a pending_limit: scheduled, blocked, ready, retrying */
const char *task_state_name(enum task_state state);
/* TASK_STATE_NONE when there is no such state. */
enum task_state task_state_of(struct bytes name);

enum attempt_outcome {
    ATTEMPT_OUTCOME_NONE = 0,
#define OUTCOME(number, name, wire) ATTEMPT_##name = (number),
#include "tables/attempt_outcomes.def"
#undef OUTCOME
    ATTEMPT_OUTCOME_MAX = 9,
};

const char *attempt_outcome_name(enum attempt_outcome outcome);
