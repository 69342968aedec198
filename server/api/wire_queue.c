/* Queue on the wire: settings as they can be put back, and counts as they are now. */
#include "codec_rate.h"
#include "wire.h"

void wire_counts(struct json_out *out, const struct queue_counts *counts)
{
    json_out_object(out);
    for (int state = TASK_STATE_NONE + 1; state < TASK_STATE_MAX; state++)
        json_member_int(out, task_state_name((enum task_state)state), counts->of[state]);
    json_out_object_end(out);
}

static void write_delays(struct json_out *out, const struct retry_policy *retry)
{
    static const char *const WORDS[] = {
        [RETRY_FIXED] = "fixed", [RETRY_LINEAR] = "linear", [RETRY_EXPONENTIAL] = "exponential"};

    if (retry->backoff == RETRY_LADDER) {
        json_out_key(out, "delays_s");
        json_out_array(out);
        for (unsigned i = 0; i < retry->delays_len; i++)
            json_out_seconds(out, retry->delays_ms[i]);
        json_out_array_end(out);
        return;
    }
    json_member_text(out, "backoff", bytes_of(WORDS[retry->backoff]));
    json_member_seconds_or_null(out, "delay_s", retry->delay_ms);
    json_member_seconds_or_null(out, "max_delay_s", retry->max_delay_ms);
}

/* The policy in effect: what was not said is the default. */
static void write_retry(struct json_out *out, const struct retry_policy *said)
{
    static const char *const JITTERS[] = {
        [RETRY_JITTER_NONE] = "none", [RETRY_JITTER_FULL] = "full", [RETRY_JITTER_EQUAL] = "equal"};
    struct retry_policy retry = retry_merge(retry_default(), said);
    struct bytes types = retry.non_retryable;
    struct bytes type;

    json_out_key(out, "retry");
    json_out_object(out);
    json_member_int(out, "max_attempts", retry.max_attempts);
    json_member_int(out, "max_crashes", retry.max_crashes);
    write_delays(out, &retry);
    json_member_text(out, "jitter", bytes_of(JITTERS[retry.jitter]));
    json_out_key(out, "non_retryable");
    json_out_array(out);
    while (bytes_split(&types, '\n', &type))
        if (type.len > 0)
            json_out_text(out, type);
    json_out_array_end(out);
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

static void write_settings(struct json_out *out, const struct queue_settings *settings)
{
    json_member_int_or_null(out, "concurrency", settings->concurrency);
    json_member_int_or_null(out, "pending_limit", settings->pending_limit);
    json_member_bool(out, "paused", settings->paused);
    json_member_time_or_null(out, "paused_until", settings->paused_until_ms);
    write_retry(out, &settings->retry);
    json_member_seconds_or_null(out, "lease_s", settings->lease_ms);
    json_member_seconds_or_null(out, "timeout_s", settings->timeout_ms);
    write_retention(out, &settings->retention);
    json_member_bool(out, "fairness", settings->is_fair);
    json_member_seconds_or_null(out, "aging_s", settings->aging_ms);
    json_out_key(out, "rate");
    wire_rate(out, &settings->rate);
    json_member_text_or_null(out, "dead_letter_queue", settings->dead_letter_queue);
}

static void write_replica(struct json_out *out, const struct worker_view *worker)
{
    json_out_object(out);
    wire_member_id(out, "worker_id", worker->id);
    json_member_text_or_null(out, "instance", worker->spec.instance);
    json_member_text_or_null(out, "version", worker->spec.version);
    json_member_time_or_null(out, "last_seen_at", worker->last_seen_at_ms);
    json_member_int(out, "running", worker->running);
    json_member_int(out, "concurrency", worker->spec.concurrency);
    json_out_object_end(out);
}

void wire_queue(struct json_out *out, const struct queue_view *queue)
{
    json_out_object(out);
    json_member_text(out, "name", queue->name);
    write_settings(out, &queue->settings);
    json_out_key(out, "counts");
    wire_counts(out, &queue->counts);
    json_member_seconds_or_null(out, "oldest_ready_age_s", queue->oldest_ready_age_ms);
    json_out_key(out, "replicas");
    json_out_array(out);
    for (unsigned i = 0; i < queue->replicas_len; i++)
        write_replica(out, &queue->replicas[i]);
    json_out_array_end(out);
    json_member_bool(out, "stalled", queue->stalled);
    json_out_key(out, "blocked_by");
    json_out_array(out);
    for (unsigned i = 0; i < queue->blocked_by_len; i++)
        json_out_text(out, bytes_of(queue->blocked_by[i]));
    json_out_array_end(out);
    json_member_bool(out, "closed", queue->closed);
    json_member_bool(out, "closing", queue->closing);
    json_member_time_or_null(out, "created_at", queue->created_at_ms);
    json_member_int(out, "version", queue->version);
    json_out_object_end(out);
}

void wire_queue_stats(struct json_out *out, const struct queue_view *queue)
{
    json_out_object(out);
    json_member_text(out, "name", queue->name);
    json_member_int(out, "demand", queue->demand);
    json_member_int(out, "ready", queue->counts.of[TASK_READY]);
    json_member_int(out, "running", queue->counts.of[TASK_RUNNING]);
    json_out_key(out, "rates");
    json_out_object(out);
    json_out_key(out, "submitted_per_s");
    json_out_double(out, queue->submitted_per_s);
    json_out_key(out, "claimed_per_s");
    json_out_double(out, queue->claimed_per_s);
    json_out_key(out, "finished_per_s");
    json_out_double(out, queue->finished_per_s);
    json_out_object_end(out);
    json_out_key(out, "wait_s");
    json_out_object(out);
    json_member_seconds_or_null(out, "p50", queue->wait_p50_ms);
    json_member_seconds_or_null(out, "p99", queue->wait_p99_ms);
    json_out_object_end(out);
    json_member_seconds_or_null(out, "oldest_ready_age_s", queue->oldest_ready_age_ms);
    json_out_object_end(out);
}
