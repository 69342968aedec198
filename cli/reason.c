/* Reason: a pattern for each kind. {member} stands for its value; what is in [ ] is left out when a
 * member in it is not there. */
#include "reason.h"

#include "base/buffer.h"
#include "base/compiler.h"
#include "base/json_scan.h"
#include "json.h"

enum { TEXT_MAX = 1 << 20, MEMBERS_MAX = 32, NAME_LEN_MAX = 64 };

#define WORKERS                                                                                    \
    "[ Workers there: {workers}.][ Lost, quiet or paused: {unavailable}.]"                         \
    "[ Push workers that rest: {resting}.][ Push workers whose endpoint answered 410: {disabled}.]"

static const struct pattern {
    const char *kind;
    const char *text;
} PATTERNS[] = {
    {"paused", "Queue {queue} is paused[ until {until}]."},
    {"closed", "Queue {queue} hands out nothing[: it is {state}]."},
    {"queue_cap", "Queue {queue} runs as many as it may[: {running} of {limit}]."},
    {"limit", "Limit {name} is full[: {running} of {limit} units are in use][; it takes {units}]."},
    {"limit_never", "Limit {name} can never let it run as it is: it takes {units} units, more than "
                    "its cap of {limit}[; in use: {running}]."},
    {"rate_never",
     "The rate of limit {name} can never let it run as it is: it takes {units} units, "
     "more than its burst."},
    {"group", "Group {group} runs as many as it may[: {running} of {limit}]."},
    {"rate", "The rate[ of limit {name}][ of queue {queue}] is used up[ until {until}][; it takes "
             "{units}]."},
    {"ordering", "Earlier tasks of its ordering key[ {key}] are not over[: {ahead}][; the first is "
                 "{holder_state}]."},
    {"dependency", "Tasks that it depends on are not over[: {count}]."},
    {"resource", "Its resources are not there yet."},
    {"schedule", "It is not due[ before {until}]."},
    {"no_worker",
     "No worker of queue {queue} takes tasks of type '{type}'[ and its priority: the "
     "least that one takes is {min_priority}][; only worker {worker} may run it]." WORKERS},
    {"no_worker_resting",
     "The push worker {name} is {state}[ until {until}][: {error}].[ It runs type '{type}' of queue {queue}.]" WORKERS},
    {"no_worker_disabled",
     "The push worker {name} is {state}: its endpoint answered 410.[ It runs type '{type}' of queue {queue}.]" WORKERS},
    {"labels", "No worker of queue {queue}[ for type '{type}'] has all that it requires: "
               "{requires}[; nobody has {missing}]." WORKERS},
    {"position", "It is in line[ of queue {queue}][, tasks in front of it: {ahead}].[ Workers that "
                 "may run it: {workers}.][ Slots free: {free} of {slots}.]"},
};

struct telling {
    struct bytes blocker;
    struct arena *arena;
    struct bytes told[MEMBERS_MAX]; /* members that the sentence has */
    unsigned told_len;
    struct buffer text;
};

/* ---- values ---- */

static void append_parts(struct buffer *text, struct bytes container, struct arena *arena)
{
    struct bytes key, value;
    size_t at = 0;

    for (bool is_first = true; json_each(container, &at, &key, &value); is_first = false) {
        if (!is_first)
            buffer_append(text, BYTES(", "));
        if (key.at != NULL)
            buffer_printf(text, "%.*s=", BYTES_ARG(key));
        buffer_append(text, json_shown(value, arena));
    }
}

static bool is_empty(struct bytes value)
{
    return value.len == 0 || bytes_is(value, "null") || bytes_is(value, "[]") ||
           bytes_is(value, "{}");
}

static void append_value(struct telling *telling, struct bytes value)
{
    if (value.at[0] == '[' || value.at[0] == '{')
        append_parts(&telling->text, value, telling->arena);
    else
        buffer_append(&telling->text, json_shown(value, telling->arena));
}

/* ---- patterns ---- */

