/* Retry: the policy's arithmetic and its form in a row. */
#include "domain/retry.h"

#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/parse.h"
#include "domain/bounds.h"

struct retry_policy retry_default(void)
{
    return (struct retry_policy){
        .given = 0,
        .max_attempts = 3,
        .max_crashes = 3,
        .backoff = RETRY_LADDER,
        .jitter = RETRY_JITTER_NONE,
        .delays_ms = {1000, 2000, 4000, 8000, 30000, 60000},
        .delays_len = 6,
        .max_delay_ms = -1,
    };
}

static void take_delays(struct retry_policy *to, const struct retry_policy *from)
{
    to->backoff = from->backoff;
    memcpy(to->delays_ms, from->delays_ms, sizeof(to->delays_ms));
    to->delays_len = from->delays_len;
    to->delay_ms = from->delay_ms;
    to->max_delay_ms = from->max_delay_ms;
}

struct retry_policy retry_merge(struct retry_policy base, const struct retry_policy *over)
{
    if (over->given & RETRY_HAS_MAX_ATTEMPTS)
        base.max_attempts = over->max_attempts;
    if (over->given & RETRY_HAS_MAX_CRASHES)
        base.max_crashes = over->max_crashes;
    if (over->given & RETRY_HAS_DELAYS)
        take_delays(&base, over);
    if (over->given & RETRY_HAS_JITTER)
        base.jitter = over->jitter;
    if (over->given & RETRY_HAS_NON_RETRYABLE)
        base.non_retryable = over->non_retryable;
    base.given |= over->given;
    return base;
}

/* The form in a row: blank-separated fields by letter, the types last because they may hold blanks:
 * "a3 c3 b2 d1000 m60000 l1000,2000 j1 n" + types. */
struct bytes retry_write(const struct retry_policy *policy, struct arena *arena)
{
    struct buffer out;

    if (policy->given == 0)
        return BYTES_NONE;
    buffer_init(&out, 1 << 20);
    if (policy->given & RETRY_HAS_MAX_ATTEMPTS)
        buffer_printf(&out, "a%d ", policy->max_attempts);
    if (policy->given & RETRY_HAS_MAX_CRASHES)
        buffer_printf(&out, "c%d ", policy->max_crashes);
    if (policy->given & RETRY_HAS_DELAYS) {
        buffer_printf(&out, "b%d d%lld m%lld l", (int)policy->backoff, (long long)policy->delay_ms,
                      (long long)policy->max_delay_ms);
        for (unsigned i = 0; i < policy->delays_len; i++)
            buffer_printf(&out, "%lld,", (long long)policy->delays_ms[i]);
        buffer_append_char(&out, ' ');
    }
    if (policy->given & RETRY_HAS_JITTER)
        buffer_printf(&out, "j%d ", (int)policy->jitter);
    if (policy->given & RETRY_HAS_NON_RETRYABLE) {
        buffer_append_char(&out, 'n');
        buffer_append(&out, policy->non_retryable);
    }

    struct bytes text = arena_bytes(arena, buffer_bytes(&out));

    buffer_fini(&out);
    return text;
}

static bool read_ladder(struct bytes list, struct retry_policy *policy)
{
    struct bytes step;

    policy->delays_len = 0;
    while (bytes_split(&list, ',', &step)) {
        if (step.len == 0)
            continue;
        if (policy->delays_len == RETRY_DELAYS_MAX ||
            !parse_int(step, 0, DELAY_MAX_MS, &policy->delays_ms[policy->delays_len]))
            return false;
        policy->delays_len++;
    }
    return true;
}

/* The greatest number that may stand behind a letter. */
static int64_t greatest(char letter)
{
    switch (letter) {
    case 'a':
    case 'c':
        return INT32_MAX;
    case 'b':
        return RETRY_EXPONENTIAL;
    case 'j':
        return RETRY_JITTER_EQUAL;
    default:
        return DELAY_MAX_MS;
    }
}

