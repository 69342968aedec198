/* Pace: the window, the breaker and the budget of failures. */
#include "domain/pace.h"

#include "base/assert.h"

enum {
    BREAKER_FAILURES = 5,
    RESTS_MAX = 12, /* 2^12 seconds are more than the longest rest */
    REST_FLOOR_MS = 100,
    REST_FIRST_MS = 1000, /* also the least that who asks for time gets */
    REST_MAX_MS = 3600 * 1000,
    SLOW_MS = 100, /* below that, slower is not slow */
    TRICKLE_MS = 1000,
    QUICK_MS = 50,
};

static const double BUDGET_FIRST = 10, BUDGET_MAX = 100, BUDGET_EARNED = 0.2;
static const double LATENCY_SHARE = 1.0 / 4, LATENCY_SLOW_SHARE = 1.0 / 16, SLOWER = 2;
static const double SLOW_LEAVES = 4; /* at least, of a window that was larger */

void pace_init(struct pace *pace, int32_t most)
{
    *pace = (struct pace){.window = 1,
                          .threshold = INT32_MAX,
                          .budget = BUDGET_FIRST,
                          .latency_ms = -1,
                          .latency_slow_ms = -1,
                          .begun_mono_ms = -1};
    pace_limit(pace, most);
}

void pace_limit(struct pace *pace, int32_t most)
{
    pace->most = most > 1 ? most : 1;
    if (pace->window > pace->most)
        pace->window = pace->most;
}

void pace_renew(struct pace *pace)
{
    struct pace before = *pace;

    pace_init(pace, before.most);
    pace->in_flight = before.in_flight;
    pace->begun = pace->shrunk = pace->round = before.begun;
    pace->sent = before.sent;
    pace->failed = before.failed;
}

/* ---- room ---- */

static bool is_resting(const struct pace *pace)
{
    return pace->rest_until_mono_ms > 0;
}

static bool is_out_of_budget(const struct pace *pace)
{
    return pace->budget < 1;
}

static int32_t limit_of(const struct pace *pace)
{
    return is_out_of_budget(pace) ? 1 : (int32_t)pace->window;
}

/* 0: at once. */
static int64_t opens_at(const struct pace *pace)
{
    int64_t at_ms = pace->rest_until_mono_ms;

    if (is_out_of_budget(pace) && pace->begun_mono_ms >= 0 &&
        at_ms < pace->begun_mono_ms + TRICKLE_MS)
        at_ms = pace->begun_mono_ms + TRICKLE_MS;
    return at_ms;
}

/* Were it only for time. What was begun before the rest does not hold a probe back. */
static unsigned room_in_time(const struct pace *pace)
{
    if (is_resting(pace))
        return pace->probe == 0 ? 1 : 0;
    return pace->in_flight < limit_of(pace) ? (unsigned)(limit_of(pace) - pace->in_flight) : 0;
}

unsigned pace_room(const struct pace *pace, int64_t now_mono_ms)
{
    return now_mono_ms < opens_at(pace) ? 0 : room_in_time(pace);
}

unsigned pace_ahead(const struct pace *pace)
{
    bool is_quick = pace->latency_ms >= 0 && pace->latency_ms <= QUICK_MS;

    return is_quick && !is_resting(pace) && !is_out_of_budget(pace) ? (unsigned)(pace->window / 2)
                                                                    : 0;
}

int64_t pace_wakes_at(const struct pace *pace, int64_t now_mono_ms)
{
    int64_t at_ms = opens_at(pace);

    if (room_in_time(pace) == 0)
        return INT64_MAX;
    return at_ms > now_mono_ms ? at_ms : now_mono_ms;
}

uint64_t pace_begin(struct pace *pace, int64_t now_mono_ms)
{
    pace->begun++;
    pace->begun_mono_ms = now_mono_ms;
    pace->in_flight++;
    if (pace->peak < pace->in_flight)
        pace->peak = pace->in_flight;
    if (is_resting(pace))
        pace->probe = pace->begun;
    return pace->begun;
}

/* ---- the window ---- */

static void start_round(struct pace *pace, uint64_t number)
{
    if (number <= pace->round)
        return;
    pace->round = pace->begun;
    pace->peak = pace->in_flight;
}

static void grow(struct pace *pace)
{
    if (pace->window >= 2.0 * pace->peak)
        return;
    pace->window += pace->window < pace->threshold ? 1 : 1 / pace->window;
    if (pace->window > pace->most)
        pace->window = pace->most;
}

/* Once a round: those begun before it shrank met the window that was. */
static void shrink(struct pace *pace, uint64_t number, double to)
{
    if (number <= pace->shrunk)
        return;
    pace->shrunk = pace->begun;
    pace->window = to > 1 ? to : 1;
    pace->threshold = pace->window;
}

static void halve(struct pace *pace, uint64_t number)
{
    shrink(pace, number, pace->window * 0.5);
}

/* Jobs may just be longer than those before: that alone takes half of the window, not all. */
static void give_way(struct pace *pace, uint64_t number)
{
    if (pace->slow_floor <= 0)
        pace->slow_floor = pace->window / 2 > SLOW_LEAVES ? pace->window / 2 : SLOW_LEAVES;
    if (pace->window > pace->slow_floor)
        shrink(pace, number,
               pace->window * 0.9 > pace->slow_floor ? pace->window * 0.9 : pace->slow_floor);
}

