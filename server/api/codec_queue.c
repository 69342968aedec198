/* Queue codec: the members of a queue's settings, one row each. */
#include "codec_queue.h"

#include "codec_rate.h"
#include "codec_retention.h"
#include "codec_task.h"

/* null is not the default, but none at all: priority is strict. */
static enum err field_aging(struct codec *codec, const struct spot *spot, json_t *value,
                            const struct field *field, void *target)
{
    if (!json_is_null(value))
        return field_seconds(codec, spot, value, field, target);
    *(int64_t *)(void *)((char *)target + field->at) = -1;
    return OK;
}

#define AT(member) .at = offsetof(struct queue_settings, member)
static const struct field FIELDS[] = {
    {.name = "concurrency",
     .read = field_int,
     AT(concurrency),
     .max = CONCURRENCY_MAX,
     .nullable = true,
     .bit = QUEUE_HAS_CONCURRENCY},
    {.name = "pending_limit",
     .read = field_int,
     AT(pending_limit),
     .max = UINT32_MAX,
     .nullable = true,
     .bit = QUEUE_HAS_PENDING_LIMIT},
    {.name = "paused", .read = field_bool, AT(paused), .bit = QUEUE_HAS_PAUSED},
    {.name = "paused_until",
     .read = field_time,
     AT(paused_until_ms),
     .most = BOUND_DELAY_MAX,
     .nullable = true,
     .bit = QUEUE_HAS_PAUSED_UNTIL},
    {.name = "retry", .read = field_retry, AT(retry), .nullable = true, .bit = QUEUE_HAS_RETRY},
    {.name = "lease_s",
     .read = field_seconds,
     AT(lease_ms),
     .least = BOUND_LEASE_MIN,
     .most = BOUND_LEASE_MAX,
     .bit = QUEUE_HAS_LEASE},
    {.name = "timeout_s",
     .read = field_seconds,
     AT(timeout_ms),
     .min = 1,
     .max = TIMEOUT_MAX_MS,
     .nullable = true,
     .bit = QUEUE_HAS_TIMEOUT},
    {.name = "retention",
     .read = field_retention,
     AT(retention),
     .nullable = true,
     .bit = QUEUE_HAS_RETENTION},
    {.name = "fairness", .read = field_bool, AT(is_fair), .bit = QUEUE_HAS_FAIRNESS},
    {.name = "aging_s",
     .read = field_aging,
     AT(aging_ms),
     .min = 1,
     .max = DELAY_MAX_MS,
     .bit = QUEUE_HAS_AGING},
    {.name = "rate", .read = field_rate, AT(rate), .nullable = true, .bit = QUEUE_HAS_RATE},
    {.name = "dead_letter_queue",
     .read = field_name,
     AT(dead_letter_queue),
     .most = BOUND_NAME_MAX,
     .nullable = true,
     .bit = QUEUE_HAS_DEAD_LETTER_QUEUE},
};
#undef AT

static const char *const LATER[] = {"filters", "persistent", "offline_ttl_s", "signal_headers",
                                    NULL};
static const struct shape SETTINGS_SHAPE = SHAPE(FIELDS, LATER);

enum err queue_edit_read(struct codec *codec, struct bytes text, struct queue_edit *edit)
{
    edit->settings = queue_default();

    enum err code = codec_body(codec, text, &SETTINGS_SHAPE, &edit->settings, &edit->has);

    if (code == OK && bytes_equal(edit->settings.dead_letter_queue, edit->queue))
        return codec_refuse(codec, &(struct spot){.name = "dead_letter_queue"}, ERR_INVALID_FIELD,
                            "must be another queue");

    /* Saying until when is saying that. */
    if (edit->settings.paused_until_ms >= 0 && (edit->has & QUEUE_HAS_PAUSED) == 0) {
        edit->settings.paused = true;
        edit->has |= QUEUE_HAS_PAUSED;
    }
    return code;
}

/* ---- verbs ---- */

static const struct field PAUSE_FIELDS[] = {
    {.name = "for_s",
     .read = field_seconds,
     .at = offsetof(struct queue_name, for_ms),
     .min = 1,
     .most = BOUND_DELAY_MAX,
     .nullable = true},
};
static const struct shape PAUSE_SHAPE = SHAPE(PAUSE_FIELDS, NULL);

enum err queue_pause_read(struct codec *codec, struct bytes text, struct queue_name *pause)
{
    pause->for_ms = -1;
    return codec_body(codec, text, &PAUSE_SHAPE, pause, NULL);
}

struct close_draft {
    unsigned mode;
    int64_t wait_timeout_ms, close_timeout_ms;
};

static const char *const MODES[] = {"wait", "now", NULL};

#define AT(member) .at = offsetof(struct close_draft, member)
static const struct field CLOSE_FIELDS[] = {
    {.name = "mode", .read = field_word, AT(mode), .words = MODES},
    {.name = "wait_timeout_s", .read = field_seconds, AT(wait_timeout_ms), .most = BOUND_DELAY_MAX},
    {.name = "close_timeout_s",
     .read = field_seconds,
     AT(close_timeout_ms),
     .most = BOUND_DELAY_MAX},
};
#undef AT
static const struct shape CLOSE_SHAPE = SHAPE(CLOSE_FIELDS, NULL);

enum err queue_close_read(struct codec *codec, struct bytes text, struct queue_close *close)
{
    struct close_draft draft = {.wait_timeout_ms = MINUTE_MS, .close_timeout_ms = GRACE_DEFAULT_MS};
    enum err code = codec_body(codec, text, &CLOSE_SHAPE, &draft, NULL);

    close->now = draft.mode == 1;
    close->wait_timeout_ms = draft.wait_timeout_ms;
    close->close_timeout_ms = draft.close_timeout_ms;
    return code;
}
