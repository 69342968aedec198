/* Filter read: makes conditions of a filter's text, and says with a pointer what is wrong with it.
 * FILTER_DEPTH_MAX bounds the recursion. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_scan.h"
#include "filter_compare.h"
#include "filter_glob.h"
#include "filter_rule.h"

enum { POINTER_DEPTH_MAX = FILTER_DEPTH_MAX + 2, DETAIL_MAX = 256 };

struct reading {
    struct arena *arena;
    const char *where;
    struct error *error;
    unsigned regexes;
};

/* Where something stands in the list. */
struct place {
    const struct place *up; /* NULL: the list */
    struct bytes name;      /* NONE: the element at index */
    size_t index;
};

typedef enum err read_fn(struct reading *reading, const struct place *place,
                         const struct json_value *value, struct filter_condition *condition);

/* ---- refusing ---- */

/* A step of a JSON pointer (RFC 6901); cut where room ends. */
static size_t write_step(char *at, size_t room, const struct place *place)
{
    size_t len = 0;

    if (place->name.at == NULL)
        return (size_t)snprintf(at, room, "/%zu", place->index);
    at[len++] = '/';
    for (size_t i = 0; i < place->name.len && len + 2 < room; i++) {
        char c = place->name.at[i];

        if (c == '~' || c == '/')
            at[len++] = '~';
        at[len++] = c == '~' ? '0' : c == '/' ? '1' : c;
    }
    at[len] = 0;
    return len;
}

static void write_pointer(const struct reading *reading, const struct place *place, char *at,
                          size_t size)
{
    const struct place *steps[POINTER_DEPTH_MAX];
    unsigned depth = 0;
    size_t len = (size_t)snprintf(at, size, "%s", reading->where);

    for (; place != NULL && depth < POINTER_DEPTH_MAX; place = place->up)
        steps[depth++] = place;
    while (depth-- > 0 && len + 24 < size)
        len += write_step(at + len, size - len, steps[depth]);
}

PRINTF_LIKE(3, 4)
static enum err refuse(const struct reading *reading, const struct place *place, const char *format,
                       ...)
{
    char where[sizeof(((struct error *)NULL)->where)];
    char detail[DETAIL_MAX];
    va_list args;

    write_pointer(reading, place, where, sizeof(where));
    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    return error_set(reading->error, ERR_BAD_FILTER, where, "%s", detail);
}

/* ---- operators ---- */

static enum err read_condition(struct reading *reading, const struct place *place,
                               const struct json_value *value, struct filter_condition *condition);

static enum err read_value(struct reading *reading, const struct place *place,
                           const struct json_value *value, struct filter_condition *condition)
{
    (void)reading;
    (void)place;
    condition->value = *value;
    return OK;
}

static enum err read_array(struct reading *reading, const struct place *place,
                           const struct json_value *value, struct filter_condition *condition)
{
    if (value->kind != JSON_KIND_ARRAY)
        return refuse(reading, place, "must be an array");
    condition->value = *value;
    return OK;
}

/* A condition for each element. */
static enum err read_parts(struct reading *reading, const struct place *place,
                           const struct json_value *value, struct filter_condition *condition)
{
    struct filter_condition *parts = NULL;
    enum err code = OK;

    if (value->kind != JSON_KIND_ARRAY)
        return refuse(reading, place, "must be an array of conditions");
    parts = arena_alloc(reading->arena, (value->len + 1) * sizeof(*parts));
    for (unsigned i = 0; i < value->len && code == OK; i++) {
        struct place element = {.up = place, .index = i};

        code = read_condition(reading, &element, &value->items[i], &parts[i]);
    }
    condition->parts = parts;
    condition->parts_len = value->len;
    return code;
}

static enum err read_part(struct reading *reading, const struct place *place,
                          const struct json_value *value, struct filter_condition *condition)
{
    struct filter_condition *part = arena_alloc(reading->arena, sizeof(*part));

    condition->parts = part;
    condition->parts_len = 1;
    return read_condition(reading, place, value, part);
}

static enum err read_elem_match(struct reading *reading, const struct place *place,
                                const struct json_value *value, struct filter_condition *condition)
{
    if (value->kind != JSON_KIND_OBJECT)
        return refuse(reading, place, "must be an object of operators or fields");
    return read_part(reading, place, value, condition);
}

static enum err read_size(struct reading *reading, const struct place *place,
                          const struct json_value *value, struct filter_condition *condition)
{
    if (value->kind != JSON_KIND_INT || value->integer < 0)
        return refuse(reading, place, "must be an integer from 0 up");
    condition->value = *value;
    return OK;
}

static enum err read_exists(struct reading *reading, const struct place *place,
                            const struct json_value *value, struct filter_condition *condition)
{
    if (value->kind != JSON_KIND_BOOL)
        return refuse(reading, place, "must be true or false");
    condition->value = *value;
    return OK;
}

