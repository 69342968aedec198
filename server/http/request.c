/* Request: one HTTP request from its head to its answer. */
#include "request_struct.h"

#include "base/assert.h"

#include "flow.h"
#include "forwarded.h"
#include "guard.h"
#include "response.h"
#include "room.h"
#include "server_struct.h"

#include <string.h>
#include <strings.h>

enum { ID_MAX_LEN = 128 };

struct request *request_begin(struct connection *connection, const char *target)
{
    struct arena *arena = server_arena(connection->server);
    struct request *request = arena_alloc(arena, sizeof(*request));

    request->arena = arena;
    request->connection = connection;
    request->target = arena_bytes(arena, bytes_of(target));
    request->started_ns = uv_hrtime();
    request->ns = BYTES("default");
    request->client = connection->peer;
    request->address = bytes_of(connection->peer_text);
    connection->request = request;
    if (connection->phase == CONNECTION_IDLE)
        connection_enter(connection, CONNECTION_WAITING);
    return request;
}

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    struct fields *headers = ctx;

    (void)kind;
    headers->at[headers->len++] = (struct field){
        .name = {name, name_len},
        .value = {value != NULL ? value : "", value_len},
    };
    return MHD_YES;
}

/* Their text stays in libmicrohttpd's memory, which lives as long as the request. */
static void take_headers(struct request *request)
{
    struct MHD_Connection *mhd = request->connection->mhd;
    int len = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);

    if (len <= 0)
        return;
    request->headers.at = arena_alloc(request->arena, sizeof(struct field) * (size_t)len);
    (void)MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, add_header, &request->headers);
}

static void take_address(struct request *request)
{
    const struct connection *connection = request->connection;
    char text[NETWORK_TEXT_LEN];

    request->client =
        forwarded_address(&connection->peer, &connection->server->trusted, &request->headers);
    if (memcmp(&request->client, &connection->peer, sizeof(request->client)) == 0)
        return;
    network_address_text(&request->client, text);
    request->address = arena_bytes(request->arena, bytes_of(text));
}

static bool is_sane_id(struct bytes text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";

    for (size_t i = 0; i < text.len; i++)
        if (memchr(allowed, text.at[i], sizeof(allowed) - 1) == NULL)
            return false;
    return text.len >= 1 && text.len <= ID_MAX_LEN;
}

/* The caller's own if it can be printed everywhere, or a new one. */
static void take_id(struct request *request)
{
    struct bytes given = request_header(request, "request-id");
    char text[ID_TEXT_LEN + 1];

    if (is_sane_id(given)) {
        request->id_text = arena_bytes(request->arena, given);
        return;
    }
    server_make_id(request->connection->server, text);
    request->id_text = arena_bytes(request->arena, bytes_of(text));
}

static enum err check_sizes(const struct request *request, struct error *error)
{
    const struct http_server_options *options = &request->connection->server->options;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t line_len = request->method_text.len + request->target.len + strlen("  HTTP/1.1");
    size_t head_len = info != NULL ? info->header_size : line_len;

    if (line_len > options->line_bytes_max)
        return error_set(error, ERR_URI_TOO_LONG, "",
                         "the request line has %zu bytes; at most %zu are taken", line_len,
                         options->line_bytes_max);
    if (head_len - line_len > options->head_bytes_max)
        return error_set(error, ERR_HEADERS_TOO_LARGE, "",
                         "the headers have %zu bytes; at most %zu are taken", head_len - line_len,
                         options->head_bytes_max);
    if (request->headers.len > REQUEST_HEADERS_MAX)
        return error_set(error, ERR_HEADERS_TOO_LARGE, "",
                         "there are %u headers; at most %d are taken", request->headers.len,
                         REQUEST_HEADERS_MAX);
    return OK;
}

