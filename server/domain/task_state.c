/* Task state: the table of states, expanded into names, flags and edges. */
#include "domain/task_state.h"

#include "base/assert.h"

enum { WAITING_TO_RUN = 1, LEASED = 2, TERMINAL = 4 };

#define TO(target) (1U << TASK_##target)

struct state_fact {
    const char *name;
    unsigned targets;
    unsigned flags;
};

static const struct state_fact facts[TASK_STATE_MAX] = {
#define STATE(number, name, wire, targets, flags) [(number)] = {(wire), (targets), (flags)},
#include "tables/task_states.def"
#undef STATE
};

static const char *const outcome_names[ATTEMPT_OUTCOME_MAX] = {
#define OUTCOME(number, name, wire) [(number)] = (wire),
#include "tables/attempt_outcomes.def"
#undef OUTCOME
};

static const struct state_fact *fact_of(enum task_state state)
{
    ASSERT(state > TASK_STATE_NONE && state < TASK_STATE_MAX);
    return &facts[state];
}

bool task_state_may_move(enum task_state from, enum task_state to)
{
    return (fact_of(from)->targets & (1U << to)) != 0;
}

bool task_state_is_terminal(enum task_state state)
{
    return (fact_of(state)->flags & TERMINAL) != 0;
}

bool task_state_is_leased(enum task_state state)
{
    return (fact_of(state)->flags & LEASED) != 0;
}

bool task_state_is_pending(enum task_state state)
{
    return (fact_of(state)->flags & WAITING_TO_RUN) != 0;
}

const char *task_state_name(enum task_state state)
{
    return fact_of(state)->name;
}

enum task_state task_state_of(struct bytes name)
{
    for (int state = TASK_STATE_NONE + 1; state < TASK_STATE_MAX; state++)
        if (bytes_is(name, facts[state].name))
            return (enum task_state)state;
    return TASK_STATE_NONE;
}

const char *attempt_outcome_name(enum attempt_outcome outcome)
{
    ASSERT(outcome > ATTEMPT_OUTCOME_NONE && outcome < ATTEMPT_OUTCOME_MAX);
    return outcome_names[outcome];
}
