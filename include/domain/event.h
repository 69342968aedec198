/* Event: the kinds of things that are told to the world, from one table. */
#pragma once

enum event_kind {
    EVENT_NONE = 0,
#define EVENT(number, name, wire) EVENT_##name = (number),
#include "tables/events.def"
#undef EVENT
    EVENT_MAX,
};

const char *event_name(enum event_kind kind);
