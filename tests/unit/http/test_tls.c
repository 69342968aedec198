/* TLS: everything that works in the clear works here too, with certificates that are exchanged
 * under a running server. */
#include "secure.h"

#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THING "GET /v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST  "POST /v1/echo HTTP/1.1\r\nHost: localhost\r\n"

enum { DEADLINE_MS = 300 };

/* One folder of certificates for all tests: they take long to make. */
struct world {
    struct scratch folder;
    struct harness *harness;
    struct secure_options client;
    char ca[200], server_cert[200], server_key[200], client_cert[200], client_key[200];
    char live_cert[200], live_key[200]; /* exchanged by tests */
};

static struct http_tls_files files(const struct world *world)
{
    return (struct http_tls_files){.cert = world->server_cert, .key = world->server_key};
}

static struct harness *start_with(const struct http_tls_files *tls)
{
    struct http_server_options options = harness_options();

    options.tls = *tls;
    options.head_deadline_ms = options.body_deadline_ms = DEADLINE_MS;
    return harness_start(&options);
}

static void put(struct world *world, char path[200], const char *name)
{
    (void)snprintf(path, 200, "%s", scratch_path(&world->folder, name));
}

static int start(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct http_tls_files tls;

    scratch_make(&world->folder);
    secure_make_certificate(world->folder.path, "ca", NULL);
    secure_make_certificate(world->folder.path, "server", "ca");
    secure_make_certificate(world->folder.path, "client", "ca");
    secure_make_certificate(world->folder.path, "stranger", NULL);
    put(world, world->ca, "ca.crt");
    put(world, world->server_cert, "server.crt");
    put(world, world->server_key, "server.key");
    put(world, world->client_cert, "client.crt");
    put(world, world->client_key, "client.key");
    put(world, world->live_cert, "live.crt");
    put(world, world->live_key, "live.key");
    world->client = (struct secure_options){.ca = world->ca};
    tls = files(world);
    world->harness = start_with(&tls);
    *state = world;
    return 0;
}

static int stop(void **state)
{
    struct world *world = *state;

    harness_stop(world->harness);
    scratch_remove(&world->folder);
    free(world);
    return 0;
}

static void requests_are_answered(void **state)
{
    struct world *world = *state;
    struct secure *secure = secure_open(world->harness, &world->client);
    struct answer answer;

    assert_non_null(secure);
    assert_true(secure_has_alpn(secure, "http/1.1"));
    for (int i = 0; i < 100; i++) {
        secure_say(secure, THING);
        answer = secure_read(secure, false);
        assert_int_equal(answer.status, 200);
    }
    assert_string_equal(answer_header(&answer, "Strict-Transport-Security"), "max-age=31536000");
    secure_say(secure, THING THING THING);
    for (int i = 0; i < 3; i++)
        assert_int_equal(secure_read(secure, false).status, 200);
    secure_say(secure, POST "Content-Length: x\r\n\r\n");
    assert_int_equal(secure_read(secure, false).status, 400);
    secure_close(secure);
}

