/* Job: one leased task from its claim to the answer about it: the program that runs, what it says,
 * what we report. */
#include "job.h"

#include "base/base64.h"
#include "base/json_scan.h"
#include "base/log.h"
#include "base/memory.h"
#include "control.h"
#include "json.h"
#include "work.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESULT_BYTES_MAX = 1024 * 1024,
    LOG_LINE_MAX = 8 * 1024,
    CONTROL_LINE_MAX = RESULT_BYTES_MAX + 64,
    TAIL_KEPT = 4 * 1024,
    PROGRESS_MESSAGE_MAX = 4 * 1024,
    LOG_TRIES = 2,
};

static void keep_tail(struct job *job, struct bytes line)
{
    buffer_append(&job->error_tail, line);
    buffer_append_char(&job->error_tail, '\n');
    if (job->error_tail.len > TAIL_KEPT)
        buffer_consume(&job->error_tail, job->error_tail.len - TAIL_KEPT);
}

static void on_error_line(void *owner, struct bytes line)
{
    struct job *job = owner;

    keep_tail(job, line);
    job_add_log(job, line);
}

static void on_control_line(void *owner, struct bytes line)
{
    struct job *job = owner;
    struct control_line control = control_parse(line);

    switch (control.kind) {
    case CONTROL_PROGRESS:
        job_set_progress(job, control.percent, control.text);
        return;
    case CONTROL_LOG:
        job_add_log(job, control.text.at != NULL ? control.text : BYTES(""));
        return;
    case CONTROL_RESULT:
        job->result = arena_bytes(job->arena, control.text.at != NULL ? control.text : BYTES(""));
        return;
    case CONTROL_RETRY_AFTER:
        job->retry_after_ms = control.retry_after_ms;
        return;
    case CONTROL_UNKNOWN:
    default:
        log_event(LOG_WARN, "task.control", "a line on descriptor 3 is not understood",
                  LOG_TEXT_FIELD("task", bytes_of(job->id)), LOG_TEXT_FIELD("line", line), );
        return;
    }
}

static void on_output(void *owner, enum child_stream stream, struct bytes data)
{
    struct job *job = owner;

    switch (stream) {
    case CHILD_OUTPUT:
        buffer_append(&job->output, data); /* what is too much shows as overflowed */
        return;
    case CHILD_ERRORS:
        lines_add(&job->error_lines, data);
        return;
    case CHILD_CONTROL:
        lines_add(&job->control_lines, data);
        return;
    case CHILD_INPUT:
    case CHILD_STREAMS:
    default:
        return;
    }
}

/* The payload's own bytes. False: it is not what the broker may send. */
static bool find_input(struct job *job, struct bytes *ret_input)
{
    struct bytes base64 = json_text_of(job->task, "payload_base64", job->arena);

    if (base64.at != NULL)
        return base64_read(base64, job->arena, ret_input);
    *ret_input = json_find(job->task, "payload");
    return true;
}

/* Both times are the broker's, so its clock need not be ours. */
static int64_t find_deadline(struct job *job, int64_t now_mono_ms)
{
    int64_t deadline_ms = json_time_of(job->task, "attempt_deadline_at", job->arena);
    int64_t claimed_ms = json_time_of(job->task, "claimed_at", job->arena);

    if (deadline_ms < 0 || claimed_ms < 0 || deadline_ms < claimed_ms)
        return ERRAND_NEVER;
    return now_mono_ms + (deadline_ms - claimed_ms);
}

static void start_program(struct job *job)
{
    struct child_program program = {.argv = job->work->config->argv, .env = job_env(job)};
    int failure = 0;

    if (!find_input(job, &program.input)) {
        job_report_refused(job, BYTES("the payload is not base64"));
        job->phase = JOB_HAS_ENDED;
        return;
    }
    failure = child_start(&job->child, job->work->loop, &program);
    if (failure == 0) {
        log_event(LOG_INFO, "task.started", "started", LOG_TEXT_FIELD("task", bytes_of(job->id)),
                  LOG_TEXT_FIELD("type", json_text_of(job->task, "type", job->arena)),
                  LOG_INT_FIELD("attempt", json_int_of(job->task, "attempt", 0)),
                  LOG_INT_FIELD("pid", job->child.pid), );
        return;
    }
    log_event(LOG_ERROR, "task.not_started", strerror(failure),
              LOG_TEXT_FIELD("task", bytes_of(job->id)), );
    job_report_failed_start(job, failure);
    job->phase = JOB_HAS_ENDED;
}

