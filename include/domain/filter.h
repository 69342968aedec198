/* Filter: which headers a queue or a worker wants, as a list of rules; the grammar is Karton's and
 * stands in docs/how-to/routing.md.
 *
 * A filter is read once, where it is registered; what is wrong with it is refused there. A match
 * never fails: what cannot be worked out, or not within FILTER_STEPS_MAX, is no match, with a note
 * that there was trouble. */
#pragma once

#include "base/json_value.h"

enum {
    FILTER_TEXT_MAX = 64 << 10,
    FILTER_RULES_MAX = 1000,
    FILTER_DEPTH_MAX = 32, /* of the list, counting itself */
    FILTER_REGEX_BYTES_MAX = 1 << 10,
    FILTER_REGEXES_MAX = 64, /* in one filter: each may take 64 KiB when it is compiled */
    FILTER_STEPS_MAX = 200000,
};

struct filter;

/* ERR_BAD_FILTER with a pointer that begins with where ("/filters") to what is wrong. text is any
 * bytes; the filter lives as long as the arena and does not point into text. */
MUST_CHECK enum err filter_read(struct bytes text, const char *where, struct arena *arena,
                                const struct filter **ret_filter, struct error *error);

struct filter_verdict {
    bool matches;
    bool trouble;   /* then it does not match */
    unsigned steps; /* the work it took; at most FILTER_STEPS_MAX */
};

/* The same verdict whenever it is asked. scratch: what is needed meanwhile. */
struct filter_verdict filter_match(const struct filter *filter, const struct json_value *headers,
                                   struct arena *scratch);
