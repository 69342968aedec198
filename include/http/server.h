/* HTTP server: sockets, framing guard, routing, parking; libmicrohttpd driven by a libuv loop.
 * Knows nothing of tasks. */
#pragma once

#include <uv.h>

#include "base/error.h"
#include "http/route.h"

/* Descriptors used beyond connections_max, for connections that are told that there is no room. */
enum { HTTP_EXTRA_FILES = 64 };

struct http_server;

/* HTTPS, by libmicrohttpd's GnuTLS: TLS 1.2 and 1.3. Files are PEM; they are read again by
 * http_server_reload(). */
struct http_tls_files {
    const char *cert, *key; /* NULL: plain HTTP */
    const char *client_ca;  /* NULL: clients show no certificate; else only those signed by it */
};

/* Who may send this request? Called on the loop once the head was judged, before the body is read
 * and before a path that does not exist is refused. route is NULL for such a path. May set the
 * namespace, the caller and headers of the answer; not OK: the request is refused with error. */
typedef enum err (*http_admit)(void *ctx, struct request *request, const struct route *route,
                               struct error *error);

struct http_server_options {
    const char *listen; /* ADDR:PORT, [V6]:PORT; port 0 picks one */
    const struct route *routes;
    size_t routes_len;
    void *ctx;
    unsigned connections_max;     /* a few more descriptors are used for those who are turned away:
                                     HTTP_EXTRA_FILES */
    unsigned parked_max;          /* 10000 */
    unsigned parked_urgent_extra; /* room beyond it for urgent ones */
    unsigned flows_max;           /* answers whose bodies grow: 503 overloaded beyond; 0: none */
    size_t head_bytes_max;        /* 16 KiB header block: 431 */
    size_t line_bytes_max;        /* 4 KiB request line: 414 */
    size_t bodies_bytes_max;      /* of all bodies being collected: 503 overloaded beyond */
    int64_t head_deadline_ms; /* absolute, from the first byte (or accept) to the end of the head */
    int64_t body_deadline_ms; /* absolute, for collected bodies; a stream: without 1 KiB */
    int64_t idle_ms;          /* keep-alive: 75 s */
    bool loopback_only_hosts; /* Host must name loopback or the listen address, else 421 */
    const char *allowed_hosts; /* names joined by commas that Host may also be, and that are the
                                  only ones without loopback_only_hosts; "": any */
    http_admit admit;          /* NULL: everybody */
    struct http_tls_files tls;
    const char *trusted_proxies;      /* CIDRs joined by commas whose X-Forwarded-For counts; "" */
    unsigned connections_per_address; /* 0: no bound; trusted proxies have none */
    bool bounds_loopback;             /* do the bounds of an address count for loopback too? */
    unsigned connections_reserve;     /* when fewer are left, who dawdles longest is shut out; cut
                                         to half of connections_max */
    unsigned working_max;    /* parked requests that did not ask to wait; 0: as parked_max */
    double rate_per_address; /* requests a second; 0: no bound */
    double rate_per_address_burst;
    /* Called after each answered request, for metrics; may be NULL. */
    void (*on_answered)(void *ctx, const struct route *route, struct bytes method, int status,
                        int64_t took_us);
};

MUST_CHECK enum err http_server_open(uv_loop_t *loop, const struct http_server_options *options,
                                     struct http_server **ret_server, struct error *error);
/* Can these be served? Nothing is opened. */
MUST_CHECK enum err http_tls_check(const struct http_tls_files *files, struct error *error);
/* Read certificate and key again, for new connections. Not OK: the old ones stay in use. */
MUST_CHECK enum err http_server_reload(struct http_server *server, struct error *error);
/* Loop thread: options.loopback_only_hosts, from the next request on. */
void http_server_check_hosts(struct http_server *server, bool loopback_only);
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
    unsigned working; /* of parked: those that did not ask to wait */
    unsigned flows;   /* answers whose bodies grow */
    uint64_t body_bytes;
    uint64_t shut_out; /* connections closed for want of room, or beyond the bound of an address */
    uint64_t flows_dropped; /* whose client took nothing for too long */
};
struct http_server_stats http_server_stats(const struct http_server *server);
/* Versions of what this was built with, for /v1/version and the safety check (>= 1.0.5). */
const char *http_library_version(void);
/* False for versions that serve loopback only: their parsers let requests be smuggled. */
bool http_library_is_safe(void);
