/* Room: who is let in, and who must leave for it. libmicrohttpd would let newcomers hang in the
 * kernel's backlog, so its limit is above ours and nobody waits: either those who dawdle go, or the
 * newcomer is told. */
#include "room.h"

#include "connection.h"
#include "peer.h"
#include "request_struct.h"
#include "server_struct.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>

enum {
    CROWD_MIN = 256, /* fewer connections hold too little memory to ask for it back */
    LOOKS_MAX = 64,  /* at connections that cannot go, for one newcomer */
    /* Whoever began a head or a body and takes no longer does not dawdle; who has sent nothing at
     * all may have to go at once. */
    PATIENCE_MS = 1000,
};

static bool is_free(const struct http_server *server, const struct network_address *address)
{
    return !server->options.bounds_loopback && network_address_is_loopback(address);
}

static bool is_bounded(const struct connection *connection)
{
    const struct http_server *server = connection->server;

    return server->options.connections_per_address > 0 &&
           !networks_have(&server->trusted, &connection->peer) &&
           !is_free(server, &connection->peer);
}

static void turn_away(struct connection *connection, const char *detail)
{
    connection->server->shut_out++;
    connection_refuse(connection, ERR_OVERLOADED, detail);
    connection_shut(connection);
}

/* Held ones wait for us. */
static bool is_slow(const struct connection *connection)
{
    int64_t now = (int64_t)uv_now(connection->server->loop);
    bool is_held = connection->request != NULL && connection->request->is_held;

    return !is_held && now - connection->since_ms >= PATIENCE_MS;
}

/* What has arrived already is still answered. */
static bool is_silent(const struct connection *connection)
{
    return !peer_has_sent(connection->fd);
}

static struct connection *oldest(const struct http_server *server, enum connection_phase phase,
                                 const struct connection *newcomer,
                                 bool (*may_go)(const struct connection *connection))
{
    const struct list *list = &server->connections[phase];
    struct list_node *node = list_first(list);

    for (unsigned i = 0; node != NULL && i < LOOKS_MAX; i++) {
        struct connection *connection = CONTAINER_OF(node, struct connection, link);

        if (connection != newcomer && may_go(connection))
            return connection;
        node = list_next(list, node);
    }
    return NULL;
}

/* Heads that do not come, then those who send none, then bodies that do not come. */
static void shut_oldest(const struct connection *newcomer)
{
    struct http_server *server = newcomer->server;
    struct connection *connection = oldest(server, CONNECTION_WAITING, newcomer, is_slow);

    if (connection == NULL)
        connection = oldest(server, CONNECTION_WAITING, newcomer, is_silent);
    if (connection == NULL)
        connection = oldest(server, CONNECTION_IDLE, newcomer, is_silent);
    if (connection == NULL)
        connection = oldest(server, CONNECTION_RECEIVING, newcomer, is_slow);
    if (connection == NULL)
        return;
    if (connection->request != NULL) {
        turn_away(connection, "others need the connection, and this request took long to come");
        return;
    }
    server->shut_out++;
    connection_shut(connection);
}

void room_enter(struct connection *connection)
{
    struct http_server *server = connection->server;
    unsigned open = server->connections_len - server->shut_len;

    if (server->connections_len > server->crowd)
        server->crowd = server->connections_len;
    if (is_bounded(connection) && !addresses_open(server->addresses, &connection->peer)) {
        turn_away(connection, "too many connections are open from this address");
        return;
    }
    connection->is_counted = is_bounded(connection);
    if (open + server->options.connections_reserve > server->connections_max)
        shut_oldest(connection);
    if (server->connections_len - server->shut_len > server->connections_max)
        turn_away(connection, "all connections are taken");
}

void room_tidy(struct http_server *server)
{
    unsigned open = server->connections_len;

    if (server->crowd < CROWD_MIN || open > server->crowd / 2)
        return;
    server->crowd = open;
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

void room_leave(struct connection *connection)
{
    if (connection->is_counted)
        addresses_close(connection->server->addresses, &connection->peer);
}

enum err room_take_request(struct request *request, struct error *error)
{
    const struct http_server *server = request->connection->server;
    int64_t wait_ms = 0;
    char wait_text[24];

    if (request_is_urgent(request) || is_free(server, &request->client) ||
        addresses_take(server->addresses, &request->client, (int64_t)uv_now(server->loop),
                       &wait_ms))
        return OK;
    (void)snprintf(wait_text, sizeof(wait_text), "%" PRId64, (wait_ms + 999) / 1000);
    request_add_header(request, "Retry-After", bytes_of(wait_text));
    return error_set(error, ERR_RATE_LIMITED, "", "%.*s sends more than %g requests a second",
                     BYTES_ARG(request->address), server->options.rate_per_address);
}