/* The divisor and the rest. */
static enum err read_mod(struct reading *reading, const struct place *place,
                         const struct json_value *value, struct filter_condition *condition)
{
    bool is_pair = value->kind == JSON_KIND_ARRAY && value->len == 2;

    for (unsigned i = 0; is_pair && i < value->len; i++) {
        const struct json_value *number = &value->items[i];

        is_pair = number->kind == JSON_KIND_INT ||
                  (number->kind == JSON_KIND_REAL && isfinite(number->real));
    }
    if (!is_pair)
        return refuse(reading, place, "must be [divisor, rest], two numbers of 64 bits");

    const struct json_value *divisor = &value->items[0];

    if (divisor->kind == JSON_KIND_INT ? divisor->integer == 0 : divisor->real == 0)
        return refuse(reading, place, "the divisor must not be 0");
    condition->value = *value;
    return OK;
}

#define KIND(name) (1U << JSON_KIND_##name)

/* true is an int here because it is one in Python. */
static enum err read_type(struct reading *reading, const struct place *place,
                          const struct json_value *value, struct filter_condition *condition)
{
    static const struct {
        const char *name;
        int number; /* BSON's; 0: it has none */
        unsigned kinds;
    } TYPES[] = {
        {"double", 1, KIND(REAL)},
        {"string", 2, KIND(TEXT)},
        {"object", 3, KIND(OBJECT)},
        {"array", 4, KIND(ARRAY)},
        {"bool", 8, KIND(BOOL)},
        {"null", 10, KIND(NULL)},
        {"int", 16, KIND(INT) | KIND(BIG) | KIND(BOOL)},
        {"long", 18, KIND(INT) | KIND(BIG) | KIND(BOOL)},
        {"number", 0, KIND(REAL) | KIND(INT) | KIND(BIG) | KIND(BOOL)},
    };

    for (size_t i = 0; i < ARRAY_LEN(TYPES); i++) {
        bool is_named = value->kind == JSON_KIND_TEXT && bytes_is(value->text, TYPES[i].name);
        bool is_numbered =
            value->kind == JSON_KIND_INT && value->integer > 0 && value->integer == TYPES[i].number;

        if (is_named || is_numbered)
            condition->kinds = TYPES[i].kinds;
    }
    if (condition->kinds != 0)
        return OK;
    return refuse(reading, place,
                  "must be one of double string object array bool null int long number");
}

static enum err read_regex(struct reading *reading, const struct place *place,
                           const struct json_value *value, struct filter_condition *condition)
{
    if (value->kind != JSON_KIND_TEXT)
        return refuse(reading, place, "must be a string");
    if (++reading->regexes > FILTER_REGEXES_MAX)
        return refuse(reading, place, "is one pattern too many, %d are the most",
                      FILTER_REGEXES_MAX);

    const char *problem = filter_regex_read(value->text, reading->arena, &condition->regex);

    return problem == NULL ? OK : refuse(reading, place, "%s", problem);
}

static const struct operator
{
    const char *name;
    enum filter_op op;
    read_fn *read;
}
OPERATORS[] = {
    {"$eq", FILTER_OP_EQ, read_value},
    {"$ne", FILTER_OP_NE, read_value},
    {"$gt", FILTER_OP_GT, read_value},
    {"$gte", FILTER_OP_GTE, read_value},
    {"$lt", FILTER_OP_LT, read_value},
    {"$lte", FILTER_OP_LTE, read_value},
    {"$in", FILTER_OP_IN, read_array},
    {"$nin", FILTER_OP_NIN, read_array},
    {"$and", FILTER_OP_AND, read_parts},
    {"$or", FILTER_OP_OR, read_parts},
    {"$nor", FILTER_OP_NOR, read_parts},
    {"$not", FILTER_OP_NOT, read_part},
    {"$all", FILTER_OP_ALL, read_parts},
    {"$elemMatch", FILTER_OP_ELEM_MATCH, read_elem_match},
    {"$size", FILTER_OP_SIZE, read_size},
    {"$type", FILTER_OP_TYPE, read_type},
    {"$mod", FILTER_OP_MOD, read_mod},
    {"$regex", FILTER_OP_REGEX, read_regex},
    {"$exists", FILTER_OP_EXISTS, read_exists},
};

static enum err read_operator(struct reading *reading, const struct place *place,
                              const struct json_value *value, struct filter_condition *condition)
{
    for (size_t i = 0; i < ARRAY_LEN(OPERATORS); i++) {
        if (!bytes_is(place->name, OPERATORS[i].name))
            continue;
        condition->op = OPERATORS[i].op;
        return OPERATORS[i].read(reading, place, value, condition);
    }
    return refuse(reading, place, "there is no operator %.*s",
                  (int)(place->name.len < 32 ? place->name.len : 32), place->name.at);
}

/* ---- conditions ---- */

static enum err read_field(struct reading *reading, const struct place *place,
                           const struct json_value *value, struct filter_condition *condition)
{
    condition->op = FILTER_OP_FIELD;
    condition->path = place->name;
    return read_part(reading, place, value, condition);
}

