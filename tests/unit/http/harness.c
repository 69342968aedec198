/* Harness: a server with a few routes on a thread of its own, with an engine of sorts beside it. */
#include "harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { WAIT_MS = 5000, ECHO_MAX = 8 << 20 };

/* One job for the thread that stands for the engine. */
struct job {
    struct job *next;
    struct request *request;
    int delay_ms; /* -1: until the client is gone */
    bool go_on;   /* a stream rather than a parked request */
    bool flow_on; /* an answer that flows */
    int status;
};

struct harness {
    uv_loop_t loop;
    struct http_server *server;
    pthread_t loop_thread;
    pthread_t engine_thread;
    uv_async_t outbox_async;
    uv_async_t order_async;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *inbox;
    struct job *outbox;
    bool is_ending;
    bool is_ready;
    bool wants_stop;
    bool wants_quiesce;
    bool wants_stats;
    bool wants_reload;
    enum err reloaded;
    struct http_server_stats stats;
    struct harness_seen seen;
};

/* ---- routes ---- */

static void answer_text(struct request *request, int status, const char *text)
{
    struct buffer buffer;

    buffer_init(&buffer, 4096);
    buffer_append_text(&buffer, text);
    request_answer(request, status, "text/plain", &buffer);
    buffer_fini(&buffer);
}

static void op_echo(struct request *request)
{
    struct buffer buffer;

    buffer_init(&buffer, ECHO_MAX);
    buffer_append(&buffer, request_body(request));
    request_answer(request, 200, "application/json", &buffer);
    buffer_fini(&buffer);
}

static void op_thing(struct request *request)
{
    struct bytes name;
    struct bytes value;
    char text[2048];
    int len = snprintf(text, sizeof(text), "id=%.*s ns=%.*s",
                       BYTES_ARG(request_param(request, "id")), BYTES_ARG(request_ns(request)));

    for (unsigned i = 0; request_query_at(request, i, &name, &value); i++)
        len += snprintf(text + len, sizeof(text) - (size_t)len, " %.*s=%.*s", BYTES_ARG(name),
                        BYTES_ARG(value));
    request_add_header(request, "Etag", BYTES("\"1\""));
    answer_text(request, 200, text);
}

static void post(struct harness *harness, struct job job)
{
    struct job *copy = malloc(sizeof(*copy));

    *copy = job;
    (void)pthread_mutex_lock(&harness->mutex);
    copy->next = harness->inbox;
    harness->inbox = copy;
    (void)pthread_cond_signal(&harness->changed);
    (void)pthread_mutex_unlock(&harness->mutex);
}

static void op_parked(struct request *request)
{
    bool is_gone = request_query(request, "gone").at != NULL;

    if (request_park(request, true))
        post(request_server_ctx(request),
             (struct job){.request = request, .delay_ms = is_gone ? -1 : 0, .status = 200});
}

static void op_slow(struct request *request)
{
    if (request_park(request, false))
        post(request_server_ctx(request),
             (struct job){.request = request, .delay_ms = 300, .status = 200});
}

struct stream_state {
    struct harness *harness;
    size_t len;
};

static void release(void *state)
{
    struct stream_state *stream = state;

    atomic_fetch_add(&stream->harness->seen.released, 1);
    free(stream);
}

static void op_stream(struct request *request)
{
    struct stream_state *stream = malloc(sizeof(*stream));

    *stream = (struct stream_state){.harness = request_server_ctx(request)};
    request_set_state(request, stream, release);
    if (request_query(request, "refuse").at != NULL)
        answer_text(request, 403, "no");
}

