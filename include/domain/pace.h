/* Pace: how fast one target is called: a window that grows from one by success (slow start, then
 * one a round), shrinks by half when the target says or shows that it is too much, a breaker with
 * half-open probes, and a budget of failures. Pure: time and chance are arguments. The window is
 * TCP Reno's (RFC 5681) over requests, the rest after the breaker is exponential with full jitter.
 */
#pragma once

#include "base/clock.h"
#include "domain/target.h"

/* How a request ended, as far as the target's health goes. */
enum pace_word {
    PACE_GOOD,      /* answered, and not too slowly by its own measure */
    PACE_REFUSED,   /* answered that this one request is bad (400, 422, 410): alive, says nothing of
                       its load */
    PACE_FAILED,    /* answered 5xx, 3xx and the like */
    PACE_THROTTLED, /* asked to slow down: 429, 503 */
    PACE_UNREACHABLE, /* no whole answer: connect, TLS, time, broken framing */
};

/* Requests have numbers, from 1 as they are begun. A round is over when a request that was begun
 * in it has ended; of those begun before, none tells anything new. */
struct pace {
    double window, threshold; /* requests */
    int32_t most;             /* what the window never passes: at least 1 */
    int32_t in_flight;
    int32_t peak;     /* of in_flight in this round: a window that is not used does not grow */
    int32_t failures; /* in a row */
    int32_t rests;    /* in a row: how often it was found still bad */
    double budget;    /* failures that it may still have before it gets one request at a time */
    int64_t rest_until_mono_ms;         /* 0: it does not rest */
    uint64_t probe;                     /* number of the request that finds out; 0: none */
    double latency_ms, latency_slow_ms; /* smoothed over a few, over many; < 0: none yet */
    double slow_floor;             /* what being slow leaves of the window; 0: it is not slow */
    uint64_t begun, shrunk, round; /* numbers: the last one, when it shrank, when the round
                                      began */
    int64_t begun_mono_ms;         /* the last one; < 0: none yet */
    int64_t sent, failed;
};

struct pace_result {
    enum pace_word word;
    int64_t took_ms;
    int64_t retry_after_ms; /* what the target asked for; -1: nothing */
    double chance;          /* of [0, 1) */
};

void pace_init(struct pace *pace, int32_t most);
/* Another ceiling; what is in flight stays. */
void pace_limit(struct pace *pace, int32_t most);
/* It is another endpoint from now on: nothing of what was known holds; what is in flight stays. */
void pace_renew(struct pace *pace);
/* How many requests may be begun now. */
unsigned pace_room(const struct pace *pace, int64_t now_mono_ms);
/* How many more may be at hand, so that a quick target need not wait for them: half of its window,
 * none while it rests or is slow. */
unsigned pace_ahead(const struct pace *pace);
/* When there is room by time alone, not before now; INT64_MAX: not by time, but when something
 * ends. */
int64_t pace_wakes_at(const struct pace *pace, int64_t now_mono_ms);
/* Gives the request's number. */
uint64_t pace_begin(struct pace *pace, int64_t now_mono_ms);
void pace_end(struct pace *pace, uint64_t number, const struct pace_result *result,
              int64_t now_mono_ms);
/* It was given back unsent, or cut off by us: says nothing of the target. */
void pace_drop(struct pace *pace, uint64_t number);
/* Its rest is over: one request finds out at once. */
void pace_wake(struct pace *pace, int64_t now_mono_ms);
/* What is shown of it; error stays as it is. */
void pace_show(const struct pace *pace, struct moment now, struct target_health *ret_health);
