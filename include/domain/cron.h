/* Cron: a schedule in five fields, "minute hour day-of-month month day-of-week", and when it fires
 * next in a time zone.
 *
 * A field is `*`, or a list, parted by commas, of numbers, names (JAN, MON; case does not matter)
 * and ranges (`1-5`, `MON-FRI`); `*` and ranges may have a step (`0-59/15`, `8-18/2`). Day of week
 * is 0 to 7, both ends being Sunday. @hourly @daily @midnight @weekly @monthly @yearly @annually
 * are taken. Refused: ranges that run backwards, steps behind a single number, @reboot, L W # ?,
 * fields more or less than five, an expression that never fires, and one above CRON_TEXT_MAX.
 *
 * Days. When one of day-of-month and day-of-week begins with `*`, a day must match both. When
 * neither does, either is enough: `0 0 13 * FRI` is every 13th and every Friday.
 *
 * Clock changes. An expression whose minute or hour begins with `*` is *running*; any other is
 * *fixed*.
 *   running: fires whenever the local clock shows a minute that matches. Minutes that are skipped
 *            do not fire, minutes that are shown twice fire twice.
 *   fixed:   each slot (a local date and minute that matches) fires exactly once, at the first
 *            instant at which the local clock has reached or passed it: at the first valid instant
 *            after a gap, and the first time when it is shown twice. Slots that reach the same
 *            instant fire as one.
 * Europe/Berlin, 30 March 2025 (02:00 to 03:00 is skipped) and 26 October 2025 (02:00 to 03:00 is
 * shown twice):
 *   30 2 * * *       once at 03:00 CEST            once at 02:30 CEST
 *   0 2,3 * * *      once at 03:00 CEST            02:00 CEST, 03:00 CET
 *   30 * * * *       01:30 CET, 03:30 CEST         02:30 CEST, 02:30 CET
 *   * 2 * * *        not on this day               02:00 to 02:59, first CEST, then CET */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"

struct zone;

enum {
    CRON_TEXT_MAX = 512,   /* each value of each field, written once, has 350 */
    CRON_SEARCH_YEARS = 41 /* 29 February is on a given weekday once in 40 years, at worst */
};

/* A bit for each value that matches. */
struct cron {
    uint64_t minutes;  /* 0 to 59 */
    uint32_t hours;    /* 0 to 23 */
    uint32_t days;     /* 1 to 31 */
    uint32_t months;   /* 1 to 12 */
    uint32_t weekdays; /* 0 to 6, from Sunday */
    bool either_day;   /* a day of month or a day of week is enough */
    bool is_fixed;
};

/* ERR_INVALID_FIELD at where, saying which field is wrong and what it may be. */
MUST_CHECK enum err cron_parse(struct bytes text, const char *where, struct cron *ret_cron,
                               struct error *error);
/* The first instant at or after after_wall_ms at which it fires; from 1970 on. False when it does
 * not within CRON_SEARCH_YEARS (a running one can meet nothing but gaps) or before the year 10000.
 * The same slot has the same instant, whenever it is asked for. */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_wall_ms,
               int64_t *ret_wall_ms);
