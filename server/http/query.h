/* Query: the parameters behind the question mark. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

enum { QUERY_FIELDS_MAX = 64 };

struct field {
    struct bytes name;
    struct bytes value;
};

struct fields {
    struct field *at;
    unsigned len;
};

/* Percent-decode; false when an escape is broken or what comes out is no UTF-8 or holds NUL. */
bool percent_decode(struct bytes text, struct arena *arena, struct bytes *ret_text);
MUST_CHECK enum err query_read(struct bytes raw_query, struct arena *arena,
                               struct fields *ret_query, struct error *error);
/* NONE when there is none of this name. */
struct bytes query_find(const struct fields *query, const char *name);
