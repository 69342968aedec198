/* Limit: how many units of a name may run at once and how fast, and what becomes of a submit that
 * finds it full. */
#pragma once

#include "base/bytes.h"
#include "base/rate.h"

enum limit_over {
    LIMIT_QUEUES,         /* it waits for room */
    LIMIT_REJECTS,        /* it is refused */
    LIMIT_CANCELS_OLDEST, /* the oldest holder is asked to stop */
    LIMIT_CANCELS_NEWEST, /* it is taken, and ends at once as cancelled */
};

enum { LIMIT_OVERS = 4 };

struct limit_settings {
    int64_t max_running; /* units at once; -1: unlimited, 0: none */
    struct rate_limit rate;
    enum limit_over over;
};

/* Of a name that nothing was declared for. */
struct limit_settings limit_none(void);

/* On the wire, by policy; NULL behind the last. */
extern const char *const limit_over_words[];
const char *limit_over_name(enum limit_over over);

/* A name of the usual letters; a rule has one "*" behind it, perhaps alone. */
bool limit_name_is_rule(struct bytes name);
/* What is before the "*". */
struct bytes limit_rule_prefix(struct bytes rule);

/* Whether units more may run beside those that do. */
bool limit_fits(const struct limit_settings *settings, int64_t running, int64_t units);
/* So many are more than there ever is room for. */
bool limit_never_fits(const struct limit_settings *settings, int64_t units);
/* Policies other than queueing take their units at submit and keep them to the end. These take from
 * the rate at submit as well: who is over it is turned away then. */
bool limit_charges_at_submit(const struct limit_settings *settings);