static void init(struct job *job, int64_t now_mono_ms)
{
    job->started_mono_ms = now_mono_ms;
    job->deadline_mono_ms = find_deadline(job, now_mono_ms);
    job->kill_mono_ms = ERRAND_NEVER;
    job->retry_after_ms = -1;
    job->log_tries_left = LOG_TRIES;
    job->log.due_mono_ms = ERRAND_NEVER;
    job->progress.due_mono_ms = ERRAND_NEVER;
    job->child.on_output = on_output;
    job->child.owner = job;
    for (unsigned i = 0; i < CHILD_STREAMS; i++)
        job->child.streams[i].fd = -1;
    buffer_init(&job->output, RESULT_BYTES_MAX);
    buffer_init(&job->log_text, RESULT_BYTES_MAX);
    buffer_init(&job->progress_message, PROGRESS_MESSAGE_MAX);
    buffer_init(&job->error_tail, (size_t)TAIL_KEPT + LOG_LINE_MAX + 1);
    lines_init(&job->error_lines, LOG_LINE_MAX, on_error_line, job);
    lines_init(&job->control_lines, CONTROL_LINE_MAX, on_control_line, job);
}

struct job *job_new(struct work *work, struct bytes task)
{
    struct arena *arena = arena_new();
    struct bytes id = json_text_of(task, "id", arena);
    struct bytes lease = json_text_of(task, "lease", arena);
    struct job *job;

    if (id.len == 0 || lease.len == 0) {
        arena_free(arena);
        return NULL;
    }
    job = mem_alloc(sizeof(*job));
    job->work = work;
    job->arena = arena;
    job->task = arena_bytes(arena, task);
    job->id = arena_string(arena, id);
    job->lease = arena_string(arena, lease);
    job->log_path = arena_printf(arena, "/v1/leases/%s/logs", job->lease).at;
    job->progress_path = arena_printf(arena, "/v1/leases/%s/progress", job->lease).at;
    init(job, errand_now_mono_ms());
    start_program(job);
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    errand_drop(&job->log, ERRAND_NEVER);
    errand_drop(&job->progress, ERRAND_NEVER);
    errand_drop(&job->outcome, ERRAND_NEVER);
    lines_fini(&job->error_lines);
    lines_fini(&job->control_lines);
    buffer_fini(&job->error_tail);
    buffer_fini(&job->log_text);
    buffer_fini(&job->progress_message);
    buffer_fini(&job->output);
    arena_free(job->arena);
    free(job);
}

static const char *stop_text(enum job_stop why)
{
    switch (why) {
    case JOB_CANCELLED:
        return "cancelled";
    case JOB_TIMED_OUT:
        return "out of time";
    case JOB_LOST:
        return "its lease is lost";
    case JOB_DROPPED:
        return "the worker stops at once";
    case JOB_GOES_ON:
    default:
        return "";
    }
}

void job_end(struct job *job, enum job_stop why, int64_t grace_ms)
{
    int64_t kill_mono_ms = errand_now_mono_ms() + grace_ms;

    if (job->phase != JOB_RUNS) {
        /* Too late to stop anything; but a report nobody takes need not be tried for ever. */
        if (why == JOB_DROPPED)
            job->phase = JOB_IS_DONE;
        return;
    }
    if (job->stop == JOB_GOES_ON || why > job->stop) {
        log_event(LOG_INFO, "task.stopping", stop_text(why),
                  LOG_TEXT_FIELD("task", bytes_of(job->id)), );
        job->stop = why;
        child_signal(&job->child, SIGTERM);
    }
    if (kill_mono_ms < job->kill_mono_ms)
        job->kill_mono_ms = kill_mono_ms;
}

void job_child_ended(struct job *job)
{
    int wait_status = child_reap(&job->child);

    lines_end(&job->error_lines);
    lines_end(&job->control_lines);
    job_make_report(job, wait_status);
    job->phase = JOB_HAS_ENDED;
}

static int64_t watch_over(struct job *job, int64_t now_mono_ms)
{
    if (now_mono_ms >= job->deadline_mono_ms) {
        job->deadline_mono_ms = ERRAND_NEVER;
        job_end(job, JOB_TIMED_OUT, job->work->config->kill_after_ms);
    }
    if (now_mono_ms >= job->kill_mono_ms) {
        child_signal(&job->child, SIGKILL);
        job->kill_mono_ms = ERRAND_NEVER;
    }
    return job->deadline_mono_ms < job->kill_mono_ms ? job->deadline_mono_ms : job->kill_mono_ms;
}

int64_t job_move(struct job *job, int64_t now_mono_ms)
{
    int64_t talk_next = job_talk(job, now_mono_ms);
    int64_t watch_next = job->phase == JOB_RUNS ? watch_over(job, now_mono_ms) : ERRAND_NEVER;

    return talk_next < watch_next ? talk_next : watch_next;
}
