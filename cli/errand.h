/* Errand: one kind of exchange that is made over and over: it is under way, or due at some time. */
#pragma once

#include "backoff.h"
#include "http.h"

#include <stdbool.h>
#include <stdint.h>

#define ERRAND_NEVER INT64_MAX

struct errand {
    struct http_call *call; /* NULL: not under way */
    int64_t due_mono_ms;    /* when to go, if it is not under way */
    int64_t started_mono_ms;
    struct backoff backoff;
};

/* What became of an exchange, as far as trying again is concerned. */
enum errand_end { ERRAND_ANSWERED, ERRAND_REFUSED, ERRAND_TRY_AGAIN };

bool errand_is_due(const struct errand *errand, int64_t now_mono_ms);
void errand_start(struct errand *errand, struct http *http, const struct http_request *request,
                  http_done_fn *done, void *ctx);
/* To be called first in the done function. 5xx, 408, 429 and silence set the next due time with
 * backoff: TRY_AGAIN; otherwise it is due never, until the caller says so. */
enum errand_end errand_ended(struct errand *errand, const struct http_answer *answer);
/* The other end is back: what waits only because it was away is due now. */
void errand_wake(struct errand *errand);
/* Cut it off; due at the time given. */
void errand_drop(struct errand *errand, int64_t due_mono_ms);
/* When it wants to be looked at again. */
int64_t errand_next_mono_ms(const struct errand *errand);

int64_t errand_now_mono_ms(void);
