/* Job: one leased task from its claim to the answer about it: the program that runs, what it says,
 * what we report. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "base/list.h"
#include "errand.h"
#include "exec.h"
#include "lines.h"

struct work;

/* Why its program was asked to end before its time. */
enum job_stop {
    JOB_GOES_ON,
    JOB_CANCELLED,
    JOB_TIMED_OUT,
    JOB_LOST,    /* the lease is somebody else's: nothing to report */
    JOB_DROPPED, /* we leave in a hurry: the broker gives it to another */
};

enum job_phase {
    JOB_RUNS,
    JOB_HAS_ENDED, /* the rest of its log goes out first, the lease ends with the report */
    JOB_REPORTS,
    JOB_IS_DONE,
};

struct job_report {
    const char *verb; /* of /v1/leases/{lease}/… */
    const char *content_type;
    struct bytes body;
};

struct job {
    struct list_node link;
    struct work *work;
    struct arena *arena;
    struct bytes task; /* the claim's answer about it */
    const char *id;
    const char *lease;
    const char *log_path;
    const char *progress_path;
    struct child child;
    enum job_phase phase;
    enum job_stop stop;
    int64_t started_mono_ms;
    int64_t deadline_mono_ms; /* of the attempt; ERRAND_NEVER: none */
    int64_t kill_mono_ms;     /* when asking becomes killing; ERRAND_NEVER: not asked */

    struct buffer output;   /* stdout */
    struct bytes result;    /* said by a control line; NONE: stdout is the result */
    int64_t retry_after_ms; /* -1: as the retry policy says */
    struct lines error_lines;
    struct lines control_lines;
    struct buffer error_tail; /* the end of stderr, for the error's trace */

    struct errand log;
    struct buffer log_text; /* not yet sent */
    size_t log_sent;        /* bytes of it that are under way */
    size_t log_total;
    unsigned log_lost;       /* lines that did not fit */
    unsigned log_tries_left; /* once it has ended */

    struct errand progress;
    double progress_percent;
    struct buffer progress_message;
    bool has_progress; /* not yet sent */

    struct errand outcome;
    struct job_report report;
};

/* Starts the program. task is one item of a claim's answer; NULL: it makes no sense and cannot even
 * be refused. */
struct job *job_new(struct work *work, struct bytes task);
void job_free(struct job *job);

/* SIGTERM now, SIGKILL after the grace. */
void job_end(struct job *job, enum job_stop why, int64_t grace_ms);
/* Its program is a zombie. */
void job_child_ended(struct job *job);
/* Does what is due; returns when it wants to be called again. */
int64_t job_move(struct job *job, int64_t now_mono_ms);

/* The conversation about it, in job_talk.c. */
void job_add_log(struct job *job, struct bytes line);
void job_set_progress(struct job *job, double percent, struct bytes message);
int64_t job_talk(struct job *job, int64_t now_mono_ms);
/* What the program's end means for the broker, in job_report.c. */
void job_make_report(struct job *job, int wait_status);
void job_report_failed_start(struct job *job, int failure);
void job_report_refused(struct job *job, struct bytes why);
/* Its environment, in job_env.c; in the job's arena. */
char *const *job_env(struct job *job);
