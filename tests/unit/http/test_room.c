/* Room: whoever dawdles leaves when others come, and nobody takes more than its share. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#define THING  "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define URGENT "POST /v1/urgent HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define HEAD   "GET /v1/things/1 HTTP/1.1\r\nHo"
#define BODY   "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"

enum { CROWD = 100, RESERVE = 10 };

static struct harness *start(void)
{
    struct http_server_options options = harness_options();

    options.connections_max = CROWD;
    options.connections_reserve = RESERVE;
    return harness_start(&options);
}

/* Opens that many, each after the one before was seen. */
static void crowd(struct harness *harness, int fds[], unsigned len, const char *text)
{
    unsigned before = harness_stats(harness).connections;

    for (unsigned i = 0; i < len; i++) {
        fds[i] = client_open(harness);
        client_say(fds[i], text);
    }
    for (int i = 0; i < 2000 && harness_stats(harness).connections < before + len; i++)
        (void)usleep(1000);
}

static void leave(const int fds[], unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        client_close(fds[i]);
}

static void a_crowd_that_dawdles_keeps_nobody_out(void **state)
{
    struct harness *harness = start();
    int *fds = calloc(3 * CROWD, sizeof(*fds));
    int worker = client_open(harness);

    (void)state;
    client_say(worker, THING);
    assert_int_equal(client_read(worker, false).status, 200);
    for (int i = 0; i < 3 * CROWD; i++) {
        fds[i] = client_open(harness);
        client_say(fds[i], i % 2 == 0 ? HEAD : "");
        if (i % 50 == 0)
            assert_int_equal(client_ask(harness, THING).status, 200);
    }
    client_say(worker, THING); /* was idle, and left alone */
    assert_int_equal(client_read(worker, false).status, 200);
    assert_true(harness_stats(harness).shut_out >= CROWD);
    assert_true(harness_stats(harness).connections <= CROWD);
    assert_true(client_is_closed(fds[0], 1000));
    assert_false(client_is_closed(fds[3 * CROWD - 1], 0));
    leave(fds, 3 * CROWD);
    client_close(worker);
    free(fds);
    harness_stop(harness);
}

static void idle_connections_leave_next_and_the_oldest_first(void **state)
{
    struct harness *harness = start();
    int fds[CROWD - RESERVE];
    int newcomer;

    (void)state;
    for (unsigned i = 0; i < CROWD - RESERVE; i++) {
        fds[i] = client_open(harness);
        client_say(fds[i], THING);
        assert_int_equal(client_read(fds[i], false).status, 200);
    }
    client_say(fds[0], THING); /* now the second is the oldest */
    assert_int_equal(client_read(fds[0], false).status, 200);
    newcomer = client_open(harness);
    client_say(newcomer, THING);
    assert_int_equal(client_read(newcomer, false).status, 200);
    assert_int_equal(harness_stats(harness).shut_out, 1);
    assert_true(client_is_closed(fds[1], 1000));
    assert_false(client_is_closed(fds[0], 0));
    leave(fds, CROWD - RESERVE);
    client_close(newcomer);
    harness_stop(harness);
}

static void slow_bodies_leave_too(void **state)
{
    struct harness *harness = start();
    int fds[CROWD];
    struct answer answer;

    (void)state;
    crowd(harness, fds, CROWD, BODY);
    (void)usleep(1200 * 1000);
    assert_int_equal(client_ask(harness, THING).status, 200);
    answer = client_read(fds[0], false);
    assert_int_equal(answer.status, 503);
    assert_true(answer_has(&answer, "overloaded"));
    leave(fds, CROWD);
    harness_stop(harness);
}

