/* Fields: what a handler may ask of a request. */
#include "request_struct.h"

#include "server_struct.h"

#include <string.h>
#include <strings.h>

struct arena *request_arena(struct request *request)
{
    return request->arena;
}

struct bytes request_method(const struct request *request)
{
    return request->method_text;
}

struct bytes request_path(const struct request *request)
{
    return request->raw_path;
}

struct bytes request_param(const struct request *request, const char *name)
{
    struct bytes value = BYTES_NONE;

    if (request->route != NULL)
        value = router_param(request->route, &request->path, name);
    return value.at != NULL ? value : BYTES("");
}

struct bytes request_ns(const struct request *request)
{
    return request->ns;
}

struct bytes request_query(const struct request *request, const char *name)
{
    return query_find(&request->query, name);
}

bool request_query_at(const struct request *request, unsigned nth, struct bytes *ret_name,
                      struct bytes *ret_value)
{
    if (nth >= request->query.len)
        return false;
    *ret_name = request->query.at[nth].name;
    *ret_value = request->query.at[nth].value;
    return true;
}

struct bytes request_raw_query(const struct request *request)
{
    return request->raw_query;
}

struct bytes request_header(const struct request *request, const char *lower_name)
{
    size_t len = strlen(lower_name);

    for (unsigned i = 0; i < request->headers.len; i++) {
        const struct field *header = &request->headers.at[i];

        if (header->name.len == len && strncasecmp(header->name.at, lower_name, len) == 0)
            return header->value;
    }
    return BYTES_NONE;
}

struct bytes request_body(const struct request *request)
{
    return buffer_bytes(&request->body);
}

struct bytes request_id_text(const struct request *request)
{
    return request->id_text;
}

void *request_server_ctx(const struct request *request)
{
    return request->connection->server->options.ctx;
}

void request_set_state(struct request *request, void *state, void (*release)(void *state))
{
    request->state = state;
    request->release = release;
}

void *request_state(const struct request *request)
{
    return request->state;
}
