/* Router: literals before names, names by their place, methods that a path takes. */
#include "router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void run(struct request *request)
{
    (void)request;
}

static const struct route routes[] = {
    {.operation = "home", .method = "GET", .path = "/", .run = run},
    {.operation = "list", .method = "GET", .path = "/v1/tasks", .run = run},
    {.operation = "create", .method = "POST", .path = "/v1/tasks", .run = run},
    {.operation = "batch", .method = "POST", .path = "/v1/tasks/batch", .run = run},
    {.operation = "get", .method = "GET", .path = "/v1/tasks/{id}", .run = run},
    {.operation = "result", .method = "GET", .path = "/v1/tasks/{id}/result", .run = run},
    {.operation = "head", .method = "HEAD", .path = "/v1/blobs/{uid}", .run = run},
    {.operation = "blob", .method = "GET", .path = "/v1/blobs/{uid}", .run = run},
    {.operation = "part", .method = "PUT", .path = "/v1/blobs/{uid}/parts/{nth}", .run = run},
};

static int start(void **state)
{
    *state = router_new(routes, ARRAY_LEN(routes));
    return 0;
}

static int stop(void **state)
{
    router_free(*state);
    return 0;
}

static struct path path_of(const char *text)
{
    struct bytes rest = bytes_of(text + 1);
    struct path path = {.len = 0};

    while (bytes_split(&rest, '/', &path.segments[path.len]))
        path.len++;
    return path;
}

/* The operation, "405" or "404". */
static const char *find(const struct router *router, const char *method, const char *text)
{
    struct path path = path_of(text);
    const struct route *route = NULL;
    const char *allow = NULL;

    if (!router_find(router, method_of(method), &path, &route, &allow))
        return "404";
    return route != NULL ? route->operation : "405";
}

static void paths_find_their_routes(void **state)
{
    assert_string_equal(find(*state, "GET", "/"), "home");
    assert_string_equal(find(*state, "GET", "/v1/tasks"), "list");
    assert_string_equal(find(*state, "POST", "/v1/tasks"), "create");
    assert_string_equal(find(*state, "POST", "/v1/tasks/batch"), "batch");
    assert_string_equal(find(*state, "GET", "/v1/tasks/7"), "get");
    assert_string_equal(find(*state, "HEAD", "/v1/tasks/7"), "get");
    assert_string_equal(find(*state, "HEAD", "/v1/blobs/7"), "head");
    assert_string_equal(find(*state, "GET", "/v1/tasks/7/result"), "result");
}

static void what_is_not_there_is_told_from_what_is_not_allowed(void **state)
{
    assert_string_equal(find(*state, "GET", "/v1"), "404");
    assert_string_equal(find(*state, "GET", "/v2/tasks"), "404");
    assert_string_equal(find(*state, "GET", "/v1/tasks/7/results"), "404");
    assert_string_equal(find(*state, "GET", "/v1/tasks/7/result/8"), "404");
    assert_string_equal(find(*state, "DELETE", "/v1/tasks/7"), "405");
    assert_string_equal(find(*state, "GET", "/v1/tasks/batch"), "405");
}

static void names_are_found_by_their_place(void **state)
{
    struct path path = path_of("/v1/blobs/a/parts/3");
    const struct route *route = NULL;
    const char *allow = NULL;

    assert_true(router_find(*state, METHOD_PUT, &path, &route, &allow));
    assert_true(bytes_is(router_param(route, &path, "uid"), "a"));
    assert_true(bytes_is(router_param(route, &path, "nth"), "3"));
    assert_null(router_param(route, &path, "id").at);
    assert_string_equal(allow, "PUT, OPTIONS");
}

static void methods_are_known_refused_or_unknown(void **state)
{
    (void)state;
    assert_int_equal(method_of("PATCH"), METHOD_PATCH);
    assert_int_equal(method_of("TRACE"), METHOD_REFUSED);
    assert_int_equal(method_of("Get"), METHOD_UNKNOWN);
    assert_int_equal(method_of(""), METHOD_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_their_routes),
        cmocka_unit_test(what_is_not_there_is_told_from_what_is_not_allowed),
        cmocka_unit_test(names_are_found_by_their_place),
        cmocka_unit_test(methods_are_known_refused_or_unknown),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
