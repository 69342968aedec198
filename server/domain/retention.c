/* Retention: the rules, without a store. */
#include "domain/retention.h"

#include "domain/bounds.h"

struct retention retention_default(void)
{
    return (struct retention){
        .given = RETENTION_HAS_ALL,
        .succeeded_ms = DAY_MS,
        .failed_ms = 3 * DAY_MS,
        .max_count = -1,
        .max_bytes = -1,
    };
}

struct retention retention_merge(struct retention before, const struct retention *wish)
{
    if ((wish->given & RETENTION_HAS_SUCCEEDED) != 0)
        before.succeeded_ms = wish->succeeded_ms;
    if ((wish->given & RETENTION_HAS_FAILED) != 0)
        before.failed_ms = wish->failed_ms;
    if ((wish->given & RETENTION_HAS_MAX_COUNT) != 0)
        before.max_count = wish->max_count;
    if ((wish->given & RETENTION_HAS_MAX_BYTES) != 0)
        before.max_bytes = wish->max_bytes;
    before.given |= wish->given;
    return before;
}

bool retention_equal(const struct retention *a, const struct retention *b)
{
    return a->succeeded_ms == b->succeeded_ms && a->failed_ms == b->failed_ms &&
           a->max_count == b->max_count && a->max_bytes == b->max_bytes;
}

enum retention_kind retention_kind_of(enum task_state state, int64_t own_ms)
{
    if (own_ms >= 0)
        return RETENTION_OWN;
    return state == TASK_SUCCEEDED ? RETENTION_SUCCEEDED : RETENTION_ENDED_BADLY;
}

int64_t retention_place_ms(int64_t finished_at_ms, int64_t own_ms)
{
    return own_ms >= 0 ? finished_at_ms + own_ms : finished_at_ms;
}

int64_t retention_due_ms(const struct retention *retention, enum retention_kind kind,
                         int64_t place_ms)
{
    int64_t kept_ms = kind == RETENTION_SUCCEEDED ? retention->succeeded_ms : retention->failed_ms;

    if (kind == RETENTION_OWN || place_ms == INT64_MAX)
        return place_ms;
    return kept_ms < 0 ? INT64_MAX : place_ms + kept_ms;
}

enum retention_over retention_over(const struct retention *retention, int64_t count, int64_t bytes)
{
    if (retention->max_count >= 0 && count > retention->max_count)
        return RETENTION_OVER_COUNT;
    if (retention->max_bytes >= 0 && bytes > retention->max_bytes)
        return RETENTION_OVER_BYTES;
    return RETENTION_FITS;
}

enum retention_kind retention_first(const int64_t oldest_ms[RETENTION_KINDS])
{
    int64_t succeeded_ms = oldest_ms[RETENTION_SUCCEEDED];
    int64_t badly_ms = oldest_ms[RETENTION_ENDED_BADLY];

    if (succeeded_ms == INT64_MAX && badly_ms == INT64_MAX)
        return oldest_ms[RETENTION_OWN] == INT64_MAX ? RETENTION_KINDS : RETENTION_OWN;
    return badly_ms < succeeded_ms ? RETENTION_ENDED_BADLY : RETENTION_SUCCEEDED;
}
