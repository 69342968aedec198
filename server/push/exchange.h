/* Exchange: one request to an endpoint and its answer, or the lack of one. */
#pragma once

#include "base/list.h"
#include "domain/push_answer.h"
#include "guard.h"
#include "letter.h"
#include "multi.h"
#include "reception.h"

struct push;

/* What all exchanges of a room share. */
struct exchange_terms {
    struct push *push;
    struct multi *multi;
    const struct push_policy *policy;
    int64_t body_max;
    char agent[64];
};

struct exchange {
    struct list_node link; /* of those that idle */
    CURL *easy;
    const struct exchange_terms *terms;
    struct letter letter;
    struct guard guard;
    struct reception reception;
    uint64_t began_ms; /* of the room's loop */
    /* It is over; the exchange may be given back or used again. */
    void (*on_over)(void *ctx, struct exchange *exchange, const struct push_answer *answer,
                    int64_t took_ms);
    void *ctx;
};

struct exchange *exchange_new(const struct exchange_terms *terms);
void exchange_free(struct exchange *exchange);
/* Takes the letter over. on_over and ctx are set. on_over comes later, never from within. */
void exchange_begin(struct exchange *exchange, const struct letter *letter, bool is_https);
/* End it at once; on_over does not come. */
void exchange_cut(struct exchange *exchange);
/* For multi_open(). */
void exchange_over(CURL *easy, CURLcode code);
