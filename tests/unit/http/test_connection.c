/* Connection: deadlines for those who are slow, patience for those who are merely odd. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#define THING "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST  "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n"

enum { DEADLINE_MS = 200 };

static int start(void **state)
{
    struct http_server_options options = harness_options();

    options.head_deadline_ms = options.body_deadline_ms = DEADLINE_MS;
    *state = harness_start(&options);
    return 0;
}

static int stop(void **state)
{
    harness_stop(*state);
    return 0;
}

static void assert_timed_out(int fd)
{
    struct answer answer = client_read(fd, false);

    assert_int_equal(answer.status, 408);
    assert_true(answer_has(&answer, "request_timeout"));
    assert_true(strlen(answer_header(&answer, "Request-Id")) > 0);
    assert_true(client_is_closed(fd, 2000));
}

static void a_silent_connection_is_closed(void **state)
{
    int fd = client_open(*state);
    struct answer answer = client_read(fd, false);

    assert_int_equal(answer.status, 0);
    assert_true(client_is_closed(fd, 100));
    client_close(fd);
}

static void a_dripping_head_is_408(void **state)
{
    int fd = client_open(*state);

    client_say(fd, "GET /v1/things/1 HTTP/1.1\r\n");
    for (int i = 0; i < 30; i++) {
        client_say(fd, "X-A: b\r\n");
        (void)usleep(10000);
    }
    assert_timed_out(fd);
    client_close(fd);
}

static void a_second_head_that_drips_is_408(void **state)
{
    int fd = client_open(*state);

    client_say(fd, THING);
    assert_int_equal(client_read(fd, false).status, 200);
    (void)usleep(3 * DEADLINE_MS * 1000); /* idle is no offence */
    client_say(fd, THING);
    assert_int_equal(client_read(fd, false).status, 200);
    for (int i = 0; i < 60; i++) {
        client_say(fd, i == 0 ? "G" : i == 1 ? "ET /" : "a");
        (void)usleep(10000);
    }
    assert_timed_out(fd);
    client_close(fd);
}

