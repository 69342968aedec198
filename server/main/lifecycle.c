/* Lifecycle: the broker's parts, started in order, stopped in reverse.
 *
 * The loop thread is this one. The engine's threads reach it by two asyncs only: `replies` (there
 * is something to fetch) and `ended` (the drain is over or the store failed). Stopping is done in
 * one turn of the loop, so that no request can come between: take no new connections, close the
 * engine, which answers all that is parked, then close HTTP, which sends those answers and hands no
 * more requests to the handlers. */
#include "lifecycle.h"

#include "api/api.h"
#include "base/log.h"
#include "engine/engine.h"
#include "exit_code.h"
#include "http/server.h"
#include "resources.h"
#include "store/db.h"
#include "version.h"

#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    CLOSE_GRACE_MS = 2000, /* for clients to take their last answers */
    RUNNING = -1,          /* no exit code yet */
};

struct broker {
    const struct config *config;
    struct metrics *metrics;
    struct engine *engine; /* NULL before it is open and after it was closed */
    struct http_server *http;
    struct api api;
    uv_loop_t loop;
    uv_async_t replies, ended;
    uv_prepare_t posts;
    uv_signal_t terminate, interrupt;
    unsigned interrupts;
    bool is_draining, is_stopping;
    atomic_int exit_code;
};

/* ---- stopping ---- */

static void close_handles(struct broker *broker)
{
    uv_close((uv_handle_t *)&broker->terminate, NULL);
    uv_close((uv_handle_t *)&broker->interrupt, NULL);
    uv_close((uv_handle_t *)&broker->ended, NULL);
    uv_close((uv_handle_t *)&broker->replies, NULL);
    uv_close((uv_handle_t *)&broker->posts, NULL);
}

static void on_http_closed(void *ctx)
{
    close_handles(ctx);
}

static void stop(struct broker *broker, int exit_code)
{
    int running = RUNNING;

    (void)atomic_compare_exchange_strong(&broker->exit_code, &running, exit_code);
    if (broker->is_stopping)
        return;
    broker->is_stopping = true;
    http_server_quiesce(broker->http);
    engine_close(broker->engine);
    broker->engine = NULL;
    http_server_close(broker->http, CLOSE_GRACE_MS, on_http_closed, broker);
}

/* ---- what the engine says ---- */

static void wake_loop(void *ctx)
{
    struct broker *broker = ctx;

    uv_async_send(&broker->replies);
}

static void on_replies(uv_async_t *async)
{
    struct broker *broker = async->data;

    if (broker->engine == NULL)
        return;
    engine_fetch(broker->engine);
    http_server_pump(broker->http);
}

static void end_loop(void *ctx, int exit_code)
{
    struct broker *broker = ctx;
    int running = RUNNING;

    (void)atomic_compare_exchange_strong(&broker->exit_code, &running, exit_code);
    uv_async_send(&broker->ended);
}

static void on_ended(uv_async_t *async)
{
    struct broker *broker = async->data;

    on_replies(&broker->replies);
    stop(broker, EXIT_CODE_OK);
}

/* ---- what the operator says ---- */

static void drain(struct broker *broker, const char *signal_name)
{
    if (broker->is_draining)
        return;
    broker->is_draining = true;
    log_event(
        LOG_INFO, "broker.draining", "no new work is taken or handed out",
        LOG_TEXT_FIELD("signal", bytes_of(signal_name)),
        LOG_INT_FIELD("drain_timeout_ms", config_number(broker->config, KNOB_DRAIN_TIMEOUT)), );
    engine_drain(broker->engine);
}

static void on_terminate(uv_signal_t *handle, int number)
{
    struct broker *broker = handle->data;

    (void)number;
    if (!broker->is_stopping)
        drain(broker, "SIGTERM");
}

static void on_interrupt(uv_signal_t *handle, int number)
{
    struct broker *broker = handle->data;

    (void)number;
    broker->interrupts++;
    if (broker->is_stopping)
        return;
    if (broker->interrupts == 1) {
        drain(broker, "SIGINT");
        return;
    }
    log_event(LOG_WARN, "broker.stopping", "interrupted again, not waiting for running tasks", );
    stop(broker, EXIT_CODE_OK);
}

/* ---- starting ---- */