static void on_piece(struct request *request, const struct request_piece *piece)
{
    struct stream_state *stream = request_state(request);
    struct harness *harness = stream->harness;
    char text[64];

    if (piece->cut) {
        atomic_fetch_add(&harness->seen.cuts, 1);
        return;
    }
    stream->len += piece->data.len;
    if (piece->last) {
        (void)snprintf(text, sizeof(text), "%zu", stream->len);
        if (request_query(request, "park").at != NULL) {
            if (request_park(request, false))
                post(harness, (struct job){.request = request, .delay_ms = 20, .status = 200});
            return;
        }
        answer_text(request, 200, text);
        return;
    }
    atomic_fetch_add(&harness->seen.pieces, 1);
    if (request_query(request, "middle").at != NULL) {
        answer_text(request, 400, "enough");
        return;
    }
    if (request_query(request, "hold").at != NULL) {
        atomic_fetch_add(&harness->seen.held, 1);
        request_hold(request);
        post(harness, (struct job){.request = request, .delay_ms = 2, .go_on = true});
    }
}

static void op_address(struct request *request)
{
    struct buffer buffer;

    buffer_init(&buffer, 100);
    buffer_append(&buffer, request_address(request));
    request_answer(request, 200, "text/plain", &buffer);
    buffer_fini(&buffer);
}

/* "each=N": N pieces, one at a time. "flood": whatever is taken. "twice": is heard when it is
 * quiet, twice, and ends. Otherwise only a first piece. */
static size_t pull(struct request *request, char *at, size_t max, bool is_quiet)
{
    struct stream_state *flow = request_state(request);
    size_t pieces = request_query(request, "each").len;
    bool is_first = flow->len == 0;

    if (request_query(request, "flood").at != NULL) {
        memset(at, 'x', max);
        return max;
    }
    if (request_query(request, "twice").at != NULL && flow->len == 3)
        return FLOW_END;
    if (pieces > 0 && flow->len == 2 * pieces)
        return FLOW_END;
    if (pieces > 0 && flow->len % 2 == 1) {
        flow->len++;
        post(flow->harness, (struct job){.request = request, .delay_ms = 2, .flow_on = true});
        return 0;
    }
    if (!is_first && !is_quiet && pieces == 0)
        return 0;
    flow->len++;
    at[0] = is_first ? 'a' : 'b';
    return 1;
}

static void op_flow(struct request *request)
{
    static const struct request_flow FLOW = {.pull = pull, .quiet_ms = 60};
    struct stream_state *flow = malloc(sizeof(*flow));

    *flow = (struct stream_state){.harness = request_server_ctx(request)};
    request_set_state(request, flow, release);
    (void)request_answer_flow(request, 200, "text/plain", &FLOW);
}

static void op_file(struct request *request)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    request_answer_file(request, 200, "application/octet-stream", fd, 100000);
}

#define ROUTE(op_, method_, path_, urgent_, body_, max_, run_, stream_)                            \
    {                                                                                              \
        .operation = (op_), .method = (method_), .path = (path_), .urgent = (urgent_),             \
        .body = ROUTE_BODY_##body_, .body_max = (max_), .run = (run_), .stream = (stream_),        \
    }

static const struct route routes[] = {
    ROUTE("echo", "POST", "/v1/echo", false, JSON, 4 << 20, op_echo, NULL),
    ROUTE("raw", "PUT", "/v1/raw/{name}", false, RAW, 1000, op_echo, NULL),
    ROUTE("thing", "GET", "/v1/things/{id}", false, NONE, 0, op_thing, NULL),
    ROUTE("thingPart", "GET", "/v1/things/{id}/part", false, NONE, 0, op_thing, NULL),
    ROUTE("thingDelete", "DELETE", "/v1/things/{id}", false, NONE, 0, op_thing, NULL),
    ROUTE("special", "POST", "/v1/things/special", false, JSON, 1000, op_echo, NULL),
    ROUTE("parked", "POST", "/v1/parked", false, JSON, 1000, op_parked, NULL),
    ROUTE("urgent", "POST", "/v1/urgent", true, JSON, 1000, op_parked, NULL),
    ROUTE("slow", "GET", "/v1/slow", false, NONE, 0, op_slow, NULL),
    ROUTE("slowUrgent", "GET", "/v1/slow/urgent", true, NONE, 0, op_slow, NULL),
    ROUTE("stream", "PUT", "/v1/stream", false, STREAM, 64 << 20, op_stream, on_piece),
    ROUTE("flow", "GET", "/v1/flow", false, NONE, 0, op_flow, NULL),
    ROUTE("file", "GET", "/v1/file", false, NONE, 0, op_file, NULL),
    ROUTE("address", "GET", "/v1/address", false, NONE, 0, op_address, NULL),
    ROUTE("home", "GET", "/", false, NONE, 0, op_thing, NULL),
    {.operation = "probe", .method = "GET", .path = "/probe", .any_host = true, .run = op_thing},
};

