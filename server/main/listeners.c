/* Listeners: the HTTP server that serves everything, and a small one for health where one is asked
 * for. */
#include "listeners.h"

#include "ceiling.h"
#include "exit_code.h"
#include "listen.h"

enum {
    CLOSE_GRACE_MS = 2000, /* for clients to take their last answers */
    /* Of health: who asks for it asks for little, but strangers may reach it, too. */
    HEALTH_CONNECTIONS_MAX = 1024,
    HEALTH_CONNECTIONS_LEAST = 64,
    HEALTH_PER_ADDRESS = 64,
    HEALTH_PART = 8,        /* of files and of memory */
    HEALTH_PARKED_MAX = 64, /* asking the engine is waiting, too */
    HEALTH_BODIES_MAX = 65536,
    HEALTH_DEADLINE_MS = 2000,
    HEALTH_IDLE_MS = 30000,
};

static const char *text_or_null(const struct config *config, enum knob knob)
{
    const char *text = config_text(config, knob);

    return text[0] != '\0' ? text : NULL;
}

static unsigned count(const struct config *config, enum knob knob)
{
    return (unsigned)config_number(config, knob);
}

static int64_t largest_body(const struct bounds *bounds)
{
    static const enum bound BODIES[] = {BOUND_BODY_MAX, BOUND_PAYLOAD_MAX, BOUND_RESULT_MAX};
    int64_t largest = 0;

    for (size_t i = 0; i < ARRAY_LEN(BODIES); i++)
        if (bounds->of[BODIES[i]] > largest)
            largest = bounds->of[BODIES[i]];
    return largest;
}

static struct http_server_options main_options(struct broker *broker, unsigned connections_max)
{
    const struct config *config = broker->config;
    int64_t rate = config_number(config, KNOB_RATE_PER_ADDRESS);
    int64_t burst = config_number(config, KNOB_RATE_PER_ADDRESS_BURST);
    struct http_server_options options = {
        .listen = config_text(config, KNOB_LISTEN),
        .ctx = &broker->api,
        .connections_max = connections_max,
        .parked_max = count(config, KNOB_PARKED_MAX),
        .parked_urgent_extra = count(config, KNOB_PARKED_URGENT_EXTRA),
        .flows_max = count(config, KNOB_STREAMS_MAX),
        .head_bytes_max = (size_t)config_number(config, KNOB_HEAD_MAX),
        .line_bytes_max = (size_t)config_number(config, KNOB_LINE_MAX),
        .bodies_bytes_max =
            (size_t)ceiling_bodies(broker->memory_max, config_number(config, KNOB_BODIES_MAX),
                                   largest_body(&broker->api.bounds)),
        .head_deadline_ms = config_number(config, KNOB_HEAD_DEADLINE),
        .body_deadline_ms = config_number(config, KNOB_BODY_DEADLINE),
        .idle_ms = config_number(config, KNOB_IDLE_TIMEOUT),
        .allowed_hosts = config_text(config, KNOB_ALLOWED_HOSTS),
        .admit = api_admit,
        .tls = {.cert = text_or_null(config, KNOB_TLS_CERT),
                .key = text_or_null(config, KNOB_TLS_KEY),
                .client_ca = text_or_null(config, KNOB_TLS_CLIENT_CA)},
        .trusted_proxies = config_text(config, KNOB_TRUSTED_PROXY),
        .connections_per_address = count(config, KNOB_CONNECTIONS_PER_ADDRESS),
        .bounds_loopback = config_switch(config, KNOB_BOUND_LOOPBACK),
        .connections_reserve = count(config, KNOB_CONNECTIONS_RESERVE),
        .working_max = count(config, KNOB_WORKING_MAX),
        .rate_per_address = (double)rate,
        .rate_per_address_burst = (double)burst,
        .on_answered = api_count_answer,
    };

    broker->routes = api_routes(&broker->api.bounds, &options.routes_len);
    options.routes = broker->routes;
    return options;
}

static unsigned health_connections(unsigned room)
{
    if (room > HEALTH_CONNECTIONS_MAX)
        return HEALTH_CONNECTIONS_MAX;
    return room > HEALTH_CONNECTIONS_LEAST ? room : HEALTH_CONNECTIONS_LEAST;
}