static enum err check_method(struct request *request, struct error *error)
{
    if (request->method == METHOD_UNKNOWN)
        return error_set(error, ERR_NOT_IMPLEMENTED, "",
                         "the method is not known (names are upper-case)");
    if (request->method != METHOD_REFUSED)
        return OK;
    request->must_close = true;
    request_add_header(request, "Allow", BYTES("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    return error_set(error, ERR_METHOD_NOT_ALLOWED, "", "the method is taken nowhere here");
}

/* What the path leads to. Told only to those who were admitted. */
static enum err find_route(struct request *request, const char **ret_allow, struct error *error)
{
    enum err err;

    *ret_allow = NULL;
    if (bytes_is(request->raw_path, "*"))
        *ret_allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    else if ((err = guard_path(request, error)) != OK)
        return err;
    else if (!router_find(request->connection->server->router, request->method, &request->path,
                          &request->route, ret_allow))
        return error_set(error, ERR_NOT_FOUND, "",
                         "there is no such path; GET /openapi.yaml has them all");
    if (request->route != NULL || request->method == METHOD_OPTIONS)
        return OK;
    return error_set(error, ERR_METHOD_NOT_ALLOWED, "", "this path takes %s", *ret_allow);
}

/* Nobody is asked any more who they are once the server closes: all are told that. */
static enum err admit(struct request *request, struct error *error)
{
    const struct http_server *server = request->connection->server;

    if (server->options.admit == NULL || server->is_closing)
        return OK;
    return server->options.admit(server->options.ctx, request, request->route, error);
}

static enum err judge_path(struct request *request, struct bytes authority, struct error *error)
{
    struct error missing;
    const char *allow;
    enum err found = find_route(request, &allow, &missing), err;

    if ((err = guard_host(request, authority, error)) != OK)
        return err;
    if (found != OK && found != ERR_NOT_FOUND && found != ERR_METHOD_NOT_ALLOWED) {
        *error = missing;
        return found;
    }
    if ((err = room_take_request(request, error)) != OK || (err = admit(request, error)) != OK)
        return err;
    if (request->route == NULL && allow != NULL)
        request_add_header(request, "Allow", bytes_of(allow));
    if (found != OK)
        *error = missing;
    return found;
}

static enum err judge(struct request *request, struct error *error)
{
    struct bytes authority = BYTES_NONE;
    enum err err;

    if ((err = check_sizes(request, error)) != OK)
        return err;
    if ((err = check_method(request, error)) != OK)
        return err;
    if ((err = guard_target(request, &authority, error)) != OK)
        return err;
    if ((err = guard_headers(request, error)) != OK)
        return err;
    if ((err = judge_path(request, authority, error)) != OK)
        return err;
    if ((err = query_read(request->raw_query, request->arena, &request->query, error)) != OK)
        return err;
    return body_judge(request, error);
}

/* Once the server closes, nobody stands behind the handlers any more. */
static void refuse_when_closing(struct request *request)
{
    struct error error;

    if (request->early != NULL || !request->connection->server->is_closing)
        return;
    (void)error_set(&error, ERR_DRAINING, "", "the broker stops");
    request_refuse(request, &error);
}

/* Reading the rest of a refused body lets the client see the answer; a client that waits for 100
 * sends none. */
static bool is_worth_draining(const struct request *request)
{
    return request->body_len == 0 ||
           (request->body_len <= REQUEST_DRAIN_MAX && request_header(request, "expect").at == NULL);
}

/* The head was taken and not answered at once; who owes us what? */
static void wait_for_body(struct request *request)
{
    enum connection_phase phase = CONNECTION_RECEIVING;

    if (request->body_len == 0)
        phase = CONNECTION_BUSY;
    else if (body_is_unwanted(request))
        phase = CONNECTION_DRAINING;
    connection_enter(request->connection, phase);
}

void request_take_head(struct request *request, const char *method)
{
    struct error error;

    request->method_text = arena_bytes(request->arena, bytes_of(method));
    request->method = method_of(method);
    take_headers(request);
    take_address(request);
    take_id(request);
    body_measure(request);
    request->phase = REQUEST_BODY;
    if (judge(request, &error) != OK)
        request_refuse(request, &error);
    else if (request->connection->server->is_closing)
        refuse_when_closing(request);
    else if (request->route == NULL)
        request_answer(request, 204, NULL, NULL);
    else if (request->route->body == ROUTE_BODY_STREAM)
        request->route->run(request);
    if (request->early != NULL && !is_worth_draining(request))
        response_send_early(request);
    else
        wait_for_body(request);
}

void request_take_piece(struct request *request, struct bytes piece, size_t *ret_taken)
{
    struct error error;

    *ret_taken = piece.len;
    refuse_when_closing(request);
    if (request->early != NULL)
        body_drain(request, piece.len);
    else if (request->route->body == ROUTE_BODY_STREAM)
        stream_take_piece(request, piece, ret_taken);
    else if (body_collect(request, piece, &error) != OK)
        request_refuse(request, &error);
    request->window_len += *ret_taken;
}

void request_take_end(struct request *request)
{
    bool is_stream = request->route != NULL && request->route->body == ROUTE_BODY_STREAM;

    if (request->early == NULL && is_stream && stream_is_held(request))
        return;
    refuse_when_closing(request);
    request->phase = REQUEST_RUNNING;
    connection_enter(request->connection, CONNECTION_BUSY);
    if (request->early != NULL) {
        response_send_early(request);
        return;
    }
    if (is_stream)
        stream_end(request);
    else
        request->route->run(request);
    ASSERT(request->phase == REQUEST_PARKED || request->phase == REQUEST_ANSWERED);
    if (request->phase == REQUEST_PARKED)
        request_suspend(request);
}

void request_suspend(struct request *request)
{
    if (request->is_suspended)
        return;
    request->is_suspended = true;
    MHD_suspend_connection(request->connection->mhd);
}

void request_end(struct request *request)
{
    struct connection *connection = request->connection;

    ASSERT(request->phase != REQUEST_PARKED);
    if (request->phase == REQUEST_BODY && request->early == NULL && request->route != NULL &&
        request->route->body == ROUTE_BODY_STREAM)
        stream_cut(request);
    flow_leave(request);
    if (request->release != NULL)
        request->release(request->state);
    request_set_caller(request, NULL, NULL);
    request_forget_body(request);
    connection->request = NULL;
    connection_enter(connection, CONNECTION_IDLE);
    server_give_arena(connection->server, request->arena);
}

struct bytes request_address(const struct request *request)
{
    return request->address;
}

bool request_names_ns(const struct request *request)
{
    return request->names_ns;
}

bool request_is_urgent(const struct request *request)
{
    return request->route != NULL && request->route->urgent;
}

void request_set_ns(struct request *request, struct bytes ns)
{
    request->ns = ns;
}

void request_set_caller(struct request *request, const void *caller,
                        void (*release)(const void *caller))
{
    if (request->release_caller != NULL)
        request->release_caller(request->caller);
    request->caller = caller;
    request->release_caller = release;
}

const void *request_caller(const struct request *request)
{
    return request->caller;
}
