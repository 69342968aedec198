/* Warnings: what is served all the same although it should not be so. */
#include "warnings.h"

#include "base/log.h"
#include "file_facts.h"
#include "listen.h"
#include "resources.h"

#include <stdlib.h>
#include <unistd.h>

static bool is_set(const struct config *config, enum knob knob)
{
    return config_text(config, knob)[0] != '\0';
}

/* ---- tokens in the clear ---- */

static bool is_open_to_others(const struct config *config, enum knob knob)
{
    bool is_loopback;
    struct error error;

    return is_set(config, knob) &&
           listen_read("", config_text(config, knob), &is_loopback, &error) == OK && !is_loopback;
}

static void warn_of_plain(const struct broker *broker)
{
    const struct config *config = broker->config;

    if (keyring_is_open(broker->keyring))
        return;
    if (is_open_to_others(config, KNOB_LISTEN) && !is_set(config, KNOB_TLS_CERT) &&
        !is_set(config, KNOB_TRUSTED_PROXY))
        log_event(LOG_WARN, "broker.plain",
                  "tokens are sent in the clear: give --tls-cert, or put a proxy with TLS in front",
                  LOG_TEXT_FIELD("listen", bytes_of(config_text(config, KNOB_LISTEN))), );
    if (is_open_to_others(config, KNOB_HEALTH_LISTEN))
        log_event(
            LOG_WARN, "broker.plain",
            "the address for health is plain HTTP: the token that /metrics needs is sent "
            "there in the clear",
            LOG_TEXT_FIELD("health_listen", bytes_of(config_text(config, KNOB_HEALTH_LISTEN))), );
}

/* ---- secrets ---- */

/* A container's secrets are often readable to all of its users, of whom there is one. */
static void warn_of_key(const struct config *config)
{
    const char *path = config_text(config, KNOB_TLS_KEY);
    struct file_facts facts;

    if (is_set(config, KNOB_TLS_KEY) && file_facts_read(path, &facts) && facts.is_for_anybody &&
        !resources_is_container(getpid(), getenv("SLUICE_CONTAINER")))
        log_event(LOG_WARN, "tls.key_readable",
                  "every user of this machine may read the private key: chmod o-rw the file",
                  LOG_TEXT_FIELD("file", bytes_of(path)), );
}

static size_t count_valid(const struct keyring *keyring, int64_t now_ms)
{
    const struct key_facts *key;
    size_t valid = 0;

    for (size_t at = 0; (key = keyring_each(keyring, &at)) != NULL;)
        valid += key->expires_at_ms < 0 || key->expires_at_ms > now_ms;
    return valid;
}

/* A check of the settings runs without an engine. */
static int64_t now_of(const struct broker *broker)
{
    return broker->api.engine != NULL ? api_now(&broker->api).wall_ms
                                      : clock_system().now(NULL).wall_ms;
}

/* Both are allowed: an operator may want nobody to make tokens, or everybody out. */
static void warn_of_tokens(const struct broker *broker)
{
    const struct keyring *keyring = broker->keyring;
    int64_t now_ms = now_of(broker);

    if (keyring_is_open(keyring))
        return;
    if (count_valid(keyring, now_ms) == 0)
        log_event(LOG_WARN, "tokens.expired",
                  "all tokens have expired: nobody is let in until the token file has a valid one",
                  LOG_INT_FIELD("tokens", (int64_t)(keyring_len(keyring, KEY_FROM_FILE) +
                                                    keyring_len(keyring, KEY_FROM_STORE))), );
    else if (!keyring_has_ruler(keyring, KEY_FROM_FILE, now_ms) &&
             !keyring_has_ruler(keyring, KEY_FROM_STORE, now_ms))
        log_event(LOG_WARN, "tokens.no_admin",
                  "no valid token is an admin's over everything: none can be made or revoked but "
                  "in the token file", );
}

void warnings_of_secrets(const struct broker *broker)
{
    warn_of_key(broker->config);
    warn_of_tokens(broker);
}

/* ---- all ---- */

void warnings_at_start(const struct broker *broker, unsigned connections_max)
{
    int64_t parked_max = config_number(broker->config, KNOB_PARKED_MAX);

    if (!http_library_is_safe())
        log_event(LOG_WARN, "broker.old_http", "this build's HTTP library is for loopback only",
                  LOG_TEXT_FIELD("http", bytes_of(http_library_version())), );
    warn_of_plain(broker);
    warnings_of_secrets(broker);
    if (parked_max > connections_max)
        log_event(LOG_WARN, "broker.few_connections",
                  "open files or memory allow fewer connections than parked_max",
                  LOG_INT_FIELD("parked_max", parked_max),
                  LOG_INT_FIELD("connections_max", connections_max), );
    if (config_number(broker->config, KNOB_CONNECTIONS_RESERVE) > connections_max / 2)
        log_event(LOG_INFO, "broker.small_reserve",
                  "connections_reserve is cut to half of the connections there may be",
                  LOG_INT_FIELD("connections_reserve", connections_max / 2),
                  LOG_INT_FIELD("connections_max", connections_max), );
}
