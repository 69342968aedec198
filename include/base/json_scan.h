/* JSON scan: one strict pass (RFC 8259, UTF-8) over untrusted JSON that bounds depth and nodes
 * before any parser sees it, and finds the exact bytes of chosen members. No recursion, no
 * allocation but the arena's. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

struct json_limits {
    unsigned depth_max;        /* of the envelope: 32 */
    unsigned nodes_max;        /* values in the envelope: 20000 */
    unsigned lifted_depth_max; /* inside a lifted value: 512; its nodes are not counted */
    const char *depth_name, *nodes_name, *lifted_depth_name; /* for refusals; NULL: none */
};

/* Check that text is one JSON value within the limits. \u0000 is refused: what reads envelopes
 * cannot hold it. On failure error says what and at which byte. */
MUST_CHECK enum err json_check(struct bytes text, const struct json_limits *limits,
                               struct error *error);
/* The same for a text that is kept byte for byte, like a lifted value: lifted_depth_max, no count,
 * \u0000 is fine. */
MUST_CHECK enum err json_check_kept(struct bytes text, const struct json_limits *limits,
                                    struct error *error);

/* Lift: copy text, with the value of every member whose name is in names (NULL-ended) replaced by
 * its index into *ret_values, which hold the value's exact bytes in the original text. A member
 * inside a lifted value is not looked at. A parser that changes numbers may then read *ret_envelope
 * safely. Names compare after unescaping, so that every member which a parser would call by such a
 * name is lifted. Duplicate names are the parser's to refuse. Values point into text; the envelope
 * is text itself when nothing was lifted. */
struct json_lifted {
    struct bytes envelope;
    struct bytes *values;
    unsigned values_len;
};
MUST_CHECK enum err json_lift(struct bytes text, const char *const *names,
                              const struct json_limits *limits, struct arena *arena,
                              struct json_lifted *ret_lifted, struct error *error);

/* The raw bytes of a member of a (valid) JSON object's top level, BYTES_NONE when absent; no
 * escapes in name. */
struct bytes json_find(struct bytes object, const char *name);
/* Walk a (valid) JSON array or object: start with *at = 0; false at the end. ret_key is NONE for
 * arrays; raw, unquoted. */
bool json_each(struct bytes container, size_t *at, struct bytes *ret_key, struct bytes *ret_value);
/* Unescape a JSON string's raw bytes with its quotes into the arena; NONE when it is no string. */
struct bytes json_unquote(struct bytes raw, struct arena *arena);
