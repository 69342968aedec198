/* JSON: reading single members of the broker's answers without touching the bytes around them. */
#include "json.h"

#include "base/json_scan.h"
#include "base/parse.h"
#include "base/time_text.h"

enum { DEPTH_MAX = 1024, RESULT_DEPTH_MAX = 512, NODES_MAX = 100 * 1000 * 1000 };

static bool is_valid(struct bytes text, unsigned depth_max)
{
    const struct json_limits limits = {.depth_max = depth_max, .nodes_max = NODES_MAX};
    struct error error;

    return text.len > 0 && json_check(text, &limits, &error) == OK;
}

bool json_is_payload(struct bytes text)
{
    return is_valid(text, RESULT_DEPTH_MAX);
}

bool json_is_object(struct bytes text)
{
    size_t at = 0;

    while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\n' || text.at[at] == '\r' ||
                             text.at[at] == '\t'))
        at++;
    return at < text.len && text.at[at] == '{' && is_valid(text, DEPTH_MAX);
}

struct bytes json_text_of(struct bytes object, const char *name, struct arena *arena)
{
    struct bytes raw = json_find(object, name);

    return raw.len > 0 && raw.at[0] == '"' ? json_unquote(raw, arena) : BYTES_NONE;
}

int64_t json_int_of(struct bytes object, const char *name, int64_t otherwise)
{
    int64_t number;

    return parse_int(json_find(object, name), INT64_MIN, INT64_MAX, &number) ? number : otherwise;
}

int64_t json_seconds_of(struct bytes object, const char *name, int64_t otherwise_ms)
{
    int64_t ms;

    return parse_seconds(json_find(object, name), INT64_MAX / 2, &ms) ? ms : otherwise_ms;
}

int64_t json_time_of(struct bytes object, const char *name, struct arena *arena)
{
    int64_t ms;

    return time_read(json_text_of(object, name, arena), &ms) ? ms : -1;
}

bool json_bool_of(struct bytes object, const char *name)
{
    return bytes_is(json_find(object, name), "true");
}

struct bytes json_list_of(struct bytes object, const char *name)
{
    struct bytes raw = json_find(object, name);

    return raw.len > 0 && (raw.at[0] == '[' || raw.at[0] == '{') ? raw : BYTES("[]");
}

struct bytes json_shown(struct bytes value, struct arena *arena)
{
    if (value.at == NULL || bytes_is(value, "null"))
        return BYTES_NONE;
    return value.at[0] == '"' ? json_unquote(value, arena) : value;
}
