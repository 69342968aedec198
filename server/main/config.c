/* Config: what every knob is set to and who set it: default < file < environment < flag. */
#include "config.h"

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/network.h"
#include "bounds.h"
#include "config_file.h"
#include "hosts.h"
#include "http/server.h"
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *copy_text(struct bytes text)
{
    char *copy = mem_alloc(text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    return copy;
}

static enum err set(struct config *config, enum knob knob, struct bytes text,
                    enum config_origin origin, struct error *error)
{
    struct config_value *value = &config->values[knob];
    int64_t number = 0;

    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)
        return error_set(error, ERR_INVALID_FIELD, knob_facts(knob)->key, "must not hold a NUL");
    if (knob_parse(knob, text, &number, error) != OK)
        return error->code;
    free(value->text);
    *value = (struct config_value){.text = copy_text(text), .number = number, .origin = origin};
    return OK;
}

static void set_defaults(struct config *config)
{
    *config = (struct config){0};
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        const struct knob_facts *facts = knob_facts(knob);
        struct error error;
        enum err err = OK;

        if (facts->kind != KNOB_KIND_LATER)
            err = set(config, knob, bytes_of(facts->fallback), CONFIG_DEFAULT, &error);
        ASSERT(err == OK);
    }
}

/* ---- the command line ---- */

static enum err refuse_flag(struct bytes flag, struct error *error)
{
    enum knob nearest = knob_nearest(flag);
    char meant[KNOB_NAME_MAX];

    if (nearest == KNOB_MAX)
        return error_set(error, ERR_UNKNOWN_MEMBER, "", "--%.*s is not an option", BYTES_ARG(flag));
    knob_flag(nearest, meant);
    return error_set(error, ERR_UNKNOWN_MEMBER, "", "--%.*s is not an option; did you mean %s?",
                     BYTES_ARG(flag), meant);
}

/* The place where the value of a flag goes; NULL when there is no such flag. */
static const char **slot_of(struct config_args *args, struct bytes flag)
{
    enum knob knob = knob_by_flag(flag);

    if (knob != KNOB_MAX)
        return &args->flags[knob];
    return bytes_is(flag, "config") ? &args->file : NULL;
}

static bool *switch_of(struct config_args *args, struct bytes flag, bool shows)
{
    if (bytes_is(flag, "help"))
        return &args->help;
    if (shows && bytes_is(flag, "origin"))
        return &args->origin;
    return shows && bytes_is(flag, "json") ? &args->json : NULL;
}

static enum err read_switch(bool *toggle, struct bytes flag, bool has_value, struct error *error)
{
    if (has_value)
        return error_set(error, ERR_MALFORMED, "", "--%.*s takes no value", BYTES_ARG(flag));
    *toggle = true;
    return OK;
}

static bool is_switch(struct bytes flag)
{
    enum knob knob = knob_by_flag(flag);

    return knob != KNOB_MAX && knob_facts(knob)->kind == KNOB_KIND_SWITCH;
}

/* "--name=value", "--name value", "--switch"; *at is moved to the last word used. */
static enum err read_flag(struct config_args *args, char **argv, int *at, bool shows,
                          struct error *error)
{
    const char *word = argv[*at] + strlen("--");
    const char *equals = strchr(word, '=');
    struct bytes flag = {word, equals != NULL ? (size_t)(equals - word) : strlen(word)};
    bool *toggle = switch_of(args, flag, shows);
    const char **slot = slot_of(args, flag);
    const char *value = equals != NULL ? equals + 1 : argv[*at + 1];

    if (toggle != NULL)
        return read_switch(toggle, flag, equals != NULL, error);
    if (slot == NULL)
        return refuse_flag(flag, error);
    if (*slot != NULL)
        return error_set(error, ERR_MALFORMED, "", "--%.*s is given twice", BYTES_ARG(flag));
    if (equals == NULL && is_switch(flag)) {
        *slot = "true";
        return OK;
    }
    if (value == NULL)
        return error_set(error, ERR_MALFORMED, "", "--%.*s needs a value", BYTES_ARG(flag));
    *slot = value;
    *at += equals == NULL;
    return OK;
}

enum err config_args_read(struct config_args *args, int argc, char **argv, bool shows,
                          struct error *error)
{
    *args = (struct config_args){0};
    for (int at = 1; at < argc; at++) {
        enum err err = OK;

        if (strcmp(argv[at], "-h") == 0)
            args->help = true;
        else if (strncmp(argv[at], "--", 2) == 0 && argv[at][2] != '\0')
            err = read_flag(args, argv, &at, shows, error);
        else
            err = error_set(error, ERR_MALFORMED, "", "%.100s is not expected here", argv[at]);
        if (err != OK)
            return err;
    }
    return OK;
}

/* ---- the file ---- */

static enum err take_line(void *ctx, const struct config_line *line, struct error *error)
{
    struct config *config = ctx;
    enum knob knob = knob_by_key(line->key);