/* Before the loop sleeps: what this turn's requests asked goes to the engine together. */
static void on_posts(uv_prepare_t *handle)
{
    struct broker *broker = handle->data;

    if (broker->engine != NULL)
        engine_flush(broker->engine);
}

static int open_loop(struct broker *broker, struct error *error)
{
    if (uv_loop_init(&broker->loop) != 0) {
        (void)error_set(error, ERR_INTERNAL, "", "the event loop cannot be made");
        return EXIT_CODE_SYSTEM;
    }
    broker->replies.data = broker->ended.data = broker->posts.data = broker;
    broker->terminate.data = broker->interrupt.data = broker;
    if (uv_async_init(&broker->loop, &broker->replies, on_replies) != 0 ||
        uv_async_init(&broker->loop, &broker->ended, on_ended) != 0 ||
        uv_prepare_init(&broker->loop, &broker->posts) != 0 ||
        uv_prepare_start(&broker->posts, on_posts) != 0 ||
        uv_signal_init(&broker->loop, &broker->terminate) != 0 ||
        uv_signal_init(&broker->loop, &broker->interrupt) != 0 ||
        uv_signal_start(&broker->terminate, on_terminate, SIGTERM) != 0 ||
        uv_signal_start(&broker->interrupt, on_interrupt, SIGINT) != 0) {
        (void)error_set(error, ERR_INTERNAL, "", "the event loop cannot be set up");
        return EXIT_CODE_SYSTEM;
    }
    return EXIT_CODE_OK;
}

static int open_engine(struct broker *broker, struct error *error)
{
    const struct config *config = broker->config;
    int exit_code = EXIT_CODE_IO;
    struct engine_options options = {
        .data_dir = config_text(config, KNOB_DATA),
        .clock = clock_system(),
        .manual_clock = config_choice(config, KNOB_CLOCK) != 0,
        .random = random_system(),
        .metrics = broker->metrics,
        .drain_timeout_ms = config_number(config, KNOB_DRAIN_TIMEOUT),
        .heartbeat_ms = config_number(config, KNOB_HEARTBEAT),
        .worker_ttl_ms = config_number(config, KNOB_WORKER_TTL),
        .wake = wake_loop,
        .wake_ctx = broker,
        .ended = end_loop,
    };

    if (resources_make_folder(options.data_dir, error) != OK)
        return EXIT_CODE_IO;
    return engine_open(&options, &broker->engine, &exit_code, error) == OK ? EXIT_CODE_OK
                                                                           : exit_code;
}

static void fill_api(struct broker *broker)
{
    const struct config *config = broker->config;

    broker->api = (struct api){
        .engine = broker->engine,
        .metrics = broker->metrics,
        .data_dir = config_text(config, KNOB_DATA),
        .started_at_ms = clock_system().now(NULL).wall_ms,
        .heartbeat_ms = config_number(config, KNOB_HEARTBEAT),
        .worker_ttl_ms = config_number(config, KNOB_WORKER_TTL),
        .manual_clock = config_choice(config, KNOB_CLOCK) != 0,
        .version = SLUICE_VERSION,
        .commit = SLUICE_COMMIT,
        .store_version = db_version(),
        .http_version = http_library_version(),
    };
}

static int open_http(struct broker *broker, unsigned connections_max, struct error *error)
{
    const struct config *config = broker->config;
    struct http_server_options options = {
        .listen = config_text(config, KNOB_LISTEN),
        .ctx = &broker->api,
        .connections_max = connections_max,
        .parked_max = (unsigned)config_number(config, KNOB_PARKED_MAX),
        .parked_urgent_extra = (unsigned)config_number(config, KNOB_PARKED_URGENT_EXTRA),
        .head_bytes_max = (size_t)config_number(config, KNOB_HEAD_MAX),
        .line_bytes_max = (size_t)config_number(config, KNOB_LINE_MAX),
        .bodies_bytes_max = (size_t)config_number(config, KNOB_BODIES_MAX),
        .head_deadline_ms = config_number(config, KNOB_HEAD_DEADLINE),
        .body_deadline_ms = config_number(config, KNOB_BODY_DEADLINE),
        .idle_ms = config_number(config, KNOB_IDLE_TIMEOUT),
        .loopback_only_hosts = true,
        .on_answered = api_count_answer,
    };

    options.routes = api_routes(&options.routes_len);
    if (http_server_open(&broker->loop, &options, &broker->http, error) == OK) {
        broker->api.http = broker->http;
        return EXIT_CODE_OK;
    }
    if (error->code == ERR_INVALID_FIELD || error->code == ERR_FORBIDDEN)
        return EXIT_CODE_REFUSED;
    return bytes_is(bytes_of(error->where), "listen") ? EXIT_CODE_IN_USE : EXIT_CODE_SYSTEM;
}