static void parked_requests_streams_and_files_work(void **state)
{
    static char block[200000];
    struct world *world = *state;
    struct secure *secure = secure_open(world->harness, &world->client);
    struct answer answer;

    assert_non_null(secure);
    for (int i = 0; i < 50; i++) {
        secure_say(secure, "POST /v1/parked HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_int_equal(secure_read(secure, false).status, 200);
    }
    secure_say(secure, "PUT /v1/stream?hold HTTP/1.1\r\nHost: localhost\r\n"
                       "Content-Length: 200000\r\n\r\n");
    secure_send(secure, block, sizeof(block));
    answer = secure_read(secure, false);
    assert_int_equal(answer.status, 200);
    assert_true(answer_has(&answer, "200000"));
    assert_true(atomic_load(&harness_seen(world->harness)->held) > 1);
    secure_say(secure, "GET /v1/file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    answer = secure_read(secure, false);
    assert_int_equal(answer.status, 200);
    assert_memory_equal(answer.body, "\177ELF", 4);
    secure_say(secure, THING);
    assert_int_equal(secure_read(secure, false).status, 200);
    secure_close(secure);
}

static void large_bodies_come_and_go(void **state)
{
    enum { LEN = 3 << 20 };
    struct world *world = *state;
    struct secure *secure = secure_open(world->harness, &world->client);
    char *body = malloc(LEN);
    char head[200];
    struct answer answer;

    memset(body, 'x', LEN);
    (void)snprintf(head, sizeof(head), POST "Content-Length: %d\r\n\r\n", LEN);
    secure_say(secure, head);
    secure_send(secure, body, LEN);
    answer = secure_read(secure, false);
    assert_int_equal(answer.status, 200);
    free(body);
    secure_close(secure);
}

static void deadlines_hold_and_are_told(void **state)
{
    struct world *world = *state;
    struct secure *secure = secure_open(world->harness, &world->client);
    struct answer answer;

    secure_say(secure, "GET /v1/things/1 HTTP/1.1\r\n");
    for (int i = 0; i < 3 * DEADLINE_MS / 20; i++) {
        secure_say(secure, "X-A: b\r\n");
        (void)usleep(20000);
    }
    answer = secure_read(secure, false);
    assert_int_equal(answer.status, 408);
    assert_true(answer_has(&answer, "request_timeout"));
    assert_string_equal(answer_header(&answer, "Strict-Transport-Security"), "max-age=31536000");
    assert_true(client_is_closed(secure_fd(secure), 2000));
    secure_close(secure);
    secure = secure_open(world->harness, &world->client);
    secure_say(secure, POST "Content-Length: 9\r\n\r\n{");
    assert_int_equal(secure_read(secure, false).status, 408);
    secure_close(secure);
}

static void a_handshake_that_does_not_end_is_cut_without_plain_words(void **state)
{
    static const unsigned char start_of_hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};
    struct world *world = *state;
    char bytes[16];
    int fd = client_open(world->harness);

    client_send(fd, (const char *)start_of_hello, sizeof(start_of_hello));
    (void)usleep(3 * DEADLINE_MS * 1000);
    assert_true(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0);
    assert_true(client_is_closed(fd, 0));
    client_close(fd);
}

/* libmicrohttpd alone would ask such a socket again and again. */
static void waiting_handshakes_cost_no_time(void **state)
{
    static const unsigned char start_of_hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};
    struct world *world = *state;
    struct http_server_options options = harness_options();
    struct harness *harness;
    int fds[20];
    clock_t before;

    options.tls = files(world);
    harness = harness_start(&options);
    for (int i = 0; i < 20; i++) {
        fds[i] = client_open(harness);
        client_send(fds[i], (const char *)start_of_hello, sizeof(start_of_hello));
    }
    (void)usleep(50000);
    before = clock();
    (void)usleep(300000);
    assert_true(clock() - before < CLOCKS_PER_SEC / 20);
    assert_int_equal(secure_ask(harness, &world->client, THING).status, 200);
    for (int i = 0; i < 10; i++)
        client_close(fds[i]);
    harness_stop(harness); /* with the others still there */
    for (int i = 10; i < 20; i++)
        client_close(fds[i]);
}

static void a_client_may_leave_in_the_midst_of_a_handshake(void **state)
{
    static const unsigned char start_of_hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};
    struct world *world = *state;

    for (size_t len = 0; len <= sizeof(start_of_hello); len++) {
        int fd = client_open(world->harness);

        client_send(fd, (const char *)start_of_hello, len);
        (void)usleep(2000);
        client_close(fd);
        secure_leave_early(world->harness);
    }
    assert_int_equal(secure_ask(world->harness, &world->client, THING).status, 200);
    for (int i = 0; i < 2000 && harness_stats(world->harness).connections > 0; i++)
        (void)usleep(1000);
    assert_int_equal(harness_stats(world->harness).connections, 0);
}

static void plain_requests_end_at_once(void **state)
{
    struct world *world = *state;
    char bytes[64] = "";
    int fd = client_open(world->harness);

    client_say(fd, THING);
    (void)usleep(50000);
    (void)recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    assert_memory_not_equal(bytes, "HTTP", 4);
    assert_true(client_is_closed(fd, 100));
    client_close(fd);
    assert_int_equal(secure_ask(world->harness, &world->client, THING).status, 200);
}

