/* Backoff: how long to leave a broker alone that did not answer; doubles, with jitter so that
 * workers spread out. */
#pragma once

#include <stdint.h>

struct backoff {
    unsigned failures; /* in a row */
};

/* The next pause; never less than what Retry-After asked for (-1: nothing). */
int64_t backoff_next_ms(struct backoff *backoff, int64_t retry_after_ms);
void backoff_reset(struct backoff *backoff);
