/* Route: which handler answers which method and path; a table generated from the contract. */
#pragma once

#include "http/request.h"

enum route_body {
    ROUTE_BODY_NONE,   /* a body is read and thrown away up to 64 KiB; then 413 */
    ROUTE_BODY_JSON,   /* application/json or nothing said; 415 otherwise */
    ROUTE_BODY_RAW,    /* any type */
    ROUTE_BODY_STREAM, /* pieces go to stream() */
};

struct route {
    const char *operation; /* operation id */
    const char *method;
    const char *path; /* template: /v1/tasks/{id}/result */
    unsigned scope;   /* what admission judges by; this layer knows no meaning of it */
    bool urgent;      /* is served when others are refused for want of room */
    bool any_host;    /* whatever Host says: probes come by an address of their own choice */
    enum route_body body;
    size_t body_max;
    const char *body_bound;               /* the option that sets body_max; NULL: none does */
    void (*run)(struct request *request); /* for STREAM: called at the head; may answer early or set
                                             the state */
    void (*stream)(struct request *request,
                   const struct request_piece *piece); /* NULL but for STREAM */
};