static void smooth(double *smoothed, double took_ms, double share)
{
    *smoothed = *smoothed < 0 ? took_ms : *smoothed + (took_ms - *smoothed) * share;
}

static bool has_slowed(struct pace *pace, int64_t took_ms)
{
    smooth(&pace->latency_ms, (double)took_ms, LATENCY_SHARE);
    smooth(&pace->latency_slow_ms, (double)took_ms, LATENCY_SLOW_SHARE);
    return pace->latency_ms > SLOW_MS && pace->latency_ms > SLOWER * pace->latency_slow_ms;
}

/* ---- the breaker ---- */

static void rest(struct pace *pace, int64_t ms, int64_t now_mono_ms)
{
    if (pace->rest_until_mono_ms < now_mono_ms + ms)
        pace->rest_until_mono_ms = now_mono_ms + ms;
}

static int64_t backoff(const struct pace *pace, double chance)
{
    int64_t most_ms = (int64_t)REST_FIRST_MS << pace->rests;

    if (most_ms > REST_MAX_MS)
        most_ms = REST_MAX_MS;
    return REST_FLOOR_MS + (int64_t)((double)(most_ms - REST_FLOOR_MS) * chance);
}

static int64_t asked(const struct pace *pace, const struct pace_result *result)
{
    int64_t ms =
        result->retry_after_ms < 0 ? backoff(pace, result->chance) : result->retry_after_ms;

    if (ms < REST_FIRST_MS)
        return REST_FIRST_MS;
    return ms < REST_MAX_MS ? ms : REST_MAX_MS;
}

static void found_still_bad(struct pace *pace)
{
    pace->probe = 0;
    if (pace->rests < RESTS_MAX)
        pace->rests++;
}

static void wake(struct pace *pace)
{
    pace->probe = 0;
    pace->rest_until_mono_ms = 0;
    pace->rests = 0;
    pace->failures = 0;
}

static void end_failed(struct pace *pace, uint64_t number, double chance, int64_t now_mono_ms)
{
    bool was_resting = is_resting(pace);

    halve(pace, number);
    if (was_resting && number != pace->probe)
        return;
    pace->failures++;
    if (was_resting)
        found_still_bad(pace);
    else if (pace->failures < BREAKER_FAILURES)
        return;
    pace->window = 1;
    rest(pace, backoff(pace, chance), now_mono_ms);
}

static void end_throttled(struct pace *pace, uint64_t number, const struct pace_result *result,
                          int64_t now_mono_ms)
{
    halve(pace, number);
    if (is_resting(pace) && number == pace->probe)
        found_still_bad(pace);
    rest(pace, asked(pace, result), now_mono_ms);
}

/* An answer of before the rest does not end it. */
static void end_good(struct pace *pace, uint64_t number, int64_t took_ms)
{
    bool is_slow = has_slowed(pace, took_ms);

    pace->budget += BUDGET_EARNED;
    if (pace->budget > BUDGET_MAX)
        pace->budget = BUDGET_MAX;
    if (is_resting(pace) && number != pace->probe)
        return;
    wake(pace);
    if (is_slow) {
        give_way(pace, number);
        return;
    }
    pace->slow_floor = 0;
    grow(pace);
}

static void spend(struct pace *pace)
{
    pace->budget = pace->budget > 1 ? pace->budget - 1 : 0;
}

void pace_end(struct pace *pace, uint64_t number, const struct pace_result *result,
              int64_t now_mono_ms)
{
    ASSERT(pace->in_flight > 0);
    start_round(pace, number);
    pace->in_flight--;
    pace->sent++;
    pace->failed += result->word != PACE_GOOD && result->word != PACE_REFUSED;
    switch (result->word) {
    case PACE_GOOD:
        end_good(pace, number, result->took_ms);
        break;
    case PACE_REFUSED:
        if (number == pace->probe)
            wake(pace);
        break;
    case PACE_THROTTLED:
        end_throttled(pace, number, result, now_mono_ms);
        break;
    case PACE_FAILED:
    case PACE_UNREACHABLE:
        spend(pace);
        end_failed(pace, number, result->chance, now_mono_ms);
        break;
    }
}

void pace_drop(struct pace *pace, uint64_t number)
{
    ASSERT(pace->in_flight > 0);
    pace->in_flight--;
    if (number == pace->probe)
        pace->probe = 0;
}

void pace_wake(struct pace *pace, int64_t now_mono_ms)
{
    if (pace->rest_until_mono_ms > now_mono_ms)
        pace->rest_until_mono_ms = now_mono_ms > 0 ? now_mono_ms : 1;
}

void pace_show(const struct pace *pace, struct moment now, struct target_health *ret_health)
{
    bool is_waiting =
        is_resting(pace) && pace->probe == 0 && now.mono_ms < pace->rest_until_mono_ms;

    ret_health->state = !is_resting(pace) ? TARGET_OPEN
                        : is_waiting      ? TARGET_RESTING
                                          : TARGET_PROBING;
    ret_health->window = is_resting(pace) ? 1 : limit_of(pace);
    ret_health->in_flight = pace->in_flight;
    ret_health->sent = pace->sent;
    ret_health->failed = pace->failed;
    ret_health->latency_ms = pace->latency_ms < 0 ? -1 : (int64_t)pace->latency_ms;
    ret_health->resumes_at_ms =
        is_waiting ? now.wall_ms + (pace->rest_until_mono_ms - now.mono_ms) : -1;
}