static void a_dripping_body_is_408(void **state)
{
    int fd = client_open(*state);

    client_say(fd, POST "Content-Length: 100\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        client_say(fd, "x");
        (void)usleep(10000);
    }
    assert_timed_out(fd);
    client_close(fd);
    fd = client_open(*state);
    client_say(fd, POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"); /* B29 */
    assert_timed_out(fd);
    client_close(fd);
}

static void a_refused_request_is_soon_told_so_whatever_it_owes(void **state)
{
    static const char *const OWED[] = {"Content-Length: 100\r\n\r\n", "Content-Length: 9\r\n\r\n{",
                                       "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"};
    struct harness *harness = harness_start(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(OWED) / sizeof(OWED[0]); i++) {
        int fd = client_open(harness);
        struct answer answer;

        client_say(fd, "POST /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n");
        client_say(fd, OWED[i]);
        answer = client_read(fd, false);
        assert_int_equal(answer.status, 405);
        assert_true(answer_has(&answer, "method_not_allowed"));
        assert_string_equal(answer_header(&answer, "Allow"), "GET, HEAD, DELETE, OPTIONS");
        assert_string_equal(answer_header(&answer, "Connection"), "close");
        assert_string_equal(answer_header(&answer, "Cache-Control"), "no-store");
        assert_true(strlen(answer_header(&answer, "Request-Id")) > 0);
        assert_true(client_is_closed(fd, 1000));
        client_close(fd);
    }
    assert_int_equal(atomic_load(&harness_seen(harness)->answered), 3);
    harness_stop(harness);
}

static void a_body_that_nobody_takes_is_not_awaited_long(void **state)
{
    struct harness *harness = harness_start(NULL);
    int fd = client_open(harness);

    (void)state;
    client_say(fd, "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{");
    (void)usleep(100 * 1000);
    client_say(fd, "}" THING); /* it came after all */
    assert_int_equal(client_read(fd, false).status, 200);
    assert_int_equal(client_read(fd, false).status, 200);
    client_say(fd, "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n");
    assert_timed_out(fd);
    client_close(fd);
    harness_stop(harness);
}

/* Slower than the deadline of a body, but it goes on. */
static void who_sends_a_refused_body_sees_the_answer(void **state)
{
    static char block[32768];
    int fd = client_open(*state);

    client_say(fd, "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n");
    for (int i = 0; i < 32; i++) {
        client_send(fd, block, sizeof(block));
        (void)usleep(DEADLINE_MS * 1000 / 10);
    }
    assert_int_equal(client_read(fd, false).status, 404);
    client_say(fd, THING); /* it was read to its end, so the connection is still good */
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
}

static void a_stream_may_take_long_but_not_drip(void **state)
{
    static char block[2048];
    int fd = client_open(*state);
    int cuts;

    client_say(fd, "PUT /v1/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n");
    for (int i = 0; i < 10; i++) {
        client_send(fd, block, sizeof(block));
        (void)usleep(DEADLINE_MS * 1000 / 2);
    }
    assert_int_equal(client_read(fd, false).status, 200);
    cuts = atomic_load(&harness_seen(*state)->cuts);
    client_say(fd, "PUT /v1/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20480\r\n\r\n");
    for (int i = 0; i < 30; i++) {
        client_say(fd, "x");
        (void)usleep(10000);
    }
    assert_timed_out(fd);
    assert_true(wait_for(&harness_seen(*state)->cuts, cuts + 1));
    client_close(fd);
}

static void a_parked_request_has_no_deadline(void **state)
{
    int fd = client_open(*state);

    client_say(fd, "GET /v1/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
}

static void byte_by_byte_is_fine(void **state)
{
    static const char text[] = POST "Content-Length: 2\r\n\r\n{}" POST
                                    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    int fd = client_open(*state);

    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        client_send(fd, &text[i], 1);
        (void)usleep(200);
    }
    assert_int_equal(client_read(fd, false).status, 200);
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
}

static void a_client_may_leave_after_any_byte(void **state)
{
    static const char text[] = POST "Content-Length: 2\r\n\r\n{}";
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    for (size_t len = 0; len < sizeof(text); len++) {
        int fd = client_open(*state);

        client_send(fd, text, len);
        if (len % 2 == 0)
            (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        client_close(fd);
    }
    assert_int_equal(client_ask(*state, THING).status, 200);
    for (int i = 0; i < 1000 && harness_stats(*state).connections > 0; i++)
        (void)usleep(5000);
    assert_int_equal(harness_stats(*state).connections, 0);
    assert_int_equal(harness_stats(*state).body_bytes, 0);
}

static void a_thousand_requests_in_one_piece_are_answered(void **state)
{
    size_t len = strlen(THING);
    char *text = malloc(len * 1000);
    int fd = client_open(*state);
    int answered = 0;

    for (size_t i = 0; i < 1000; i++)
        memcpy(text + i * len, THING, len);
    client_send(fd, text, len * 1000);
    for (int i = 0; i < 1000; i++)
        answered += client_read(fd, false).status == 200;
    assert_int_equal(answered, 1000);
    free(text);
    client_close(fd);
}

static void a_quiesced_server_answers_what_it_has_and_closes(void **state)
{
    struct harness *harness = harness_start(NULL);
    int idle = client_open(harness);
    int busy = client_open(harness);
    struct answer answer;

    (void)state;
    client_say(idle, THING);
    assert_int_equal(client_read(idle, false).status, 200);
    client_say(busy, "GET /v1/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (harness_stats(harness).parked == 0)
        (void)usleep(1000);
    harness_quiesce(harness);
    assert_true(client_is_closed(idle, 2000));
    answer = client_read(busy, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "Connection"), "close");
    assert_true(client_is_closed(busy, 2000));
    client_close(idle);
    client_close(busy);
    harness_stop(harness);
}

static void closing_answers_the_parked_and_cuts_the_held(void **state)
{
    struct harness *harness = harness_start(NULL);
    int fds[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = client_open(harness);
    client_say(fds[0], THING);
    client_say(fds[1], "GET / HT");
    client_say(fds[2], POST "Content-Length: 10\r\n\r\n{");
    client_say(fds[3], "PUT /v1/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
    assert_int_equal(client_read(fds[0], false).status, 200);
    harness_stop(harness);
    for (int i = 0; i < 4; i++) {
        assert_true(client_is_closed(fds[i], 2000));
        client_close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_connection_is_closed),
        cmocka_unit_test(a_dripping_head_is_408),
        cmocka_unit_test(a_second_head_that_drips_is_408),
        cmocka_unit_test(a_dripping_body_is_408),
        cmocka_unit_test(a_refused_request_is_soon_told_so_whatever_it_owes),
        cmocka_unit_test(a_body_that_nobody_takes_is_not_awaited_long),
        cmocka_unit_test(who_sends_a_refused_body_sees_the_answer),
        cmocka_unit_test(a_stream_may_take_long_but_not_drip),
        cmocka_unit_test(a_parked_request_has_no_deadline),
        cmocka_unit_test(byte_by_byte_is_fine),
        cmocka_unit_test(a_client_may_leave_after_any_byte),
        cmocka_unit_test(a_thousand_requests_in_one_piece_are_answered),
        cmocka_unit_test(a_quiesced_server_answers_what_it_has_and_closes),
        cmocka_unit_test(closing_answers_the_parked_and_cuts_the_held),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
