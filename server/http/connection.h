/* Connection: one client's socket from accept to close, and the deadlines of what it owes us. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/list.h"

#include "base/network.h"
#include "library.h"

struct http_server;
struct request;

enum connection_phase {
    CONNECTION_WAITING,   /* for a head to be complete: nothing was sent yet, or a part of it */
    CONNECTION_IDLE,      /* between two requests */
    CONNECTION_RECEIVING, /* for a body */
    CONNECTION_DRAINING,  /* for the end of a body that nobody wants */
    CONNECTION_BUSY,      /* ours: handled, parked or being answered */
    CONNECTION_SHUT,      /* our end is closed, libmicrohttpd has still to notice; the last phase */
    CONNECTION_PHASES,
};

struct connection {
    struct list_node link; /* in the server's list of its phase, the longest there first */
    struct http_server *server;
    struct MHD_Connection *mhd;
    int fd;
    enum connection_phase phase;
    int64_t since_ms;    /* when the deadline of the phase began to count, -1: not yet */
    uint64_t bytes_seen; /* by the kernel, when this was last looked at between two requests */
    struct request *request;
    struct tls_session *tls;     /* NULL: plain */
    struct handshake *handshake; /* NULL: not waiting for a piece of it */
    bool is_counted;             /* among the connections of its address */
    struct network_address peer;
    char peer_text[NETWORK_TEXT_LEN];
};

/* libmicrohttpd's MHD_NotifyConnectionCallback. */
void connection_on_change(void *ctx, struct MHD_Connection *mhd, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode code);
struct connection *connection_of(struct MHD_Connection *mhd);
void connection_enter(struct connection *connection, enum connection_phase phase);
/* Say why by our own hand, as libmicrohttpd cannot in the midst of a request, and shut the socket.
 */
void connection_refuse(struct connection *connection, enum err code, const char *detail);
/* Send its request's early answer by our own hand, once, and end our side; what comes of the body
 * is still read for a moment, so that the client is not told by a reset. */
void connection_answer_early(struct connection *connection);
/* Of one that drains: answer it now, and shut it. */
void connection_give_up(struct connection *connection);
/* Close our end at once; what has arrived is handled no more. */
void connection_shut(struct connection *connection);
/* Refuse whoever is past its deadline. */
void connection_sweep(struct http_server *server, int64_t now_ms);
/* Shut those between two requests. */
void connection_shut_idle(struct http_server *server);
void connection_shut_all(struct http_server *server);
