/* Webhook: an endpoint that is told of events: which it wants, and when it is told again what it
 * did not take. Pure. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "domain/event.h"

/* The name of the webhook whose key signs what goes to a task's own URL. */
#define WEBHOOK_OF_CALLBACKS "callbacks"

/* So many are sent to one webhook at once, and so many of each kind of end are remembered. */
enum {
    WEBHOOK_CONCURRENCY = 16,
    CALLBACKS_CONCURRENCY = 64,
    WEBHOOK_DELIVERED_KEPT = 1000,
    WEBHOOK_DEAD_KEPT = 10000
};
#define WEBHOOK_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)

/* Strings are borrowed. */
struct webhook_settings {
    struct bytes url;
    struct bytes types;  /* globs of kinds' names joined by commas; NONE: all */
    struct bytes queues; /* globs joined by commas; NONE: all, and what has no queue */
    bool enabled;
};

/* Numbers are stored. */
enum delivery_state { DELIVERY_DUE, DELIVERY_DEAD, DELIVERY_DELIVERED, DELIVERY_STATES };
extern const char *const delivery_state_words[DELIVERY_STATES + 1];
/* False: there is no such state. */
bool delivery_state_read(struct bytes text, enum delivery_state *ret_state);

/* A bit for each kind that the globs match, so that an event costs a look at a bit. */
uint64_t webhook_kinds(struct bytes types);
bool webhook_wants(const struct webhook_settings *settings, uint64_t kinds, enum event_kind kind,
                   struct bytes queue);

/* How long after the n-th failure it is tried again, up to a tenth more by chance of [0, 1); -1:
 * never, that was the last. */
int64_t delivery_wait_ms(int64_t failures, double chance);

/* How a delivery is named to the world, the same however often it is sent: not to be confused with
 * that of another store. store: any bytes that stay the same. */
struct bytes delivery_id_write(uint32_t store, int64_t number, struct arena *arena);
/* False: it is none of this store. */
bool delivery_id_read(struct bytes text, uint32_t store, int64_t *ret_number);
