/* JSON value: a small tree that is read once and never changes, in an arena. Made from text that a
 * scan has found valid; for what is looked at by its parts, not for what is kept byte for byte. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { JSON_VALUE_DEPTH_MAX = 128 };

enum json_kind {
    JSON_KIND_NONE, /* nothing is here; never read from a text */
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INT,  /* a number without point and exponent, */
    JSON_KIND_BIG,  /* which fits no int64_t: its digits, a minus before them */
    JSON_KIND_REAL, /* infinite when it fits no double */
    JSON_KIND_TEXT,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT,
};

struct json_value {
    enum json_kind kind;
    unsigned len; /* of items and members */
    union {
        bool truth;
        int64_t integer;
        double real;
        struct bytes text; /* of BIG and TEXT; unescaped */
        const struct json_value *items;
        const struct json_member *members; /* sorted by their names' bytes */
    };
};

struct json_member {
    struct bytes name;
    struct json_value value;
};

/* ERR_MALFORMED when it is nested deeper than depth_max (at most JSON_VALUE_DEPTH_MAX) or has a
 * name twice. Nothing points into text afterwards. */
MUST_CHECK enum err json_value_read(struct bytes text, unsigned depth_max, struct arena *arena,
                                    struct json_value *ret_value, struct error *error);
/* NULL when the value is no object or has no such member. */
const struct json_value *json_value_member(const struct json_value *value, struct bytes name);