/* *rest begins behind "{". False: it is not there. */
static bool append_member(struct telling *telling, struct bytes *rest)
{
    struct bytes name, value;

    if (!bytes_split(rest, '}', &name))
        return false;
    value = json_find(telling->blocker, arena_string(telling->arena, name));
    if (is_empty(value))
        return false;
    append_value(telling, value);
    if (telling->told_len < MEMBERS_MAX)
        telling->told[telling->told_len++] = name;
    return true;
}

/* False: a member of a part that may be left out is not there. */
static bool append_pattern(struct telling *telling, struct bytes pattern, bool is_optional)
{
    while (pattern.len > 0) {
        char c = pattern.at[0];

        pattern = (struct bytes){pattern.at + 1, pattern.len - 1};
        if (c != '{')
            buffer_append_char(&telling->text, c);
        else if (!append_member(telling, &pattern) && is_optional)
            return false;
    }
    return true;
}

/* A part that cannot be told goes as if it had not been begun. */
static void append_optional(struct telling *telling, struct bytes part)
{
    size_t len = telling->text.len;
    unsigned told_len = telling->told_len;

    if (append_pattern(telling, part, true))
        return;
    telling->text.len = len;
    telling->told_len = told_len;
}

static void append_sentence(struct telling *telling, struct bytes pattern)
{
    struct bytes part;

    while (bytes_split(&pattern, '[', &part)) {
        (void)append_pattern(telling, part, false);
        if (bytes_split(&pattern, ']', &part))
            append_optional(telling, part);
    }
}

/* ---- the rest ---- */

static bool is_told(const struct telling *telling, struct bytes key)
{
    for (unsigned i = 0; i < telling->told_len; i++)
        if (bytes_equal(telling->told[i], key))
            return true;
    return bytes_is(key, "kind") || bytes_is(key, "fits");
}

static void append_rest(struct telling *telling)
{
    struct bytes key, value;
    size_t at = 0;

    while (json_each(telling->blocker, &at, &key, &value)) {
        if (is_told(telling, key) || is_empty(value))
            continue;
        if (bytes_is(key, "holders"))
            buffer_append(&telling->text, BYTES(" Held by "));
        else
            buffer_printf(&telling->text, " %.*s: ", BYTES_ARG(key));
        append_value(telling, value);
        buffer_append_char(&telling->text, '.');
    }
}

/* What is not for want of room now, but never will be as things are set, is told in its own way. */
static struct bytes kind_of(struct bytes blocker, struct arena *arena)
{
    struct bytes kind = json_text_of(blocker, "kind", arena);
    struct bytes state = json_text_of(blocker, "state", arena);

    if (bytes_is(kind, "no_worker") && bytes_is(state, "resting"))
        return BYTES("no_worker_resting");
    if (bytes_is(kind, "no_worker") && bytes_is(state, "disabled"))
        return BYTES("no_worker_disabled");
    if (!bytes_is(json_find(blocker, "fits"), "false"))
        return kind;
    if (bytes_is(kind, "limit"))
        return BYTES("limit_never");
    return bytes_is(kind, "rate") ? BYTES("rate_never") : kind;
}

static const char *pattern_of(struct bytes kind)
{
    for (size_t i = 0; i < ARRAY_LEN(PATTERNS); i++)
        if (bytes_is(kind, PATTERNS[i].kind))
            return PATTERNS[i].text;
    return NULL;
}

struct bytes reason_of(struct bytes blocker, struct arena *arena)
{
    struct telling telling = {.blocker = blocker, .arena = arena};
    struct bytes kind = kind_of(blocker, arena);
    const char *pattern = pattern_of(kind);

    buffer_init(&telling.text, TEXT_MAX);
    if (pattern != NULL)
        append_sentence(&telling, bytes_of(pattern));
    else
        buffer_printf(&telling.text, "%.*s.", BYTES_ARG(kind));
    append_rest(&telling);

    struct bytes text = arena_bytes(arena, buffer_bytes(&telling.text));

    buffer_fini(&telling.text);
    return text;
}