/* Plain HTTP: probes know no certificates. */
static struct http_server_options health_options(struct broker *broker)
{
    const struct config *config = broker->config;
    unsigned connections_max = health_connections(
        ceiling_connections(broker->memory_max / HEALTH_PART, broker->health_files));
    struct http_server_options options = {
        .listen = config_text(config, KNOB_HEALTH_LISTEN),
        .ctx = &broker->api,
        .connections_max = connections_max,
        .parked_max = HEALTH_PARKED_MAX,
        .parked_urgent_extra = HEALTH_PARKED_MAX,
        .head_bytes_max = (size_t)config_number(config, KNOB_HEAD_MAX),
        .line_bytes_max = (size_t)config_number(config, KNOB_LINE_MAX),
        .bodies_bytes_max = HEALTH_BODIES_MAX,
        .head_deadline_ms = HEALTH_DEADLINE_MS,
        .body_deadline_ms = HEALTH_DEADLINE_MS,
        .idle_ms = HEALTH_IDLE_MS,
        .allowed_hosts = "",
        .admit = api_admit,
        .trusted_proxies = "",
        .connections_per_address = HEALTH_PER_ADDRESS,
        .connections_reserve = connections_max / 16,
        .working_max = HEALTH_PARKED_MAX,
        .on_answered = api_count_answer,
    };

    options.routes = api_health_routes(&options.routes_len);
    return options;
}

static bool checks_hosts(const struct broker *broker, enum knob knob)
{
    bool is_loopback;
    struct error error;

    return keyring_is_open(broker->keyring) &&
           listen_read("", config_text(broker->config, knob), &is_loopback, &error) == OK &&
           is_loopback;
}

static int open_one(struct broker *broker, enum knob knob, struct http_server_options *options,
                    struct http_server **ret_server, struct error *error)
{
    options->loopback_only_hosts = checks_hosts(broker, knob);
    if (http_server_open(&broker->loop, options, ret_server, error) == OK)
        return EXIT_CODE_OK;
    if (error->code == ERR_INVALID_FIELD || error->code == ERR_FORBIDDEN)
        return EXIT_CODE_REFUSED;
    if (!bytes_is(bytes_of(error->where), "listen"))
        return EXIT_CODE_SYSTEM;
    (void)snprintf(error->where, sizeof(error->where), "%s", knob_name(knob));
    return EXIT_CODE_IN_USE;
}

int listeners_open(struct broker *broker, unsigned connections_max, struct error *error)
{
    struct http_server_options options = main_options(broker, connections_max);
    int exit_code = open_one(broker, KNOB_LISTEN, &options, &broker->http, error);

    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    broker->checks_hosts = keyring_is_open(broker->keyring);
    broker->api.http = broker->http;
    if (config_text(broker->config, KNOB_HEALTH_LISTEN)[0] == '\0')
        return EXIT_CODE_OK;
    options = health_options(broker);
    return open_one(broker, KNOB_HEALTH_LISTEN, &options, &broker->health, error);
}

void listeners_pump(struct broker *broker)
{
    http_server_pump(broker->http);
    if (broker->health != NULL)
        http_server_pump(broker->health);
}

void listeners_check_hosts(struct broker *broker)
{
    bool is_open = keyring_is_open(broker->keyring);

    if (is_open == broker->checks_hosts)
        return;
    broker->checks_hosts = is_open;
    http_server_check_hosts(broker->http, checks_hosts(broker, KNOB_LISTEN));
    if (broker->health != NULL)
        http_server_check_hosts(broker->health, checks_hosts(broker, KNOB_HEALTH_LISTEN));
}

enum err listeners_reload(struct broker *broker, struct error *error)
{
    if (config_text(broker->config, KNOB_TLS_CERT)[0] == '\0')
        return OK;
    return http_server_reload(broker->http, error);
}

void listeners_quiesce(struct broker *broker)
{
    http_server_quiesce(broker->http);
    if (broker->health != NULL)
        http_server_quiesce(broker->health);
}

static void on_closed(void *ctx)
{
    struct broker *broker = ctx;

    if (--broker->closing == 0)
        broker->on_closed(broker);
}

void listeners_close(struct broker *broker, void (*done)(struct broker *broker))
{
    broker->on_closed = done;
    broker->closing = 1 + (broker->health != NULL);
    if (broker->health != NULL)
        http_server_close(broker->health, CLOSE_GRACE_MS, on_closed, broker);
    http_server_close(broker->http, CLOSE_GRACE_MS, on_closed, broker);
}

unsigned listeners_health_files(const struct config *config, unsigned files_max)
{
    if (config_text(config, KNOB_HEALTH_LISTEN)[0] == '\0')
        return 0;
    return health_connections(files_max / HEALTH_PART);
}
