/* Request: heads, paths, queries, bodies and what every answer carries. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOST "Host: localhost\r\n"

static int start(void **state)
{
    *state = harness_start(NULL);
    return 0;
}

static int stop(void **state)
{
    harness_stop(*state);
    return 0;
}

static void a_get_is_answered_with_the_standing_headers(void **state)
{
    struct answer answer = client_ask(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "id=7 ns=default"));
    assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
    assert_string_equal(answer_header(&answer, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(answer_header(&answer, "Etag"), "\"1\"");
    assert_int_equal(strlen(answer_header(&answer, "Request-Id")), 36);
    assert_string_not_equal(answer_header(&answer, "Date"), "");
}

static void a_sane_request_id_is_kept(void **state)
{
    struct answer answer =
        client_ask(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST "Request-Id: abc-1\r\n\r\n");

    assert_string_equal(answer_header(&answer, "Request-Id"), "abc-1");
    answer = client_ask(*state, "GET /nowhere HTTP/1.1\r\n" HOST "Request-Id: a b<script>\r\n\r\n");
    assert_int_equal(strlen(answer_header(&answer, "Request-Id")), 36);
    assert_true(answer_has(&answer, "\"request_id\":"));
}

static void names_are_decoded_and_namespaces_taken_off(void **state)
{
    struct answer answer = client_ask(
        *state, "GET /v1/ns/team-a/things/a%2Fb%20c?x=1&y=%C3%A4+b&z HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "id=a/b c ns=team-a x=1 y=\xc3\xa4+b z="));
    answer = client_ask(*state, "GET /v1/ns/b%40d/things/1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 400);
    assert_true(answer_has(&answer, "invalid_field"));
}

static void a_known_path_with_another_method_is_405(void **state)
{
    struct answer answer = client_ask(*state, "POST /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(answer.status, 405);
    assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, DELETE, OPTIONS");
    assert_string_equal(answer_header(&answer, "Content-Type"), "application/problem+json");
    answer = client_ask(*state, "GET /v1/things/special HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 405);
    assert_string_equal(answer_header(&answer, "Allow"), "POST, OPTIONS");
}

static void options_and_head_are_answered_everywhere(void **state)
{
    struct answer answer = client_ask(*state, "OPTIONS /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(answer.status, 204);
    assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, DELETE, OPTIONS");
    assert_int_equal(client_ask(*state, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n").status, 204);
    answer = client_ask(*state, "HEAD /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "15");
    assert_int_equal(answer.body_len, 0);
    assert_int_equal(client_ask(*state, "HEAD / HTTP/1.1\r\n" HOST "\r\n").status, 200);
}

static void bodies_are_optional_and_typed(void **state)
{
    struct answer answer = client_ask(*state, "POST /v1/echo HTTP/1.1\r\n" HOST "\r\n");

    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_len, 0);
    answer =
        client_ask(*state, "POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 7\r\n\r\n{\"a\":1}");
    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "{\"a\":1}"));
    answer = client_ask(*state,
                        "POST /v1/echo HTTP/1.1\r\n" HOST
                        "Transfer-Encoding: Chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n");
    assert_true(answer_has(&answer, "{\"a\":1}"));
    answer = client_ask(*state, "PUT /v1/raw/x HTTP/1.1\r\n" HOST
                                "Content-Type: image/png\r\nContent-Length: 2\r\n\r\nab");
    assert_true(answer_has(&answer, "ab"));
}

struct media_case {
    const char *headers;
    int status;
};

static void other_media_types_are_415(void **state)
{
    static const struct media_case cases[] = {
        {"Content-Type: application/json\r\n", 200},
        {"Content-Type: Application/JSON; Charset=\"UTF-8\"\r\n", 200},
        {"Content-Type: application/json; charset=utf-16\r\n", 415},
        {"Content-Type: text/plain\r\n", 415},
        {"Content-Type: application/x-www-form-urlencoded\r\n", 415},
        {"Content-Encoding: gzip\r\n", 415},
        {"Content-Encoding: identity\r\n", 200},
        {"Expect: 100-continue\r\n", 200},
        {"Expect: foo\r\n", 417},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text),
                       "POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 2\r\n%s\r\n{}",
                       cases[i].headers);
        struct answer answer = client_ask(*state, text);

        if (answer.status != cases[i].status)
            fail_msg("%s: %d, not %d", cases[i].headers, answer.status, cases[i].status);
    }
}

static void a_body_over_the_limit_is_413_and_names_it(void **state)
{
    char head[] = "PUT /v1/raw/x HTTP/1.1\r\n" HOST "Content-Length: 5000\r\n\r\n";
    char text[sizeof(head) + 5000];
    int fd = client_open(*state);
    struct answer answer;

    memcpy(text, head, sizeof(head) - 1);
    memset(text + sizeof(head) - 1, 'x', 5000);
    client_send(fd, text, sizeof(head) - 1 + 5000);
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 413);
    assert_true(answer_has(&answer, "1000 bytes"));

    /* It was read to its end, so the connection is still good. */
    client_say(fd, "GET /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
    answer =
        client_ask(*state, "PUT /v1/raw/x HTTP/1.1\r\n" HOST "Content-Length: 50000000\r\n\r\n");
    assert_int_equal(answer.status, 413);
}

