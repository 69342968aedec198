/* Parked: requests answered later, from another thread's word, with and without a client that still
 * listens. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define PARK        "POST /v1/parked HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
#define PARK_URGENT "POST /v1/urgent HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define SLOW_URGENT "GET /v1/slow/urgent HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define SLOW        "GET /v1/slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define THING       "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"

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

static void a_connection_parks_again_and_again(void **state)
{
    int fd = client_open(*state);

    for (int i = 0; i < 200; i++) {
        struct answer answer;

        client_say(fd, PARK);
        answer = client_read(fd, false);
        assert_int_equal(answer.status, 200);
        assert_true(answer_has(&answer, "done"));
    }
    client_close(fd);
    assert_int_equal(harness_stats(*state).parked, 0);
}

static void *park_often(void *ctx)
{
    int fd = client_open(ctx);
    long wrong = 0;

    for (int i = 0; i < 100; i++) {
        client_say(fd, PARK);
        wrong += client_read(fd, false).status != 200;
    }
    client_close(fd);
    return (void *)wrong;
}

static void many_connections_park_at_once(void **state)
{
    pthread_t threads[16];
    void *wrong = NULL;

    for (int i = 0; i < 16; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, park_often, *state), 0);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    int fd = client_open(*state);

    client_say(fd, SLOW THING PARK THING);
    for (int i = 0; i < 4; i++) {
        struct answer answer = client_read(fd, false);

        assert_int_equal(answer.status, 200);
        assert_int_equal(answer_has(&answer, "done"), i == 0 || i == 2);
    }
    client_close(fd);
}

static void ten_thousand_pipelined_requests_are_answered(void **state)
{
    int fd = client_open(*state);
    int answered = 0;

    for (int i = 0; i < 100; i++) {
        for (int j = 0; j < 100; j++)
            client_say(fd, THING);
        for (int j = 0; j < 100; j++)
            answered += client_read(fd, false).status == 200;
    }
    assert_int_equal(answered, 10000);
    client_close(fd);
}

static void a_client_that_left_is_noticed_and_answered_anyway(void **state)
{
    struct harness_seen *seen = harness_seen(*state);
    int fd = client_open(*state);
    int before = atomic_load(&seen->answered);

    client_say(fd, "POST /v1/parked?gone HTTP/1.1\r\nHost: localhost\r\n\r\n" THING);
    assert_true(wait_for(&seen->alive, 1));
    client_close(fd);
    assert_true(wait_for(&seen->answered, before + 1));
    assert_int_equal(atomic_load(&seen->alive), 0);
    assert_int_equal(client_ask(*state, THING).status, 200);
    assert_int_equal(harness_stats(*state).parked, 0);
}

static void a_client_that_resets_is_noticed(void **state)
{
    struct harness_seen *seen = harness_seen(*state);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    int fd = client_open(*state);
    int before = atomic_load(&seen->answered);

    atomic_store(&seen->alive, -1);
    client_say(fd, "POST /v1/parked?gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(wait_for(&seen->alive, 1));
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    client_close(fd);
    assert_true(wait_for(&seen->answered, before + 1));
    assert_int_equal(client_ask(*state, THING).status, 200);
}

static void wait_for_parked(struct harness *harness, unsigned parked)
{
    while (harness_stats(harness).parked < parked)
        (void)usleep(1000);
}

static void too_many_are_refused_but_urgent_ones_have_room(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    struct answer answer;
    int working;

    (void)state;
    options.working_max = 1;
    options.parked_urgent_extra = 1;
    harness = harness_start(&options);
    working = client_open(harness);
    client_say(working, SLOW);
    wait_for_parked(harness, 1);
    assert_int_equal(harness_stats(harness).working, 1);
    answer = client_ask(harness, SLOW);
    assert_int_equal(answer.status, 503);
    assert_true(answer_has(&answer, "overloaded"));
    assert_string_equal(answer_header(&answer, "Retry-After"), "1");
    assert_int_equal(client_ask(harness, SLOW_URGENT).status, 200);
    assert_int_equal(client_read(working, false).status, 200);
    client_close(working);
    harness_stop(harness);
}

static void those_who_wait_take_no_room_from_those_at_work(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    int waiting;

    (void)state;
    options.parked_max = 1;
    options.working_max = 1;
    options.parked_urgent_extra = 0;
    harness = harness_start(&options);
    waiting = client_open(harness);
    client_say(waiting, "POST /v1/parked?gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wait_for_parked(harness, 1);
    assert_int_equal(harness_stats(harness).working, 0);
    assert_int_equal(client_ask(harness, PARK).status, 503);
    assert_int_equal(client_ask(harness, PARK_URGENT).status, 503);
    client_close(waiting);
    while (harness_stats(harness).parked > 0)
        (void)usleep(1000);
    assert_int_equal(client_ask(harness, SLOW).status, 200);
    assert_int_equal(client_ask(harness, PARK).status, 200);
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_parks_again_and_again),
        cmocka_unit_test(many_connections_park_at_once),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(ten_thousand_pipelined_requests_are_answered),
        cmocka_unit_test(a_client_that_left_is_noticed_and_answered_anyway),
        cmocka_unit_test(a_client_that_resets_is_noticed),
        cmocka_unit_test(too_many_are_refused_but_urgent_ones_have_room),
        cmocka_unit_test(those_who_wait_take_no_room_from_those_at_work),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
