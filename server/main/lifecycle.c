/* Lifecycle: the broker's parts, started in order, stopped in reverse.
 *
 * The loop thread is this one. The engine's threads reach it by two asyncs only: `replies` (there
 * is something to fetch) and `ended` (the drain is over or the store failed). Stopping is done in
 * one turn of the loop, so that no request can come between: take no new connections, close the
 * engine, which answers all that is parked, then close HTTP, which sends those answers and hands no
 * more requests to the handlers. */
#include "lifecycle.h"

#include "base/log.h"
#include "bounds.h"
#include "broker.h"
#include "ceiling.h"
#include "data_folder.h"
#include "exit_code.h"
#include "listeners.h"
#include "minute.h"
#include "note.h"
#include "policy.h"
#include "reload.h"
#include "resources.h"
#include "store/db.h"
#include "tokens.h"
#include "version.h"
#include "warnings.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RUNNING = -1,  /* no exit code yet */
    PUSH_PART = 4, /* of the files */
};

/* ---- stopping ---- */

static void close_handles(struct broker *broker)
{
    uv_close((uv_handle_t *)&broker->terminate, NULL);
    uv_close((uv_handle_t *)&broker->interrupt, NULL);
    uv_close((uv_handle_t *)&broker->hangup, NULL);
    uv_close((uv_handle_t *)&broker->minute, NULL);
    uv_close((uv_handle_t *)&broker->ended, NULL);
    uv_close((uv_handle_t *)&broker->replies, NULL);
    uv_close((uv_handle_t *)&broker->posts, NULL);
}

static void stop(struct broker *broker, int exit_code)
{
    int running = RUNNING;

    (void)atomic_compare_exchange_strong(&broker->exit_code, &running, exit_code);
    if (broker->is_stopping)
        return;
    broker->is_stopping = true;
    listeners_quiesce(broker);
    push_close(broker->push); /* before the engine: it asks of it */
    broker->push = NULL;
    feed_close(broker->api.feed);
    engine_close(broker->engine);
    broker->engine = NULL;
    listeners_close(broker, close_handles);
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
    listeners_pump(broker);
}

