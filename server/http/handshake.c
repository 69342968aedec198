/* Handshake: lets libmicrohttpd forget a connection while its client owes a piece of the TLS
 * handshake. Its sockets count as readable until a read of its own finds nothing, and the handshake
 * reads past it; so the loop watches the socket meanwhile. The deadline of the head holds. */
#include "handshake.h"

#include "base/memory.h"

#include "connection.h"
#include "server_struct.h"

#include <stdlib.h>

struct handshake {
    uv_poll_t poll;
    struct connection *connection;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct handshake *handshake = poll->data;
    struct http_server *server = handshake->connection->server;

    (void)status;
    (void)events;
    handshake_go_on(handshake->connection);
    http_server_pump(server);
}

void handshake_wait(struct connection *connection)
{
    struct handshake *handshake;

    if (connection->phase == CONNECTION_SHUT || connection->handshake != NULL)
        return;
    handshake = mem_alloc(sizeof(*handshake));
    if (uv_poll_init(connection->server->loop, &handshake->poll, connection->fd) != 0) {
        free(handshake);
        connection_shut(connection);
        return;
    }
    handshake->poll.data = handshake;
    handshake->connection = connection;
    connection->handshake = handshake;
    /* It fails for handles that are being closed only. */
    (void)uv_poll_start(&handshake->poll, UV_READABLE | UV_DISCONNECT, on_event);
    MHD_suspend_connection(connection->mhd);
}

void handshake_go_on(struct connection *connection)
{
    struct handshake *handshake = connection->handshake;

    if (handshake == NULL)
        return;
    connection->handshake = NULL;
    /* Before the descriptor can be closed, at once. */
    uv_close((uv_handle_t *)&handshake->poll, on_closed);
    MHD_resume_connection(connection->mhd);
}
