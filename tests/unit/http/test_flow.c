/* Flow: an answer's body grows as it is pulled, costs nothing while it is quiet, and ends when
 * either side goes. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n\r\n"
#define FLOW "GET /v1/flow HTTP/1.1\r\n" HOST

static int start(void **state)
{
    struct http_server_options options = harness_options();

    options.body_deadline_ms = 40; /* sweeps come each quarter of it */
    *state = harness_start(&options);
    return 0;
}

static int stop(void **state)
{
    harness_stop(*state);
    return 0;
}

/* Reads until text has come; false when it does not within wait_ms of silence. */
static bool reads(int fd, const char *text, int wait_ms)
{
    char got[4096];
    size_t len = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    while (len < sizeof(got) - 1 && poll(&poll_fd, 1, wait_ms) > 0) {
        ssize_t more = recv(fd, got + len, sizeof(got) - 1 - len, 0);

        if (more <= 0)
            break;
        len += (size_t)more;
        got[len] = '\0';
        if (strstr(got, text) != NULL)
            return true;
    }
    return false;
}

static bool flows_are(struct harness *harness, unsigned count)
{
    for (int i = 0; i < 500 && harness_stats(harness).flows != count; i++)
        (void)usleep(10000);
    return harness_stats(harness).flows == count;
}

static void it_comes_in_pieces_and_the_connection_goes_on(void **state)
{
    int fd = client_open(*state);

    for (int i = 0; i < 3; i++) {
        client_say(fd, "GET /v1/flow?each=123 HTTP/1.1\r\n" HOST);
        assert_true(reads(fd, "\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nb\r\n0\r\n\r\n", 1000));
    }
    client_close(fd);
    assert_true(flows_are(*state, 0));
    assert_int_equal(atomic_load(&harness_seen(*state)->released), 3);
}

static void who_is_quiet_is_asked_to_say_something(void **state)
{
    int fd = client_open(*state);

    client_say(fd, "GET /v1/flow?twice HTTP/1.1\r\n" HOST);
    assert_true(reads(fd, "1\r\na\r\n1\r\nb\r\n1\r\nb\r\n0\r\n\r\n", 1000));
    client_close(fd);
}

/* A content reader that has nothing would be asked again without end. */
static void a_quiet_flow_takes_no_processor_time(void **state)
{
    int fd = client_open(*state);
    struct rusage before, after;
    int64_t used_us;

    client_say(fd, FLOW);
    assert_true(reads(fd, "\r\na\r\n", 1000));
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    (void)usleep(400000);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    used_us = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * INT64_C(1000000) +
              after.ru_utime.tv_usec - before.ru_utime.tv_usec;
    assert_true(used_us < 200000);
    client_close(fd);
}

static void a_client_that_goes_is_noticed(void **state)
{
    int fd = client_open(*state);

    client_say(fd, FLOW);
    assert_true(reads(fd, "\r\na\r\n", 1000));
    assert_int_equal(harness_stats(*state).flows, 1);
    client_close(fd);
    assert_true(flows_are(*state, 0));
    assert_true(wait_for(&harness_seen(*state)->released, 1));
}

static void whoever_reads_slowly_is_not_waited_for(void **state)
{
    int slow = client_open(*state);
    struct answer answer;

    client_say(slow, "GET /v1/flow?flood HTTP/1.1\r\n" HOST);
    assert_true(reads(slow, "xxx", 1000));
    answer = client_ask(*state, "GET /v1/things/1 HTTP/1.1\r\n" HOST);
    assert_int_equal(answer.status, 200);
    client_close(slow);
    assert_true(flows_are(*state, 0));
}

static void one_too_many_is_refused(void **state)
{
    int first = client_open(*state), second = client_open(*state);
    struct answer answer;

    client_say(first, FLOW);
    client_say(second, FLOW);
    assert_true(reads(first, "\r\na\r\n", 1000) && reads(second, "\r\na\r\n", 1000));
    answer = client_ask(*state, FLOW);
    assert_int_equal(answer.status, 503);
    assert_true(answer_has(&answer, "\"overloaded\""));
    /* Refused, its state is given back. */
    assert_true(wait_for(&harness_seen(*state)->released, 1));
    client_close(first);
    assert_true(flows_are(*state, 1));
    client_close(second);
    assert_true(flows_are(*state, 0));
}

static void a_head_has_no_body_and_is_no_flow(void **state)
{
    int fd = client_open(*state);
    struct answer answer;

    client_say(fd, "HEAD /v1/flow HTTP/1.1\r\n" HOST);
    answer = client_read(fd, true);
    assert_int_equal(answer.status, 200);
    assert_int_equal(harness_stats(*state).flows, 0);
    client_say(fd, "GET /v1/things/1 HTTP/1.1\r\n" HOST);
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 200);
    client_close(fd);
}

static void an_old_client_is_served_till_the_connection_ends(void **state)
{
    int fd = client_open(*state);

    client_say(fd, "GET /v1/flow?each=123 HTTP/1.0\r\n" HOST);
    assert_true(reads(fd, "abb", 1000));
    assert_true(client_is_closed(fd, 1000));
    client_close(fd);
}

/* harness_stop() fails when the server does not close. */
static void a_stop_ends_it(void **state)
{
    struct harness *harness = harness_start(NULL);
    int quiet = client_open(harness), flood = client_open(harness);

    (void)state;
    client_say(quiet, FLOW);
    client_say(flood, "GET /v1/flow?flood HTTP/1.1\r\n" HOST);
    assert_true(reads(quiet, "\r\na\r\n", 1000) && reads(flood, "xxx", 1000));
    harness_stop(harness);
    /* The quiet one was told its end, not cut. */
    assert_true(reads(quiet, "0\r\n\r\n", 1000));
    client_close(quiet);
    client_close(flood);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_comes_in_pieces_and_the_connection_goes_on, start, stop),
        cmocka_unit_test_setup_teardown(who_is_quiet_is_asked_to_say_something, start, stop),
        cmocka_unit_test_setup_teardown(a_quiet_flow_takes_no_processor_time, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_goes_is_noticed, start, stop),
        cmocka_unit_test_setup_teardown(whoever_reads_slowly_is_not_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(one_too_many_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_head_has_no_body_and_is_no_flow, start, stop),
        cmocka_unit_test_setup_teardown(an_old_client_is_served_till_the_connection_ends, start,
                                        stop),
        cmocka_unit_test(a_stop_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
