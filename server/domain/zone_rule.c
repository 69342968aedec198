/* Zone rule: reads the text, and finds the change of offset before and after an instant. */
#include "zone_rule.h"

#include "base/civil.h"

enum {
    HOUR_S = 3600,
    OFFSET_HOURS_MAX = 24,
    TIME_HOURS_MAX = 167,
    NAME_LEN_MIN = 3,
    /* A change may lie more than a week outside of its year, so that those of the year itself and
     * of one neighbour do not always enclose an instant; those of two neighbours do. */
    YEARS_AROUND = 2,
    CHANGES_LEN = 2 * (2 * YEARS_AROUND + 1),
};

static bool take_char(struct bytes *text, char c)
{
    if (text->len == 0 || text->at[0] != c)
        return false;
    text->at++;
    text->len--;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_number(struct bytes *text, int min, int max, int *ret_number)
{
    int number = 0;
    size_t digits = 0;

    for (; digits < text->len && is_digit(text->at[digits]); digits++) {
        if (digits == 3)
            return false; /* none has more */
        number = number * 10 + (text->at[digits] - '0');
    }
    if (digits == 0 || number < min || number > max)
        return false;
    text->at += digits;
    text->len -= digits;
    *ret_number = number;
    return true;
}

/* "CET", "<-03>" */
static bool take_name(struct bytes *text)
{
    bool is_quoted = take_char(text, '<');
    size_t len = 0;

    while (len < text->len) {
        char c = text->at[len];

        if (!is_letter(c) && !(is_quoted && (is_digit(c) || c == '+' || c == '-')))
            break;
        len++;
    }
    text->at += len;
    text->len -= len;
    return len >= NAME_LEN_MIN && (!is_quoted || take_char(text, '>'));
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(struct bytes *text, int hours_max, int32_t *ret_s)
{
    int sign = take_char(text, '-') ? -1 : 1;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;

    if (sign == 1)
        (void)take_char(text, '+'); /* it may be left out */
    if (!take_number(text, 0, hours_max, &hours))
        return false;
    if (take_char(text, ':')) {
        if (!take_number(text, 0, 59, &minutes))
            return false;
        if (take_char(text, ':') && !take_number(text, 0, 59, &seconds))
            return false;
    }
    *ret_s = sign * (hours * HOUR_S + minutes * 60 + seconds);
    return true;
}

static bool take_date(struct bytes *text, struct zone_day *day)
{
    if (take_char(text, 'J')) {
        day->kind = ZONE_DAY_COMMON;
        return take_number(text, 1, 365, &day->day);
    }
    if (take_char(text, 'M')) {
        day->kind = ZONE_DAY_OF_WEEK;
        return take_number(text, 1, 12, &day->month) && take_char(text, '.') &&
               take_number(text, 1, 5, &day->week) && take_char(text, '.') &&
               take_number(text, 0, 6, &day->weekday);
    }
    day->kind = ZONE_DAY_OF_YEAR;
    return take_number(text, 0, 365, &day->day);
}

static bool take_day(struct bytes *text, struct zone_day *day)
{
    *day = (struct zone_day){.time_s = 2 * HOUR_S};
    if (!take_char(text, ',') || !take_date(text, day))
        return false;
    return !take_char(text, '/') || take_time(text, TIME_HOURS_MAX, &day->time_s);
}

bool zone_rule_read(struct bytes text, struct zone_rule *ret_rule)
{
    struct zone_rule rule = {.has_daylight = false};

    if (!take_name(&text) || !take_time(&text, OFFSET_HOURS_MAX, &rule.standard_s))
        return false;
    rule.standard_s = -rule.standard_s;
    rule.daylight_s = rule.standard_s + HOUR_S;
    if (text.len > 0) {
        rule.has_daylight = true;
        if (!take_name(&text))
            return false;
        if (text.len > 0 && text.at[0] != ',') {
            if (!take_time(&text, OFFSET_HOURS_MAX, &rule.daylight_s))
                return false;
            rule.daylight_s = -rule.daylight_s;
        }
        if (!take_day(&text, &rule.begins) || !take_day(&text, &rule.ends) || text.len > 0)
            return false;
    }
    *ret_rule = rule;
    return true;
}

static int64_t day_of(const struct zone_day *day, int64_t year)
{
    int64_t new_year = civil_days((struct civil_date){year, 1, 1});

    if (day->kind == ZONE_DAY_OF_YEAR)
        return new_year + day->day;
    if (day->kind == ZONE_DAY_COMMON)
        return new_year + day->day - 1 + (day->day >= 60 && civil_month_len(year, 2) == 29 ? 1 : 0);

    int64_t first = civil_days((struct civil_date){year, day->month, 1});
    int64_t in_month = (day->weekday - civil_weekday(first) + 7) % 7 + (day->week - 1) * 7;

    if (in_month >= civil_month_len(year, day->month))
        in_month -= 7; /* the fifth is the last, which can be the fourth */
    return first + in_month;
}

struct change {
    int64_t at_ms;
    int64_t offset_ms; /* from then on */
};

static struct change change_of(const struct zone_day *day, int64_t year, int32_t from_s,
                               int32_t to_s)
{
    return (struct change){
        .at_ms = day_of(day, year) * DAY_MS + (day->time_s - from_s) * SECOND_MS,
        .offset_ms = to_s * SECOND_MS,
    };
}

/* Keeps the order of equals: a year's end of daylight time that is the next year's begin (daylight
 * time all the year) comes before it and so says nothing. */
static void insert(struct change *changes, unsigned len, struct change change)
{
    while (len > 0 && changes[len - 1].at_ms > change.at_ms) {
        changes[len] = changes[len - 1];
        len--;
    }
    changes[len] = change;
}

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t wall_ms)
{
    struct zone_span span = {-ZONE_ALWAYS_MS, ZONE_ALWAYS_MS, rule->standard_s * SECOND_MS};
    struct change changes[CHANGES_LEN];
    unsigned len = 0;

    if (!rule->has_daylight)
        return span;

    int64_t year = civil_date(civil_floor(wall_ms, DAY_MS)).year;

    for (int64_t y = year - YEARS_AROUND; y <= year + YEARS_AROUND; y++) {
        insert(changes, len++, change_of(&rule->begins, y, rule->standard_s, rule->daylight_s));
        insert(changes, len++, change_of(&rule->ends, y, rule->daylight_s, rule->standard_s));
    }
    for (unsigned i = 0; i < len; i++) {
        if (changes[i].at_ms > wall_ms) {
            span.end_ms = changes[i].at_ms;
            break;
        }
        span.begin_ms = changes[i].at_ms;
        span.offset_ms = changes[i].offset_ms;
    }
    return span;
}