    if (knob == KNOB_MAX) {
        enum knob nearest = knob_nearest(line->key);

        return error_set(error, ERR_UNKNOWN_MEMBER, "",
                         nearest == KNOB_MAX ? "%.*s is not a setting"
                                             : "%.*s is not a setting; did you mean %s?",
                         BYTES_ARG(line->key), nearest == KNOB_MAX ? "" : knob_facts(nearest)->key);
    }
    if (config->values[knob].origin == CONFIG_FILE)
        return error_set(error, ERR_UNKNOWN_MEMBER, "",
                         "%.*s is set twice; the first time in line %d", BYTES_ARG(line->key),
                         config->values[knob].line);
    if (set(config, knob, line->value, CONFIG_FILE, error) != OK)
        return error->code;
    config->values[knob].line = line->line;
    return OK;
}

static enum err read_whole(const char *path, struct buffer *text, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? 1 : -1;

    while (got > 0) {
        char *room = buffer_room(text, 4096);

        if (room == NULL) {
            close(fd);
            return error_set(error, ERR_TOO_LARGE, path, "is longer than %d bytes",
                             (int)CONFIG_FILE_MAX);
        }
        got = read(fd, room, 4096);
        if (got > 0)
            buffer_added(text, (size_t)got);
    }
    if (got < 0)
        error_set(error, ERR_INTERNAL, path, "%s", strerrordesc_np(errno));
    if (fd >= 0)
        close(fd);
    return got < 0 ? ERR_INTERNAL : OK;
}

static enum err load_file(struct config *config, const char *path, struct error *error)
{
    struct buffer text;
    enum err err;

    config->file = copy_text(bytes_of(path));
    buffer_init(&text, CONFIG_FILE_MAX);
    err = read_whole(path, &text, error);
    if (err == OK) {
        err = config_file_read(buffer_bytes(&text), take_line, config, error);
        if (err != OK) {
            struct error inner = *error;

            error_set(error, inner.code, "", "%s", inner.detail);
            (void)snprintf(error->where, sizeof(error->where), "%.90s:%.30s", path, inner.where);
        }
    }
    buffer_fini(&text);
    return err;
}

/* ---- the environment ---- */

static bool env_is_ours(const char *variable, struct bytes *ret_name, struct bytes *ret_value)
{
    const char *equals = strchr(variable, '=');

    if (equals == NULL || strncmp(variable, "SLUICE_", strlen("SLUICE_")) != 0)
        return false;
    *ret_name = (struct bytes){variable, (size_t)(equals - variable)};
    *ret_value = bytes_of(equals + 1);
    return true;
}

static enum err load_env(struct config *config, char **environment, struct error *error)
{
    for (; *environment != NULL; environment++) {
        struct bytes name;
        struct bytes value;
        enum knob knob = env_is_ours(*environment, &name, &value) ? knob_by_env(name) : KNOB_MAX;

        if (knob == KNOB_MAX || value.len == 0)
            continue;
        if (set(config, knob, value, CONFIG_ENV, error) != OK) {
            knob_env(knob, error->where);
            return error->code;
        }
    }
    return OK;
}

/* Read by other parts: the client's commands, the programs that a worker runs, script/setup. */
static bool env_is_read_elsewhere(struct bytes name)
{
    return bytes_is(name, "SLUICE_CONFIG") || bytes_is(name, "SLUICE_URL") ||
           bytes_is(name, "SLUICE_CACHE") || bytes_is(name, "SLUICE_CONTAINER") ||
           bytes_is(name, "SLUICE_NS") || bytes_is(name, "SLUICE_CA_FILE") ||
           bytes_is(name, "SLUICE_CERT_FILE") || bytes_is(name, "SLUICE_KEY_FILE") ||
           bytes_starts(name, "SLUICE_TASK_") || bytes_starts(name, "SLUICE_WORK_");
}

bool config_unknown_env(char **environment, size_t *at, struct bytes *ret_name)
{
    while (environment[*at] != NULL) {
        struct bytes value;

        if (env_is_ours(environment[(*at)++], ret_name, &value) &&
            knob_by_env(*ret_name) == KNOB_MAX && !env_is_read_elsewhere(*ret_name))
            return true;
    }
    return false;
}

/* ---- all together ---- */

static enum err load_flags(struct config *config, const struct config_args *args,
                           struct error *error)
{
    for (enum knob knob = 0; knob < KNOB_MAX; knob++)
        if (args->flags[knob] != NULL &&
            set(config, knob, bytes_of(args->flags[knob]), CONFIG_FLAG, error) != OK) {
            knob_flag(knob, error->where);
            return error->code;
        }
    return OK;
}

static bool is_set(const struct config *config, enum knob knob)
{
    return config_text(config, knob)[0] != '\0';
}

/* So is one that is not set. */
static bool is_loopback(const struct config *config, enum knob knob)
{
    bool is_loopback = true;
    struct error error;

    return !is_set(config, knob) ||
           (listen_read("", config_text(config, knob), &is_loopback, &error) == OK && is_loopback);
}

static enum err check_tls(const struct config *config, struct error *error)
{
    bool has_cert = is_set(config, KNOB_TLS_CERT);

