/* Flow: an answer whose body grows, sent in chunks as they are pulled. libmicrohttpd asks for the
 * next piece again and again while the socket takes some, so a flow that has none is suspended;
 * then nobody notices a client that leaves, so now and then it is sent something. */
#include "flow.h"

#include "base/assert.h"

#include "peer.h"
#include "response.h"
#include "server_struct.h"

enum {
    STUCK_MS = 60000, /* nothing was taken for so long */
    BLOCK = 1024,     /* libmicrohttpd's own buffer, used by HTTP/1.0 only */
};

struct flow {
    struct list_node link; /* of the server's */
    struct request *request;
    struct request_flow by;
    int64_t sent_at_ms; /* when something was last pulled, or the client found there */
    bool is_quiet, is_cut;
};

static int64_t now_ms(const struct http_server *server)
{
    return (int64_t)uv_now(server->loop);
}

static struct http_server *server_of(const struct flow *flow)
{
    return flow->request->connection->server;
}

static void was_sent(struct flow *flow)
{
    struct http_server *server = server_of(flow);

    list_remove(&flow->link);
    list_push_back(&server->flows, &flow->link);
    flow->sent_at_ms = now_ms(server);
    flow->is_quiet = false;
}

/* libmicrohttpd's MHD_ContentReaderCallback. */
static ssize_t read_flow(void *ctx, uint64_t position, char *at, size_t max)
{
    struct flow *flow = ctx;
    size_t len;

    (void)position;
    if (flow->is_cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    len = flow->by.pull(flow->request, at, max, flow->is_quiet);
    if (len == FLOW_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (len > 0) {
        ASSERT(len <= max);
        was_sent(flow);
        return (ssize_t)len;
    }
    if (server_of(flow)->is_closing)
        return MHD_CONTENT_READER_END_OF_STREAM;
    flow->is_quiet = false;
    request_suspend(flow->request);
    return 0;
}

static bool has_room(struct request *request)
{
    const struct http_server *server = request->connection->server;
    struct error error;

    if (server->flows_len < server->options.flows_max)
        return true;
    (void)error_set(&error, ERR_OVERLOADED, "", "%u streams are open already", server->flows_len);
    request_refuse(request, &error);
    return false;
}

static struct flow *enter(struct request *request, const struct request_flow *by)
{
    struct http_server *server = request->connection->server;
    struct flow *flow = arena_alloc(request->arena, sizeof(*flow));

    flow->request = request;
    ASSERT(by->quiet_ms > 0);
    flow->by = *by;
    request->flow = flow;
    server->flows_len++;
    was_sent(flow);
    return flow;
}

bool request_answer_flow(struct request *request, int status, const char *content_type,
                         const struct request_flow *by)
{
    struct MHD_Response *response;

    if (request->method == METHOD_HEAD) {
        response =
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_flow, NULL, NULL);
    } else if (has_room(request)) {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_flow,
                                                     enter(request, by), NULL);
    } else {
        return false;
    }
    response_send(request, status, content_type, response);
    return true;
}

void request_flow_on(struct request *request)
{
    if (request->flow == NULL || !request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection->mhd);
}

void flow_leave(struct request *request)
{
    if (request->flow == NULL)
        return;
    list_remove(&request->flow->link);
    request->connection->server->flows_len--;
    request->flow = NULL;
}

static void cut(struct flow *flow)
{
    flow->is_cut = true;
    connection_shut(flow->request->connection);
    request_flow_on(flow->request);
}

/* Suspended: it took all it was given. If not, its socket is full, and has been since then. */
static void look(struct flow *flow, int64_t now)
{
    struct http_server *server = server_of(flow);
    struct connection *connection = flow->request->connection;

    if (!peer_look(connection->fd).is_there) {
        cut(flow);
    } else if (flow->request->is_suspended) {
        was_sent(flow);
        flow->is_quiet = true;
        request_flow_on(flow->request);
    } else if (now - flow->sent_at_ms >= STUCK_MS) {
        server->flows_dropped++;
        if (flow->by.dropped != NULL)
            flow->by.dropped(flow->request);
        cut(flow);
    }
}

bool flow_sweep(struct http_server *server, int64_t now)
{
    struct list_node *node = list_first(&server->flows);
    bool did = false;

    while (node != NULL) {
        struct list_node *next = list_next(&server->flows, node);
        struct flow *flow = CONTAINER_OF(node, struct flow, link);

        if (now - flow->sent_at_ms < flow->by.quiet_ms)
            break;
        /* One that was looked at goes to the end, and is met again only then. */
        look(flow, now);
        did = true;
        node = next;
    }
    return did;
}

void flow_on_all(struct http_server *server)
{
    for (struct list_node *node = list_first(&server->flows); node != NULL;
         node = list_next(&server->flows, node))
        request_flow_on(CONTAINER_OF(node, struct flow, link)->request);
}

void flow_cut_all(struct http_server *server)
{
    for (struct list_node *node = list_first(&server->flows); node != NULL;
         node = list_next(&server->flows, node))
        cut(CONTAINER_OF(node, struct flow, link));
}