static bool read_field(struct bytes field, struct retry_policy *policy)
{
    struct bytes value = {field.at + 1, field.len - 1};
    int64_t number = 0;
    int64_t least = field.at[0] == 'b' || field.at[0] == 'j' ? 0 : -1;

    if (field.at[0] == 'l')
        return read_ladder(value, policy);
    if (!parse_int(value, least, greatest(field.at[0]), &number))
        return false;
    switch (field.at[0]) {
    case 'a':
        policy->max_attempts = (int32_t)number;
        policy->given |= RETRY_HAS_MAX_ATTEMPTS;
        return true;
    case 'c':
        policy->max_crashes = (int32_t)number;
        policy->given |= RETRY_HAS_MAX_CRASHES;
        return true;
    case 'b':
        policy->backoff = (enum retry_backoff)number;
        policy->given |= RETRY_HAS_DELAYS;
        return true;
    case 'd':
        policy->delay_ms = number;
        return true;
    case 'm':
        policy->max_delay_ms = number;
        return true;
    case 'j':
        policy->jitter = (enum retry_jitter)number;
        policy->given |= RETRY_HAS_JITTER;
        return true;
    default:
        return false;
    }
}

bool retry_read(struct bytes text, struct retry_policy *ret_policy)
{
    struct retry_policy policy = {.max_delay_ms = -1};
    struct bytes rest = text;
    struct bytes field;

    while (rest.len > 0 && rest.at[0] != 'n') {
        if (!bytes_split(&rest, ' ', &field) || field.len == 0 || !read_field(field, &policy))
            return false;
    }
    if (rest.len > 0) {
        policy.given |= RETRY_HAS_NON_RETRYABLE;
        policy.non_retryable = (struct bytes){rest.at + 1, rest.len - 1};
    }
    *ret_policy = policy;
    return true;
}

/* delay * factor without leaving the range. */
static int64_t times(int64_t delay_ms, int64_t factor)
{
    int64_t product = 0;

    if (__builtin_mul_overflow(delay_ms, factor, &product) || product > DELAY_MAX_MS)
        return DELAY_MAX_MS;
    return product;
}

static int64_t plain_delay_ms(const struct retry_policy *policy, unsigned nth)
{
    switch (policy->backoff) {
    case RETRY_FIXED:
        return policy->delay_ms;
    case RETRY_LINEAR:
        return times(policy->delay_ms, nth);
    case RETRY_EXPONENTIAL:
        return times(policy->delay_ms, nth > 40 ? INT64_C(1) << 40 : INT64_C(1) << (nth - 1));
    case RETRY_LADDER:
    default:
        if (policy->delays_len == 0)
            return 0;
        return policy->delays_ms[nth <= policy->delays_len ? nth - 1 : policy->delays_len - 1];
    }
}

int64_t retry_delay_ms(const struct retry_policy *policy, unsigned nth, uint64_t random_64)
{
    ASSERT(nth >= 1);
    int64_t delay_ms = plain_delay_ms(policy, nth);

    if (policy->max_delay_ms >= 0 && delay_ms > policy->max_delay_ms)
        delay_ms = policy->max_delay_ms;
    if (delay_ms <= 0)
        return 0;
    if (policy->jitter == RETRY_JITTER_FULL)
        return (int64_t)(random_64 % ((uint64_t)delay_ms + 1));
    if (policy->jitter == RETRY_JITTER_EQUAL)
        return delay_ms / 2 + (int64_t)(random_64 % ((uint64_t)(delay_ms - delay_ms / 2) + 1));
    return delay_ms;
}

bool retry_is_retryable(const struct retry_policy *policy, struct bytes failure_type)
{
    struct bytes rest = policy->non_retryable;
    struct bytes type;

    while (bytes_split(&rest, '\n', &type))
        if (type.len > 0 && bytes_equal(type, failure_type))
            return false;
    return true;
}

struct retry_verdict retry_after_failure(const struct retry_policy *policy, int32_t failures,
                                         bool retryable, int64_t asked_delay_ms, uint64_t random_64)
{
    ASSERT(failures >= 1);
    if (!retryable || failures >= policy->max_attempts)
        return (struct retry_verdict){.again = false};
    if (asked_delay_ms >= 0)
        return (struct retry_verdict){.again = true, .delay_ms = asked_delay_ms};
    return (struct retry_verdict){
        .again = true,
        .delay_ms = retry_delay_ms(policy, (unsigned)failures, random_64),
    };
}

struct retry_verdict retry_after_loss(const struct retry_policy *policy, int32_t losses,
                                      uint64_t random_64)
{
    ASSERT(losses >= 1);
    if (losses >= policy->max_crashes)
        return (struct retry_verdict){.again = false};
    if (losses == 1)
        return (struct retry_verdict){.again = true, .delay_ms = 0};
    return (struct retry_verdict){
        .again = true,
        .delay_ms = retry_delay_ms(policy, (unsigned)losses - 1, random_64),
    };
}
