/* Event: names of the kinds. */
#include "domain/event.h"

#include "base/assert.h"

static const char *const names[EVENT_MAX] = {
#define EVENT(number, name, wire) [(number)] = (wire),
#include "tables/events.def"
#undef EVENT
};

const char *event_name(enum event_kind kind)
{
    ASSERT(kind > EVENT_NONE && kind < EVENT_MAX);
    return names[kind];
}
