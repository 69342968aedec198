/* Tokens: those of the file and of the store come into the keyring, and without any nobody but this
 * machine's users is served. */
#include "tokens.h"

#include "base/log.h"
#include "base/map.h"
#include "data_folder.h"
#include "listen.h"
#include "resources.h"
#include "token_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the file ---- */

static uint64_t short_hash(const struct digest *hash)
{
    uint64_t number;

    memcpy(&number, hash->at, sizeof(number));
    return number;
}

/* Before the keyring takes them up. */
static struct tokens_change compare(const struct broker *broker, struct token_file *file)
{
    struct tokens_change change = {.len = file->lines_len};
    const struct key_facts *key;
    struct map *lines = map_new();
    size_t at = 0, kept = 0;

    for (size_t i = 0; i < file->lines_len; i++)
        (void)map_put_int(lines, short_hash(&file->lines[i].hash), &file->lines[i]);
    while ((key = keyring_each(broker->keyring, &at)) != NULL)
        kept += key->source == KEY_FROM_FILE && map_get_int(lines, short_hash(&key->hash)) != NULL;
    map_free(lines);
    change.kept = kept;
    change.added = file->lines_len - kept;
    change.dropped = keyring_len(broker->keyring, KEY_FROM_FILE) - kept;
    return change;
}

static void warn(const struct token_file *file, const char *path)
{
    if (file->short_len > 0)
        log_event(LOG_WARN, "tokens.short", "tokens of fewer than 20 characters can be guessed",
                  LOG_TEXT_FIELD("file", bytes_of(path)),
                  LOG_INT_FIELD("tokens", file->short_len), );
    if (file->facts.is_for_anybody && file->plain_len > 0 &&
        !resources_is_container(getpid(), getenv("SLUICE_CONTAINER")))
        log_event(LOG_WARN, "tokens.readable",
                  "every user of this machine may read the tokens: chmod o-r the file, or write "
                  "hashes into it (sluice token line)",
                  LOG_TEXT_FIELD("file", bytes_of(path)),
                  LOG_INT_FIELD("tokens", file->plain_len), );
}

/* The commands read a file of the same name that holds their own token. */
static enum err refuse_clients(const struct config *config, struct error *error)
{
    char origin[CONFIG_ORIGIN_MAX];

    config_origin(config, KNOB_TOKEN_FILE, origin);
    return error_set(error, ERR_INVALID_FIELD, "token_file",
                     "%.90s (%.60s) looks like a client's token file, a token alone: the broker's "
                     "has lines of TOKEN ROLE; sluice token line makes one",
                     config_text(config, KNOB_TOKEN_FILE), origin);
}

enum err tokens_read_file(struct broker *broker, struct tokens_change *ret_change,
                          struct error *error)
{
    const char *path = config_text(broker->config, KNOB_TOKEN_FILE);
    struct token_file file;
    enum err err;

    *ret_change = (struct tokens_change){.len = keyring_len(broker->keyring, KEY_FROM_FILE)};
    ret_change->kept = ret_change->len;
    if (path[0] == '\0')
        return OK;
    err = token_file_read(path, &file, error);
    if (err != OK && file.is_token_alone)
        err = refuse_clients(broker->config, error);
    if (err == OK && file.lines_len == 0) /* a secret that was cut must not open the door */
        err = error_set(error, ERR_INVALID_FIELD, "token_file", "%.150s: holds no token", path);
    if (err == OK) {
        warn(&file, path);
        *ret_change = compare(broker, &file);
        broker->read_at_ms.tokens = file.facts.modified_at_ms;
        keyring_put_file(broker->keyring, file.lines, file.lines_len);
    }
    token_file_fini(&file);
    return err;
}

/* ---- the store ---- */

static void put(void *ctx, const struct token_record *token)
{
    struct broker *broker = ctx;

    struct key_facts facts = key_facts_of(token);

    keyring_put(broker->keyring, &facts);
}

void tokens_load_store(struct broker *broker)
{
    engine_each_token(broker->engine, put, broker);
}

/* ---- closed by default ---- */

bool tokens_are_missing(const struct broker *broker)
{
    return keyring_is_open(broker->keyring) && !config_is_loopback_only(broker->config);
}

static bool may_have_tokens(const struct broker *broker)
{
    return broker->engine == NULL && data_folder_has_store(config_text(broker->config, KNOB_DATA));
}

enum err tokens_check(const struct broker *broker, struct error *error)
{
    bool is_loopback;
    enum knob knob = KNOB_LISTEN;

    if (!tokens_are_missing(broker) || may_have_tokens(broker) ||
        config_switch(broker->config, KNOB_INSECURE_NO_AUTH))
        return OK;
    if (listen_read("", config_text(broker->config, knob), &is_loopback, error) == OK &&
        is_loopback)
        knob = KNOB_HEALTH_LISTEN;
    return error_set(error, ERR_FORBIDDEN, knob_name(knob),
                     "%.60s is not loopback, and there is no access token: give --token-file FILE, "
                     "or make the first token while only loopback is served (--insecure-no-auth "
                     "lets everybody do everything)",
                     config_text(broker->config, knob));
}