static void refuse_to_wait_for(const char *owing, int status)
{
    struct harness *harness = start();
    int kept = client_open(harness);
    int fds[CROWD - 2 * RESERVE];
    int quiet[RESERVE - 1];

    client_say(kept, THING);
    assert_int_equal(client_read(kept, false).status, 200);
    crowd(harness, quiet, RESERVE - 1, "");
    crowd(harness, fds, CROWD - 2 * RESERVE, owing);
    (void)usleep(50000);
    for (int i = 0; i < CROWD - 2 * RESERVE; i++)
        assert_int_equal(client_ask(harness, THING).status, 200);
    assert_int_equal(client_read(fds[0], false).status, status);
    assert_true(client_is_closed(fds[0], 1000));
    client_say(quiet[0], THING); /* came before them and had not said a word */
    assert_int_equal(client_read(quiet[0], false).status, 200);
    client_say(kept, THING);
    assert_int_equal(client_read(kept, false).status, 200);
    leave(fds, CROWD - 2 * RESERVE);
    leave(quiet, RESERVE - 1);
    client_close(kept);
    harness_stop(harness);
}

static void who_owes_a_body_nobody_wants_leaves_first_whatever_its_age(void **state)
{
    (void)state;
    refuse_to_wait_for("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
                       404);
    refuse_to_wait_for("GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
                       408);
}

static void a_few_that_were_served_outlast_all_that_only_begin(void **state)
{
    struct harness *harness = start();
    int kept = client_open(harness);
    int fds[CROWD];

    (void)state;
    client_say(kept, THING);
    assert_int_equal(client_read(kept, false).status, 200);
    crowd(harness, fds, CROWD - RESERVE - 1, BODY);
    assert_int_equal(client_ask(harness, THING).status, 200); /* nobody has dawdled yet */
    assert_int_equal(client_read(fds[0], false).status, 503);
    assert_false(client_is_closed(fds[CROWD - RESERVE - 2], 0));
    client_say(kept, THING);
    assert_int_equal(client_read(kept, false).status, 200);
    leave(fds, CROWD - RESERVE - 1);
    client_close(kept);
    harness_stop(harness);
}

static void the_reserve_is_half_of_all_at_most(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    int fds[16];

    (void)state;
    options.connections_max = 32;
    options.connections_reserve = 1000;
    harness = harness_start(&options);
    for (int i = 0; i < 16; i++) {
        crowd(harness, fds + i, 1, THING);
        assert_int_equal(client_read(fds[i], false).status, 200);
    }
    assert_int_equal(harness_stats(harness).shut_out, 0);
    leave(fds, 16);
    harness_stop(harness);
}

