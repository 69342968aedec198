/* HTTP server: sockets, framing guard, routing, parking; libmicrohttpd driven by a libuv loop.
 * Knows nothing of tasks. */
#pragma once

#include <uv.h>

#include "base/error.h"
#include "http/route.h"

struct http_server;

struct http_server_options {
    const char *listen; /* ADDR:PORT, [V6]:PORT; port 0 picks one */
    const struct route *routes;
    size_t routes_len;
    void *ctx;
    unsigned connections_max;     /* 16384, cut to what RLIMIT_NOFILE allows */
    unsigned parked_max;          /* 10000 */
    unsigned parked_urgent_extra; /* room beyond it for urgent ones */
    size_t head_bytes_max;        /* 16 KiB header block: 431 */
    size_t line_bytes_max;        /* 4 KiB request line: 414 */
    size_t bodies_bytes_max;      /* of all bodies being collected: 503 overloaded beyond */
    int64_t head_deadline_ms; /* absolute, from the first byte (or accept) to the end of the head */
    int64_t body_deadline_ms; /* absolute, for collected bodies; a stream: without 1 KiB */
    int64_t idle_ms;          /* keep-alive: 75 s */
    bool loopback_only_hosts; /* check Host (421), Origin and Sec-Fetch-Site (403) */
    /* Called after each answered request, for metrics; may be NULL. */
    void (*on_answered)(void *ctx, const struct route *route, struct bytes method, int status,
                        int64_t took_us);
};

MUST_CHECK enum err http_server_open(uv_loop_t *loop, const struct http_server_options *options,
                                     struct http_server **ret_server, struct error *error);
unsigned http_server_port(const struct http_server *server);
/* Let libmicrohttpd send what was answered on parked requests: call once after each batch of
 * answers. */
void http_server_pump(struct http_server *server);
/* Take no new connections; idle ones are closed. */
void http_server_quiesce(struct http_server *server);
/* No request reaches a handler from here on, they are answered 503. All parked requests must have
 * been answered. done is called on the loop when everything is closed or after grace_ms. */
void http_server_close(struct http_server *server, int64_t grace_ms, void (*done)(void *ctx),
                       void *ctx);

struct http_server_stats {
    unsigned connections, parked;
    uint64_t body_bytes;
};
struct http_server_stats http_server_stats(const struct http_server *server);
/* Versions of what this was built with, for /v1/version and the safety check (>= 1.0.5). */
const char *http_library_version(void);
/* False for versions that serve loopback only: their parsers let requests be smuggled. */
bool http_library_is_safe(void);
