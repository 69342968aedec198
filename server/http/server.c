/* HTTP server: opening, running libmicrohttpd inside a libuv loop, closing. */
#include "server_struct.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/memory.h"

#include "flow.h"
#include "request_struct.h"
#include "room.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SWEEP_MIN_MS = 5,
    SWEEP_MAX_MS = 1000,
    ROUNDS_MAX = 4, /* of MHD_run before the loop's other work gets its turn */
    CLOSE_POLL_MS = 20,
    ADDRESSES_MIN = 65536,  /* remembered for their rate */
    ANSWER_HEAD_MAX = 4096, /* room for an answer's head in a connection's memory */
};

/* ---- what libmicrohttpd calls ---- */

static void on_log(void *ctx, const char *format, va_list arguments) PRINTF_LIKE(2, 0);

static void on_log(void *ctx, const char *format, va_list arguments)
{
    char text[256];

    (void)ctx;
    if (!log_is_on(LOG_DEBUG))
        return;
    (void)vsnprintf(text, sizeof(text), format, arguments);
    log_event(LOG_DEBUG, "http.library", "libmicrohttpd", LOG_TEXT_FIELD("text", bytes_of(text)), );
}

/* The first to be called for a request; what it returns comes back as *request_ctx below. */
static void *on_request_line(void *ctx, const char *target, struct MHD_Connection *mhd)
{
    (void)ctx;
    return request_begin(connection_of(mhd), target);
}

/* Nothing is unescaped before the guard has looked at it. */
static size_t on_unescape(void *ctx, struct MHD_Connection *mhd, char *text)
{
    (void)ctx;
    (void)mhd;
    return strlen(text);
}

static enum MHD_Result on_access(void *ctx, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_len, void **request_ctx)
{
    struct request *request = *request_ctx;
    size_t taken = 0;

    (void)ctx;
    (void)mhd;
    (void)url;
    (void)version;
    if (request->connection->phase == CONNECTION_SHUT)
        return MHD_NO; /* it came too late */
    if (request->phase == REQUEST_HEAD) {
        request_take_head(request, method);
    } else if (*data_len > 0) {
        request_take_piece(request, (struct bytes){data, *data_len}, &taken);
        *data_len -= taken;
    } else {
        request_take_end(request);
    }
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *mhd, void **request_ctx,
                         enum MHD_RequestTerminationCode code)
{
    struct request *request = *request_ctx;

    (void)ctx;
    (void)mhd;
    (void)code; /* says "completed" even of a client that is long gone */
    *request_ctx = NULL;
    if (request != NULL)
        request_end(request);
}

/* ---- running it ---- */

static void on_wake(uv_timer_t *timer);
static void on_again(uv_idle_t *idle);

/* Its sockets are edge-triggered inside, so its own word on when to run next counts before every
 * sleep. */
static void arm(struct http_server *server)
{
    int64_t now = (int64_t)uv_now(server->loop);
    uint64_t wait_ms = 0;

    if (library_timeout(server->daemon, &wait_ms) != MHD_YES)
        return;
    if (wait_ms == 0) {
        (void)uv_idle_start(&server->again, on_again);
        return;
    }
    if (server->wake_at_ms >= 0 && server->wake_at_ms <= now + (int64_t)wait_ms)
        return; /* waking too early does no harm */
    server->wake_at_ms = now + (int64_t)wait_ms;
    (void)uv_timer_start(&server->wake, on_wake, wait_ms, 0);
}

static void run(struct http_server *server)
{
    uint64_t wait_ms = 0;

    if (server->is_running || server->daemon == NULL)
        return;
    server->is_running = true;
    for (unsigned i = 0; i < ROUNDS_MAX; i++) {
        (void)MHD_run(server->daemon);
        if (library_timeout(server->daemon, &wait_ms) != MHD_YES || wait_ms > 0)
            break;
    }
    server->is_running = false;
    arm(server);
}

static void on_wake(uv_timer_t *timer)
{
    struct http_server *server = timer->data;

    server->wake_at_ms = -1;
    run(server);
}