/* ---- the thread that stands for the engine ---- */

static void wait_until_gone(struct harness *harness, const struct request *request)
{
    for (int i = 0; i < WAIT_MS / 5; i++) {
        bool is_alive = request_is_alive(request);

        atomic_store(&harness->seen.alive, is_alive);
        if (!is_alive)
            return;
        (void)usleep(5000);
    }
}

static void hand_back(struct harness *harness, struct job *job)
{
    (void)pthread_mutex_lock(&harness->mutex);
    job->next = harness->outbox;
    harness->outbox = job;
    (void)pthread_mutex_unlock(&harness->mutex);
    (void)uv_async_send(&harness->outbox_async);
}

static void *engine_main(void *ctx)
{
    struct harness *harness = ctx;

    for (;;) {
        (void)pthread_mutex_lock(&harness->mutex);
        while (harness->inbox == NULL && !harness->is_ending)
            (void)pthread_cond_wait(&harness->changed, &harness->mutex);
        struct job *job = harness->inbox;
        harness->inbox = NULL;
        (void)pthread_mutex_unlock(&harness->mutex);
        if (job == NULL)
            return NULL;
        while (job != NULL) {
            struct job *next = job->next;

            if (job->delay_ms < 0)
                wait_until_gone(harness, job->request);
            else if (job->delay_ms > 0)
                (void)usleep((useconds_t)job->delay_ms * 1000);
            hand_back(harness, job);
            job = next;
        }
    }
}

/* ---- the loop ---- */

static void on_outbox(uv_async_t *async)
{
    struct harness *harness = async->data;

    (void)pthread_mutex_lock(&harness->mutex);
    struct job *job = harness->outbox;
    harness->outbox = NULL;
    (void)pthread_mutex_unlock(&harness->mutex);
    while (job != NULL) {
        struct job *next = job->next;

        if (job->flow_on)
            request_flow_on(job->request);
        else if (job->go_on)
            request_go_on(job->request);
        else
            answer_text(job->request, job->status, "done");
        free(job);
        job = next;
    }
    http_server_pump(harness->server);
}

static void on_closed(void *ctx)
{
    struct harness *harness = ctx;

    uv_close((uv_handle_t *)&harness->outbox_async, NULL);
    uv_close((uv_handle_t *)&harness->order_async, NULL);
}

static void on_order(uv_async_t *async)
{
    struct harness *harness = async->data;
    struct error error;

    (void)pthread_mutex_lock(&harness->mutex);
    bool stop = harness->wants_stop;
    bool quiesce = harness->wants_quiesce;
    bool reload = harness->wants_reload;
    harness->wants_stop = harness->wants_quiesce = harness->wants_reload = false;
    (void)pthread_mutex_unlock(&harness->mutex);
    if (quiesce)
        http_server_quiesce(harness->server);
    if (reload)
        harness->reloaded = http_server_reload(harness->server, &error);
    if (stop) {
        http_server_close(harness->server, 1000, on_closed, harness);
        return;
    }
    (void)pthread_mutex_lock(&harness->mutex);
    harness->stats = http_server_stats(harness->server);
    harness->wants_stats = false;
    (void)pthread_cond_broadcast(&harness->changed);
    (void)pthread_mutex_unlock(&harness->mutex);
}

static void on_answered(void *ctx, const struct route *route, struct bytes method, int status,
                        int64_t took_us)
{
    struct harness *harness = ctx;

    (void)route;
    (void)method;
    (void)status;
    (void)took_us;
    atomic_fetch_add(&harness->seen.answered, 1);
}

static void *loop_main(void *ctx)
{
    struct harness *harness = ctx;

    (void)uv_run(&harness->loop, UV_RUN_DEFAULT);
    return NULL;
}

