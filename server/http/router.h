/* Router: finds the route of a method and a path in a tree of path segments that is built once. */
#pragma once

#include "base/arena.h"
#include "http/route.h"

enum { ROUTER_SEGMENTS_MAX = 16 };

/* Methods that a path may answer; CONNECT, TRACE and PRI are known and never allowed. */
enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_REFUSED,
    METHOD_UNKNOWN,
};

/* A path cut at its slashes, each part percent-decoded. */
struct path {
    struct bytes segments[ROUTER_SEGMENTS_MAX];
    unsigned len;
};

struct router;

struct router *router_new(const struct route *routes, size_t routes_len);
void router_free(struct router *router);
enum method method_of(const char *text);

/* ret_route is NULL when the path is known and the method is not; false when no route has the path.
 * ret_allow lists the path's methods as an Allow header does. */
bool router_find(const struct router *router, enum method method, const struct path *path,
                 const struct route **ret_route, const char **ret_allow);
/* The segment that stands where the route's template has {name}; NONE if it has none. */
struct bytes router_param(const struct route *route, const struct path *path, const char *name);
