/* Filter compare: numbers of all sizes exactly, lists by their first difference, objects by their
 * sorted members. */
#include "filter_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_A_STEP = 64,
    REAL_TEXT_MAX = 320, /* the largest double has 309 digits */
    REAL_DIGITS_MAX = 17,
    REAL_FIXED_MIN = -4, /* exponents that Python writes without one */
    REAL_FIXED_MAX = 15,
};

#define INT64_END 9223372036854775808.0 /* the first double above all int64_t */

bool filter_is_number(const struct json_value *value)
{
    return value->kind == JSON_KIND_BOOL || value->kind == JSON_KIND_INT ||
           value->kind == JSON_KIND_BIG || value->kind == JSON_KIND_REAL;
}

/* ---- numbers ---- */

static int sign_of_big(struct bytes digits)
{
    return digits.at[0] == '-' ? -1 : 1;
}

/* Integers without zeros in front. */
static int compare_digits(struct bytes a, struct bytes b)
{
    int sign = sign_of_big(a);

    if (sign != sign_of_big(b))
        return sign;
    if (a.len != b.len)
        return a.len < b.len ? -sign : sign;

    int order = memcmp(a.at, b.at, a.len);

    return order == 0 ? 0 : order < 0 ? -sign : sign;
}

static int compare_int_with_real(int64_t integer, double real)
{
    if (real >= INT64_END)
        return -1;
    if (real < -INT64_END)
        return 1;

    int64_t whole = (int64_t)real;
    double rest = real - (double)whole; /* exact: reals with one are far smaller */

    if (integer != whole)
        return integer < whole ? -1 : 1;
    return rest > 0 ? -1 : rest < 0 ? 1 : 0;
}

static int compare_big_with_real(struct bytes big, double real)
{
    char text[REAL_TEXT_MAX];

    if (isinf(real))
        return real > 0 ? -1 : 1;
    if (fabs(real) < INT64_END)
        return sign_of_big(big);

    int len = snprintf(text, sizeof(text), "%.0f", real);

    return compare_digits(big, (struct bytes){text, (size_t)len});
}

static int64_t small_of(const struct json_value *value)
{
    return value->kind == JSON_KIND_BOOL ? value->truth : value->integer;
}

static int compare_real_with(double real, const struct json_value *value)
{
    if (value->kind == JSON_KIND_REAL)
        return real < value->real ? -1 : real > value->real;
    if (value->kind == JSON_KIND_BIG)
        return -compare_big_with_real(value->text, real);
    return -compare_int_with_real(small_of(value), real);
}

static int compare_numbers(const struct json_value *a, const struct json_value *b)
{
    if (a->kind == JSON_KIND_REAL)
        return compare_real_with(a->real, b);
    if (b->kind == JSON_KIND_REAL)
        return -compare_real_with(b->real, a);
    if (a->kind == JSON_KIND_BIG && b->kind == JSON_KIND_BIG)
        return compare_digits(a->text, b->text);
    if (a->kind == JSON_KIND_BIG)
        return sign_of_big(a->text);
    if (b->kind == JSON_KIND_BIG)
        return -sign_of_big(b->text);
    return small_of(a) < small_of(b) ? -1 : small_of(a) > small_of(b);
}

/* ---- equality ---- */

static size_t steps_of(const struct json_value *value)
{
    bool is_text = value->kind == JSON_KIND_TEXT || value->kind == JSON_KIND_BIG;

    return 1 + (is_text ? value->text.len / BYTES_A_STEP : 0);
}

static bool members_equal(const struct json_value *a, const struct json_value *b,
                          struct filter_work *work)
{
    for (unsigned i = 0; i < a->len; i++) {
        const struct json_member *left = &a->members[i];
        const struct json_member *right = &b->members[i];

        if (!bytes_equal(left->name, right->name) ||
            !filter_equal(&left->value, &right->value, work))
            return false;
    }
    return true;
}

static bool items_equal(const struct json_value *a, const struct json_value *b,
                        struct filter_work *work)
{
    for (unsigned i = 0; i < a->len; i++)
        if (!filter_equal(&a->items[i], &b->items[i], work))
            return false;
    return true;
}

