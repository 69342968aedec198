/* HTTP: exchanges with one broker over kept-alive connections (libcurl); many at once, none of them
 * blocks. */
#pragma once

#include "trust.h"

#include "base/bytes.h"
#include "base/compiler.h"

#include <stdint.h>

struct http;
struct http_call;

struct http_request {
    const char *method;
    const char *path;            /* with its query */
    const char *content_type;    /* of the body; NULL when there is none */
    const char *idempotency_key; /* or NULL */
    const char *if_match;        /* an entity tag, or NULL */
    struct bytes body;           /* copied */
    int64_t timeout_ms; /* for the whole exchange; -1: it is a stream, cut when it is silent */
    /* Called with each piece of a 200's body, which then is not in the answer; NULL: it is. */
    void (*on_piece)(void *ctx, struct bytes piece);
    void *piece_ctx;
};

struct http_answer {
    int status; /* 0: no answer came, failure says why */
    const char *failure;
    bool was_refused;   /* no connection was made, so nothing can have happened */
    const char *advice; /* what to do about the failure, or NULL */
    struct bytes body;
    const char *content_type; /* "" when absent */
    int64_t retry_after_ms;   /* -1 when absent */
};

/* The answer lives until the function returns. */
typedef void http_done_fn(void *ctx, const struct http_answer *answer);

struct http_target {
    const char *url;   /* without a path's end */
    const char *token; /* or NULL */
    const char *ns;    /* paths of "/v1/" become those of "/v1/ns/NAME/"; or NULL */
    struct trust trust;
};

/* url, token and ns are copied; the files' names of trust must live as long. */
struct http *http_new(const struct http_target *target);
void http_free(struct http *http); /* running calls are dropped */
const char *http_url(const struct http *http);
const char *http_ns(const struct http *http); /* or NULL */

struct http_call *http_start(struct http *http, const struct http_request *request,
                             http_done_fn *done, void *ctx);
/* Cut it off; done is not called. NULL is fine. */
void http_cancel(struct http_call *call);

/* Sleep until a socket, extra_fd (readable) or the time, then move all calls on; done functions are
 * called from here. */
void http_turn(struct http *http, int extra_fd, int64_t timeout_ms);
