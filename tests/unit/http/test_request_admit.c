/* Request: where admission stands among what a request can be refused for. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST "Host: localhost\r\n"
#define WHO  "X-Who: friend\r\n"

static atomic_int held;

static void let_go(const void *caller)
{
    if (caller == &held)
        (void)atomic_fetch_sub(&held, 1);
}

/* Friends only; the path says where they are at home. */
static enum err admit(void *ctx, struct request *request, const struct route *route,
                      struct error *error)
{
    (void)ctx;
    if (route != NULL && strcmp(route->method, "DELETE") == 0)
        return OK;
    if (!bytes_is(request_header(request, "x-who"), "friend")) {
        request_add_header(request, "WWW-Authenticate", BYTES("Bearer"));
        return error_set(error, ERR_UNAUTHORIZED, "", "who are you?");
    }
    if (!request_names_ns(request))
        request_set_ns(request, BYTES("home"));
    (void)atomic_fetch_add(&held, 1);
    request_set_caller(request, &held, let_go);
    return OK;
}

static int start(void **state)
{
    struct http_server_options options = harness_options();

    options.admit = admit;
    *state = harness_start(&options);
    return 0;
}

static int stop(void **state)
{
    harness_stop(*state);
    return 0;
}

static int status_of(void *state, const char *text)
{
    return client_ask(state, text).status;
}

static void who_is_admitted_gets_the_namespace_that_was_set(void **state)
{
    struct answer answer = client_ask(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST WHO "\r\n");

    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "id=7 ns=home"));
    answer = client_ask(*state, "GET /v1/ns/other/things/7 HTTP/1.1\r\n" HOST WHO "\r\n");
    assert_true(answer_has(&answer, "id=7 ns=other"));
}

static void who_was_admitted_is_let_go_when_the_request_ends(void **state)
{
    atomic_store(&held, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(status_of(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST WHO "\r\n"), 200);
    assert_int_equal(status_of(*state, "GET /nowhere HTTP/1.1\r\n" HOST WHO "\r\n"), 404);
    /* The client may have read its answer before the server is through with the request. */
    for (int i = 0; i < 5000 && atomic_load(&held) > 0; i++)
        (void)usleep(1000);
    assert_int_equal(atomic_load(&held), 0);
}

static void nobody_else_learns_what_is_there(void **state)
{
    static const char *const PATHS[] = {
        "GET /v1/things/7",  "GET /nowhere",         "GET //",    "PATCH /v1/things/7",
        "POST /v1/things/7", "OPTIONS /v1/things/7", "OPTIONS *",
    };

    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        struct answer answer;
        char text[256];

        (void)snprintf(text, sizeof(text), "%s HTTP/1.1\r\n" HOST "\r\n", PATHS[i]);
        answer = client_ask(*state, text);
        assert_int_equal(answer.status, 401);
        assert_string_equal(answer_header(&answer, "Allow"), "");
        assert_string_equal(answer_header(&answer, "WWW-Authenticate"), "Bearer");
    }
    assert_int_equal(status_of(*state, "GET /nowhere HTTP/1.1\r\n" HOST WHO "\r\n"), 404);
    assert_int_equal(status_of(*state, "POST /v1/things/7 HTTP/1.1\r\n" HOST WHO "\r\n"), 405);
    assert_int_equal(status_of(*state, "OPTIONS /v1/things/7 HTTP/1.1\r\n" HOST WHO "\r\n"), 204);
}

static void broken_and_misdirected_requests_are_refused_before(void **state)
{
    assert_int_equal(status_of(*state, "GET /v1/things/%zz HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(status_of(*state, "GET /v1/ns/a@b/things/1 HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(status_of(*state, "GET /v1/things/7 HTTP/1.1\r\nHost: evil.test\r\n\r\n"),
                     421);
    assert_int_equal(
        status_of(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST "Origin: http://evil.test\r\n\r\n"),
        403);
}

static void the_route_is_known_to_admission(void **state)
{
    assert_int_not_equal(status_of(*state, "DELETE /v1/things/7 HTTP/1.1\r\n" HOST "\r\n"), 401);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_admitted_gets_the_namespace_that_was_set, start,
                                        stop),
        cmocka_unit_test_setup_teardown(who_was_admitted_is_let_go_when_the_request_ends, start,
                                        stop),
        cmocka_unit_test_setup_teardown(nobody_else_learns_what_is_there, start, stop),
        cmocka_unit_test_setup_teardown(broken_and_misdirected_requests_are_refused_before, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_route_is_known_to_admission, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
