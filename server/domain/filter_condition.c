/* Filter condition: a table says how each operator is decided. FILTER_DEPTH_MAX bounds the
 * recursion. */
#include "filter_condition.h"

#include <math.h>
#include <stdlib.h>

#include "filter_compare.h"
#include "filter_glob.h"

typedef bool holds_fn(const struct filter_condition *condition, const struct filter_found *subject,
                      struct filter_work *work);

/* ---- joining ---- */

/* The number of the first part that gives answer; parts_len if none does. */
static unsigned first_part(const struct filter_condition *condition,
                           const struct filter_found *subject, bool answer,
                           struct filter_work *work)
{
    unsigned i = 0;

    while (i < condition->parts_len && !work->trouble &&
           filter_holds(&condition->parts[i], subject, work) != answer)
        i++;
    return i;
}

static bool all_hold(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    return first_part(condition, subject, false, work) == condition->parts_len;
}

static bool any_holds(const struct filter_condition *condition, const struct filter_found *subject,
                      struct filter_work *work)
{
    return first_part(condition, subject, true, work) < condition->parts_len;
}

static bool none_holds(const struct filter_condition *condition, const struct filter_found *subject,
                       struct filter_work *work)
{
    return !any_holds(condition, subject, work);
}

static bool field_holds(const struct filter_condition *condition,
                        const struct filter_found *subject, struct filter_work *work)
{
    struct filter_found found = filter_follow(condition->path, &subject->value, work);

    return filter_holds(condition->parts, &found, work);
}

static bool element_holds(const struct filter_condition *condition,
                          const struct filter_found *subject, struct filter_work *work)
{
    const struct json_value *array = &subject->value;

    if (array->kind != JSON_KIND_ARRAY)
        return false;
    for (unsigned i = 0; i < array->len && !work->trouble; i++) {
        const struct json_value *item = &array->items[i];
        struct filter_found element = {.value = *item, .exists = item->kind != JSON_KIND_NONE};

        if (filter_holds(condition->parts, &element, work))
            return true;
    }
    return false;
}

/* ---- comparing ---- */

static bool is_among(const struct json_value *wanted, const struct json_value *array,
                     struct filter_work *work)
{
    for (unsigned i = 0; i < array->len && !work->trouble; i++)
        if (filter_equal(wanted, &array->items[i], work))
            return true;
    return false;
}

static bool is_plain(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    if (subject->value.kind == JSON_KIND_ARRAY)
        return is_among(&condition->value, &subject->value, work);
    return filter_equal_text(&condition->value, &subject->value, work);
}

static bool is_equal(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    return filter_equal_text(&condition->value, &subject->value, work);
}

static bool is_unequal(const struct filter_condition *condition, const struct filter_found *subject,
                       struct filter_work *work)
{
    return !filter_equal_text(&condition->value, &subject->value, work);
}

static bool is_ordered(const struct filter_condition *condition, const struct filter_found *subject,
                       struct filter_work *work)
{
    static const unsigned ACCEPTED[FILTER_OPS_LEN] = {
        [FILTER_OP_GT] = 1U << FILTER_MORE,
        [FILTER_OP_GTE] = 1U << FILTER_MORE | 1U << FILTER_SAME,
        [FILTER_OP_LT] = 1U << FILTER_LESS,
        [FILTER_OP_LTE] = 1U << FILTER_LESS | 1U << FILTER_SAME,
    };
    enum filter_order order = filter_order(&subject->value, &condition->value, work);

    return (ACCEPTED[condition->op] & 1U << order) != 0;
}

static bool is_in(const struct filter_condition *condition, const struct filter_found *subject,
                  struct filter_work *work)
{
    const struct json_value *wanted = &condition->value;

    if (subject->value.kind != JSON_KIND_ARRAY)
        return is_among(&subject->value, wanted, work);
    for (unsigned i = 0; i < wanted->len && !work->trouble; i++)
        if (is_among(&wanted->items[i], &subject->value, work))
            return true;
    return false;
}

static bool is_not_in(const struct filter_condition *condition, const struct filter_found *subject,
                      struct filter_work *work)
{
    return !is_in(condition, subject, work);
}

/* ---- texts, kinds, numbers ---- */

static bool matches_glob(const struct filter_condition *condition,
                         const struct filter_found *subject, struct filter_work *work)
{
    return subject->value.kind == JSON_KIND_TEXT &&
           filter_glob(condition->value.text, subject->value.text, work);
}

static bool matches_regex(const struct filter_condition *condition,
                          const struct filter_found *subject, struct filter_work *work)
{
    return subject->value.kind == JSON_KIND_TEXT &&
           filter_regex_found(condition->regex, subject->value.text, work);
}

static bool has_size(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    (void)work;
    return subject->value.kind == JSON_KIND_ARRAY && condition->value.integer == subject->value.len;
}

