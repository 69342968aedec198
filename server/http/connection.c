/* Connection: one client's socket from accept to close, and the deadlines of what it owes us. */
#include "connection.h"

#include "base/memory.h"

#include "handshake.h"
#include "peer.h"
#include "request_struct.h"
#include "response.h"
#include "room.h"
#include "server_struct.h"
#include "tls.h"

#include <stdlib.h>
#include <sys/socket.h>

enum {
    STREAM_WINDOW_MIN = 1024, /* a stream must bring so much within a body deadline */
    DRAIN_MS = 1000,          /* a body nobody wants may take longer only */
    DRAIN_WINDOW_MIN = 16384, /* as long as it brings so much within that time */
    ANSWER_MAX = 4096,
    ANSWER_HEAD_MAX = 32 * 1024,
};

static const uint64_t unknown = UINT64_MAX;

static void tell(const struct connection *connection, enum err code)
{
    const struct http_server_options *options = &connection->server->options;
    const struct request *request = connection->request;
    int64_t took_us = 0;

    if (options->on_answered == NULL)
        return;
    if (request != NULL)
        took_us = (int64_t)((uv_hrtime() - request->started_ns) / 1000);
    options->on_answered(options->ctx, request != NULL ? request->route : NULL,
                         request != NULL ? request->method_text : BYTES(""), err_status(code),
                         took_us);
}

static int64_t now_ms(const struct http_server *server)
{
    return (int64_t)uv_now(server->loop);
}

static struct network_address peer_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    return network_address_of(info != NULL ? info->client_addr : NULL);
}

static void on_thirst(void *ctx)
{
    handshake_wait(ctx);
}

static struct connection *open_connection(struct http_server *server, struct MHD_Connection *mhd)
{
    struct connection *connection = mem_alloc(sizeof(*connection));

    connection->server = server;
    connection->mhd = mhd;
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->peer = peer_of(mhd);
    network_address_text(&connection->peer, connection->peer_text);
    connection_enter(connection, CONNECTION_WAITING);
    server->connections_len++;
    if (server->tls != NULL)
        connection->tls = tls_enter(server->tls, mhd, connection->fd, on_thirst, connection);
    if (server->tls != NULL && connection->tls == NULL)
        connection_shut(connection);
    else
        room_enter(connection);
    return connection;
}

static void close_connection(struct connection *connection)
{
    struct http_server *server = connection->server;

    room_leave(connection);
    tls_leave(server->tls, connection->tls, connection->peer_text);
    server->phase_len[connection->phase]--;
    server->connections_len--;
    list_remove(&connection->link);
    free(connection);
}

void connection_on_change(void *ctx, struct MHD_Connection *mhd, void **socket_ctx,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = ctx;
    struct connection *connection = *socket_ctx;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_ctx = open_connection(server, mhd);
        return;
    }
    close_connection(connection);
    *socket_ctx = NULL;
}

