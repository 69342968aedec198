/* Fake: a request that is not on a socket and an engine that only collects, so that handlers can be
 * tested alone. */
#pragma once

#include "api/api.h"
#include "http/request.h"

enum { FAKE_PAIRS_MAX = 8 };

struct fake_pair {
    const char *name, *value;
};

struct request {
    const char *method, *path, *ns, *raw_query;
    struct fake_pair params[FAKE_PAIRS_MAX], query[FAKE_PAIRS_MAX], headers[FAKE_PAIRS_MAX];
    struct bytes body;
    bool park_refused, is_urgent, ns_is_implied;
    const char *address; /* NULL: one of documentation */
    const void *caller;
    void (*release_caller)(const void *caller);

    /* What happened to it. */
    struct arena *arena;
    bool is_parked, is_held;
    unsigned answers;
    int status;
    char type[64];
    char text[65536]; /* the answer's body */
    char answer_headers[2048];
    void *state;
    void (*release)(void *state);
    const struct request_flow *flow; /* NULL: the answer's body does not grow */
    unsigned woken;                  /* request_flow_on() */
};

/* The one engine. */
struct fake_engine {
    struct command *posted[8];
    unsigned posted_len;
    struct clock clock; /* now NULL: the system's */
    bool is_heard;
};

struct fake {
    struct request request;
    struct api api;
};

/* A GET of / with nothing said; fill in what matters. */
struct request *fake_begin(void);
void fake_end(void);
/* What the handlers work with; as fake_begin() left it. */
struct api *fake_api(void);
struct fake_engine *fake_engine(void);
/* The command last posted, as the engine would find it. */
struct command *fake_command(void);
/* Hand it back, as engine_fetch() would. */
void fake_reply(void);
/* Give a streamed route a piece of body. */
void fake_piece(const char *text, bool last);
bool fake_answered_with(int status, const char *part);
bool fake_has_header(const char *line);