static void log_ready(const struct broker *broker, unsigned connections_max)
{
    const struct config *config = broker->config;
    int64_t parked_max = config_number(config, KNOB_PARKED_MAX);

    if (!http_library_is_safe())
        log_event(LOG_WARN, "broker.old_http", "this build's HTTP library is for loopback only",
                  LOG_TEXT_FIELD("http", bytes_of(http_library_version())), );
    if (parked_max > connections_max)
        log_event(LOG_WARN, "broker.few_files", "the limit of open files is below parked_max",
                  LOG_INT_FIELD("parked_max", parked_max),
                  LOG_INT_FIELD("connections_max", connections_max), );
    log_event(
        LOG_INFO, "broker.ready", "serving",
        LOG_TEXT_FIELD("listen", bytes_of(config_text(config, KNOB_LISTEN))),
        LOG_INT_FIELD("port", http_server_port(broker->http)),
        LOG_TEXT_FIELD("data", bytes_of(config_text(config, KNOB_DATA))),
        LOG_INT_FIELD("connections_max", connections_max),
        LOG_INT_FIELD("can_park", parked_max < connections_max ? parked_max : connections_max),
        LOG_INT_FIELD("pid", getpid()), );
}

static void set_fixed_metrics(const struct broker *broker)
{
    struct bytes versions[] = {bytes_of(broker->api.version), bytes_of(broker->api.store_version),
                               bytes_of(broker->api.http_version)};

    metrics_set(broker->metrics, METRIC_BUILD_INFO, versions, 1);
    metrics_set(broker->metrics, METRIC_START_TIME, NULL, (double)broker->api.started_at_ms / 1000);
}

/* Up to the open socket. What was opened is in broker, also when a later step failed. */
static int start(struct broker *broker, struct error *error)
{
    unsigned files_max = resources_raise_files();
    unsigned connections_max = resources_connections(
        files_max, (unsigned)config_number(broker->config, KNOB_CONNECTIONS_MAX));
    int exit_code = open_loop(broker, error);

    if (exit_code == EXIT_CODE_OK)
        exit_code = open_engine(broker, error);
    if (exit_code == EXIT_CODE_OK) {
        fill_api(broker);
        exit_code = open_http(broker, connections_max, error);
    }
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    set_fixed_metrics(broker);
    engine_start(broker->engine);
    log_ready(broker, connections_max);
    return EXIT_CODE_OK;
}

static void close_any(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Whatever is still there, after a start that failed as well as after a stop. */
static void give_back(struct broker *broker)
{
    if (broker->engine != NULL)
        engine_close(broker->engine);
    uv_walk(&broker->loop, close_any, NULL);
    (void)uv_run(&broker->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&broker->loop);
    metrics_free(broker->metrics);
}

int lifecycle_run(const struct config *config)
{
    struct broker broker = {.config = config, .metrics = metrics_new(), .exit_code = RUNNING};
    struct error error = {0};
    int exit_code;

    resources_set_process();
    log_event(LOG_INFO, "broker.starting", "sluice " SLUICE_VERSION,
              LOG_TEXT_FIELD("commit", BYTES(SLUICE_COMMIT)), );
    exit_code = start(&broker, &error);
    if (exit_code == EXIT_CODE_OK) {
        (void)uv_run(&broker.loop, UV_RUN_DEFAULT);
        exit_code = atomic_load(&broker.exit_code);
    } else {
        log_event(LOG_ERROR, "broker.not_started", error.detail,
                  LOG_TEXT_FIELD("where", bytes_of(error.where)),
                  LOG_INT_FIELD("exit_code", exit_code), );
    }
    give_back(&broker);
    if (error.code == OK)
        log_event(LOG_INFO, "broker.stopped", "bye", LOG_INT_FIELD("exit_code", exit_code), );
    return exit_code;
}
