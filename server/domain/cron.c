/* Cron: finds the next time that an expression fires, by days and bits, never minute by minute. */
#include "domain/cron.h"

#include "base/civil.h"
#include "domain/bounds.h"
#include "domain/zone.h"

enum { MINUTES_OF_HOUR = 60, MINUTES_OF_DAY = 1440, HOURS = 24, MONTHS = 12, DAYS_OF_WEEK = 7 };

/* The first bit set at or above from, or -1. */
static int bit_from(uint64_t bits, int from)
{
    uint64_t left = from > 63 ? 0 : bits >> from << from;

    return left == 0 ? -1 : __builtin_ctzll(left);
}

/* The first minute of a day at or after one that matches, or -1. */
static int minute_from(const struct cron *cron, int minute)
{
    int hour = bit_from(cron->hours, minute / MINUTES_OF_HOUR);

    if (hour == minute / MINUTES_OF_HOUR) {
        int rest = bit_from(cron->minutes, minute % MINUTES_OF_HOUR);

        if (rest >= 0)
            return hour * MINUTES_OF_HOUR + rest;
        hour = bit_from(cron->hours, hour + 1);
    }
    return hour < 0 ? -1 : hour * MINUTES_OF_HOUR + bit_from(cron->minutes, 0);
}

/* The days of a month, as bits from 1, that match. */
static uint32_t days_of_month(const struct cron *cron, int64_t year, int month)
{
    int first = civil_weekday(civil_days((struct civil_date){year, month, 1}));
    uint64_t all = (UINT64_C(2) << civil_month_len(year, month)) - 2;
    uint64_t week =
        (uint64_t)cron->weekdays * ((1U << DAYS_OF_WEEK) + 1) >> first; /* from the 1st */
    uint64_t by_week = 0;

    for (int day = 1; day <= 31; day += DAYS_OF_WEEK)
        by_week |= (week & 0x7f) << day;
    return (uint32_t)(all & (cron->either_day ? cron->days | by_week : cron->days & by_week));
}

/* The first day at or after one that matches; false when the search is given up. */
static bool day_from(const struct cron *cron, int64_t day, int64_t *ret_day)
{
    struct civil_date date = civil_date(day);

    for (unsigned i = 0; i <= CRON_SEARCH_YEARS * MONTHS; i++) {
        if ((cron->months & 1U << date.month) != 0) {
            int found = bit_from(days_of_month(cron, date.year, date.month), date.day);

            if (found >= 0) {
                *ret_day = civil_days((struct civil_date){date.year, date.month, found});
                return true;
            }
        }
        date = date.month == MONTHS ? (struct civil_date){date.year + 1, 1, 1}
                                    : (struct civil_date){date.year, date.month + 1, 1};
    }
    return false;
}

/* The first slot whose local time is at or after local_ms. */
static bool slot_from(const struct cron *cron, int64_t local_ms, int64_t *ret_slot_ms)
{
    int64_t from = civil_ceil(local_ms, MINUTE_MS);
    int64_t day = civil_floor(from, MINUTES_OF_DAY);
    int64_t found = 0;

    if (!day_from(cron, day, &found))
        return false;

    int minute = minute_from(cron, found == day ? (int)(from - day * MINUTES_OF_DAY) : 0);

    if (minute < 0) {
        if (!day_from(cron, day + 1, &found))
            return false;
        minute = minute_from(cron, 0);
    }
    *ret_slot_ms = found * DAY_MS + minute * MINUTE_MS;
    return true;
}

/* Within each span of one offset local time runs evenly: the next match is right if it lies in the
 * span. */
static bool next_running(const struct cron *cron, const struct zone *zone, int64_t at_ms,
                         int64_t *ret_wall_ms)
{
    int64_t end_ms = at_ms + CRON_SEARCH_YEARS * 366 * DAY_MS;

    while (at_ms < end_ms && at_ms <= WALL_MAX_MS) {
        struct zone_span span = zone_span_at(zone, at_ms);
        int64_t slot_ms = 0;

        if (!slot_from(cron, at_ms + span.offset_ms, &slot_ms))
            return false;
        *ret_wall_ms = slot_ms - span.offset_ms;
        if (*ret_wall_ms < span.end_ms)
            return true;
        at_ms = span.end_ms;
    }
    return false;
}

/* The local time that the clock had come up to when at_ms began: its slots and those before it were
 * reached earlier. No span that ended before the two days reckons, since offsets are not that far
 * apart. */
static int64_t reached_ms(const struct zone *zone, int64_t at_ms)
{
    int64_t reached = INT64_MIN;
    int64_t back_to_ms = at_ms - 2 * ZONE_OFFSET_MAX_MS;

    for (int64_t end_ms = at_ms; end_ms > back_to_ms;) {
        struct zone_span span = zone_span_at(zone, end_ms - 1);

        if (reached < end_ms + span.offset_ms)
            reached = end_ms + span.offset_ms;
        end_ms = span.begin_ms;
    }
    return reached;
}

/* The first instant from at_ms on at which the local clock shows slot_ms or later. */
static int64_t reaches_at_ms(const struct zone *zone, int64_t slot_ms, int64_t at_ms)
{
    if (at_ms < slot_ms - ZONE_OFFSET_MAX_MS)
        at_ms = slot_ms - ZONE_OFFSET_MAX_MS;
    while (at_ms <= WALL_MAX_MS) {
        struct zone_span span = zone_span_at(zone, at_ms);
        int64_t reached_at_ms = slot_ms - span.offset_ms;

        if (reached_at_ms < at_ms)
            return at_ms; /* a gap led past it */
        if (reached_at_ms < span.end_ms)
            return reached_at_ms;
        at_ms = span.end_ms;
    }
    return at_ms;
}

static bool next_fixed(const struct cron *cron, const struct zone *zone, int64_t at_ms,
                       int64_t *ret_wall_ms)
{
    int64_t slot_ms = 0;

    if (!slot_from(cron, reached_ms(zone, at_ms), &slot_ms))
        return false;
    *ret_wall_ms = reaches_at_ms(zone, slot_ms, at_ms);
    return true;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_wall_ms,
               int64_t *ret_wall_ms)
{
    int64_t wall_ms = 0;

    if (after_wall_ms > WALL_MAX_MS)
        return false;
    if (after_wall_ms < 0)
        after_wall_ms = 0;

    /* Nothing fires, and no zone changes, within a second. */
    int64_t at_ms = civil_ceil(after_wall_ms, SECOND_MS) * SECOND_MS;
    bool is_found = cron->is_fixed ? next_fixed(cron, zone, at_ms, &wall_ms)
                                   : next_running(cron, zone, at_ms, &wall_ms);

    if (!is_found || wall_ms > WALL_MAX_MS)
        return false;
    *ret_wall_ms = wall_ms;
    return true;
}