static void take_events(void *ctx, struct event_pack *pack)
{
    struct broker *broker = ctx;

    feed_take(broker->api.feed, pack);
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
    api_note_uses(&broker->api);
    api_note_refused(&broker->api, true);
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

static void on_hangup(uv_signal_t *handle, int number)
{
    struct broker *broker = handle->data;

    (void)number;
    if (!broker->is_stopping)
        reload(broker);
}

/* ---- starting ---- */

/* Before the loop sleeps: what this turn's requests asked goes to the engine together. */
static void on_posts(uv_prepare_t *handle)
{
    struct broker *broker = handle->data;

    if (broker->engine == NULL)
        return;
    listeners_check_hosts(broker); /* the first token may just have been made */
    engine_flush(broker->engine);
}

static int open_loop(struct broker *broker, struct error *error)
{
    if (uv_loop_init(&broker->loop) != 0) {
        (void)error_set(error, ERR_INTERNAL, "", "the event loop cannot be made");
        return EXIT_CODE_SYSTEM;
    }
    broker->replies.data = broker->ended.data = broker->posts.data = broker;
    broker->terminate.data = broker->interrupt.data = broker->hangup.data = broker;
    if (uv_async_init(&broker->loop, &broker->replies, on_replies) != 0 ||
        uv_async_init(&broker->loop, &broker->ended, on_ended) != 0 ||
        uv_prepare_init(&broker->loop, &broker->posts) != 0 ||
        uv_prepare_start(&broker->posts, on_posts) != 0 ||
        uv_signal_init(&broker->loop, &broker->terminate) != 0 ||
        uv_signal_init(&broker->loop, &broker->interrupt) != 0 ||
        uv_signal_start(&broker->terminate, on_terminate, SIGTERM) != 0 ||
        uv_signal_init(&broker->loop, &broker->hangup) != 0 ||
        uv_signal_start(&broker->interrupt, on_interrupt, SIGINT) != 0 ||
        uv_signal_start(&broker->hangup, on_hangup, SIGHUP) != 0 || !minute_start(broker)) {
        (void)error_set(error, ERR_INTERNAL, "", "the event loop cannot be set up");
        return EXIT_CODE_SYSTEM;
    }
    return EXIT_CODE_OK;
}

/* What can be refused before anything is made on the disk. */
static int check(struct broker *broker, struct error *error)
{
    const struct config *config = broker->config;
    struct tokens_change change;

    if (!http_library_is_safe() && !config_is_loopback_only(config))
        (void)error_set(error, ERR_FORBIDDEN, "listen",
                        "this build's HTTP library (%s) is for loopback only",
                        http_library_version());
    else if (resources_check_user(config_switch(config, KNOB_ALLOW_ROOT), error) == OK &&
             tokens_read_file(broker, &change, error) == OK && tokens_check(broker, error) == OK)
        return EXIT_CODE_OK;
    return EXIT_CODE_REFUSED;
}

static int make_folder(const struct config *config, struct error *error)
{
    const char *path = config_text(config, KNOB_DATA);
    enum err err = data_folder_check_disk(path, error);

    if (err != OK && config_switch(config, KNOB_ALLOW_NETWORK_DATA)) {
        log_event(LOG_WARN, "data.network", "data is on a file system that may lose it",
                  LOG_TEXT_FIELD("data", bytes_of(path)), );
        err = OK;
    }
    if (err != OK)
        return EXIT_CODE_REFUSED;
    return data_folder_make(path, error) == OK ? EXIT_CODE_OK : EXIT_CODE_IO;
}

static int open_engine(struct broker *broker, struct error *error)
{
    const struct config *config = broker->config;
    int exit_code = EXIT_CODE_IO;
    struct engine_options options = {
        .data_dir = config_text(config, KNOB_DATA),
        .version = SLUICE_VERSION,
        .clock = clock_system(),
        .manual_clock = config_choice(config, KNOB_CLOCK) != 0,
        .random = random_system(),
        .metrics = broker->metrics,
        .drain_timeout_ms = config_number(config, KNOB_DRAIN_TIMEOUT),
        .heartbeat_ms = config_number(config, KNOB_HEARTBEAT),
        .worker_ttl_ms = config_number(config, KNOB_WORKER_TTL),
        .bounds = {.namespaces_max = config_number(config, KNOB_NAMESPACES_MAX),
                   .queues_max = config_number(config, KNOB_QUEUES_MAX),
                   .classes_max = config_number(config, KNOB_CLASSES_MAX),
                   .workers_max = config_number(config, KNOB_WORKERS_MAX),
                   .tokens_max = config_number(config, KNOB_TOKENS_MAX),
                   .limits_max = config_number(config, KNOB_LIMITS_MAX),
                   .schedules_max = config_number(config, KNOB_SCHEDULES_MAX),
                   .webhooks_max = config_number(config, KNOB_WEBHOOKS_MAX),
                   .deliveries_max = config_number(config, KNOB_DELIVERIES_MAX),
                   .lines_max = config_number(config, KNOB_LINES_MAX)},
        .read_task = api_read_task,
        .read_task_ctx = &broker->api.bounds,
        .take_events = take_events,
        .wake = wake_loop,
        .wake_ctx = broker,
        .ended = end_loop,
    };

    if (engine_open(&options, &broker->engine, &exit_code, error) != OK)
        return exit_code;
    tokens_load_store(broker);
    return tokens_check(broker, error) == OK ? EXIT_CODE_OK : EXIT_CODE_REFUSED;
}

static struct rate_limit rate_of(const struct config *config, enum knob units, enum knob burst,
                                 double period_s)
{
    int64_t units_max = config_number(config, units), burst_max = config_number(config, burst);

    return (struct rate_limit){
        .units = (double)units_max, .period_s = period_s, .burst = (double)burst_max};
}

static void fill_api(struct broker *broker)
{
    const struct config *config = broker->config;

    broker->api = (struct api){
        .engine = broker->engine,
        .keyring = broker->keyring,
        .failures = broker->failures,
        .metrics = broker->metrics,
        .push_policy = &broker->policy,
        .data_dir = config_text(config, KNOB_DATA),
        .started_at_ms = clock_system().now(NULL).wall_ms,
        .heartbeat_ms = config_number(config, KNOB_HEARTBEAT),
        .worker_ttl_ms = config_number(config, KNOB_WORKER_TTL),
        .bounds = bounds_of_config(config),
        .manual_clock = config_choice(config, KNOB_CLOCK) != 0,
        .serves_loopback_only = config_is_loopback_only(config),
        .parked_per_token = (unsigned)config_number(config, KNOB_PARKED_PER_TOKEN),
        .token_rate = rate_of(config, KNOB_RATE_PER_TOKEN, KNOB_RATE_PER_TOKEN_BURST, 1),
        .failure_rate = rate_of(config, KNOB_FAILURES_PER_ADDRESS, KNOB_FAILURES_PER_ADDRESS, 60),
        .version = SLUICE_VERSION,
        .commit = SLUICE_COMMIT,
        .store_version = db_version(),
        .http_version = http_library_version(),
    };
    broker->api.feed = feed_new(&broker->api);
    engine_secret(broker->engine, broker->api.secret);
}

/* How many open files the push room may take. */
static unsigned push_files(const struct config *config, unsigned files_max)
{
    unsigned most = files_max / PUSH_PART, asked = (unsigned)config_number(config, KNOB_PUSH_MAX);

    return asked < most ? asked : most;
}

static int open_push(struct broker *broker, unsigned requests_max, struct error *error)
{
    const struct config *config = broker->config;
    struct push_options options = {
        .engine = broker->engine,
        .metrics = broker->metrics,
        .policy = &broker->policy,
        .random = random_system(),
        .version = SLUICE_VERSION,
        .result_max = broker->api.bounds.of[BOUND_RESULT_MAX],
        .max = requests_max > 0 ? requests_max : 1,
        .per_host = (unsigned)config_number(config, KNOB_PUSH_PER_HOST),
        .manual_clock = broker->api.manual_clock,
    };

    return push_open(&options, &broker->push, error) == OK ? EXIT_CODE_OK : EXIT_CODE_SYSTEM;
}

static void log_ready(const struct broker *broker, unsigned connections_max)
{
    const struct config *config = broker->config;
    int64_t parked_max = config_number(config, KNOB_PARKED_MAX);
    bool has_tls = config_text(config, KNOB_TLS_CERT)[0] != '\0';
    size_t tokens =
        keyring_len(broker->keyring, KEY_FROM_FILE) + keyring_len(broker->keyring, KEY_FROM_STORE);

    log_event(
        LOG_INFO, "broker.ready", "serving",
        LOG_TEXT_FIELD("listen", bytes_of(config_text(config, KNOB_LISTEN))),
        LOG_INT_FIELD("port", http_server_port(broker->http)),
        LOG_TEXT_FIELD("scheme", has_tls ? BYTES("https") : BYTES("http")),
        LOG_INT_FIELD("health_port", broker->health != NULL ? http_server_port(broker->health) : 0),
        LOG_INT_FIELD("tokens", (int64_t)tokens),
        LOG_TEXT_FIELD("data", bytes_of(config_text(config, KNOB_DATA))),
        LOG_INT_FIELD("connections_max", connections_max),
        LOG_INT_FIELD("can_park", parked_max < connections_max ? parked_max : connections_max),
        LOG_INT_FIELD("memory_max", broker->memory_max), LOG_INT_FIELD("pid", getpid()), );
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
    const struct config *config = broker->config;
    unsigned files_max = resources_raise_files();
    unsigned health_files = listeners_health_files(config, files_max);
    unsigned requests_max = push_files(config, files_max);
    unsigned others = health_files + requests_max;
    unsigned connections_max =
        resources_connections(files_max > others ? files_max - others : 0,
                              (unsigned)config_number(config, KNOB_CONNECTIONS_MAX));
    int exit_code = open_loop(broker, error);

    broker->health_files = health_files;
    broker->memory_max = ceiling_read();
    connections_max = ceiling_connections(broker->memory_max, connections_max);
    if (exit_code == EXIT_CODE_OK)
        exit_code = check(broker, error);
    if (exit_code == EXIT_CODE_OK)
        exit_code = make_folder(config, error);
    if (exit_code == EXIT_CODE_OK)
        exit_code = open_engine(broker, error);
    if (exit_code == EXIT_CODE_OK) {
        fill_api(broker);
        exit_code = listeners_open(broker, connections_max, error);
    }
    if (exit_code == EXIT_CODE_OK)
        policy_read(broker);
    if (exit_code == EXIT_CODE_OK)
        exit_code = open_push(broker, requests_max, error);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    set_fixed_metrics(broker);
    engine_start(broker->engine);
    reload_remember(broker);
    minute_warn(broker);
    warnings_at_start(broker, connections_max);
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
    if (broker->http != NULL && !broker->is_stopping) {
        stop(broker, EXIT_CODE_OK);
        (void)uv_run(&broker->loop, UV_RUN_DEFAULT);
    }
    if (broker->engine != NULL)
        engine_close(broker->engine);
    policy_free(&broker->policy);
    uv_walk(&broker->loop, close_any, NULL);
    (void)uv_run(&broker->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&broker->loop);
    feed_free(broker->api.feed);
    keyring_free(broker->keyring);
    failures_free(broker->failures);
    free(broker->routes);
    metrics_free(broker->metrics);
}

int lifecycle_run(const struct config *config)
{
    struct broker broker = {
        .config = config,
        .metrics = metrics_new(),
        .keyring = keyring_new(),
        .failures = failures_new(FAILURES_ADDRESSES_MAX),
        .exit_code = RUNNING,
    };
    struct error error = {0};
    int exit_code;

    resources_set_process(config_switch(config, KNOB_CORE_DUMPS));
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
