/* Heartbeat: one is always waiting at the broker, so that a cancel arrives the moment it is asked
 * for. */
#include "work.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/log.h"
#include "exit_code.h"
#include "job.h"
#include "json.h"
#include "problem.h"
#include "waiting.h"

enum {
    SLACK_MS = 15 * 1000,
    BODY_BYTES_MAX = 4 * 1024 * 1024,
    EARLY_MS = 1000,
    WAIT_MS_MAX = 60 * 1000,
    GRACE_MS = 10 * 1000,
    GRACE_SHARE = 5, /* this part of a grace is kept for saying that the task has stopped, */
    GRACE_KEPT_MS_MAX = 1000, /* but no more than this */
};

static struct job *job_of(struct work *work, struct bytes lease)
{
    struct list_node *node = list_first(&work->jobs);

    for (; node != NULL; node = list_next(&work->jobs, node)) {
        struct job *job = CONTAINER_OF(node, struct job, link);

        if (bytes_is(lease, job->lease))
            return job;
    }
    return NULL;
}

/* False when the task was told already. */
static bool cancel_job(struct work *work, struct bytes entry, struct arena *arena)
{
    struct job *job = job_of(work, json_text_of(entry, "lease", arena));
    int64_t grace_ms = json_seconds_of(entry, "grace_s", GRACE_MS);
    int64_t kept_ms =
        grace_ms / GRACE_SHARE < GRACE_KEPT_MS_MAX ? grace_ms / GRACE_SHARE : GRACE_KEPT_MS_MAX;

    if (job == NULL || job->phase != JOB_RUNS || job->stop != JOB_GOES_ON)
        return false;
    job_end(job, JOB_CANCELLED, grace_ms - kept_ms);
    return true;
}

static bool take_cancelled(struct work *work, struct bytes cancelled, struct arena *arena)
{
    bool is_news = false;
    struct bytes key;
    struct bytes entry;
    size_t at = 0;

    while (json_each(cancelled, &at, &key, &entry))
        is_news = (json_is_object(entry) && cancel_job(work, entry, arena)) || is_news;
    return is_news;
}

static bool take_lost(struct work *work, struct bytes lost, struct arena *arena)
{
    bool is_news = false;
    struct bytes key;
    struct bytes entry;
    size_t at = 0;

    while (json_each(lost, &at, &key, &entry)) {
        struct job *job = job_of(work, json_unquote(entry, arena));

        if (job == NULL || job->phase != JOB_RUNS || job->stop == JOB_LOST)
            continue;
        job_end(job, JOB_LOST, work->config->kill_after_ms);
        is_news = true;
    }
    return is_news;
}

static bool take_state(struct work *work, struct bytes state)
{
    bool is_quiet = bytes_is(state, "quiet");
    bool is_news = is_quiet != work->is_quiet;

    if (bytes_is(state, "terminate") && work->phase == WORK_SERVES) {
        work_drain(work, "the broker asked for it");
        return true;
    }
    if (is_news) {
        log_event(LOG_INFO, "worker.state",
                  is_quiet ? "claims nothing more for now" : "claims again", );
        work->is_quiet = is_quiet;
        if (is_quiet)
            claiming_stop(work);
    }
    return is_news;
}

static void take(struct work *work, struct bytes answer)
{
    int64_t now_mono_ms = errand_now_mono_ms();
    struct arena *arena = arena_new();
    bool is_news = take_cancelled(work, json_list_of(answer, "cancelled"), arena);

    is_news = take_lost(work, json_list_of(answer, "lost"), arena) || is_news;
    is_news = take_state(work, json_text_of(answer, "state", arena)) || is_news;
    work->heartbeat_ms = json_seconds_of(answer, "next_s", work->heartbeat_ms);
    work->heartbeat.due_mono_ms = now_mono_ms;
    if (!is_news && now_mono_ms - work->heartbeat.started_mono_ms < EARLY_MS)
        work->heartbeat.due_mono_ms = now_mono_ms + EARLY_MS;
    arena_free(arena);
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct work *work = ctx;
    enum errand_end end = errand_ended(&work->heartbeat, answer);

    work_note_answer(work, answer);
    if (end == ERRAND_ANSWERED && json_is_object(answer->body))
        take(work, answer->body);
    else if (end == ERRAND_REFUSED && answer->status == 404)
        registration_lost(work);
    else if (end != ERRAND_TRY_AGAIN)
        work->heartbeat.due_mono_ms = errand_now_mono_ms() + work->heartbeat_ms;
}

static void write_body(struct work *work, struct buffer *body)
{
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    if (!work->names_leases) {
        json_member_text(&json, "leases", BYTES("all"));
    } else {
        json_out_key(&json, "leases");
        json_out_array(&json);
        for (struct list_node *node = list_first(&work->jobs); node != NULL;
             node = list_next(&work->jobs, node))
            json_out_text(&json, bytes_of(CONTAINER_OF(node, struct job, link)->lease));
        json_out_array_end(&json);
    }
    json_out_object_end(&json);
}

static void start(struct work *work)
{
    int64_t wait_ms = work->heartbeat_ms < WAIT_MS_MAX ? work->heartbeat_ms : WAIT_MS_MAX;
    struct arena *arena = arena_new();
    struct buffer body;

    buffer_init(&body, BODY_BYTES_MAX);
    write_body(work, &body);

    struct bytes rest =
        arena_printf(arena, "/heartbeat?wait=%s", waiting_seconds(wait_ms, arena).at);
    const struct http_request request = {
        .method = "POST",
        .path = work_path(work, rest.at, arena),
        .content_type = "application/json",
        .body = buffer_bytes(&body),
        .timeout_ms = wait_ms + SLACK_MS,
    };

    errand_start(&work->heartbeat, work->http, &request, on_answer, work);
    buffer_fini(&body);
    arena_free(arena);
}

int64_t heartbeat_move(struct work *work, int64_t now_mono_ms)
{
    if (work->worker_id == NULL || work->phase == WORK_LEAVES)
        return ERRAND_NEVER;
    if (errand_is_due(&work->heartbeat, now_mono_ms))
        start(work);
    return errand_next_mono_ms(&work->heartbeat);
}
