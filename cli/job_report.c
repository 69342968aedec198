/* Job report: what the end of a program means: its result, a failure that may be tried again, or
 * one that may not. */
#include "job.h"

#include "base/json_out.h"
#include "base/log.h"
#include "base/utf8.h"
#include "json.h"

#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

enum { REPORT_BYTES_MAX = 256 * 1024, EXIT_PERMANENT = 100 };

enum retryable { RETRY_AS_POLICY, RETRY_YES, RETRY_NO };

struct failure {
    const char *type;
    struct bytes message;
    const char *data_key; /* NULL: no data */
    int64_t data;
    enum retryable retryable;
};

static void write_failure(struct job *job, struct buffer *body, const struct failure *failure)
{
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    json_member_text(&json, "type", bytes_of(failure->type));
    json_member_text(&json, "message", failure->message);
    if (job->error_tail.len > 0)
        json_member_text(&json, "trace", buffer_bytes(&job->error_tail));
    if (failure->data_key != NULL) {
        json_out_key(&json, "data");
        json_out_object(&json);
        json_member_int(&json, failure->data_key, failure->data);
        json_out_object_end(&json);
    }
    if (failure->retryable != RETRY_AS_POLICY)
        json_member_bool(&json, "retryable", failure->retryable == RETRY_YES);
    if (job->retry_after_ms >= 0 && failure->retryable != RETRY_NO) {
        json_out_key(&json, "delay_s");
        json_out_seconds(&json, job->retry_after_ms);
    }
    json_out_object_end(&json);
}

static void report_failure(struct job *job, const struct failure *failure)
{
    struct buffer body;

    buffer_init(&body, REPORT_BYTES_MAX);
    write_failure(job, &body, failure);
    job->report = (struct job_report){
        .verb = "fail",
        .content_type = "application/json",
        .body = arena_bytes(job->arena, buffer_bytes(&body)),
    };
    buffer_fini(&body);
}

/* What it printed, said as exactly as can be told from looking at it. */
static const char *content_type_of(struct bytes result)
{
    if (json_is_payload(result))
        return "application/json";
    return utf8_is_valid(result) ? "text/plain" : "application/octet-stream";
}

static void report_success(struct job *job)
{
    struct bytes result = job->result.at != NULL ? job->result : buffer_bytes(&job->output);

    if (job->result.at == NULL && job->output.overflowed) {
        report_failure(job, &(struct failure){
                                .type = "result_too_large",
                                .message = arena_printf(job->arena, "printed more than %zu bytes",
                                                        job->output.len_max),
                                .retryable = RETRY_NO,
                            });
        return;
    }
    job->report = (struct job_report){
        .verb = "complete", .content_type = content_type_of(result), .body = result};
}

/* The last line of stderr is most often the reason. */
static struct bytes last_error_line(const struct job *job)
{
    struct bytes tail = buffer_bytes(&job->error_tail);
    const char *end;

    while (tail.len > 0 && tail.at[tail.len - 1] == '\n')
        tail.len--;
    if (tail.len == 0)
        return BYTES_NONE;
    end = memrchr(tail.at, '\n', tail.len);
    if (end == NULL)
        return tail;
    return (struct bytes){end + 1, (size_t)(tail.at + tail.len - end - 1)};
}

static void report_exit(struct job *job, int exit_status)
{
    struct bytes line = last_error_line(job);
    struct failure failure = {
        .type = "exit_status", .data_key = "exit_status", .data = exit_status};

    failure.message = arena_printf(job->arena, "exit status %d%s%.*s", exit_status,
                                   line.at != NULL ? ": " : "", BYTES_ARG(line));
    if (exit_status == EX_TEMPFAIL)
        failure.retryable = RETRY_YES;
    else if (exit_status == EX_DATAERR || exit_status == EXIT_PERMANENT)
        failure.retryable = RETRY_NO;
    report_failure(job, &failure);
}

static void report_signal(struct job *job, int number)
{
    const char *name = sigabbrev_np(number);

    report_failure(job, &(struct failure){
                            .type = "signal",
                            .message = arena_printf(job->arena, "ended by signal %d (SIG%s)",
                                                    number, name != NULL ? name : "?"),
                            .data_key = "signal",
                            .data = number,
                        });
}

void job_make_report(struct job *job, int wait_status)
{
    switch (job->stop) {
    case JOB_LOST:
    case JOB_DROPPED:
        return;
    case JOB_CANCELLED:
        job->report = (struct job_report){
            .verb = "cancelled", .content_type = "application/json", .body = BYTES("{}")};
        return;
    case JOB_TIMED_OUT:
        /* Most often the broker's clock was first, and this is refused as stale. */
        report_failure(job, &(struct failure){.type = "timeout",
                                              .message = BYTES("the attempt took too long")});
        return;
    case JOB_GOES_ON:
    default:
        break;
    }
    if (WIFSIGNALED(wait_status))
        report_signal(job, WTERMSIG(wait_status));
    else if (WEXITSTATUS(wait_status) == 0)
        report_success(job);
    else
        report_exit(job, WEXITSTATUS(wait_status));
}

void job_report_failed_start(struct job *job, int failure)
{
    report_failure(job, &(struct failure){
                            .type = "exec_failed",
                            .message = arena_printf(job->arena, "the program cannot be started: %s",
                                                    strerror(failure)),
                            .data_key = "errno",
                            .data = failure,
                        });
}

void job_report_refused(struct job *job, struct bytes why)
{
    report_failure(
        job, &(struct failure){.type = "result_refused", .message = why, .retryable = RETRY_NO});
}