struct connection *connection_of(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void connection_enter(struct connection *connection, enum connection_phase phase)
{
    struct http_server *server = connection->server;

    if (list_is_linked(&connection->link) && connection->phase == CONNECTION_SHUT)
        return;
    if (list_is_linked(&connection->link))
        server->phase_len[connection->phase]--;
    list_remove(&connection->link);
    list_push_back(&server->connections[phase], &connection->link);
    server->phase_len[phase]++;
    connection->phase = phase;
    connection->since_ms = now_ms(server);
    connection->bytes_seen = unknown;
}

void connection_shut(struct connection *connection)
{
    /* libmicrohttpd owns the descriptor and closes it when it reads the end. */
    (void)shutdown(connection->fd, SHUT_RDWR);
    if (connection->phase == CONNECTION_SHUT)
        return;
    handshake_go_on(connection);
    connection_enter(connection, CONNECTION_SHUT);
}

/* One try: whoever does not read so little has no use for it. */
static void say_last(const struct connection *connection, const struct buffer *buffer)
{
    if (connection->tls != NULL)
        tls_say_last(connection->tls, buffer_bytes(buffer));
    else
        (void)send(connection->fd, buffer->at, buffer->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(connection->fd, SHUT_WR);
}

void connection_answer_early(struct connection *connection)
{
    struct request *request = connection->request;
    struct buffer buffer;

    if (request->is_answered_by_hand)
        return;
    request->is_answered_by_hand = true;
    buffer_init(&buffer, ANSWER_HEAD_MAX + request->early->body_len);
    response_write_early(&buffer, request);
    if (!buffer.overflowed)
        say_last(connection, &buffer);
    buffer_fini(&buffer);
    connection_enter(connection, CONNECTION_DRAINING);
}

void connection_refuse(struct connection *connection, enum err code, const char *detail)
{
    char made_id[ID_TEXT_LEN + 1];
    struct bytes id_text;
    struct buffer buffer;
    struct error error;

    server_make_id(connection->server, made_id);
    id_text = connection->request != NULL && connection->request->id_text.len > 0
                  ? connection->request->id_text
                  : bytes_of(made_id);
    (void)error_set(&error, code, "", "%s", detail);
    buffer_init(&buffer, ANSWER_MAX);
    response_write_raw(&buffer, connection->server, &error, id_text);
    say_last(connection, &buffer);
    buffer_fini(&buffer);
    tell(connection, code);
}

void connection_give_up(struct connection *connection)
{
    if (connection->request->early != NULL)
        connection_answer_early(connection);
    else
        connection_refuse(connection, ERR_REQUEST_TIMEOUT,
                          "no body is taken here, and the one that was announced did not come");
    connection_shut(connection);
}

/* libmicrohttpd's events are edges: an end that comes together with the last bytes is not noticed
 * by it. */
static bool has_left(const struct connection *connection, struct peer peer)
{
    return !peer.is_there && !peer_has_sent(connection->fd);
}

/* Shuts whoever has left; not at the first look, as its last words may still be read. */
static bool sees_end(struct connection *connection, struct peer peer)
{
    bool is_known = connection->bytes_seen != unknown;

    connection->bytes_seen = peer.bytes;
    if (!is_known || !has_left(connection, peer))
        return false;
    connection_shut(connection);
    return true;
}

/* Nor does it say when the first byte of a next request comes, so the kernel's count is compared
 * between two sweeps; the deadline of a request after the first may so come a sweep or two late. */
static void sweep_idle(struct connection *connection, int64_t now)
{
    uint64_t bytes_seen = connection->bytes_seen;
    struct peer peer = peer_look(connection->fd);

    (void)now;
    if (!sees_end(connection, peer) && bytes_seen != unknown && bytes_seen != peer.bytes)
        connection_enter(connection, CONNECTION_WAITING);
}

static void sweep_waiting(struct connection *connection, int64_t now)
{
    struct peer peer = peer_look(connection->fd);

    if (sees_end(connection, peer) ||
        now - connection->since_ms < connection->server->options.head_deadline_ms)
        return;
    if (peer.bytes > 0)
        connection_refuse(connection, ERR_REQUEST_TIMEOUT, "the head did not end in time");
    connection_shut(connection);
}

static bool is_stream(const struct request *request)
{
    return request->route != NULL && request->route->body == ROUTE_BODY_STREAM;
}

static void sweep_receiving(struct connection *connection, int64_t now)
{
    struct request *request = connection->request;

    if (is_stream(request) && (request->is_held || request->window_len >= STREAM_WINDOW_MIN)) {
        request->window_len = 0;
        connection->since_ms = now;
    }
    if (!request->is_held && has_left(connection, peer_look(connection->fd))) {
        connection_shut(connection);
        return;
    }
    if (now - connection->since_ms < connection->server->options.body_deadline_ms)
        return;
    connection_refuse(connection, ERR_REQUEST_TIMEOUT, "the body did not end in time");
    connection_shut(connection);
}

/* Whoever is still sending gets to its end, so that it sees the answer. */
static void sweep_draining(struct connection *connection, int64_t now)
{
    struct request *request = connection->request;
    int64_t deadline_ms = connection->server->options.body_deadline_ms;

    if (has_left(connection, peer_look(connection->fd))) {
        connection_shut(connection);
        return;
    }
    if (now - connection->since_ms < (deadline_ms < DRAIN_MS ? deadline_ms : DRAIN_MS))
        return;
    if (!request->is_answered_by_hand && request->window_len >= DRAIN_WINDOW_MIN) {
        request->window_len = 0;
        connection->since_ms = now;
        return;
    }
    connection_give_up(connection);
}

static void each(struct http_server *server, enum connection_phase phase,
                 void (*visit)(struct connection *connection, int64_t now), int64_t now)
{
    struct list *list = &server->connections[phase];
    struct list_node *node = list_first(list);

    while (node != NULL) {
        struct list_node *next = list_next(list, node);

        visit(CONTAINER_OF(node, struct connection, link), now);
        node = next;
    }
}

void connection_sweep(struct http_server *server, int64_t now)
{
    each(server, CONNECTION_IDLE, sweep_idle, now);
    each(server, CONNECTION_WAITING, sweep_waiting, now);
    each(server, CONNECTION_RECEIVING, sweep_receiving, now);
    each(server, CONNECTION_DRAINING, sweep_draining, now);
}

static void shut(struct connection *connection, int64_t now)
{
    (void)now;
    if (connection->request != NULL && connection->request->phase == REQUEST_BODY)
        request_go_on(connection->request);
    connection_shut(connection);
}

static void shut_idle(struct connection *connection, int64_t now)
{
    /* What has arrived already is still answered. */
    if (connection->request == NULL && !peer_has_sent(connection->fd))
        shut(connection, now);
}

void connection_shut_idle(struct http_server *server)
{
    each(server, CONNECTION_IDLE, shut_idle, 0);
    each(server, CONNECTION_WAITING, shut_idle, 0);
}

void connection_shut_all(struct http_server *server)
{
    each(server, CONNECTION_IDLE, shut, 0);
    each(server, CONNECTION_WAITING, shut, 0);
    each(server, CONNECTION_RECEIVING, shut, 0);
    each(server, CONNECTION_DRAINING, shut, 0);
    each(server, CONNECTION_BUSY, shut, 0);
}
