/* Filter regex: PCRE2's patterns, compiled when a filter is read, searched within the match's
 * steps. */
#pragma once

#include "filter_work.h"

struct filter_regex;

/* text: a pattern, or /pattern/flags with flags of i m s x. NULL when it was compiled; else what is
 * wrong, in the arena. */
MUST_CHECK const char *filter_regex_read(struct bytes text, struct arena *arena,
                                         const struct filter_regex **ret_regex);
/* Is the pattern anywhere in text? */
bool filter_regex_found(const struct filter_regex *regex, struct bytes text,
                        struct filter_work *work);