static void a_hello_to_a_plain_server_ends(void **state)
{
    struct world *world = *state;
    struct harness *harness = harness_start(NULL);

    assert_null(secure_open(harness, &world->client));
    assert_int_equal(client_ask(harness, THING).status, 200);
    harness_stop(harness);
}

static void only_new_versions_are_spoken(void **state)
{
    struct world *world = *state;
    struct secure_options client = {.ca = world->ca, .priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

    assert_int_equal(secure_ask(world->harness, &client, THING).status, 200);
    client.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3";
    assert_int_equal(secure_ask(world->harness, &client, THING).status, 200);
    client.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1";
    assert_int_equal(secure_ask(world->harness, &client, THING).status, 0);
    client.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA";
    assert_int_equal(secure_ask(world->harness, &client, THING).status, 0);
}

static void whoever_leaves_is_noticed(void **state)
{
    struct world *world = *state;
    struct harness_seen *seen = harness_seen(world->harness);
    struct secure *secure = secure_open(world->harness, &world->client);
    int before = atomic_load(&seen->answered);

    atomic_store(&seen->alive, -1);
    secure_say(secure, "POST /v1/parked?gone HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(wait_for(&seen->alive, 1));
    secure_close(secure);
    assert_true(wait_for(&seen->answered, before + 1));
    assert_int_equal(atomic_load(&seen->alive), 0);
    assert_int_equal(harness_stats(world->harness).parked, 0);
}

static void copy(const struct world *world, const char *from, const char *to)
{
    char bytes[8192];
    FILE *file = fopen(scratch_path(&world->folder, from), "re");
    size_t len;

    assert_non_null(file);
    len = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    scratch_write(&world->folder, to, bytes, len);
}

static void a_new_certificate_is_for_new_connections(void **state)
{
    struct world *world = *state;
    struct harness *harness;
    struct http_tls_files tls = {.cert = world->live_cert, .key = world->live_key};
    struct secure *old;
    struct secure *new;

    copy(world, "server.crt", "live.crt");
    copy(world, "server.key", "live.key");
    harness = start_with(&tls);
    old = secure_open(harness, &world->client);
    assert_non_null(old);
    int waiting = client_open(harness); /* accepted with the old one, shakes hands later */
    while (harness_stats(harness).connections < 2)
        (void)usleep(1000);
    copy(world, "client.crt", "live.crt");
    copy(world, "client.key", "live.key");
    assert_int_equal(harness_reload(harness), OK);
    assert_int_equal(harness_reload(harness), OK);
    new = secure_open(harness, &world->client);
    assert_non_null(new);
    assert_string_not_equal(secure_serial(old), secure_serial(new));
    secure_say(old, THING);
    assert_int_equal(secure_read(old, false).status, 200);
    secure_say(new, THING);
    assert_int_equal(secure_read(new, false).status, 200);
    client_close(waiting);
    secure_close(old);
    secure_close(new);
    assert_int_equal(secure_ask(harness, &world->client, THING).status, 200);
    harness_stop(harness);
}

static void a_broken_new_certificate_leaves_the_old_one(void **state)
{
    struct world *world = *state;
    struct http_tls_files tls = {.cert = world->live_cert, .key = world->live_key};
    struct harness *harness;

    copy(world, "server.crt", "live.crt");
    copy(world, "server.key", "live.key");
    harness = start_with(&tls);
    copy(world, "client.crt", "live.crt"); /* the key is that of another */
    assert_int_equal(harness_reload(harness), ERR_INVALID_FIELD);
    scratch_write(&world->folder, "live.crt", "junk", 4);
    assert_int_equal(harness_reload(harness), ERR_INVALID_FIELD);
    assert_int_equal(secure_ask(harness, &world->client, THING).status, 200);
    harness_stop(harness);
}

static void assert_not_opened(const struct http_tls_files *tls, const char *where, const char *text)
{
    struct http_server_options options = harness_options();
    struct http_server *server = NULL;
    struct error error = {.detail = ""};
    uv_loop_t loop;

    options.listen = "127.0.0.1:0";
    options.tls = *tls;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(http_server_open(&loop, &options, &server, &error), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
    assert_non_null(strstr(error.detail, text));
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void files_that_do_not_do_are_named(void **state)
{
    struct world *world = *state;
    struct http_tls_files tls = files(world);

    tls.cert = "/nowhere/server.crt";
    assert_not_opened(&tls, "tls_cert", "No such file");
    tls.cert = world->server_key;
    assert_not_opened(&tls, "tls_cert", "PEM");
    tls = files(world);
    tls.key = world->client_key;
    assert_not_opened(&tls, "tls_key", "does not fit");
    tls.key = world->folder.path;
    assert_not_opened(&tls, "tls_key", "cannot be read");
    tls.key = world->server_cert;
    assert_not_opened(&tls, "tls_key", "PEM");
    tls.key = NULL;
    assert_not_opened(&tls, "tls_key", "without its key");
    tls = files(world);
    tls.client_ca = world->server_key;
    assert_not_opened(&tls, "tls_client_ca", "no certificate");
}

static void with_a_clients_ca_strangers_are_refused(void **state)
{
    struct world *world = *state;
    struct http_tls_files tls = files(world);
    struct secure_options client = {.ca = world->ca};
    struct harness *harness;

    tls.client_ca = world->ca;
    harness = start_with(&tls);
    assert_int_equal(secure_ask(harness, &client, THING).status, 0);
    client.cert = scratch_path(&world->folder, "stranger.crt");
    client.key = scratch_path(&world->folder, "stranger.key");
    assert_int_equal(secure_ask(harness, &client, THING).status, 0);
    client.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
    assert_int_equal(secure_ask(harness, &client, THING).status, 0);
    client.cert = world->client_cert;
    client.key = world->client_key;
    assert_int_equal(secure_ask(harness, &client, THING).status, 200);
    client.priorities = NULL;
    assert_int_equal(secure_ask(harness, &client, THING).status, 200);
    assert_int_equal(atomic_load(&harness_seen(harness)->answered), 2);
    harness_stop(harness);
}

static void closing_ends_what_is_open(void **state)
{
    struct world *world = *state;
    struct http_tls_files tls = files(world);
    struct harness *harness = start_with(&tls);
    struct secure *idle = secure_open(harness, &world->client);
    struct secure *slow = secure_open(harness, &world->client);

    secure_say(idle, THING);
    assert_int_equal(secure_read(idle, false).status, 200);
    secure_say(slow, "GET /v1/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (harness_stats(harness).parked == 0)
        (void)usleep(1000);
    harness_quiesce(harness);
    assert_true(client_is_closed(secure_fd(idle), 2000));
    assert_int_equal(secure_read(slow, false).status, 200);
    secure_close(idle);
    secure_close(slow);
    harness_stop(harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered),
        cmocka_unit_test(parked_requests_streams_and_files_work),
        cmocka_unit_test(large_bodies_come_and_go),
        cmocka_unit_test(deadlines_hold_and_are_told),
        cmocka_unit_test(a_handshake_that_does_not_end_is_cut_without_plain_words),
        cmocka_unit_test(waiting_handshakes_cost_no_time),
        cmocka_unit_test(a_client_may_leave_in_the_midst_of_a_handshake),
        cmocka_unit_test(plain_requests_end_at_once),
        cmocka_unit_test(a_hello_to_a_plain_server_ends),
        cmocka_unit_test(only_new_versions_are_spoken),
        cmocka_unit_test(whoever_leaves_is_noticed),
        cmocka_unit_test(a_new_certificate_is_for_new_connections),
        cmocka_unit_test(a_broken_new_certificate_leaves_the_old_one),
        cmocka_unit_test(files_that_do_not_do_are_named),
        cmocka_unit_test(with_a_clients_ca_strangers_are_refused),
        cmocka_unit_test(closing_ends_what_is_open),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
