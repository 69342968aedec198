/* Push: the room that calls endpoints: tasks to the workers that are pushed to, notifications to
 * webhooks. A thread of its own; of the engine it asks by commands only, as any worker does. */
#pragma once

#include "base/metrics.h"
#include "base/random.h"
#include "domain/push_url.h"
#include "engine/engine.h"

struct push;

struct push_options {
    struct engine *engine;            /* borrowed; closed after the room */
    struct metrics *metrics;          /* borrowed */
    const struct push_policy *policy; /* borrowed; must not change while the room is open */
    struct random_source random;
    const char *version; /* for User-Agent */
    int64_t result_max;  /* bytes of an answer's body that are kept */
    unsigned max;        /* requests under way at once */
    unsigned per_host;   /* of them, to one host and port */
    bool manual_clock;   /* the engine's time is moved by commands: look at it often */
};

/* Start the thread. */
MUST_CHECK enum err push_open(const struct push_options *options, struct push **ret_push,
                              struct error *error);
/* The thread that calls engine_fetch(): cut what is under way, end the thread. Commands that the
 * engine still has come back later, and are only freed. NULL is fine. */
void push_close(struct push *push);
