/* Namespace: what one may hold. */
#pragma once

#include <stdint.h>

#include "base/rate.h"

/* -1: no bound. */
struct ns_quotas {
    int64_t pending_limit; /* tasks that wait */
    int64_t bytes_limit;   /* of payloads, results and errors that are kept */
    int64_t queues_limit;
    struct rate_limit rate; /* of submitted tasks */
};

struct ns_quotas ns_quotas_default(void);
