/* Audit settings: what a change of a queue's settings changed, as the API names it. */
#include "audit.h"

static void write_delays(struct json_out *out, const struct retry_policy *retry)
{
    static const char *const WORDS[] = {
        [RETRY_FIXED] = "fixed", [RETRY_LINEAR] = "linear", [RETRY_EXPONENTIAL] = "exponential"};

    if (retry->backoff != RETRY_LADDER) {
        json_member_text(out, "backoff", bytes_of(WORDS[retry->backoff]));
        json_member_seconds_or_null(out, "delay_s", retry->delay_ms);
        json_member_seconds_or_null(out, "max_delay_s", retry->max_delay_ms);
        return;
    }
    json_out_key(out, "delays_s");
    json_out_array(out);
    for (unsigned i = 0; i < retry->delays_len; i++)
        json_out_seconds(out, retry->delays_ms[i]);
    json_out_array_end(out);
}

static void write_types(struct json_out *out, struct bytes types)
{
    struct bytes type;

    json_out_key(out, "non_retryable");
    json_out_array(out);
    while (bytes_split(&types, '\n', &type))
        if (type.len > 0)
            json_out_text(out, type);
    json_out_array_end(out);
}

/* As it was said: what was not is left out. */
static void write_retry(struct json_out *out, const struct retry_policy *retry)
{
    static const char *const JITTERS[] = {
        [RETRY_JITTER_NONE] = "none", [RETRY_JITTER_FULL] = "full", [RETRY_JITTER_EQUAL] = "equal"};

    json_out_key(out, "retry");
    json_out_object(out);
    if ((retry->given & RETRY_HAS_MAX_ATTEMPTS) != 0)
        json_member_int(out, "max_attempts", retry->max_attempts);
    if ((retry->given & RETRY_HAS_MAX_CRASHES) != 0)
        json_member_int(out, "max_crashes", retry->max_crashes);
    if ((retry->given & RETRY_HAS_DELAYS) != 0)
        write_delays(out, retry);
    if ((retry->given & RETRY_HAS_JITTER) != 0)
        json_member_text(out, "jitter", bytes_of(JITTERS[retry->jitter]));
    if ((retry->given & RETRY_HAS_NON_RETRYABLE) != 0)
        write_types(out, retry->non_retryable);
    json_out_object_end(out);
}

static void write_retention(struct json_out *out, const struct retention *retention)
{
    json_out_key(out, "retention");
    json_out_object(out);
    json_member_seconds_or_null(out, "succeeded_s", retention->succeeded_ms);
    json_member_seconds_or_null(out, "failed_s", retention->failed_ms);
    json_member_int_or_null(out, "max_count", retention->max_count);
    json_member_int_or_null(out, "max_bytes", retention->max_bytes);
    json_out_object_end(out);
}

/* Those of one that are not as in the other. */
static void write_differing(struct json_out *out, const struct queue_settings *one,
                            const struct queue_settings *other, struct arena *arena)
{
    json_out_object(out);
    if (one->concurrency != other->concurrency)
        json_member_int_or_null(out, "concurrency", one->concurrency);
    if (one->pending_limit != other->pending_limit)
        json_member_int_or_null(out, "pending_limit", one->pending_limit);
    if (one->paused != other->paused)
        json_member_bool(out, "paused", one->paused);
    if (one->paused_until_ms != other->paused_until_ms)
        json_member_time_or_null(out, "paused_until", one->paused_until_ms);
    if (!bytes_equal(retry_write(&one->retry, arena), retry_write(&other->retry, arena)))
        write_retry(out, &one->retry);
    if (one->lease_ms != other->lease_ms)
        json_member_seconds_or_null(out, "lease_s", one->lease_ms);
    if (one->timeout_ms != other->timeout_ms)
        json_member_seconds_or_null(out, "timeout_s", one->timeout_ms);
    if (!retention_equal(&one->retention, &other->retention))
        write_retention(out, &one->retention);
    if (one->is_fair != other->is_fair)
        json_member_bool(out, "fairness", one->is_fair);
    if (one->aging_ms != other->aging_ms)
        json_member_seconds_or_null(out, "aging_s", one->aging_ms);
    if (!bytes_equal(rate_write(&one->rate, arena), rate_write(&other->rate, arena)))
        json_member_raw_or_null(out, "rate", rate_write(&one->rate, arena));
    if (!bytes_equal(one->dead_letter_queue, other->dead_letter_queue))
        json_member_text_or_null(out, "dead_letter_queue", one->dead_letter_queue);
    json_out_object_end(out);
}

struct bytes audit_settings(const struct batch *batch, const struct queue_settings *before,
                            const struct queue_settings *after)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_out_key(&detail.out, "before");
    write_differing(&detail.out, before, after, batch->mem);
    json_out_key(&detail.out, "after");
    write_differing(&detail.out, after, before, batch->mem);
    return audit_detail_end(&detail, batch->mem);
}
