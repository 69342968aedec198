/* Reload: the token file and the TLS files are read again while the broker runs. A file that did
 * not change is read, too, and said to be as it was: one that is a copy (of systemd's, of an
 * orchestrator's) stays the same however its source was edited. */
#include "reload.h"

#include "base/log.h"
#include "base/time_text.h"
#include "file_facts.h"
#include "listeners.h"
#include "note.h"
#include "tokens.h"
#include "warnings.h"

static bool is_set(const struct broker *broker, enum knob knob)
{
    return config_text(broker->config, knob)[0] != '\0';
}

static struct bytes time_text(int64_t at_ms, char ret_text[TIME_TEXT_LEN + 1])
{
    if (at_ms < 0)
        return BYTES("");
    time_write(at_ms, ret_text);
    return bytes_of(ret_text);
}

static void tell_failure(struct broker *broker, const char *setting, const char *path,
                         const struct error *error)
{
    log_event(LOG_ERROR, "config.not_reloaded", error->detail,
              LOG_TEXT_FIELD("where", bytes_of(setting)), LOG_TEXT_FIELD("file", bytes_of(path)), );
    note_not_reloaded(broker, setting, error->detail);
}

/* ---- tokens ---- */

static void reload_tokens(struct broker *broker)
{
    const char *path = config_text(broker->config, KNOB_TOKEN_FILE);
    int64_t before_ms = broker->read_at_ms.tokens;
    char text[TIME_TEXT_LEN + 1];
    struct tokens_change change;
    struct error error = {0};

    if (tokens_read_file(broker, &change, &error) != OK) {
        tell_failure(broker, "token_file", path, &error);
        return;
    }
    log_event(LOG_INFO, "config.reloaded",
              broker->read_at_ms.tokens == before_ms
                  ? "the token file was read again; it was not modified since the last time"
                  : "the token file was read again",
              LOG_TEXT_FIELD("file", bytes_of(path)),
              LOG_TEXT_FIELD("modified_at", time_text(broker->read_at_ms.tokens, text)),
              LOG_INT_FIELD("tokens", (int64_t)change.len),
              LOG_INT_FIELD("tokens_added", (int64_t)change.added),
              LOG_INT_FIELD("tokens_dropped", (int64_t)change.dropped),
              LOG_INT_FIELD("tokens_kept", (int64_t)change.kept), );
    note_tokens_reloaded(broker, &change);
}

/* ---- TLS ---- */

static int64_t modified_at(const struct broker *broker, enum knob knob)
{
    struct file_facts facts = {.modified_at_ms = -1};

    if (is_set(broker, knob))
        (void)file_facts_read(config_text(broker->config, knob), &facts);
    return facts.modified_at_ms;
}

void reload_remember(struct broker *broker)
{
    broker->read_at_ms.cert = modified_at(broker, KNOB_TLS_CERT);
    broker->read_at_ms.key = modified_at(broker, KNOB_TLS_KEY);
    broker->read_at_ms.client_ca = modified_at(broker, KNOB_TLS_CLIENT_CA);
}

static void reload_tls(struct broker *broker)
{
    const char *path = config_text(broker->config, KNOB_TLS_CERT);
    struct broker_read_at before = broker->read_at_ms, *now = &broker->read_at_ms;
    char cert[TIME_TEXT_LEN + 1], key[TIME_TEXT_LEN + 1];
    struct error error = {0};
    bool is_same;

    if (listeners_reload(broker, &error) != OK) {
        enum knob knob = knob_by_key(bytes_of(error.where));

        tell_failure(broker, error.where,
                     knob != KNOB_MAX ? config_text(broker->config, knob) : path, &error);
        return;
    }
    reload_remember(broker);
    is_same =
        before.cert == now->cert && before.key == now->key && before.client_ca == now->client_ca;
    log_event(LOG_INFO, "config.reloaded",
              is_same ? "the TLS files were read again; none was modified since the last time"
                      : "the TLS files were read again",
              LOG_TEXT_FIELD("file", bytes_of(path)),
              LOG_TEXT_FIELD("modified_at", time_text(now->cert, cert)),
              LOG_TEXT_FIELD("key_modified_at", time_text(now->key, key)), );
    note_tls_reloaded(broker, !is_same);
}

/* Each for itself: a new certificate must not wait for a mistake in the other file. */
void reload(struct broker *broker)
{
    if (is_set(broker, KNOB_TOKEN_FILE))
        reload_tokens(broker);
    if (is_set(broker, KNOB_TLS_CERT))
        reload_tls(broker);
    if (!is_set(broker, KNOB_TOKEN_FILE) && !is_set(broker, KNOB_TLS_CERT))
        log_event(LOG_INFO, "config.nothing_to_reload",
                  "neither token_file nor tls_cert is set; other settings need a restart", );
    warnings_of_secrets(broker);
}
