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
    CROWD_MIN = 256,    /* fewer connections hold too little memory to ask for it back */
    LOOKS_MAX = 64,     /* at connections that cannot go, for one newcomer */
    PATIENCE_MS = 1000, /* whoever takes no longer for a head or a body does not dawdle */
    GRACE_MS = 200,     /* the same for a head, once there are no others left who dawdle */
    KEPT_PART = 16,     /* of all connections, for those that were served before */
    KEPT_MIN = 8,
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

static int64_t age_ms(const struct connection *connection)
{
    return (int64_t)uv_now(connection->server->loop) - connection->since_ms;
}

/* What has arrived already is still answered. */
static bool is_silent(const struct connection *connection)
{
    return !peer_has_sent(connection->fd);
}

static bool is_any(const struct connection *connection)
{
    (void)connection;
    return true;
}

/* Held ones wait for us. */
static bool is_awaited(const struct connection *connection)
{
    return !connection->request->is_held && is_silent(connection);
}

/* Of those that have been in the phase for that long, the oldest that may go. */
static struct connection *oldest(const struct connection *newcomer, enum connection_phase phase,
                                 int64_t least_ms,
                                 bool (*may_go)(const struct connection *connection))
{
    const struct list *list = &newcomer->server->connections[phase];
    struct list_node *node = list_first(list);

    for (unsigned i = 0; node != NULL && i < LOOKS_MAX; i++) {
        struct connection *connection = CONTAINER_OF(node, struct connection, link);

        if (connection != newcomer && age_ms(connection) >= least_ms && may_go(connection))
            return connection;
        node = list_next(list, node);
    }
    return NULL;
}

static struct connection *older(struct connection *one, struct connection *other)
{
    if (one == NULL || other == NULL)
        return one != NULL ? one : other;
    return one->since_ms <= other->since_ms ? one : other;
}

/* A few of those that were served before are kept, however many come. */
static struct connection *oldest_idle(const struct connection *newcomer)
{
    const struct http_server *server = newcomer->server;
    unsigned kept = server->connections_max / KEPT_PART;

    if (server->phase_len[CONNECTION_IDLE] <= (kept > KEPT_MIN ? kept : KEPT_MIN))
        return NULL;
    return oldest(newcomer, CONNECTION_IDLE, 0, is_silent);
}

/* Whose body nobody wants, whatever its age; heads that do not come, bodies that do not come; then
 * those who are between two requests; then those who only just began. */
static struct connection *find_dawdler(const struct connection *newcomer)
{
    struct connection *found = oldest(newcomer, CONNECTION_DRAINING, 0, is_any);

    if (found == NULL)
        found = oldest(newcomer, CONNECTION_WAITING, PATIENCE_MS, is_silent);
    if (found == NULL)
        found = oldest(newcomer, CONNECTION_RECEIVING, PATIENCE_MS, is_awaited);
    if (found == NULL)
        found = oldest(newcomer, CONNECTION_WAITING, GRACE_MS, is_silent);
    if (found == NULL)
        found = oldest_idle(newcomer);
    if (found == NULL)
        found = older(oldest(newcomer, CONNECTION_WAITING, 0, is_silent),
                      oldest(newcomer, CONNECTION_RECEIVING, 0, is_awaited));
    if (found == NULL)
        found = oldest(newcomer, CONNECTION_IDLE, 0, is_silent);
    return found;
}

static void make_room(const struct connection *newcomer)
{
    struct connection *connection = find_dawdler(newcomer);

    if (connection == NULL)
        return;
    if (connection->phase == CONNECTION_DRAINING) {
        newcomer->server->shut_out++;
        connection_give_up(connection);
    } else if (connection->request != NULL) {
        turn_away(connection, "others need the connection, and this request took long to come");
    } else {
        newcomer->server->shut_out++;
        connection_shut(connection);
    }
}

void room_enter(struct connection *connection)
{
    struct http_server *server = connection->server;
    unsigned open = server->connections_len - server->phase_len[CONNECTION_SHUT];

    if (server->connections_len > server->crowd)
        server->crowd = server->connections_len;
    if (is_bounded(connection) && !addresses_open(server->addresses, &connection->peer)) {
        turn_away(connection, "too many connections are open from this address");
        return;
    }
    connection->is_counted = is_bounded(connection);
    if (open + server->reserve > server->connections_max)
        make_room(connection);
    if (server->connections_len - server->phase_len[CONNECTION_SHUT] > server->connections_max)
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
