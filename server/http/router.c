/* Router: finds the route of a method and a path in a tree of path segments that is built once. */
#include "router.h"

#include "base/assert.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define ROUTABLE METHOD_OPTIONS /* methods before it can have routes */

static const char *const method_names[] = {"GET",   "HEAD",   "POST",   "PUT",
                                           "PATCH", "DELETE", "OPTIONS"};

/* One segment of all templates that share what is before it. A literal wins over a {name} and is
 * not given up for it further down: no template of the contract needs that. */
struct node {
    struct bytes literal;
    struct node *literals; /* children */
    struct node *next;     /* sibling */
    struct node *any;      /* the child for {name} */
    const struct route *routes[ROUTABLE];
    const char *allow; /* the methods, NULL when no route ends here */
};

struct router {
    struct arena *arena;
    struct node root;
};

enum method method_of(const char *text)
{
    for (unsigned i = 0; i < ARRAY_LEN(method_names); i++)
        if (strcmp(text, method_names[i]) == 0)
            return (enum method)i;
    if (strcmp(text, "CONNECT") == 0 || strcmp(text, "TRACE") == 0 || strcmp(text, "PRI") == 0)
        return METHOD_REFUSED;
    return METHOD_UNKNOWN;
}

static bool is_name(struct bytes segment)
{
    return segment.len > 2 && segment.at[0] == '{' && segment.at[segment.len - 1] == '}';
}

static struct node *find_literal(const struct node *node, struct bytes segment)
{
    struct node *child = node->literals;

    while (child != NULL && !bytes_equal(child->literal, segment))
        child = child->next;
    return child;
}

static struct node *child_for(struct router *router, struct node *node, struct bytes segment)
{
    struct node *child = is_name(segment) ? node->any : find_literal(node, segment);

    if (child != NULL)
        return child;
    child = arena_alloc(router->arena, sizeof(*child));
    if (is_name(segment)) {
        node->any = child;
        return child;
    }
    child->literal = segment;
    child->next = node->literals;
    node->literals = child;
    return child;
}

static struct bytes segments_of(const char *template)
{
    ASSERT(template[0] == '/');
    return bytes_of(template + 1);
}

static bool has_method(const struct node *node, unsigned method)
{
    if (method == METHOD_OPTIONS)
        return true;
    return node->routes[method] != NULL ||
           (method == METHOD_HEAD && node->routes[METHOD_GET] != NULL);
}

static const char *make_allow(struct arena *arena, const struct node *node)
{
    const char *allow = "";

    for (unsigned i = 0; i <= METHOD_OPTIONS; i++)
        if (has_method(node, i))
            allow =
                arena_printf(arena, "%s%s%s", allow, allow[0] != '\0' ? ", " : "", method_names[i])
                    .at;
    return allow;
}

static void add(struct router *router, const struct route *route)
{
    enum method method = method_of(route->method);
    struct bytes rest = segments_of(route->path);
    struct node *node = &router->root;
    struct bytes segment;

    ASSERT(method < ROUTABLE && route->run != NULL);
    ASSERT((route->stream != NULL) == (route->body == ROUTE_BODY_STREAM));
    while (bytes_split(&rest, '/', &segment))
        node = child_for(router, node, segment);
    ASSERT(node->routes[method] == NULL);
    node->routes[method] = route;
    node->allow = make_allow(router->arena, node);
}

struct router *router_new(const struct route *routes, size_t routes_len)
{
    struct router *router = mem_alloc(sizeof(*router));

    router->arena = arena_new();
    for (size_t i = 0; i < routes_len; i++)
        add(router, &routes[i]);
    return router;
}

void router_free(struct router *router)
{
    if (router == NULL)
        return;
    arena_free(router->arena);
    free(router);
}

static const struct node *find_node(const struct router *router, const struct path *path)
{
    const struct node *node = &router->root;

    for (unsigned i = 0; i < path->len && node != NULL; i++) {
        const struct node *literal = find_literal(node, path->segments[i]);

        node = literal != NULL ? literal : node->any;
    }
    return node;
}

bool router_find(const struct router *router, enum method method, const struct path *path,
                 const struct route **ret_route, const char **ret_allow)
{
    const struct node *node = find_node(router, path);

    if (node == NULL || node->allow == NULL)
        return false;
    *ret_route = method < ROUTABLE ? node->routes[method] : NULL;
    if (*ret_route == NULL && method == METHOD_HEAD)
        *ret_route = node->routes[METHOD_GET];
    *ret_allow = node->allow;
    return true;
}

struct bytes router_param(const struct route *route, const struct path *path, const char *name)
{
    struct bytes rest = segments_of(route->path);
    struct bytes segment;

    for (unsigned i = 0; i < path->len && bytes_split(&rest, '/', &segment); i++)
        if (is_name(segment) && bytes_is((struct bytes){segment.at + 1, segment.len - 2}, name))
            return path->segments[i];
    return BYTES_NONE;
}
