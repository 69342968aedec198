/* Retry: when a failed or lost attempt is followed by another, and after what delay. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum {
    RETRY_DELAYS_MAX = 16, /* steps of a ladder */
    RETRY_ATTEMPTS_MAX = 1000,
};

enum retry_backoff { RETRY_LADDER, RETRY_FIXED, RETRY_LINEAR, RETRY_EXPONENTIAL };
enum retry_jitter { RETRY_JITTER_NONE, RETRY_JITTER_FULL, RETRY_JITTER_EQUAL };

/* What was said about retrying; what was not is filled in by the queue's, then by the built-in
 * policy. */
struct retry_policy {
    unsigned given; /* RETRY_HAS_* bits */
    int32_t max_attempts;
    int32_t max_crashes;
    enum retry_backoff backoff;
    enum retry_jitter jitter;
    int64_t delays_ms[RETRY_DELAYS_MAX]; /* the last repeats */
    unsigned delays_len;
    int64_t delay_ms;           /* of fixed, linear, exponential */
    int64_t max_delay_ms;       /* -1: no cap */
    struct bytes non_retryable; /* failure types, a newline behind each */
};

enum {
    RETRY_HAS_MAX_ATTEMPTS = 1 << 0,
    RETRY_HAS_MAX_CRASHES = 1 << 1,
    RETRY_HAS_DELAYS = 1 << 2, /* delays_s, or backoff with its delay_s and max_delay_s */
    RETRY_HAS_JITTER = 1 << 3,
    RETRY_HAS_NON_RETRYABLE = 1 << 4,
};

/* 3 attempts; 1, 2, 4, 8, 30, 60 s; no jitter; 3 crashes. */
struct retry_policy retry_default(void);
/* base with what over says laid on top. */
struct retry_policy retry_merge(struct retry_policy base, const struct retry_policy *over);
/* How a policy is kept in a row; NONE for one that says nothing. */
struct bytes retry_write(const struct retry_policy *policy, struct arena *arena);
/* False when text is not one; strings point into text. */
bool retry_read(struct bytes text, struct retry_policy *ret_policy);

/* Delay before the attempt after the nth (1-based) delay-worthy event. random_64 spreads it when
 * jitter is on. */
int64_t retry_delay_ms(const struct retry_policy *policy, unsigned nth, uint64_t random_64);
bool retry_is_retryable(const struct retry_policy *policy, struct bytes failure_type);

/* What follows an attempt that ended badly. */
struct retry_verdict {
    bool again;       /* false: the task has failed */
    int64_t delay_ms; /* 0: at once */
};

/* A failed or timed-out attempt, failures of which so far, this one included. asked_delay_ms -1:
 * the policy's. */
struct retry_verdict retry_after_failure(const struct retry_policy *policy, int32_t failures,
                                         bool retryable, int64_t asked_delay_ms,
                                         uint64_t random_64);
/* A lost one: the first is offered again at once, later ones with the delay before. */
struct retry_verdict retry_after_loss(const struct retry_policy *policy, int32_t losses,
                                      uint64_t random_64);
