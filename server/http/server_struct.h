/* HTTP server, seen from inside this layer. */
#pragma once

#include "base/arena.h"
#include "base/id.h"
#include "base/list.h"
#include "http/server.h"

#include "address.h"
#include "addresses.h"
#include "base/network.h"
#include "connection.h"
#include "library.h"
#include "router.h"
#include "tls.h"

enum { SERVER_SPARE_ARENAS = 64 };

struct http_server {
    struct http_server_options options;
    uv_loop_t *loop;
    struct MHD_Daemon *daemon;
    struct address address;
    unsigned port;
    struct router *router;

    uv_poll_t poll;     /* libmicrohttpd's epoll set */
    uv_idle_t again;    /* libmicrohttpd has more to do; others get their turn before it */
    uv_timer_t wake;    /* when libmicrohttpd wants to run without an event */
    uv_timer_t sweep;   /* deadlines */
    int64_t wake_at_ms; /* -1: not armed */
    bool is_running;    /* inside MHD_run */

    struct list connections[CONNECTION_PHASES];
    unsigned connections_len;
    unsigned connections_max; /* what the options say, cut to the descriptors there are */
    unsigned reserve;         /* the same, cut to half of that */
    unsigned phase_len[CONNECTION_PHASES];
    unsigned crowd; /* most connections since memory was last given back */
    uint64_t shut_out;
    struct networks trusted; /* proxies */
    struct addresses *addresses;
    struct tls *tls; /* NULL: plain */

    struct list parked;
    unsigned waiting_len, working_len; /* of parked: those who asked to wait, those at work */
    struct list flows;                 /* the one that was sent something the longest ago first */
    unsigned flows_len;
    uint64_t flows_dropped;
    uint64_t body_bytes;
    struct arena *spare[SERVER_SPARE_ARENAS];
    unsigned spare_len;
    struct random_seeded random;
    struct id_source ids;

    bool is_quiesced;
    bool is_closing;     /* no request reaches a handler any more */
    int64_t close_at_ms; /* when waiting for the last connections ends, -1: not closing */
    unsigned handles_open;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* Arenas are kept for the next request. */
struct arena *server_arena(struct http_server *server);
void server_give_arena(struct http_server *server, struct arena *arena);
void server_make_id(struct http_server *server, char ret_text[ID_TEXT_LEN + 1]);
