/* Stream: bodies handed on in pieces, held back and cut. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#define HOST    " HTTP/1.1\r\nHost: localhost\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"
#define THING   "GET /v1/things/1" HOST "\r\n"

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

/* Sends len bytes with a length and reads the answer. */
static struct answer put(struct harness *harness, const char *target, size_t len)
{
    static char block[65536];
    char head[256];
    int fd = client_open(harness);
    struct answer answer;

    memset(block, 'x', sizeof(block));
    (void)snprintf(head, sizeof(head), "PUT %s" HOST "Content-Length: %zu\r\n\r\n", target, len);
    client_say(fd, head);
    for (size_t left = len; left > 0;) {
        size_t part = left < sizeof(block) ? left : sizeof(block);

        client_send(fd, block, part);
        left -= part;
    }
    answer = client_read(fd, false);
    client_close(fd);
    return answer;
}

static void all_bytes_arrive(void **state)
{
    struct answer answer = put(*state, "/v1/stream", 10 << 20);

    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "10485760"));
    answer = put(*state, "/v1/stream", 0);
    assert_true(answer_has(&answer, "0"));
    answer = put(*state, "/v1/stream?park", 100000);
    assert_int_equal(answer.status, 200);
}

static void a_held_stream_goes_on_where_it_was(void **state)
{
    struct answer answer = put(*state, "/v1/stream?hold", 1 << 20);

    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "1048576"));
    assert_true(atomic_load(&harness_seen(*state)->held) > 10);
    answer = put(*state, "/v1/stream?hold&park", 100000);
    assert_int_equal(answer.status, 200);
}

static void small_chunks_that_came_together_are_held_one_by_one(void **state)
{
    int fd = client_open(*state);
    int before = atomic_load(&harness_seen(*state)->pieces);
    struct answer answer;

    client_say(fd, "PUT /v1/stream?hold" HOST CHUNKED
                   "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n" THING);
    answer = client_read(fd, false);
    assert_true(answer_has(&answer, "4"));
    assert_int_equal(atomic_load(&harness_seen(*state)->pieces), before + 4);
    assert_int_equal(client_read(fd, false).status, 200);
    client_close(fd);
}

static void a_client_that_leaves_cuts_its_stream(void **state)
{
    struct harness_seen *seen = harness_seen(*state);
    int fd = client_open(*state);
    int released = atomic_load(&seen->released);
    int pieces = atomic_load(&seen->pieces);

    client_say(fd, "PUT /v1/stream" HOST "Content-Length: 100\r\n\r\nabc");
    assert_true(wait_for(&seen->pieces, pieces + 1));
    client_close(fd);
    assert_true(wait_for(&seen->cuts, 1));
    assert_true(wait_for(&seen->released, released + 1));
    fd = client_open(*state);
    client_say(fd, "PUT /v1/stream" HOST "Content-Length: 100\r\n\r\nabc");
    client_close(fd); /* bytes and end come together */
    assert_true(wait_for(&seen->cuts, 2));
}

static void an_early_answer_is_seen_by_the_client(void **state)
{
    int cuts = atomic_load(&harness_seen(*state)->cuts);

    assert_int_equal(put(*state, "/v1/stream?refuse", 200000).status, 403);
    assert_int_equal(put(*state, "/v1/stream?middle", 200000).status, 400);
    assert_int_equal(atomic_load(&harness_seen(*state)->cuts), cuts);
}

static void more_than_the_limit_is_cut(void **state)
{
    static char chunk[1 << 20];
    char head[32];
    int cuts = atomic_load(&harness_seen(*state)->cuts);
    int fd = client_open(*state);

    assert_int_equal(put(*state, "/v1/stream", (64u << 20) + 1).status, 413);
    client_say(fd, "PUT /v1/stream" HOST CHUNKED);
    (void)snprintf(head, sizeof(head), "%zx\r\n", sizeof(chunk));
    for (int i = 0; i < 65; i++) {
        client_say(fd, head);
        client_send(fd, chunk, sizeof(chunk));
        client_say(fd, "\r\n");
    }
    client_say(fd, "0\r\n\r\n");
    assert_int_equal(client_read(fd, false).status, 413);
    assert_int_equal(atomic_load(&harness_seen(*state)->cuts), cuts + 1);
    client_close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_arrive),
        cmocka_unit_test(a_held_stream_goes_on_where_it_was),
        cmocka_unit_test(small_chunks_that_came_together_are_held_one_by_one),
        cmocka_unit_test(a_client_that_leaves_cuts_its_stream),
        cmocka_unit_test(an_early_answer_is_seen_by_the_client),
        cmocka_unit_test(more_than_the_limit_is_cut),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
