/* Target: what the push room reports of an endpoint that Sluice calls: a push worker or a webhook.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* The lease of a task that is pushed lasts so much longer than the request may, so that what the
 * endpoint said, or did not say, is settled before the lease runs out. */
#define PUSH_MARGIN_MS INT64_C(10000)

enum target_kind { TARGET_WORKER, TARGET_WEBHOOK };

enum target_state {
    TARGET_OPEN,    /* it is called */
    TARGET_RESTING, /* its breaker is open, or it asked for time: nothing is sent until
                       resumes_at_ms */
    TARGET_PROBING, /* one request finds out whether it is back */
};
const char *target_state_name(enum target_state state); /* open resting probing */

/* Since the process started. */
struct target_health {
    enum target_state state;
    int32_t window;        /* requests that may be under way at once */
    int32_t in_flight;     /* that are */
    int64_t sent, failed;  /* answered or given up; of those, that count against it */
    int64_t latency_ms;    /* smoothed; -1: nothing was answered yet */
    int64_t resumes_at_ms; /* wall; -1: it does not rest */
    struct bytes error;    /* of the last failure, text; NONE: none */
};
