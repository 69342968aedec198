/* Checkup: what serve would refuse, as far as that is seen without making or opening anything. */
#include "checkup.h"

#include "base/log.h"
#include "broker.h"
#include "data_folder.h"
#include "exit_code.h"
#include "tokens.h"
#include "warnings.h"

#include <stdio.h>
#include <unistd.h>

static bool is_set(const struct config *config, enum knob knob)
{
    return config_text(config, knob)[0] != '\0';
}

/* Prints the error, if it is one: one mistake does not hide another. */
static unsigned tell(enum err err, const struct error *error)
{
    if (err != OK)
        (void)fprintf(stderr, "sluice: %s: %s\n", error->where, error->detail);
    return err != OK;
}

static enum err check_library(const struct config *config, struct error *error)
{
    if (http_library_is_safe() || config_is_loopback_only(config))
        return OK;
    return error_set(error, ERR_FORBIDDEN, "listen",
                     "this build's HTTP library (%s) is for loopback only", http_library_version());
}

static enum err check_data(const struct config *config, struct error *error)
{
    const char *path = config_text(config, KNOB_DATA);
    unsigned owner = geteuid();
    enum err err = OK;

    if (!config_switch(config, KNOB_ALLOW_NETWORK_DATA))
        err = data_folder_check_disk(path, error);
    if (err == OK)
        err = data_folder_check(path, &owner, error);
    if (err == OK && owner != geteuid())
        (void)fprintf(stderr,
                      "sluice: not checked: %s is user %u's; serve takes it when it runs as that "
                      "user\n",
                      path, owner);
    return err;
}

static enum err check_tls(const struct config *config, struct error *error)
{
    const char *client_ca = config_text(config, KNOB_TLS_CLIENT_CA);

    if (!is_set(config, KNOB_TLS_CERT))
        return OK;
    return http_tls_check(
        &(struct http_tls_files){.cert = config_text(config, KNOB_TLS_CERT),
                                 .key = config_text(config, KNOB_TLS_KEY),
                                 .client_ca = client_ca[0] != '\0' ? client_ca : NULL},
        error);
}

/* A file that cannot be read is told once, not a second time as tokens that are missing. */
static unsigned check_tokens(struct broker *broker)
{
    const struct config *config = broker->config;
    bool has_store = data_folder_has_store(config_text(config, KNOB_DATA));
    struct tokens_change change;
    struct error error = {0};

    if (tell(tokens_read_file(broker, &change, &error), &error) > 0 ||
        tell(tokens_check(broker, &error), &error) > 0)
        return 1;
    if (!has_store)
        warnings_of_secrets(broker);
    else if (tokens_are_missing(broker) && !config_switch(config, KNOB_INSECURE_NO_AUTH))
        (void)fprintf(stderr,
                      "sluice: not checked: whether the store in %s has a token, without which "
                      "only loopback is served\n",
                      config_text(config, KNOB_DATA));
    return 0;
}

int checkup_run(const struct config *config)
{
    struct broker broker = {.config = config, .keyring = keyring_new()};
    struct error error = {0};
    unsigned wrong = 0;

    log_configure(LOG_WARN, config_choice(config, KNOB_LOG_FORMAT));
    wrong += tell(check_library(config, &error), &error);
    wrong += tell(check_data(config, &error), &error);
    wrong += check_tokens(&broker);
    wrong += tell(check_tls(config, &error), &error);
    keyring_free(broker.keyring);
    return wrong == 0 ? EXIT_CODE_OK : EXIT_CODE_REFUSED;
}
