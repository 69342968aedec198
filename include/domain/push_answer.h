/* Push answer: what an endpoint's answer to a pushed task, or the lack of one, means. */
#pragma once

#include "base/bytes.h"
#include "domain/pace.h"

/* Where a request without a usable answer ended. */
enum push_failure {
    PUSH_ANSWERED,    /* there is a status */
    PUSH_DENIED,      /* the address may not be called */
    PUSH_NOT_REACHED, /* name, connect: which of them is not told */
    PUSH_UNTRUSTED,   /* TLS */
    PUSH_TIMED_OUT,   /* connected, and no whole head in time */
    PUSH_BROKEN,      /* not HTTP, too many headers, cut before the head's end */
    PUSH_GIVEN_UP,    /* by us: cancelled, or the broker stops */
};
const char *push_failure_type(enum push_failure failure); /* push_denied push_unreachable ... */

struct push_answer {
    enum push_failure failure;
    int status;             /* of ANSWERED */
    int64_t retry_after_ms; /* -1: not said */
    bool is_cut;            /* the body is not whole, or was too long */
};

enum push_end {
    PUSH_END_DONE,      /* 200 201 204 and other 2xx */
    PUSH_END_ACCEPTED,  /* 202: it says more by the lease */
    PUSH_END_FAILED,    /* one attempt; tried again as the task's retry says */
    PUSH_END_PERMANENT, /* 400 422: not tried again */
    PUSH_END_RETURNED,  /* 429 503, given up: no attempt spent */
    PUSH_END_GONE,      /* 410: the endpoint is taken out of use; no attempt spent */
};

struct push_verdict {
    enum push_end end;
    enum pace_word word;
};
struct push_verdict push_judge(const struct push_answer *answer);
/* Retry-After: seconds, or a date of HTTP (IMF-fixdate) seen from now; at most an hour. -1:
 * neither. */
int64_t retry_after_read(struct bytes text, int64_t now_wall_ms);