static enum err read_member(struct reading *reading, const struct place *place,
                            const struct json_value *value, struct filter_condition *condition)
{
    if (bytes_starts(place->name, "$"))
        return read_operator(reading, place, value, condition);
    return read_field(reading, place, value, condition);
}

static enum err read_condition(struct reading *reading, const struct place *place,
                               const struct json_value *value, struct filter_condition *condition)
{
    struct filter_condition *parts = NULL;
    enum err code = OK;

    condition->op = FILTER_OP_PLAIN;
    condition->value = *value;
    if (value->kind != JSON_KIND_OBJECT)
        return OK;
    parts = arena_alloc(reading->arena, (value->len + 1) * sizeof(*parts));
    for (unsigned i = 0; i < value->len && code == OK; i++) {
        struct place member = {.up = place, .name = value->members[i].name};

        code = read_member(reading, &member, &value->members[i].value, &parts[i]);
    }
    *condition =
        (struct filter_condition){.op = FILTER_OP_AND, .parts = parts, .parts_len = value->len};
    return code;
}

/* ---- rules ---- */

/* A string that stands right in a rule may be a wildcard. */
static struct filter_condition text_field(struct reading *reading, struct bytes path,
                                          struct bytes text)
{
    struct filter_condition *part = arena_alloc(reading->arena, sizeof(*part));

    part->op = filter_is_glob(text) ? FILTER_OP_GLOB : FILTER_OP_PLAIN;
    part->value = (struct json_value){.kind = JSON_KIND_TEXT, .text = text};
    return (struct filter_condition){
        .op = FILTER_OP_FIELD, .path = path, .parts = part, .parts_len = 1};
}

static enum err read_rule(struct reading *reading, const struct place *place,
                          const struct json_value *value, struct filter_rule *rule)
{
    struct filter_condition *wanted = NULL;
    struct filter_condition *refused = NULL;
    enum err code = OK;

    *rule = (struct filter_rule){.wanted.op = FILTER_OP_AND, .refused.op = FILTER_OP_OR};
    if (value->kind != JSON_KIND_OBJECT)
        return refuse(reading, place, "must be an object");
    wanted = arena_alloc(reading->arena, (value->len + 1) * sizeof(*wanted));
    refused = arena_alloc(reading->arena, (value->len + 1) * sizeof(*refused));
    for (unsigned i = 0; i < value->len && code == OK; i++) {
        const struct json_member *key = &value->members[i];
        struct place member = {.up = place, .name = key->name};
        bool is_text = key->value.kind == JSON_KIND_TEXT && !bytes_starts(key->name, "$");
        struct bytes text = is_text ? key->value.text : BYTES_NONE;

        if (is_text && bytes_starts(text, "!"))
            refused[rule->refused.parts_len++] =
                text_field(reading, key->name, (struct bytes){text.at + 1, text.len - 1});
        else if (is_text)
            wanted[rule->wanted.parts_len++] = text_field(reading, key->name, text);
        else
            code = read_member(reading, &member, &key->value, &wanted[rule->wanted.parts_len++]);
    }
    rule->wanted.parts = wanted;
    rule->refused.parts = refused;
    return code;
}

static enum err read_rules(struct reading *reading, const struct json_value *list,
                           struct filter *filter)
{
    struct filter_rule *rules = NULL;
    enum err code = OK;

    if (list->kind != JSON_KIND_ARRAY)
        return refuse(reading, NULL, "must be an array of objects");
    if (list->len > FILTER_RULES_MAX)
        return refuse(reading, NULL, "has %u rules, %d are the most", list->len, FILTER_RULES_MAX);
    rules = arena_alloc(reading->arena, (list->len + 1) * sizeof(*rules));
    for (unsigned i = 0; i < list->len && code == OK; i++) {
        struct place place = {.index = i};

        code = read_rule(reading, &place, &list->items[i], &rules[i]);
    }
    filter->rules = rules;
    filter->rules_len = list->len;
    return code;
}

static enum err read_json(struct reading *reading, struct bytes text, struct json_value *ret_list)
{
    static const struct json_limits LIMITS = {.depth_max = FILTER_DEPTH_MAX,
                                              .nodes_max = FILTER_TEXT_MAX};
    struct error error = {.code = OK};

    if (text.len > FILTER_TEXT_MAX)
        return refuse(reading, NULL, "has %zu bytes, %d are the most", text.len, FILTER_TEXT_MAX);
    if (json_check(text, &LIMITS, &error) != OK ||
        json_value_read(text, FILTER_DEPTH_MAX, reading->arena, ret_list, &error) != OK)
        return refuse(reading, NULL, "%s", error.detail);
    return OK;
}

enum err filter_read(struct bytes text, const char *where, struct arena *arena,
                     const struct filter **ret_filter, struct error *error)
{
    struct reading reading = {.arena = arena, .where = where, .error = error};
    struct filter *filter = arena_alloc(arena, sizeof(*filter));
    struct json_value list;
    enum err code = read_json(&reading, text, &list);

    if (code == OK)
        code = read_rules(&reading, &list, filter);
    if (code == OK)
        *ret_filter = filter;
    return code;
}
