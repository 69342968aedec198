/* Push answer: statuses and failures turned into verdicts, and Retry-After. */
#include "domain/push_answer.h"

#include "base/assert.h"
#include "base/compiler.h"
#include "base/parse.h"
#include "base/time_text.h"

#include <string.h>

#define RETRY_AFTER_MAX_MS (INT64_C(3600) * 1000)

static const char *const types[] = {
    [PUSH_ANSWERED] = "push_status",         [PUSH_DENIED] = "push_denied",
    [PUSH_NOT_REACHED] = "push_unreachable", [PUSH_UNTRUSTED] = "push_untrusted",
    [PUSH_TIMED_OUT] = "push_timeout",       [PUSH_BROKEN] = "push_broken",
    [PUSH_GIVEN_UP] = "push_given_up",
};

const char *push_failure_type(enum push_failure failure)
{
    ASSERT(failure <= PUSH_GIVEN_UP);
    return types[failure];
}

/* A status stands although the body is cut: what the endpoint did is done. */
static struct push_verdict judge_status(int status)
{
    switch (status) {
    case 202:
        return (struct push_verdict){PUSH_END_ACCEPTED, PACE_GOOD};
    case 400:
    case 422:
        return (struct push_verdict){PUSH_END_PERMANENT, PACE_REFUSED};
    case 410:
        return (struct push_verdict){PUSH_END_GONE, PACE_REFUSED};
    case 429:
    case 503:
        return (struct push_verdict){PUSH_END_RETURNED, PACE_THROTTLED};
    default:
        return status >= 200 && status <= 299 ? (struct push_verdict){PUSH_END_DONE, PACE_GOOD}
                                              : (struct push_verdict){PUSH_END_FAILED, PACE_FAILED};
    }
}

struct push_verdict push_judge(const struct push_answer *answer)
{
    if (answer->failure == PUSH_ANSWERED)
        return judge_status(answer->status);
    if (answer->failure == PUSH_GIVEN_UP)
        return (struct push_verdict){PUSH_END_RETURNED, PACE_REFUSED};
    return (struct push_verdict){PUSH_END_FAILED, PACE_UNREACHABLE};
}

/* ---- Retry-After ---- */

static bool are_digits(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.len > 0;
}

/* 1 to 12; 0: it is none. */
static unsigned month_of(const char *name)
{
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (unsigned i = 0; i < 12; i++)
        if (memcmp(MONTHS + (size_t)3 * i, name, 3) == 0)
            return i + 1;
    return 0;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT"; the day's name says nothing that the date does not. */
static bool read_imf_fixdate(struct bytes text, int64_t *ret_wall_ms)
{
    char iso[] = "0000-00-00T00:00:00Z";
    unsigned month;

    if (text.len != 29 || text.at[3] != ',' || text.at[4] != ' ' || text.at[7] != ' ' ||
        text.at[11] != ' ' || text.at[16] != ' ' || memcmp(text.at + 25, " GMT", 4) != 0)
        return false;
    month = month_of(text.at + 8);
    memcpy(iso, text.at + 12, 4);
    iso[5] = (char)('0' + month / 10);
    iso[6] = (char)('0' + month % 10);
    memcpy(iso + 8, text.at + 5, 2);
    memcpy(iso + 11, text.at + 17, 8);
    return time_read(bytes_of(iso), ret_wall_ms);
}

int64_t retry_after_read(struct bytes text, int64_t now_wall_ms)
{
    int64_t at_ms, s;

    text = bytes_trim(text);
    if (are_digits(text)) {
        while (text.len > 1 && text.at[0] == '0')
            text = (struct bytes){text.at + 1, text.len - 1};
        return parse_int(text, 0, RETRY_AFTER_MAX_MS / 1000, &s) ? s * 1000 : RETRY_AFTER_MAX_MS;
    }
    if (!read_imf_fixdate(text, &at_ms))
        return -1;
    if (at_ms <= now_wall_ms)
        return 0;
    return at_ms - now_wall_ms < RETRY_AFTER_MAX_MS ? at_ms - now_wall_ms : RETRY_AFTER_MAX_MS;
}