bool filter_equal(const struct json_value *a, const struct json_value *b, struct filter_work *work)
{
    if (!filter_spend(work, steps_of(a)))
        return false;
    if (filter_is_number(a) && filter_is_number(b))
        return compare_numbers(a, b) == 0;
    if (a->kind != b->kind || a->len != b->len)
        return false;
    if (a->kind == JSON_KIND_TEXT)
        return bytes_equal(a->text, b->text);
    if (a->kind == JSON_KIND_ARRAY)
        return items_equal(a, b, work);
    if (a->kind == JSON_KIND_OBJECT)
        return members_equal(a, b, work);
    return a->kind == JSON_KIND_NULL;
}

/* ---- order ---- */

static enum filter_order order_of(int sign)
{
    return sign < 0 ? FILTER_LESS : sign > 0 ? FILTER_MORE : FILTER_SAME;
}

static enum filter_order order_of_items(const struct json_value *a, const struct json_value *b,
                                        struct filter_work *work)
{
    unsigned both = a->len < b->len ? a->len : b->len;

    for (unsigned i = 0; i < both; i++)
        if (!filter_equal(&a->items[i], &b->items[i], work))
            return filter_order(&a->items[i], &b->items[i], work);
    return order_of(a->len < b->len ? -1 : a->len > b->len);
}

enum filter_order filter_order(const struct json_value *a, const struct json_value *b,
                               struct filter_work *work)
{
    if (!filter_spend(work, steps_of(a)))
        return FILTER_UNORDERED;
    if (filter_is_number(a) && filter_is_number(b))
        return order_of(compare_numbers(a, b));
    if (a->kind != b->kind)
        return FILTER_UNORDERED;
    if (a->kind == JSON_KIND_TEXT)
        return order_of(bytes_compare(a->text, b->text)); /* UTF-8 keeps the order of code points */
    return a->kind == JSON_KIND_ARRAY ? order_of_items(a, b, work) : FILTER_UNORDERED;
}

/* ---- as Python writes it ---- */

/* Of "1.5e-05". */
static int exponent_of(const char *text)
{
    const char *at = strchr(text, 'e') + 1;
    int exponent = 0;

    for (const char *digit = at + 1; *digit != 0; digit++)
        exponent = exponent * 10 + (*digit - '0');
    return *at == '-' ? -exponent : exponent;
}

/* The shortest digits that read back the same. */
static size_t write_real(double real, char ret_text[REAL_TEXT_MAX])
{
    int digits = 0;

    if (isinf(real))
        return (size_t)snprintf(ret_text, REAL_TEXT_MAX, real > 0 ? "inf" : "-inf");
    do {
        digits++;
        (void)snprintf(ret_text, REAL_TEXT_MAX, "%.*e", digits - 1, real);
    } while (digits < REAL_DIGITS_MAX && strtod(ret_text, NULL) != real);

    int exponent = exponent_of(ret_text);

    if (exponent < REAL_FIXED_MIN || exponent > REAL_FIXED_MAX)
        return strlen(ret_text);

    int places = digits - 1 - exponent;

    return (size_t)snprintf(ret_text, REAL_TEXT_MAX, "%.*f", places > 1 ? places : 1, real);
}

static bool is_written(const struct json_value *value, struct bytes wanted)
{
    char text[REAL_TEXT_MAX];

    if (value->kind == JSON_KIND_NULL)
        return bytes_is(wanted, "None");
    if (value->kind == JSON_KIND_BOOL)
        return bytes_is(wanted, value->truth ? "True" : "False");
    if (value->kind == JSON_KIND_BIG)
        return bytes_equal(wanted, value->text);
    if (value->kind == JSON_KIND_REAL)
        return bytes_equal(wanted, (struct bytes){text, write_real(value->real, text)});
    if (value->kind != JSON_KIND_INT)
        return false;
    (void)snprintf(text, sizeof(text), "%lld", (long long)value->integer);
    return bytes_is(wanted, text);
}

bool filter_equal_text(const struct json_value *wanted, const struct json_value *value,
                       struct filter_work *work)
{
    if (wanted->kind != JSON_KIND_TEXT || value->kind == JSON_KIND_TEXT)
        return filter_equal(wanted, value, work);
    return filter_spend(work, steps_of(value)) && is_written(value, wanted->text);
}
