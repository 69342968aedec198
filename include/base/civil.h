/* Civil: the proleptic Gregorian calendar by plain arithmetic; no time zone, no libc. */
#pragma once

#include <stdint.h>

struct civil_date {
    int64_t year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* Days since 1 January 1970, negative before; year within +-1,000,000, month and day as above. */
int64_t civil_days(struct civil_date date);
struct civil_date civil_date(int64_t days);
int civil_weekday(int64_t days); /* 0 Sunday to 6 Saturday */
int civil_month_len(int64_t year, int month);
/* Division that rounds down, also for what lies before 1970; divisor > 0. */
int64_t civil_floor(int64_t number, int64_t divisor);
int64_t civil_ceil(int64_t number, int64_t divisor);
