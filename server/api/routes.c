/* Routes: the generated table, expanded here into its rows; a handler that is missing does not
 * link. */
#include "api/api.h"
#include "base/compiler.h"
#include "handlers.h"

#define STREAM_OF_NONE(operation)   NULL
#define STREAM_OF_JSON(operation)   NULL
#define STREAM_OF_RAW(operation)    NULL
#define STREAM_OF_STREAM(operation) op_##operation##_stream

static const struct route ROUTES[] = {
#define ROUTE(name, verb, template, needed, kind, most)                                            \
    {                                                                                              \
        .operation = #name,                                                                        \
        .method = (verb),                                                                          \
        .path = (template),                                                                        \
        .scope = (needed),                                                                         \
        .body = ROUTE_BODY_##kind,                                                                 \
        .body_max = (most),                                                                        \
        .run = op_##name,                                                                          \
        .stream = STREAM_OF_##kind(name),                                                          \
    },
#include "routes.gen.inc"
#undef ROUTE
};

const struct route *api_routes(size_t *ret_len)
{
    *ret_len = ARRAY_LEN(ROUTES);
    return ROUTES;
}
