/* Event: what is told to the world: its kinds, from one table, and its form. */
#pragma once

#include "base/arena.h"
#include "base/id.h"
#include "base/json_out.h"
#include "domain/access.h"

enum event_kind {
    EVENT_NONE = 0,
#define EVENT(number, name, wire, when, says) EVENT_##name = (number),
#include "tables/events.def"
#undef EVENT
    EVENT_MAX,
};

const char *event_name(enum event_kind kind);
/* A task is over with it. */
bool event_is_end(enum event_kind kind);

/* One event with its names; all borrowed. */
struct event {
    int64_t number, at_ms;
    enum event_kind kind;
    struct bytes ns;        /* NONE: the broker's own */
    struct bytes queue;     /* NONE: none */
    struct id task;         /* nil: none */
    struct bytes task_type; /* NONE or "": none */
    struct bytes data;      /* JSON object; NONE: {} */
};

/* {id, at, type, namespace, task_id?, task_type?, queue?, data}; id is the number as text. */
void event_write(struct json_out *out, const struct event *event);
struct bytes event_json(const struct event *event, struct arena *arena);

/* What a subscriber wants. Members that are NONE let everything through. With queues or tasks, an
 * event that has none of them does not match. */
struct event_filter {
    struct bytes types;  /* globs of names of kinds joined by commas: "task.*,queue.idle" */
    struct bytes queues; /* globs as tokens have them */
    struct bytes tasks;  /* ids joined by commas */
};
/* Is each glob well formed, and does each name at least one kind? */
bool event_types_are_valid(struct bytes types);
/* May a holder of this grant see it who asks for the events of ns? What is of no namespace is for
 * those who have everything; what is of no queue, for those who have every queue. */
bool event_is_shown(const struct event *event, struct bytes ns, const struct grant *grant);
bool event_matches(const struct event_filter *filter, const struct event *event);
