/* Reload: the token file and the TLS files are read again while the broker runs. */
#include "reload.h"

#include "base/log.h"
#include "listeners.h"
#include "note.h"
#include "tokens.h"

static void log_failure(const struct error *error)
{
    log_event(LOG_ERROR, "config.not_reloaded", error->detail,
              LOG_TEXT_FIELD("where", bytes_of(error->where)), );
}

/* Each for itself: a new certificate must not wait for a mistake in the other file. */
void reload(struct broker *broker)
{
    struct tokens_change change;
    struct error error = {0};
    bool with_tokens = tokens_read_file(broker, &change, &error) == OK;
    bool with_tls;

    if (!with_tokens)
        log_failure(&error);
    with_tls = listeners_reload(broker, &error) == OK;
    if (!with_tls)
        log_failure(&error);
    if (!with_tokens && !with_tls)
        return;
    with_tls = with_tls && config_text(broker->config, KNOB_TLS_CERT)[0] != '\0';
    log_event(LOG_INFO, "config.reloaded", "token file and TLS files were read again",
              LOG_INT_FIELD("tokens", (int64_t)change.len),
              LOG_INT_FIELD("tokens_added", (int64_t)change.added),
              LOG_INT_FIELD("tokens_dropped", (int64_t)change.dropped),
              LOG_TEXT_FIELD("tls", with_tls ? BYTES("true") : BYTES("false")), );
    note_reload(broker, &change, with_tls);
}
