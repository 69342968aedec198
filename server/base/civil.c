/* Civil: days to dates and back (Howard Hinnant's algorithms). */
#include "base/civil.h"

#include <stdbool.h>

/* An era is 400 years; day 0 of the count below is 1 March of year 0. */
enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_DAY = 719468 };

int64_t civil_floor(int64_t number, int64_t divisor)
{
    return number / divisor - (number % divisor < 0 ? 1 : 0);
}

int64_t civil_ceil(int64_t number, int64_t divisor)
{
    return number / divisor + (number % divisor > 0 ? 1 : 0);
}

/* Years are counted from March, so that the leap day is a year's last day. */
int64_t civil_days(struct civil_date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = civil_floor(year, ERA_YEARS);
    int64_t year_of_era = year - era * ERA_YEARS;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;

    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           EPOCH_DAY;
}

struct civil_date civil_date(int64_t days)
{
    int64_t era = civil_floor(days + EPOCH_DAY, ERA_DAYS);
    int64_t day = days + EPOCH_DAY - era * ERA_DAYS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    return (struct civil_date){
        .year = year + era * ERA_YEARS + (month >= 10 ? 1 : 0),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

int civil_weekday(int64_t days)
{
    int64_t since_thursday = days - civil_floor(days, 7) * 7;

    return (int)((since_thursday + 4) % 7);
}

int civil_month_len(int64_t year, int month)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return LENGTHS[month - 1] + (month == 2 && is_leap ? 1 : 0);
}
