/* JSON value: one level of a container is counted, then read; members are sorted, so that equal
 * objects look equal and a name is found by halving. */
#include "base/json_value.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/json_scan.h"
#include "base/parse.h"
#include "json_text.h"

struct reading {
    struct arena *arena;
    struct error *error;
    unsigned depth_max;
};

static enum err read_value(const struct reading *reading, struct bytes text, unsigned depth,
                           struct json_value *ret_value);

static unsigned count_items(struct bytes text)
{
    struct bytes key;
    struct bytes value;
    size_t at = 0;
    unsigned count = 0;

    while (json_each(text, &at, &key, &value))
        count++;
    return count;
}

static enum err read_items(const struct reading *reading, struct bytes text, unsigned depth,
                           struct json_value *ret_value)
{
    unsigned len = count_items(text);
    struct json_value *items = arena_alloc(reading->arena, (len + 1) * sizeof(*items));
    struct bytes key;
    struct bytes item;
    size_t at = 0;
    enum err code = OK;

    for (unsigned i = 0; code == OK && json_each(text, &at, &key, &item); i++)
        code = read_value(reading, item, depth, &items[i]);
    *ret_value = (struct json_value){.kind = JSON_KIND_ARRAY, .len = len, .items = items};
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct json_member *left = a;
    const struct json_member *right = b;

    return bytes_compare(left->name, right->name);
}

/* The raw bytes between the quotes. */
static struct bytes read_name(const struct reading *reading, struct bytes raw)
{
    return json_unquote((struct bytes){raw.at - 1, raw.len + 2}, reading->arena);
}

static enum err refuse_twins(const struct reading *reading, const struct json_member *members,
                             unsigned len)
{
    for (unsigned i = 1; i < len; i++)
        if (bytes_equal(members[i - 1].name, members[i].name))
            return error_set(reading->error, ERR_MALFORMED, "", "a member is given twice: %.64s",
                             members[i].name.at);
    return OK;
}

static enum err read_members(const struct reading *reading, struct bytes text, unsigned depth,
                             struct json_value *ret_value)
{
    unsigned len = count_items(text);
    struct json_member *members = arena_alloc(reading->arena, (len + 1) * sizeof(*members));
    struct bytes key;
    struct bytes value;
    size_t at = 0;
    enum err code = OK;

    for (unsigned i = 0; code == OK && json_each(text, &at, &key, &value); i++) {
        members[i].name = key.at != NULL ? read_name(reading, key) : BYTES("");
        code = read_value(reading, value, depth, &members[i].value);
    }
    if (code != OK)
        return code;
    qsort(members, len, sizeof(*members), by_name);
    *ret_value = (struct json_value){.kind = JSON_KIND_OBJECT, .len = len, .members = members};
    return refuse_twins(reading, members, len);
}

static struct json_value read_number(const struct reading *reading, struct bytes text)
{
    struct json_value value = {.kind = JSON_KIND_INT};
    bool has_point = false;

    for (size_t i = 0; i < text.len; i++)
        has_point = has_point || text.at[i] == '.' || (text.at[i] | 0x20) == 'e';
    if (!has_point &&
        (bytes_is(text, "-0") || parse_int(text, INT64_MIN, INT64_MAX, &value.integer)))
        return value;

    struct bytes copy = arena_bytes(reading->arena, text);

    if (!has_point)
        return (struct json_value){.kind = JSON_KIND_BIG, .text = copy};
    /* The program never leaves the C locale, so the point is a point. */
    return (struct json_value){.kind = JSON_KIND_REAL, .real = strtod(copy.at, NULL)};
}

static struct json_value read_scalar(const struct reading *reading, struct bytes text)
{
    if (text.len == 0 || text.at[0] == 'n')
        return (struct json_value){.kind = JSON_KIND_NULL};
    if (text.at[0] == 't' || text.at[0] == 'f')
        return (struct json_value){.kind = JSON_KIND_BOOL, .truth = text.at[0] == 't'};
    if (text.at[0] == '"')
        return (struct json_value){.kind = JSON_KIND_TEXT,
                                   .text = json_unquote(text, reading->arena)};
    return read_number(reading, text);
}

static enum err read_value(const struct reading *reading, struct bytes text, unsigned depth,
                           struct json_value *ret_value)
{
    char first = text.len > 0 ? text.at[0] : 0;

    if (first != '[' && first != '{') {
        *ret_value = read_scalar(reading, text);
        return OK;
    }
    if (depth == reading->depth_max)
        return error_set(reading->error, ERR_MALFORMED, "", "nested too deep, at most %u",
                         reading->depth_max);
    return first == '[' ? read_items(reading, text, depth + 1, ret_value)
                        : read_members(reading, text, depth + 1, ret_value);
}

static struct bytes without_blanks(struct bytes text)
{
    while (text.len > 0 && json_is_blank((unsigned char)text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && json_is_blank((unsigned char)text.at[text.len - 1]))
        text.len--;
    return text;
}

enum err json_value_read(struct bytes text, unsigned depth_max, struct arena *arena,
                         struct json_value *ret_value, struct error *error)
{
    const struct reading reading = {.arena = arena, .error = error, .depth_max = depth_max};
    struct json_value value = {.kind = JSON_KIND_NONE};

    ASSERT(depth_max <= JSON_VALUE_DEPTH_MAX);

    enum err code = read_value(&reading, without_blanks(text), 0, &value);

    if (code == OK)
        *ret_value = value;
    return code;
}

const struct json_value *json_value_member(const struct json_value *value, struct bytes name)
{
    unsigned begin = 0;
    unsigned end = value->kind == JSON_KIND_OBJECT ? value->len : 0;

    while (begin < end) {
        unsigned middle = begin + (end - begin) / 2;
        int order = bytes_compare(name, value->members[middle].name);

        if (order == 0)
            return &value->members[middle].value;
        if (order < 0)
            end = middle;
        else
            begin = middle + 1;
    }
    return NULL;
}