static void a_chunked_body_that_never_ends_is_refused(void **state)
{
    static char chunk[65536 + 16];
    int fd = client_open(*state);
    struct answer answer;

    client_say(fd, "PUT /v1/raw/x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    memcpy(chunk, "10000\r\n", 7);
    memset(chunk + 7, 'x', 65536);
    memcpy(chunk + 7 + 65536, "\r\n", 2);
    for (int i = 0; i < 20; i++)
        client_send(fd, chunk, 65536 + 9);
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 413);
    client_close(fd);
}

static void all_bodies_together_have_a_limit(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    struct answer answer;

    (void)state;
    options.bodies_bytes_max = 10;
    harness = harness_start(&options);
    answer = client_ask(harness,
                        "POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\n           ");
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer_header(&answer, "Retry-After"), "1");
    answer = client_ask(harness,
                        "POST /v1/echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n          ");
    assert_int_equal(answer.status, 200);
    assert_int_equal(harness_stats(harness).body_bytes, 0);
    harness_stop(harness);
}

static void a_file_is_sent_whole(void **state)
{
    int fd = client_open(*state);
    struct answer answer;

    client_say(fd, "GET /v1/file HTTP/1.1\r\n" HOST "\r\n");
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Content-Length"), "100000");
    client_say(fd, "GET /v1/things/7 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
}

static void every_answer_is_told(void **state)
{
    atomic_int *answered = &harness_seen(*state)->answered;
    int before = atomic_load(answered);

    assert_int_equal(client_ask(*state, "GET /v1/things/7 HTTP/1.1\r\n" HOST "\r\n").status, 200);
    assert_int_equal(client_ask(*state, "GET /none HTTP/1.1\r\n" HOST "\r\n").status, 404);
    assert_int_equal(atomic_load(answered), before + 2);
}

static void http_1_0_is_served_and_closed(void **state)
{
    int fd = client_open(*state);

    client_say(fd, "GET /v1/things/7 HTTP/1.0\r\n\r\n");
    assert_int_equal(client_read(fd, false).status, 200);
    assert_true(client_is_closed(fd, 2000));
    client_close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_is_answered_with_the_standing_headers),
        cmocka_unit_test(a_sane_request_id_is_kept),
        cmocka_unit_test(names_are_decoded_and_namespaces_taken_off),
        cmocka_unit_test(a_known_path_with_another_method_is_405),
        cmocka_unit_test(options_and_head_are_answered_everywhere),
        cmocka_unit_test(bodies_are_optional_and_typed),
        cmocka_unit_test(other_media_types_are_415),
        cmocka_unit_test(a_body_over_the_limit_is_413_and_names_it),
        cmocka_unit_test(a_chunked_body_that_never_ends_is_refused),
        cmocka_unit_test(all_bodies_together_have_a_limit),
        cmocka_unit_test(a_file_is_sent_whole),
        cmocka_unit_test(every_answer_is_told),
        cmocka_unit_test(http_1_0_is_served_and_closed),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
