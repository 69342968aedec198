/* Minute: what is said and noted again and again while the broker runs. */
#include "minute.h"

#include "base/log.h"
#include "tokens.h"

enum { EVERY_MS = 60000 };

void minute_warn(const struct broker *broker)
{
    bool is_insecure = tokens_are_missing(broker);

    metrics_set(broker->metrics, METRIC_INSECURE, NULL, is_insecure);
    if (is_insecure)
        log_event(LOG_WARN, "broker.insecure",
                  "no access token is configured: everybody who reaches this may do everything",
                  LOG_TEXT_FIELD("listen", bytes_of(config_text(broker->config, KNOB_LISTEN))), );
}

static void on_minute(uv_timer_t *timer)
{
    struct broker *broker = timer->data;

    minute_warn(broker);
    if (broker->engine == NULL)
        return;
    api_note_uses(&broker->api);
    api_sweep_tokens(&broker->api);
    api_note_refused(&broker->api, false);
}

bool minute_start(struct broker *broker)
{
    broker->minute.data = broker;
    return uv_timer_init(&broker->loop, &broker->minute) == 0 &&
           uv_timer_start(&broker->minute, on_minute, EVERY_MS, EVERY_MS) == 0;
}
