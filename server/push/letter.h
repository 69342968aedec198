/* Letter: one request as it is sent: method, URL, headers, signature, body. */
#pragma once

#include <curl/curl.h>

#include "domain/signature.h"

struct letter {
    const char *url; /* borrowed, like the body */
    struct bytes body;
    struct curl_slist *headers;
    int64_t timeout_ms; /* of all of it */
    bool is_delete;
    bool is_fresh; /* on a connection of its own: libcurl sends nothing twice on such a one */
};

/* What the endpoint may trust: who signs, and of when. */
struct seal {
    const struct signature_key *keys;
    unsigned keys_len; /* 0: it goes unsigned */
    struct bytes id;   /* the same however often it is sent */
    int64_t at_s;      /* real wall time: receivers compare it with their own clocks */
};

/* A value is made fit for a header; an empty one is left out. */
void letter_header(struct letter *letter, const char *name, struct bytes value);
void letter_seal(struct letter *letter, const struct seal *seal, struct arena *arena);
/* The headers; the rest is borrowed. */
void letter_fini(struct letter *letter);