static void the_busy_stay_and_a_newcomer_is_told(void **state)
{
    struct http_server_options options = harness_options();
    struct harness *harness;
    int fds[CROWD];
    struct answer answer;

    (void)state;
    options.connections_max = CROWD;
    options.connections_reserve = RESERVE;
    harness = harness_start(&options);
    crowd(harness, fds, CROWD, "POST /v1/parked?gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (harness_stats(harness).parked < CROWD)
        (void)usleep(1000);
    answer = client_ask(harness, THING);
    assert_int_equal(answer.status, 503);
    assert_true(answer_has(&answer, "overloaded"));
    assert_string_equal(answer_header(&answer, "Retry-After"), "1");
    assert_int_equal(harness_stats(harness).parked, CROWD);
    leave(fds, CROWD);
    while (harness_stats(harness).parked > 0)
        (void)usleep(1000);
    harness_stop(harness);
}

static struct harness *start_bounded(bool bounds_loopback, const char *trusted)
{
    struct http_server_options options = harness_options();

    options.connections_per_address = 3;
    options.rate_per_address = 2;
    options.rate_per_address_burst = 3;
    options.bounds_loopback = bounds_loopback;
    options.trusted_proxies = trusted;
    return harness_start(&options);
}

static void an_address_has_its_share_of_connections(void **state)
{
    struct harness *harness = start_bounded(true, "");
    int refused[200];
    int fds[3];
    struct answer answer;

    (void)state;
    crowd(harness, fds, 3, "");
    answer = client_ask(harness, THING);
    assert_int_equal(answer.status, 503);
    assert_true(answer_has(&answer, "from this address"));
    assert_int_equal(harness_stats(harness).shut_out, 1);
    for (int i = 0; i < 200; i++) {
        refused[i] = client_open(harness);
        client_say(refused[i], THING);
    }
    /* Each is told once, by hand: what they had sent already went to no handler. */
    while (harness_stats(harness).shut_out < 201)
        (void)usleep(1000);
    (void)usleep(50000);
    assert_int_equal(atomic_load(&harness_seen(harness)->answered), 201);
    leave(refused, 200);
    client_close(fds[0]);
    while (harness_stats(harness).connections > 2)
        (void)usleep(1000);
    assert_int_equal(client_ask(harness, THING).status, 200);
    leave(fds + 1, 2);
    harness_stop(harness);
}

static void an_address_has_its_share_of_requests(void **state)
{
    struct harness *harness = start_bounded(true, "");
    int fd = client_open(harness);
    struct answer answer;

    (void)state;
    for (int i = 0; i < 3; i++) {
        client_say(fd, THING);
        assert_int_equal(client_read(fd, false).status, 200);
    }
    client_say(fd, THING);
    answer = client_read(fd, false);
    assert_int_equal(answer.status, 429);
    assert_true(answer_has(&answer, "rate_limited"));
    assert_string_equal(answer_header(&answer, "Retry-After"), "1");
    client_say(fd, URGENT);
    assert_int_equal(client_read(fd, false).status, 200);
    (void)usleep(600 * 1000);
    client_say(fd, THING);
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
    harness_stop(harness);
}

static void behind_a_trusted_proxy_clients_are_told_apart(void **state)
{
    struct harness *harness = start_bounded(false, "127.0.0.1");
    char text[200];
    int fds[10];
    int refused = 0;

    (void)state;
    crowd(harness, fds, 10, "");
    for (int i = 0; i < 10; i++) {
        (void)snprintf(text, sizeof(text),
                       "GET / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 9.9.9.%d\r\n\r\n",
                       i % 2);
        client_say(fds[i], text);
        refused += client_read(fds[i], false).status == 429;
    }
    assert_int_equal(refused, 4);
    leave(fds, 10);
    harness_stop(harness);
}

static void loopback_is_free_unless_told_otherwise(void **state)
{
    struct harness *harness = start_bounded(false, "");
    int fds[10];

    (void)state;
    crowd(harness, fds, 10, THING);
    for (int i = 0; i < 10; i++)
        assert_int_equal(client_read(fds[i], false).status, 200);
    leave(fds, 10);
    harness_stop(harness);
}

/* Resident memory; sanitizers keep what was freed. */
static long resident_kib(void)
{
    char line[200];
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_int_equal(sscanf(line, "%*d %ld", &pages), 1);
    (void)fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void a_crowd_that_left_takes_its_memory_along(void **state)
{
    enum { MANY = 500 };
    struct harness *harness = harness_start(NULL);
    int *fds = calloc(MANY, sizeof(*fds));
    long before = resident_kib();
    long full;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        fds[i] = client_open(harness);
        client_say(fds[i], THING);
        assert_int_equal(client_read(fds[i], false).status, 200);
    }
    full = resident_kib();
    leave(fds, MANY);
    free(fds);
    for (int i = 0; i < 3000 && resident_kib() > before + (full - before) / 2; i++)
        (void)usleep(1000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(resident_kib() <= before + (full - before) / 2);
#endif
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_that_left_takes_its_memory_along), /* while memory is new */
        cmocka_unit_test(a_crowd_that_dawdles_keeps_nobody_out),
        cmocka_unit_test(idle_connections_leave_next_and_the_oldest_first),
        cmocka_unit_test(slow_bodies_leave_too),
        cmocka_unit_test(who_owes_a_body_nobody_wants_leaves_first_whatever_its_age),
        cmocka_unit_test(a_few_that_were_served_outlast_all_that_only_begin),
        cmocka_unit_test(the_reserve_is_half_of_all_at_most),
        cmocka_unit_test(the_busy_stay_and_a_newcomer_is_told),
        cmocka_unit_test(an_address_has_its_share_of_connections),
        cmocka_unit_test(an_address_has_its_share_of_requests),
        cmocka_unit_test(behind_a_trusted_proxy_clients_are_told_apart),
        cmocka_unit_test(loopback_is_free_unless_told_otherwise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
