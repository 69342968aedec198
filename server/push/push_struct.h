/* Push: what the room's own files share. Room's thread only, but for is_stopping. */
#pragma once

#include <stdatomic.h>
#include <uv.h>

#include "base/heap.h"
#include "base/map.h"
#include "exchange.h"
#include "host.h"
#include "inbox.h"
#include "push/push.h"

struct push {
    struct push_options options;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake; /* the inbox has something, or the room is to end */
    uv_prepare_t turn;
    uv_timer_t alarm;
    atomic_bool is_stopping;
    struct inbox *inbox;
    bool has_posted; /* and the engine was not told yet */

    struct multi multi;
    struct exchange_terms terms;
    struct list idle; /* exchanges */
    unsigned idle_len;
    unsigned in_flight;
    unsigned recalls; /* DELETEs under way, which are counted by themselves */

    struct hosts hosts;
    struct map *targets;
    struct list dropped; /* targets that were deleted, and of which an errand is out */
    int64_t mark;        /* of the book */
    bool is_watching;
    int64_t watch_from_ms;
    struct list due;     /* targets to be served in this turn */
    struct list starved; /* targets that wait for room of the whole room */
    unsigned starved_len;
    struct heap sleepers;
    int64_t gauged_ms;
};

/* The room's milliseconds: those of its loop, real ones. */
static inline int64_t push_now_ms(const struct push *push)
{
    return (int64_t)uv_now(&push->loop);
}

/* The engine's time, which a manual clock moves: of leases, rests and windows. */
static inline struct moment push_time(const struct push *push)
{
    return engine_time(push->options.engine);
}

static inline bool push_is_draining(const struct push *push)
{
    return engine_state(push->options.engine) != BROKER_READY;
}

/* Of the idle ones, or a new one. */
struct exchange *push_take_exchange(struct push *push);
void push_return_exchange(struct push *push, struct exchange *exchange);
