/* Namespace: what one may hold. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/rate.h"

/* -1: no bound. */
struct ns_quotas {
    int64_t pending_limit; /* tasks that wait */
    int64_t bytes_limit;   /* of payloads, results and errors that are kept */
    int64_t queues_limit;
    struct rate_limit rate; /* of submitted tasks */
};

struct ns_quotas ns_quotas_default(void);

/* A rate as JSON text, as the store keeps it; NONE: no bound. */
struct bytes rate_write(const struct rate_limit *rate, struct arena *arena);
/* False: it is not one that rate_write() made; the rate is then without bound. */
MUST_CHECK bool rate_read(struct bytes text, struct rate_limit *ret_rate);
