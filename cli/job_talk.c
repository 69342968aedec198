/* Job talk: what goes to the broker about one job: its log while it runs, its progress, and at last
 * the report. */
#include "job.h"

#include "base/json_out.h"
#include "base/log.h"
#include "base/utf8.h"
#include "problem.h"
#include "work.h"

#include <string.h>

enum {
    LOG_PENDING_MAX = 256 * 1024,
    LOG_SENT_MAX = 64 * 1024,
    LOG_TOTAL_MAX = 1024 * 1024,
    LOG_LINES_SENT_MAX = 1000,
    REPLACED_LEN = 3, /* of U+FFFD, which stands for one byte that is no text */
    LOG_GATHER_MS = 300,
    PROGRESS_PAUSE_MS = 200,
    PROGRESS_BYTES_MAX = 16 * 1024,
    TIMEOUT_MS = 30 * 1000,
};

static void stop_if_stale(struct job *job, const struct http_answer *answer)
{
    if (answer->status == 409 && bytes_is(problem_code(answer->body, job->arena), "stale_lease"))
        job_end(job, JOB_LOST, job->work->config->kill_after_ms);
}

/* The paths are made once: a job that says a thousand times how far it is must not grow. */
static void send(struct job *job, struct errand *errand, const struct http_request *request,
                 http_done_fn *done)
{
    struct http_request whole = *request;

    whole.method = "POST";
    whole.timeout_ms = TIMEOUT_MS;
    errand_start(errand, job->work->http, &whole, done, job);
}

/* What a program prints need not be text; a log must. */
static void append_text(struct buffer *buffer, struct bytes line)
{
    while (line.len > 0) {
        size_t len = line.at[0] != '\0' ? utf8_sequence(line) : 0;

        buffer_append(buffer, len > 0 ? (struct bytes){line.at, len} : BYTES("\xef\xbf\xbd"));
        line.at += len > 0 ? len : 1;
        line.len -= len > 0 ? len : 1;
    }
    buffer_append_char(buffer, '\n');
}

void job_add_log(struct job *job, struct bytes line)
{
    size_t before = job->log_text.len;
    size_t len_most = line.len * REPLACED_LEN + 1;

    if (job->log_total + len_most > LOG_TOTAL_MAX || before + len_most > LOG_PENDING_MAX) {
        job->log_lost++;
        return;
    }
    append_text(&job->log_text, line);
    job->log_total += job->log_text.len - before;
    if (job->log.call == NULL && job->log.due_mono_ms == ERRAND_NEVER)
        job->log.due_mono_ms = errand_now_mono_ms() + LOG_GATHER_MS;
}

static void on_log_answer(void *ctx, const struct http_answer *answer)
{
    struct job *job = ctx;
    enum errand_end end = errand_ended(&job->log, answer);

    work_note_answer(job->work, answer);
    stop_if_stale(job, answer);
    if (end != ERRAND_TRY_AGAIN)
        buffer_consume(&job->log_text, job->log_sent);
    else if (job->phase == JOB_HAS_ENDED)
        job->log_tries_left--;
    if (end != ERRAND_TRY_AGAIN && job->log_text.len > 0)
        job->log.due_mono_ms = errand_now_mono_ms() + LOG_GATHER_MS;
}

/* As many whole lines as one body may carry. */
static size_t log_piece(const struct job *job)
{
    struct bytes rest = buffer_bytes(&job->log_text);
    struct bytes line;
    size_t len = 0;

    for (unsigned i = 0; i < LOG_LINES_SENT_MAX && bytes_split(&rest, '\n', &line); i++) {
        if (len > 0 && len + line.len + 1 > LOG_SENT_MAX)
            break;
        len += line.len + 1;
    }
    return len;
}

static void send_log(struct job *job)
{
    job->log_sent = log_piece(job);

    const struct http_request request = {
        .path = job->log_path,
        .content_type = "text/plain",
        .body = {job->log_text.at, job->log_sent},
    };

    send(job, &job->log, &request, on_log_answer);
}

void job_set_progress(struct job *job, double percent, struct bytes message)
{
    job->progress_percent = percent;
    buffer_clear(&job->progress_message);
    if (message.len > 0)
        buffer_append(&job->progress_message, message);
    if (!job->has_progress && job->progress.call == NULL &&
        job->progress.due_mono_ms == ERRAND_NEVER)
        job->progress.due_mono_ms = 0;
    job->has_progress = true;
}

static void on_progress_answer(void *ctx, const struct http_answer *answer)
{
    struct job *job = ctx;
    enum errand_end end = errand_ended(&job->progress, answer);

    work_note_answer(job->work, answer);
    stop_if_stale(job, answer);
    if (end == ERRAND_TRY_AGAIN)
        job->has_progress = true; /* what is newest by then */
    else
        job->progress.due_mono_ms = errand_now_mono_ms() + PROGRESS_PAUSE_MS;
}