    if (has_cert != is_set(config, KNOB_TLS_KEY))
        return error_set(error, ERR_INVALID_FIELD, has_cert ? "tls_key" : "tls_cert",
                         "tls_cert and tls_key are set together or not at all");
    if (is_set(config, KNOB_TLS_CLIENT_CA) && !has_cert)
        return error_set(error, ERR_INVALID_FIELD, "tls_client_ca", "needs tls_cert and tls_key");
    if (config_switch(config, KNOB_REQUIRE_TLS) && !has_cert && !is_loopback(config, KNOB_LISTEN))
        return error_set(error, ERR_FORBIDDEN, "require_tls",
                         "an address that is not loopback needs tls_cert and tls_key");
    /* Its /metrics needs a token. */
    if (config_switch(config, KNOB_REQUIRE_TLS) && !is_loopback(config, KNOB_HEALTH_LISTEN))
        return error_set(error, ERR_FORBIDDEN, "require_tls",
                         "health_listen is plain HTTP: give it a loopback address, or leave it out "
                         "and let probes ask the other address");
    return OK;
}

static enum err check_networks(const struct config *config, enum knob knob, struct error *error)
{
    enum err err = networks_check(config_text(config, knob), error);

    if (err != OK)
        (void)snprintf(error->where, sizeof(error->where), "%s", knob_name(knob));
    return err;
}

static enum err check_addresses(const struct config *config, struct error *error)
{
    bool is_loopback;
    enum err err = listen_read("listen", config_text(config, KNOB_LISTEN), &is_loopback, error);

    if (err == OK && is_set(config, KNOB_HEALTH_LISTEN))
        err = listen_read("health_listen", config_text(config, KNOB_HEALTH_LISTEN), &is_loopback,
                          error);
    if (err == OK)
        err = hosts_check("allowed_hosts", config_text(config, KNOB_ALLOWED_HOSTS), error);
    if (err == OK)
        err = check_networks(config, KNOB_TRUSTED_PROXY, error);
    if (err == OK)
        err = check_networks(config, KNOB_PUSH_ALLOW, error);
    return err;
}

/* What single values cannot say. */
static enum err check(const struct config *config, struct error *error)
{
    if (config_number(config, KNOB_HEARTBEAT) >= config_number(config, KNOB_WORKER_TTL))
        return error_set(error, ERR_INVALID_FIELD, "heartbeat", "must be shorter than worker_ttl");
    if (bounds_check(config, error) != OK || check_addresses(config, error) != OK)
        return error->code;
    return check_tls(config, error);
}

static const char *file_named(const struct config_args *args, char **environment)
{
    if (args->file != NULL)
        return args->file;
    for (; *environment != NULL; environment++) {
        struct bytes name;
        struct bytes value;

        if (env_is_ours(*environment, &name, &value) && bytes_is(name, "SLUICE_CONFIG") &&
            value.len > 0)
            return value.at;
    }
    return NULL;
}

enum err config_load(struct config *config, const struct config_args *args, char **environment,
                     struct error *error)
{
    const char *file = file_named(args, environment);
    enum err err = OK;

    set_defaults(config);
    if (file != NULL)
        err = load_file(config, file, error);
    if (err == OK)
        err = load_env(config, environment, error);
    if (err == OK)
        err = load_flags(config, args, error);
    return err == OK ? check(config, error) : err;
}

void config_fini(struct config *config)
{
    for (enum knob knob = 0; knob < KNOB_MAX; knob++)
        free(config->values[knob].text);
    free(config->file);
}

const char *config_text(const struct config *config, enum knob knob)
{
    return config->values[knob].text;
}

void config_origin(const struct config *config, enum knob knob, char ret_text[CONFIG_ORIGIN_MAX])
{
    const struct config_value *value = &config->values[knob];

    switch (value->origin) {
    case CONFIG_DEFAULT:
        (void)snprintf(ret_text, CONFIG_ORIGIN_MAX, "default");
        break;
    case CONFIG_FILE:
        (void)snprintf(ret_text, CONFIG_ORIGIN_MAX, "%s:%d", config->file, value->line);
        break;
    case CONFIG_ENV:
        knob_env(knob, ret_text);
        break;
    case CONFIG_FLAG:
        knob_flag(knob, ret_text);
        break;
    }
}

int64_t config_number(const struct config *config, enum knob knob)
{
    return config->values[knob].number;
}

unsigned config_choice(const struct config *config, enum knob knob)
{
    ASSERT(knob_facts(knob)->kind == KNOB_KIND_CHOICE);
    return (unsigned)config->values[knob].number;
}

bool config_switch(const struct config *config, enum knob knob)
{
    ASSERT(knob_facts(knob)->kind == KNOB_KIND_SWITCH);
    return config->values[knob].number != 0;
}

bool config_is_loopback_only(const struct config *config)
{
    return is_loopback(config, KNOB_LISTEN) && is_loopback(config, KNOB_HEALTH_LISTEN);
}
