/* Request, seen from inside this layer: its memory, its life and what the files here do to it. */
#pragma once

#include "http/request.h"
#include "http/route.h"

#include "connection.h"
#include "library.h"
#include "query.h"
#include "router.h"

enum {
    REQUEST_HEADERS_MAX = 64,
    REQUEST_DRAIN_MAX = 1 << 20, /* of a refused body we read, so that the client sees the answer */
    REQUEST_UNWANTED_MAX = 64 * 1024, /* of a body nobody asked for */
};

enum request_phase {
    REQUEST_HEAD,     /* the request line is there, the headers are not */
    REQUEST_BODY,     /* the head was judged, the body is coming */
    REQUEST_RUNNING,  /* all is there, the handler has it */
    REQUEST_PARKED,   /* the handler kept it */
    REQUEST_ANSWERED, /* libmicrohttpd has the answer */
};

/* Kept as it is, as it may have to be sent by our own hand. */
struct early_answer {
    int status;
    const char *content_type; /* NULL: none */
    char *body;
    size_t body_len;
};

struct request {
    struct arena *arena;
    struct connection *connection;
    enum request_phase phase;
    const struct route *route;
    enum method method;
    struct bytes method_text;
    struct bytes target; /* as it came */
    struct bytes raw_path;
    struct bytes raw_query;
    struct path path; /* without the namespace */
    struct bytes ns;
    bool names_ns;      /* the path says which */
    const void *caller; /* who admission found; not ours */
    void (*release_caller)(const void *caller);
    struct fields headers;
    struct fields query;
    struct bytes id_text;
    uint64_t started_ns;

    int64_t body_len; /* said by Content-Length, -1 when chunked */
    size_t body_seen;
    size_t body_counted; /* of server->body_bytes */
    struct buffer body;
    size_t window_len; /* of it since the deadline was last moved */
    bool is_held;
    bool is_suspended; /* in libmicrohttpd's sense */
    size_t drained;    /* of the body after it was refused */
    bool is_answered_by_hand;

    bool must_close;
    struct field answer_headers[16];
    unsigned answer_headers_len;
    struct early_answer *early; /* waits for the end of the body; NULL: there is none */

    void *state;
    void (*release)(void *state);
    struct list_node parked_link;
    bool waits;        /* parked because it asked to */
    struct flow *flow; /* NULL: the answer's body does not grow */
    struct bytes address;
    struct network_address client; /* the same */
};

/* The request line has come: make a request on this connection. target is copied. */
struct request *request_begin(struct connection *connection, const char *target);
/* The head has come: judge it. The request is then to be fed, unless it was answered. */
void request_take_head(struct request *request, const char *method);
/* A piece of the body. ret_taken says how much was used. */
void request_take_piece(struct request *request, struct bytes piece, size_t *ret_taken);
/* The body has ended. Called again when a held stream goes on. */
void request_take_end(struct request *request);
/* The connection is done with it; frees it. */
void request_end(struct request *request);
/* It is parked no longer. */
void request_unpark(struct request *request);
/* Let libmicrohttpd forget the connection until it is resumed. */
void request_suspend(struct request *request);

/* What the head says about the body's length. */
void body_measure(struct request *request);
/* Are type, encoding and length what the route takes? */
MUST_CHECK enum err body_judge(struct request *request, struct error *error);
MUST_CHECK enum err body_collect(struct request *request, struct bytes piece, struct error *error);
bool body_fits(const struct request *request, uint64_t len);
enum err body_too_large(const struct request *request, struct error *error);
/* Read on for a client that was refused, within reason. */
void body_drain(struct request *request, size_t len);
/* Does nothing but the rest of a body that is thrown away keep it? */
bool body_is_unwanted(const struct request *request);

void stream_take_piece(struct request *request, struct bytes piece, size_t *ret_taken);
/* Makes sure that a held stream is suspended. */
bool stream_is_held(struct request *request);
void stream_end(struct request *request);
void stream_cut(struct request *request);
