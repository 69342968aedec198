/* Body: what may be sent with a request, and collecting it. */
#include "request_struct.h"

#include "base/parse.h"

#include "server_struct.h"

#include <string.h>
#include <strings.h>

enum {
    FIRST_ROOM_MAX = 256 * 1024
}; /* a client that only announces a large body gets no memory for it */

void body_measure(struct request *request)
{
    struct bytes length = request_header(request, "content-length");

    request->body_len = 0;
    if (request_header(request, "transfer-encoding").at != NULL)
        request->body_len = -1;
    else if (length.at != NULL && !parse_int(length, 0, INT64_MAX, &request->body_len))
        request->body_len = INT64_MAX; /* it was a number, so it is one that does not fit */
}

static bool is_word(struct bytes text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

/* charset=utf-8, with or without quotes; other parameters say nothing that matters. */
static bool is_taken_parameter(struct bytes parameter)
{
    struct bytes rest = bytes_trim(parameter);
    struct bytes name;
    struct bytes value;

    if (!bytes_split(&rest, '=', &name) || !is_word(bytes_trim(name), "charset"))
        return true;
    value = bytes_trim(rest);
    return is_word(value, "utf-8") || is_word(value, "\"utf-8\"");
}

static bool is_json(struct bytes content_type)
{
    struct bytes rest = content_type;
    struct bytes part;

    if (!bytes_split(&rest, ';', &part) || !is_word(bytes_trim(part), "application/json"))
        return false;
    while (bytes_split(&rest, ';', &part))
        if (!is_taken_parameter(part))
            return false;
    return true;
}

static enum err check_headers(const struct request *request, struct error *error)
{
    struct bytes expect = request_header(request, "expect");
    struct bytes encoding = request_header(request, "content-encoding");
    struct bytes type = request_header(request, "content-type");

    if (expect.at != NULL && !is_word(expect, "100-continue"))
        return error_set(error, ERR_EXPECTATION_FAILED, "Expect", "only 100-continue is known");
    if (encoding.at != NULL && !is_word(encoding, "identity"))
        return error_set(error, ERR_UNSUPPORTED_MEDIA, "Content-Encoding",
                         "bodies are taken as they are");
    if (request->route != NULL && request->route->body == ROUTE_BODY_JSON && type.at != NULL &&
        request->body_len != 0 && !is_json(type))
        return error_set(error, ERR_UNSUPPORTED_MEDIA, "Content-Type",
                         "application/json in UTF-8 is taken here; curl sends it with --json");
    return OK;
}

/* SIZE_MAX: none. */
static size_t limit_of(const struct request *request)
{
    const struct route *route = request->route;

    if (route == NULL || route->body == ROUTE_BODY_NONE)
        return REQUEST_UNWANTED_MAX;
    if (route->body == ROUTE_BODY_STREAM && route->body_max == 0)
        return SIZE_MAX;
    return route->body_max;
}

enum err body_too_large(const struct request *request, struct error *error)
{
    const struct route *route = request->route;

    if (route != NULL && route->body_bound != NULL)
        return error_set(error, ERR_TOO_LARGE, "", "%s: %zu bytes; this body has more",
                         route->body_bound, limit_of(request));
    return error_set(error, ERR_TOO_LARGE, "", "the body has more than the %zu bytes taken here",
                     limit_of(request));
}

bool body_fits(const struct request *request, uint64_t len)
{
    return len <= limit_of(request);
}

static bool is_collected(const struct request *request)
{
    return request->route != NULL &&
           (request->route->body == ROUTE_BODY_JSON || request->route->body == ROUTE_BODY_RAW);
}

static enum err check_room(const struct request *request, uint64_t len, struct error *error)
{
    const struct http_server *server = request->connection->server;

    if (server->body_bytes + len > server->options.bodies_bytes_max)
        return error_set(error, ERR_OVERLOADED, "", "the bodies of all requests hold %zu bytes",
                         server->options.bodies_bytes_max);
    return OK;
}

enum err body_judge(struct request *request, struct error *error)
{
    enum err err = check_headers(request, error);

    if (err != OK)
        return err;
    if (request->body_len > 0 && !body_fits(request, (uint64_t)request->body_len))
        return body_too_large(request, error);
    if (!is_collected(request))
        return OK;
    buffer_init(&request->body, request->route->body_max);
    return request->body_len > 0 ? check_room(request, (uint64_t)request->body_len, error) : OK;
}

enum err body_collect(struct request *request, struct bytes piece, struct error *error)
{
    struct http_server *server = request->connection->server;
    enum err err;

    if (!body_fits(request, request->body_seen + piece.len))
        return body_too_large(request, error);
    if (is_collected(request)) {
        if ((err = check_room(request, piece.len, error)) != OK)
            return err;
        if (request->body_seen == 0 && request->body_len > 0)
            (void)buffer_room(
                &request->body,
                (size_t)(request->body_len < FIRST_ROOM_MAX ? request->body_len : FIRST_ROOM_MAX));
        buffer_append(&request->body, piece);
        request->body_counted += piece.len;
        server->body_bytes += piece.len;
    }
    request->body_seen += piece.len;
    return OK;
}

void body_drain(struct request *request, size_t len)
{
    request->drained += len;
    if (request->drained <= REQUEST_DRAIN_MAX || request->is_answered_by_hand)
        return;
    connection_answer_early(request->connection);
}

bool body_is_unwanted(const struct request *request)
{
    return request->early != NULL ||
           (request->route != NULL && request->route->body == ROUTE_BODY_NONE);
}

void request_forget_body(struct request *request)
{
    request->connection->server->body_bytes -= request->body_counted;
    request->body_counted = 0;
    buffer_fini(&request->body);
}
