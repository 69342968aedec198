/* Zone rule: the footer of a TZif file, "CET-1CEST,M3.5.0,M10.5.0/3": offsets, and the two days of
 * each year at which they change (the POSIX TZ text, with times of -167 to 167 hours). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "domain/zone.h"

enum zone_day_kind {
    ZONE_DAY_COMMON,  /* "J60": 1 to 365, 29 February is never counted */
    ZONE_DAY_OF_YEAR, /* "59": 0 to 365 */
    ZONE_DAY_OF_WEEK, /* "M3.5.0": month, week (5 is the last), weekday */
};

struct zone_day {
    enum zone_day_kind kind;
    int day; /* of the first two kinds */
    int month;
    int week;
    int weekday;
    int32_t time_s; /* of the local clock as it goes until then; from the midnight that begins it */
};

struct zone_rule {
    int32_t standard_s; /* east of UTC is positive, other than in the text */
    int32_t daylight_s;
    bool has_daylight; /* else the rest says nothing */
    struct zone_day begins;
    struct zone_day ends;
};

/* False when text is not one. */
bool zone_rule_read(struct bytes text, struct zone_rule *ret_rule);
/* wall_ms lies between ZONE_MIN_MS and ZONE_MAX_MS. */
struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t wall_ms);

/* What stands for "always" in a span; far enough from the ends of the type to add an offset. */
#define ZONE_ALWAYS_MS (INT64_MAX / 2)