static void on_again(uv_idle_t *idle)
{
    (void)uv_idle_stop(idle);
    run(idle->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;

    connection_sweep(server, (int64_t)uv_now(server->loop));
    if (flow_sweep(server, (int64_t)uv_now(server->loop)))
        run(server);
    room_tidy(server);
}

void http_server_pump(struct http_server *server)
{
    run(server);
}

/* ---- memory and ids of requests ---- */

struct arena *server_arena(struct http_server *server)
{
    return server->spare_len > 0 ? server->spare[--server->spare_len] : arena_new();
}

void server_give_arena(struct http_server *server, struct arena *arena)
{
    if (server->spare_len == SERVER_SPARE_ARENAS) {
        arena_free(arena);
        return;
    }
    arena_reset(arena);
    server->spare[server->spare_len++] = arena;
}

void server_make_id(struct http_server *server, char ret_text[ID_TEXT_LEN + 1])
{
    uv_timeval64_t now;

    (void)uv_gettimeofday(&now);
    id_format(id_next(&server->ids, now.tv_sec * 1000 + now.tv_usec / 1000), ret_text);
}

/* ---- opening ---- */

static enum err start_daemon(struct http_server *server, int fd, struct error *error)
{
    const struct http_server_options *options = &server->options;
    /* The head, its parsed fields, and room for an answer's head. */
    size_t memory = options->head_bytes_max + options->line_bytes_max +
                    REQUEST_HEADERS_MAX * sizeof(void *) * 10 + ANSWER_HEAD_MAX;

    struct MHD_OptionItem tls_options[TLS_DAEMON_OPTIONS] = {{.option = MHD_OPTION_END}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;

    server->connections_max = options->connections_max;
    server->reserve = options->connections_reserve < options->connections_max / 2
                          ? options->connections_reserve
                          : options->connections_max / 2;
    if (server->tls != NULL) {
        flags |= MHD_USE_TLS;
        tls_daemon_options(tls_options);
    }
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
        MHD_OPTION_ARRAY, tls_options, MHD_OPTION_LISTEN_SOCKET, fd, LIBRARY_STRICT, 1,
        MHD_OPTION_CONNECTION_LIMIT, server->connections_max + HTTP_EXTRA_FILES,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)((options->idle_ms + 999) / 1000), MHD_OPTION_NOTIFY_CONNECTION,
        connection_on_change, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server, MHD_OPTION_UNESCAPE_CALLBACK,
        on_unescape, server, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
    if (server->daemon == NULL)
        return error_set(error, ERR_INTERNAL, "http", "libmicrohttpd cannot start");
    return OK;
}

static void start_handles(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    int64_t shortest = options->head_deadline_ms < options->body_deadline_ms
                           ? options->head_deadline_ms
                           : options->body_deadline_ms;
    int64_t sweep_ms = shortest / 4;
    int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;

    if (sweep_ms < SWEEP_MIN_MS)
        sweep_ms = SWEEP_MIN_MS;
    if (sweep_ms > SWEEP_MAX_MS)
        sweep_ms = SWEEP_MAX_MS;
    ASSERT(uv_poll_init(server->loop, &server->poll, epoll_fd) == 0);
    ASSERT(uv_idle_init(server->loop, &server->again) == 0);
    ASSERT(uv_timer_init(server->loop, &server->wake) == 0);
    ASSERT(uv_timer_init(server->loop, &server->sweep) == 0);
    server->poll.data = server->again.data = server->wake.data = server->sweep.data = server;
    ASSERT(uv_poll_start(&server->poll, UV_READABLE, on_readable) == 0);
    ASSERT(uv_timer_start(&server->sweep, on_sweep, (uint64_t)sweep_ms, (uint64_t)sweep_ms) == 0);
}

static struct http_server *make(uv_loop_t *loop, const struct http_server_options *options)
{
    struct http_server *server = mem_alloc(sizeof(*server));
    struct random_source system = random_system();

    server->options = *options;
    server->loop = loop;
    server->wake_at_ms = -1;
    server->router = router_new(options->routes, options->routes_len);
    for (unsigned i = 0; i < CONNECTION_PHASES; i++)
        list_init(&server->connections[i]);
    list_init(&server->parked);
    list_init(&server->flows);
    server->addresses = addresses_new(&(struct addresses_bounds){
        .connections = options->connections_per_address,
        .rate = {options->rate_per_address, 1, options->rate_per_address_burst},
        .remembered = ADDRESSES_MIN,
    });
    /* Request ids must differ, not be hard to guess; asking the kernel for each would cost more
     * than the parsing. */
    random_seed(&server->random, random_u64(&system));
    id_source_init(&server->ids, random_from_seed(&server->random));
    return server;
}

static void free_server(struct http_server *server)
{
    while (server->spare_len > 0)
        arena_free(server->spare[--server->spare_len]);
    router_free(server->router);
    addresses_free(server->addresses);
    networks_free(&server->trusted);
    tls_close(server->tls);
    free(server);
}

static enum err read_options(struct http_server *server, struct error *error)
{
    const struct http_server_options *options = &server->options;
    enum err err;

    if ((err = address_read(options->listen, &server->address, error)) != OK)
        return err;
    if ((err = networks_read(options->trusted_proxies, &server->trusted, error)) != OK)
        return err;
    return options->tls.cert != NULL ? tls_open(&options->tls, &server->tls, error) : OK;
}

static enum err listen_on(struct http_server *server, struct error *error)
{
    int fd = -1;
    enum err err = address_listen(&server->address, &fd, &server->port, error);

    if (err == OK && (err = start_daemon(server, fd, error)) != OK)
        (void)close(fd);
    return err;
}

enum err http_server_open(uv_loop_t *loop, const struct http_server_options *options,
                          struct http_server **ret_server, struct error *error)
{
    struct http_server *server = make(loop, options);
    enum err err;

    /* sendfile() has no flag against it. */
    (void)signal(SIGPIPE, SIG_IGN);
    if ((err = read_options(server, error)) != OK || (err = listen_on(server, error)) != OK) {
        free_server(server);
        return err;
    }
    start_handles(server);
    run(server);
    *ret_server = server;
    return OK;
}

void http_server_check_hosts(struct http_server *server, bool loopback_only)
{
    server->options.loopback_only_hosts = loopback_only;
}

enum err http_server_reload(struct http_server *server, struct error *error)
{
    return server->tls != NULL ? tls_reload(server->tls, error) : OK;
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}

struct http_server_stats http_server_stats(const struct http_server *server)
{
    return (struct http_server_stats){
        .connections = server->connections_len - server->phase_len[CONNECTION_SHUT],
        .parked = server->waiting_len + server->working_len,
        .working = server->working_len,
        .flows = server->flows_len,
        .flows_dropped = server->flows_dropped,
        .body_bytes = server->body_bytes,
        .shut_out = server->shut_out,
    };
}

const char *http_library_version(void)
{
    return MHD_get_version();
}

bool http_library_is_safe(void)
{
    return library_version() >= LIBRARY_SAFE_VERSION;
}

/* ---- closing ---- */

void http_server_quiesce(struct http_server *server)
{
    if (server->is_quiesced)
        return;
    server->is_quiesced = true;
    (void)close(MHD_quiesce_daemon(server->daemon));
    connection_shut_idle(server);
    run(server);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    void (*done)(void *ctx) = server->done;
    void *ctx = server->done_ctx;

    if (--server->handles_open > 0)
        return;
    free_server(server);
    if (done != NULL)
        done(ctx);
}

/* libmicrohttpd may not be stopped while a connection is suspended, so whoever is left is answered
 * and let go. */
static void answer_parked(struct http_server *server)
{
    struct error error;
    struct list_node *node;

    (void)error_set(&error, ERR_DRAINING, "", "the broker stops");
    while ((node = list_first(&server->parked)) != NULL)
        request_refuse(CONTAINER_OF(node, struct request, parked_link), &error);
}

static void stop(struct http_server *server)
{
    answer_parked(server);
    flow_cut_all(server);
    connection_shut_all(server);
    server->is_running = true; /* no more arming */
    for (unsigned i = 0; i < ROUNDS_MAX; i++)
        (void)MHD_run(server->daemon);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    server->handles_open = 4;
    uv_close((uv_handle_t *)&server->again, on_handle_closed);
    uv_close((uv_handle_t *)&server->poll, on_handle_closed);
    uv_close((uv_handle_t *)&server->wake, on_handle_closed);
    uv_close((uv_handle_t *)&server->sweep, on_handle_closed);
}

static void on_close_poll(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    int64_t now = (int64_t)uv_now(server->loop);

    connection_sweep(server, now);
    connection_shut_idle(server);
    run(server);
    if (server->connections_len == 0 || now >= server->close_at_ms)
        stop(server);
}

void http_server_close(struct http_server *server, int64_t grace_ms, void (*done)(void *ctx),
                       void *ctx)
{
    server->is_closing = true;
    server->done = done;
    server->done_ctx = ctx;
    server->close_at_ms = (int64_t)uv_now(server->loop) + grace_ms;
    http_server_quiesce(server);
    answer_parked(server);
    flow_on_all(server);
    run(server);
    (void)uv_timer_start(&server->sweep, on_close_poll, 0, CLOSE_POLL_MS);
}