static void send_progress(struct job *job)
{
    struct buffer body;
    struct json_out json;

    buffer_init(&body, PROGRESS_BYTES_MAX);
    json_out_init(&json, &body);
    json_out_object(&json);
    json_out_key(&json, "percent");
    json_out_double(&json, job->progress_percent);
    if (job->progress_message.len > 0)
        json_member_text(&json, "message", buffer_bytes(&job->progress_message));
    json_out_object_end(&json);

    const struct http_request request = {.path = job->progress_path,
                                         .content_type = "application/json",
                                         .body = buffer_bytes(&body)};

    job->has_progress = false;
    send(job, &job->progress, &request, on_progress_answer);
    buffer_fini(&body);
}

static void note_outcome(const struct job *job, const struct http_answer *answer)
{
    int64_t took_ms = errand_now_mono_ms() - job->started_mono_ms;

    if (answer->status <= 299)
        log_event(LOG_INFO, "task.reported", job->report.verb,
                  LOG_TEXT_FIELD("task", bytes_of(job->id)), LOG_INT_FIELD("took_ms", took_ms), );
    else if (job->stop != JOB_TIMED_OUT) /* there the broker's clock was first, as it should be */
        log_event(
            LOG_WARN, "task.not_taken", "the broker did not take the outcome",
            LOG_TEXT_FIELD("task", bytes_of(job->id)),
            LOG_TEXT_FIELD("outcome", bytes_of(job->report.verb)),
            LOG_INT_FIELD("status", answer->status),
            LOG_TEXT_FIELD("why", problem_detail(answer->status, answer->body, job->arena)), );
}

static void on_outcome_answer(void *ctx, const struct http_answer *answer)
{
    struct job *job = ctx;
    enum errand_end end = errand_ended(&job->outcome, answer);
    bool is_result = strcmp(job->report.verb, "complete") == 0;

    work_note_answer(job->work, answer);
    if (end == ERRAND_TRY_AGAIN)
        return;
    note_outcome(job, answer);
    if (end == ERRAND_REFUSED && is_result && answer->status != 409 && answer->status != 404 &&
        answer->status != 401 && answer->status != 403) {
        /* Too large, most likely. Said as a failure, or the task would be tried again for nothing.
         */
        job_report_refused(job, problem_detail(answer->status, answer->body, job->arena));
        job->outcome.due_mono_ms = 0;
        return;
    }
    job->phase = JOB_IS_DONE;
}

static void send_outcome(struct job *job)
{
    struct arena *arena = arena_new();
    const struct http_request request = {
        .path = arena_printf(arena, "/v1/leases/%s/%s", job->lease, job->report.verb).at,
        .content_type = job->report.content_type,
        .body = job->report.body,
    };

    send(job, &job->outcome, &request, on_outcome_answer);
    arena_free(arena);
}

/* The log is worth a few tries, but not worth holding back the outcome for ever. */
static void finish_log(struct job *job)
{
    bool is_hopeless =
        job->log_tries_left == 0 || job->stop == JOB_LOST || job->stop == JOB_DROPPED;

    if (job->log.call != NULL)
        return;
    if (job->log_lost > 0 && !is_hopeless) {
        struct bytes line =
            arena_printf(job->arena, "[%u more lines did not fit]\n", job->log_lost);

        buffer_append(&job->log_text, line);
        job->log_lost = 0;
    }
    if (job->log_text.len == 0 || is_hopeless) {
        errand_drop(&job->progress, ERRAND_NEVER);
        job->phase = job->report.verb != NULL ? JOB_REPORTS : JOB_IS_DONE;
        job->outcome.due_mono_ms = 0;
    } else if (job->log.backoff.failures == 0) {
        job->log.due_mono_ms = 0;
    }
}

int64_t job_talk(struct job *job, int64_t now_mono_ms)
{
    int64_t next = ERRAND_NEVER;

    if (job->phase == JOB_HAS_ENDED)
        finish_log(job);
    if (job->phase == JOB_REPORTS) {
        if (errand_is_due(&job->outcome, now_mono_ms))
            send_outcome(job);
        return errand_next_mono_ms(&job->outcome);
    }
    if (errand_is_due(&job->log, now_mono_ms) && job->log_text.len > 0)
        send_log(job);
    if (errand_is_due(&job->progress, now_mono_ms)) {
        if (job->has_progress)
            send_progress(job);
        else
            job->progress.due_mono_ms = ERRAND_NEVER;
    }
    next = errand_next_mono_ms(&job->log);
    return next < errand_next_mono_ms(&job->progress) ? next : errand_next_mono_ms(&job->progress);
}
