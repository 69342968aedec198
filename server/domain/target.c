/* Target: names of the states. */
#include "domain/target.h"

#include "base/assert.h"

static const char *const names[] = {
    [TARGET_OPEN] = "open",
    [TARGET_RESTING] = "resting",
    [TARGET_PROBING] = "probing",
};

const char *target_state_name(enum target_state state)
{
    ASSERT(state <= TARGET_PROBING);
    return names[state];
}
