/* Backoff: how long to leave a broker alone that did not answer; doubles, with jitter so that
 * workers spread out. */
#include "backoff.h"

#include "base/random.h"

enum { FIRST_MS = 200, LAST_MS = 10 * 1000, DOUBLINGS_MAX = 6 };

int64_t backoff_next_ms(struct backoff *backoff, int64_t retry_after_ms)
{
    struct random_source random = random_system();
    int64_t full_ms = (int64_t)FIRST_MS << backoff->failures;
    int64_t half_ms;

    if (backoff->failures < DOUBLINGS_MAX)
        backoff->failures++;
    if (full_ms > LAST_MS)
        full_ms = LAST_MS;
    half_ms = full_ms / 2;

    int64_t pause_ms = half_ms + (int64_t)random_below(&random, (uint64_t)half_ms + 1);

    /* Those who were all told the same moment must not all come at it. */
    return retry_after_ms > pause_ms ? retry_after_ms + pause_ms / 2 : pause_ms;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}
