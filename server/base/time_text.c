/* Time text: the calendar by plain arithmetic (Howard Hinnant's days algorithms), no time zone
 * data. */
#include "base/time_text.h"

#include <string.h>

#define DAY_MS      INT64_C(86400000)
#define WALL_MS_MAX INT64_C(253402300799999) /* the end of year 9999 */

struct date {
    int64_t year;
    int64_t month; /* 1 to 12 */
    int64_t day;   /* 1 to 31 */
};

/* Years are counted from March, so that the leap day is a year's last day; eras are 400 years,
 * 146097 days. */
static int64_t days_of(struct date date)
{
    int64_t year = date.month <= 2 ? date.year - 1 : date.year;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static struct date date_of(int64_t days)
{
    days += 719468;

    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t year = year_of_era + era * 400;

    return (struct date){
        .year = month >= 10 ? year + 1 : year,
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

static void put_two(char *to, int64_t number)
{
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
}

void time_write(int64_t wall_ms, char ret_text[TIME_TEXT_LEN + 1])
{
    if (wall_ms < 0)
        wall_ms = 0;
    if (wall_ms > WALL_MS_MAX)
        wall_ms = WALL_MS_MAX;

    struct date date = date_of(wall_ms / DAY_MS);
    int64_t ms = wall_ms % DAY_MS;

    memcpy(ret_text, "0000-00-00T00:00:00.000Z", TIME_TEXT_LEN + 1);
    put_two(ret_text, date.year / 100);
    put_two(ret_text + 2, date.year % 100);
    put_two(ret_text + 5, date.month);
    put_two(ret_text + 8, date.day);
    put_two(ret_text + 11, ms / 3600000);
    put_two(ret_text + 14, ms / 60000 % 60);
    put_two(ret_text + 17, ms / 1000 % 60);
    put_two(ret_text + 20, ms % 1000 / 10);
    ret_text[22] = (char)('0' + ms % 10);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_char(struct bytes *text, char upper, char lower)
{
    if (text->len == 0 || (text->at[0] != upper && text->at[0] != lower))
        return false;
    text->at++;
    text->len--;
    return true;
}

/* Exactly so many digits, giving a number from min to max. */
static bool take_number(struct bytes *text, size_t digits, int64_t min, int64_t max,
                        int64_t *ret_number)
{
    int64_t number = 0;

    if (text->len < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text->at[i]))
            return false;
        number = number * 10 + (text->at[i] - '0');
    }
    text->at += digits;
    text->len -= digits;
    *ret_number = number;
    return number >= min && number <= max;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return DAYS[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static bool take_date(struct bytes *text, int64_t *ret_ms)
{
    struct date date;

    if (!take_number(text, 4, 1970, 9999, &date.year) || !take_char(text, '-', '-'))
        return false;
    if (!take_number(text, 2, 1, 12, &date.month) || !take_char(text, '-', '-'))
        return false;
    if (!take_number(text, 2, 1, days_in_month(date.year, date.month), &date.day))
        return false;
    *ret_ms = days_of(date) * DAY_MS;
    return true;
}

static bool take_fraction(struct bytes *text, int64_t *ret_ms)
{
    int64_t ms = 0;
    size_t digits = 0;

    for (; digits < text->len && is_digit(text->at[digits]); digits++) {
        if (digits < 3)
            ms = ms * 10 + (text->at[digits] - '0');
    }
    if (digits == 0 || digits > 9)
        return false;
    for (size_t i = digits; i < 3; i++)
        ms *= 10;
    text->at += digits;
    text->len -= digits;
    *ret_ms = ms;
    return true;
}

static bool take_clock(struct bytes *text, int64_t *ret_ms)
{
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t ms = 0;

    if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ':', ':'))
        return false;
    if (!take_number(text, 2, 0, 59, &minute) || !take_char(text, ':', ':'))
        return false;
    if (!take_number(text, 2, 0, 59, &second))
        return false;
    if (take_char(text, '.', '.') && !take_fraction(text, &ms))
        return false;
    *ret_ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static bool take_offset(struct bytes *text, int64_t *ret_ms)
{
    int64_t hour;
    int64_t minute;
    int64_t sign = 1;

    if (take_char(text, 'Z', 'z')) {
        *ret_ms = 0;
        return true;
    }
    if (take_char(text, '-', '-'))
        sign = -1;
    else if (!take_char(text, '+', '+'))
        return false;
    if (!take_number(text, 2, 0, 23, &hour) || !take_char(text, ':', ':'))
        return false;
    if (!take_number(text, 2, 0, 59, &minute))
        return false;
    *ret_ms = sign * (hour * 60 + minute) * 60000;
    return true;
}

bool time_read(struct bytes text, int64_t *ret_wall_ms)
{
    int64_t date_ms;
    int64_t clock_ms;
    int64_t offset_ms;

    if (!take_date(&text, &date_ms) || !take_char(&text, 'T', 't'))
        return false;
    if (!take_clock(&text, &clock_ms) || !take_offset(&text, &offset_ms) || text.len > 0)
        return false;

    int64_t wall_ms = date_ms + clock_ms - offset_ms;

    if (wall_ms < 0 || wall_ms > WALL_MS_MAX)
        return false;
    *ret_wall_ms = wall_ms;
    return true;
}
