/* JSON: reading single members of the broker's answers without touching the bytes around them. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* JSON that a broker takes as such: valid, and not nested too deeply. */
bool json_is_payload(struct bytes text);
/* Valid and an object. A member's slice out of a valid object may be asked too. */
bool json_is_object(struct bytes text);
/* A member that is a string, unescaped; NONE when it is absent, null or something else. */
struct bytes json_text_of(struct bytes object, const char *name, struct arena *arena);
int64_t json_int_of(struct bytes object, const char *name, int64_t otherwise);
/* Seconds with a fraction, as milliseconds. */
int64_t json_seconds_of(struct bytes object, const char *name, int64_t otherwise_ms);
/* RFC 3339; -1 when absent. */
int64_t json_time_of(struct bytes object, const char *name, struct arena *arena);
bool json_bool_of(struct bytes object, const char *name);
/* A member that is an array or an object, raw; "[]" when it is not. */
struct bytes json_list_of(struct bytes object, const char *name);
/* How a person wants to see a member: a string without its quotes, anything else raw, NONE for null
 * or absent. */
struct bytes json_shown(struct bytes value, struct arena *arena);
