/* Routes: the generated table, expanded here into its rows; a handler that is missing does not
 * link. */
#include "api/api.h"

#include "base/assert.h"
#include "base/compiler.h"
#include "base/memory.h"
#include "domain/access.h"
#include "handlers.h"

#include <string.h>

#define STREAM_OF_NONE(operation)   NULL
#define STREAM_OF_JSON(operation)   NULL
#define STREAM_OF_RAW(operation)    NULL
#define STREAM_OF_STREAM(operation) op_##operation##_stream

enum { ROUTE_IS_ORDINARY = 0, ROUTE_IS_URGENT = 1 };

static const struct route ROUTES[] = {
#define ROUTE(name, verb, template, needed, kind, most, bound, urgency)                            \
    {                                                                                              \
        .operation = #name,                                                                        \
        .method = (verb),                                                                          \
        .path = (template),                                                                        \
        .scope = SCOPE_##needed,                                                                   \
        .body = ROUTE_BODY_##kind,                                                                 \
        .body_max = (most),                                                                        \
        .run = op_##name,                                                                          \
        .stream = STREAM_OF_##kind(name),                                                          \
        .urgent = ROUTE_IS_##urgency,                                                              \
        .any_host = SCOPE_##needed == SCOPE_NONE,                                                  \
    },
#include "routes.gen.inc"
#undef ROUTE
};

/* Which bound a route's body has; BOUND_NONE: its own. */
static const enum bound BODY_BOUNDS[] = {
#define ROUTE(name, verb, template, needed, kind, most, bound, urgency) BOUND_##bound,
#include "routes.gen.inc"
#undef ROUTE
};

struct route *api_routes(const struct bounds *bounds, size_t *ret_len)
{
    struct route *routes = mem_alloc(sizeof(ROUTES));

    memcpy(routes, ROUTES, sizeof(ROUTES));
    for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
        if (BODY_BOUNDS[i] == BOUND_NONE)
            continue;
        routes[i].body_max = (size_t)bounds->of[BODY_BOUNDS[i]];
        routes[i].body_bound = bound_name(BODY_BOUNDS[i]);
    }
    *ret_len = ARRAY_LEN(ROUTES);
    return routes;
}

/* They stand together in the contract. */
const struct route *api_health_routes(size_t *ret_len)
{
    const struct route *first = ROUTES;

    while (first->run != op_get_metrics)
        first++;
    ASSERT(first[1].run == op_livez && first[2].run == op_readyz);
    *ret_len = 3;
    return first;
}