static bool has_type(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    (void)work;
    return (condition->kinds & 1U << subject->value.kind) != 0;
}

static bool exists(const struct filter_condition *condition, const struct filter_found *subject,
                   struct filter_work *work)
{
    (void)work;
    return subject->exists == condition->value.truth;
}

/* As Python: the rest has the divisor's sign. */
static int64_t rest_of_int(int64_t number, int64_t divisor)
{
    int64_t rest = divisor == -1 ? 0 : number % divisor; /* INT64_MIN % -1 overflows */

    return rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
}

static int64_t rest_of_digits(struct bytes digits, int64_t divisor)
{
    bool is_negative = digits.at[0] == '-';
    uint64_t magnitude = divisor < 0 ? 0 - (uint64_t)divisor : (uint64_t)divisor;
    uint64_t rest = 0;

    for (size_t i = is_negative ? 1 : 0; i < digits.len; i++) {
        unsigned __int128 shifted = (unsigned __int128)rest * 10 + (unsigned)(digits.at[i] - '0');

        rest = (uint64_t)(shifted % magnitude);
    }
    /* Below the magnitude of an int64_t. */
    return rest_of_int(is_negative ? -(int64_t)rest : (int64_t)rest, divisor);
}

static double real_of(const struct json_value *value)
{
    if (value->kind == JSON_KIND_REAL)
        return value->real;
    if (value->kind == JSON_KIND_BIG)
        return strtod(value->text.at, NULL);
    return value->kind == JSON_KIND_BOOL ? value->truth : (double)value->integer;
}

static struct json_value rest_of_reals(double number, double divisor)
{
    double rest = fmod(number, divisor);

    if (rest != 0 && (rest < 0) != (divisor < 0))
        rest += divisor;
    return (struct json_value){.kind = JSON_KIND_REAL, .real = rest};
}

static struct json_value rest_of(const struct json_value *number, const struct json_value *divisor)
{
    struct json_value rest = {.kind = JSON_KIND_INT};

    if (number->kind == JSON_KIND_REAL || divisor->kind == JSON_KIND_REAL)
        return rest_of_reals(real_of(number), real_of(divisor));
    if (number->kind == JSON_KIND_BIG)
        rest.integer = rest_of_digits(number->text, divisor->integer);
    else
        rest.integer = rest_of_int(number->kind == JSON_KIND_BOOL ? number->truth : number->integer,
                                   divisor->integer);
    return rest;
}

/* Only a real can be infinite, and an integer that is made one. */
static bool is_too_large(const struct json_value *number, const struct json_value *divisor)
{
    bool by_reals = number->kind == JSON_KIND_REAL || divisor->kind == JSON_KIND_REAL;

    return by_reals && !isfinite(real_of(number));
}

static bool has_rest(const struct filter_condition *condition, const struct filter_found *subject,
                     struct filter_work *work)
{
    const struct json_value *number = &subject->value;
    const struct json_value *divisor = &condition->value.items[0];

    if (number->kind == JSON_KIND_NONE)
        return false;
    if (!filter_is_number(number) || is_too_large(number, divisor))
        return filter_trouble(work);
    if (number->kind == JSON_KIND_BIG && !filter_spend(work, number->text.len))
        return false;

    struct json_value rest = rest_of(number, divisor);

    return filter_equal(&rest, &condition->value.items[1], work);
}

bool filter_holds(const struct filter_condition *condition, const struct filter_found *subject,
                  struct filter_work *work)
{
    static holds_fn *const HOW[FILTER_OPS_LEN] = {
        [FILTER_OP_AND] = all_hold,
        [FILTER_OP_OR] = any_holds,
        [FILTER_OP_NOR] = none_holds,
        [FILTER_OP_NOT] = none_holds,
        [FILTER_OP_FIELD] = field_holds,
        [FILTER_OP_PLAIN] = is_plain,
        [FILTER_OP_GLOB] = matches_glob,
        [FILTER_OP_EQ] = is_equal,
        [FILTER_OP_NE] = is_unequal,
        [FILTER_OP_GT] = is_ordered,
        [FILTER_OP_GTE] = is_ordered,
        [FILTER_OP_LT] = is_ordered,
        [FILTER_OP_LTE] = is_ordered,
        [FILTER_OP_IN] = is_in,
        [FILTER_OP_NIN] = is_not_in,
        [FILTER_OP_ALL] = all_hold,
        [FILTER_OP_ELEM_MATCH] = element_holds,
        [FILTER_OP_SIZE] = has_size,
        [FILTER_OP_TYPE] = has_type,
        [FILTER_OP_MOD] = has_rest,
        [FILTER_OP_REGEX] = matches_regex,
        [FILTER_OP_EXISTS] = exists,
    };

    return filter_spend(work, 1) && HOW[condition->op](condition, subject, work);
}