struct http_server_options harness_options(void)
{
    return (struct http_server_options){
        .connections_max = 2000,
        .parked_max = 1000,
        .parked_urgent_extra = 10,
        .flows_max = 2,
        .head_bytes_max = 16 * 1024,
        .line_bytes_max = 4 * 1024,
        .bodies_bytes_max = 64 << 20,
        .head_deadline_ms = 10000,
        .body_deadline_ms = 30000,
        .idle_ms = 75000,
        .loopback_only_hosts = true,
    };
}

struct harness *harness_start(const struct http_server_options *given)
{
    struct harness *harness = calloc(1, sizeof(*harness));
    struct http_server_options options = given != NULL ? *given : harness_options();
    struct error error = {.detail = ""};

    options.listen = "127.0.0.1:0";
    options.routes = routes;
    options.routes_len = sizeof(routes) / sizeof(routes[0]);
    options.ctx = harness;
    options.on_answered = on_answered;
    atomic_store(&harness->seen.alive, -1);
    assert_int_equal(pthread_mutex_init(&harness->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&harness->changed, NULL), 0);
    assert_int_equal(uv_loop_init(&harness->loop), 0);
    if (http_server_open(&harness->loop, &options, &harness->server, &error) != OK)
        fail_msg("%s: %s", error.where, error.detail);
    assert_int_equal(uv_async_init(&harness->loop, &harness->outbox_async, on_outbox), 0);
    assert_int_equal(uv_async_init(&harness->loop, &harness->order_async, on_order), 0);
    harness->outbox_async.data = harness->order_async.data = harness;
    assert_int_equal(pthread_create(&harness->engine_thread, NULL, engine_main, harness), 0);
    assert_int_equal(pthread_create(&harness->loop_thread, NULL, loop_main, harness), 0);
    return harness;
}

void harness_stop(struct harness *harness)
{
    (void)pthread_mutex_lock(&harness->mutex);
    harness->is_ending = true;
    (void)pthread_cond_broadcast(&harness->changed);
    (void)pthread_mutex_unlock(&harness->mutex);
    assert_int_equal(pthread_join(harness->engine_thread, NULL), 0);
    (void)pthread_mutex_lock(&harness->mutex);
    harness->wants_stop = true;
    (void)pthread_mutex_unlock(&harness->mutex);
    (void)uv_async_send(&harness->order_async);
    assert_int_equal(pthread_join(harness->loop_thread, NULL), 0);
    assert_int_equal(uv_loop_close(&harness->loop), 0);
    (void)pthread_mutex_destroy(&harness->mutex);
    (void)pthread_cond_destroy(&harness->changed);
    free(harness);
}

struct harness_seen *harness_seen(struct harness *harness)
{
    return &harness->seen;
}

struct http_server_stats harness_stats(struct harness *harness)
{
    (void)pthread_mutex_lock(&harness->mutex);
    harness->wants_stats = true;
    (void)uv_async_send(&harness->order_async);
    while (harness->wants_stats)
        (void)pthread_cond_wait(&harness->changed, &harness->mutex);
    struct http_server_stats stats = harness->stats;
    (void)pthread_mutex_unlock(&harness->mutex);
    return stats;
}

void harness_quiesce(struct harness *harness)
{
    (void)pthread_mutex_lock(&harness->mutex);
    harness->wants_quiesce = true;
    (void)pthread_mutex_unlock(&harness->mutex);
    (void)harness_stats(harness);
}

enum err harness_reload(struct harness *harness)
{
    (void)pthread_mutex_lock(&harness->mutex);
    harness->wants_reload = true;
    (void)pthread_mutex_unlock(&harness->mutex);
    (void)harness_stats(harness);
    return harness->reloaded;
}

unsigned harness_port(const struct harness *harness)
{
    return http_server_port(harness->server);
}

bool wait_for(atomic_int *value, int least)
{
    for (int i = 0; i < WAIT_MS; i++) {
        if (atomic_load(value) >= least)
            return true;
        (void)usleep(1000);
    }
    return false;
}
