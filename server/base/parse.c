/* Parse: numbers from options, queries and headers; no signs, blanks, leading zeros or units but
 * the named ones. */
#include "base/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DOUBLE_LEN_MAX = 511 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool take_char(struct bytes *text, char c)
{
    if (text->len == 0 || text->at[0] != c)
        return false;
    text->at++;
    text->len--;
    return true;
}

static size_t skip_digits(struct bytes *text)
{
    size_t digits = 0;

    while (digits < text->len && is_digit(text->at[digits]))
        digits++;
    text->at += digits;
    text->len -= digits;
    return digits;
}

/* "0" or digits that do not begin with one; false when there is none or it does not fit. */
static bool take_natural(struct bytes *text, uint64_t *ret_number)
{
    struct bytes from = *text;
    size_t digits = text->len > 0 ? skip_digits(text) : 0;
    uint64_t number = 0;

    if (digits == 0 || (digits > 1 && from.at[0] == '0'))
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(number, 10u, &number))
            return false;
        if (__builtin_add_overflow(number, (unsigned)(from.at[i] - '0'), &number))
            return false;
    }
    *ret_number = number;
    return true;
}

bool parse_int(struct bytes text, int64_t min, int64_t max, int64_t *ret_number)
{
    bool is_negative = take_char(&text, '-');
    uint64_t magnitude;
    int64_t number;

    if (!take_natural(&text, &magnitude) || text.len > 0 || (is_negative && magnitude == 0))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0))
        return false;
    /* -1 first: the magnitude of the smallest number does not fit. */
    number = is_negative ? -1 - (int64_t)(magnitude - 1) : (int64_t)magnitude;
    if (number < min || number > max)
        return false;
    *ret_number = number;
    return true;
}

/* "12.3456" -> 12345 */
static bool take_thousandths(struct bytes *text, int64_t *ret_thousandths)
{
    uint64_t whole;
    int64_t thousandths;

    if (!take_natural(text, &whole) || whole > INT64_MAX / 1000)
        return false;
    thousandths = (int64_t)whole * 1000;
    if (take_char(text, '.')) {
        const char *fraction = text->at;
        size_t digits = text->len > 0 ? skip_digits(text) : 0;
        int64_t weight = 100;

        if (digits == 0)
            return false;
        for (size_t i = 0; i < digits && weight > 0; i++, weight /= 10)
            thousandths += (fraction[i] - '0') * weight;
    }
    *ret_thousandths = thousandths;
    return true;
}

bool parse_seconds(struct bytes text, int64_t max_ms, int64_t *ret_ms)
{
    int64_t ms;

    if (!take_thousandths(&text, &ms) || text.len > 0 || ms > max_ms)
        return false;
    *ret_ms = ms;
    return true;
}

bool parse_bool(struct bytes text, bool *ret_value)
{
    bool is_true = bytes_is(text, "1") || bytes_is(text, "true");

    if (!is_true && !bytes_is(text, "0") && !bytes_is(text, "false"))
        return false;
    *ret_value = is_true;
    return true;
}

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit SIZE_UNITS[] = {
    {"", 1},          {"b", 1},       {"k", 1 << 10},   {"kib", 1 << 10}, {"m", 1 << 20},
    {"mib", 1 << 20}, {"g", 1 << 30}, {"gib", 1 << 30}, {NULL, 0},
};

static const struct unit DURATION_UNITS[] = {
    {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};

static bool find_unit(const struct unit *units, struct bytes name, int64_t *ret_factor)
{
    for (; units->name != NULL; units++) {
        bool is_it = strlen(units->name) == name.len &&
                     (name.len == 0 || strncasecmp(units->name, name.at, name.len) == 0);

        if (is_it) {
            *ret_factor = units->factor;
            return true;
        }
    }
    return false;
}

bool parse_size(struct bytes text, int64_t max, int64_t *ret_size)
{
    uint64_t number;
    int64_t factor;
    int64_t size;

    if (!take_natural(&text, &number) || !find_unit(SIZE_UNITS, text, &factor))
        return false;
    if (__builtin_mul_overflow(number, factor, &size) || size > max)
        return false;
    *ret_size = size;
    return true;
}

bool parse_duration(struct bytes text, int64_t max_ms, int64_t *ret_ms)
{
    int64_t thousandths;
    int64_t factor;
    int64_t scaled;

    if (!take_thousandths(&text, &thousandths) || !find_unit(DURATION_UNITS, text, &factor))
        return false;
    if (__builtin_mul_overflow(thousandths, factor, &scaled) || scaled / 1000 > max_ms)
        return false;
    *ret_ms = scaled / 1000;
    return true;
}

int parse_hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_json_number(struct bytes text)
{
    (void)take_char(&text, '-');
    if (!take_char(&text, '0') && skip_digits(&text) == 0)
        return false;
    if (take_char(&text, '.') && skip_digits(&text) == 0)
        return false;
    if (take_char(&text, 'e') || take_char(&text, 'E')) {
        if (!take_char(&text, '-'))
            (void)take_char(&text, '+');
        if (skip_digits(&text) == 0)
            return false;
    }
    return text.len == 0;
}

bool parse_double(struct bytes text, double *ret_number)
{
    char copy[DOUBLE_LEN_MAX + 1];

    if (text.len == 0 || text.len > DOUBLE_LEN_MAX || !is_json_number(text))
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';

    /* The program never leaves the C locale, so the point is a point. */
    double number = strtod(copy, NULL);

    if (!isfinite(number))
        return false;
    *ret_number = number;
    return true;
}
