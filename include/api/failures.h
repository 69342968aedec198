/* Failures: wrong tokens by the address that sent them, so that nobody can try them all. A bounded
 * table: the address that was quiet for longest makes room. IPv6 counts by /64, which is what one
 * sender has. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "base/rate.h"

struct failures;

enum { FAILURES_ADDRESSES_MAX = 4096 };

struct failures *failures_new(unsigned addresses_max);
void failures_free(struct failures *failures);

/* Has it sent so many that it must not even try? Then ret_wait_ms says for how long. */
bool failures_are_too_many(const struct failures *failures, struct bytes address,
                           const struct rate_limit *limit, int64_t now_mono_ms,
                           int64_t *ret_wait_ms);
/* One more. False: it is beyond the limit. */
bool failures_add(struct failures *failures, struct bytes address, const struct rate_limit *limit,
                  int64_t now_mono_ms, int64_t *ret_wait_ms);
/* One that was not even tried, since they are too many: it counts for the record alone. */
void failures_count(struct failures *failures, struct bytes address);
/* How many of this address should be put on record now: 0 or all that were not yet. At most once a
 * minute for each address and ten times in all. */
unsigned failures_take_report(struct failures *failures, struct bytes address, int64_t now_mono_ms);

/* What one address sent and nobody put on record yet. */
struct failures_rest {
    char address[48]; /* the last one of its group, NUL-ended */
    unsigned count;
};
/* The next address whose count has to be put on record although it may never come again: false when
 * there is none that may be now. is_end: all of them, whatever was reported when. */
bool failures_take_rest(struct failures *failures, int64_t now_mono_ms, bool is_end,
                        struct failures_rest *ret_rest);
