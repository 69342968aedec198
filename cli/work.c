/* Work: one registered worker: claims tasks, runs a program on each, and answers for them until it
 * leaves. */
#include "work.h"

#include "base/assert.h"
#include "base/log.h"
#include "exit_code.h"
#include "job.h"
#include "message.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAVE_TIMEOUT_MS = 5000, TURN_MS_MAX = 30 * 1000 };

static void jobs_each(struct work *work, enum job_stop why, int64_t grace_ms)
{
    struct list_node *node = list_first(&work->jobs);

    for (; node != NULL; node = list_next(&work->jobs, node))
        job_end(CONTAINER_OF(node, struct job, link), why, grace_ms);
}

void work_drain(struct work *work, const char *why)
{
    if (work->phase != WORK_SERVES)
        return;
    work->phase = WORK_DRAINS;
    log_event(LOG_INFO, "worker.draining", why, LOG_INT_FIELD("running", work->jobs_len), );
    claiming_stop(work);
}

void work_give_up(struct work *work, int exit_code)
{
    work->exit_code = exit_code;
    work->phase = work->jobs_len > 0 ? WORK_DRAINS : WORK_IS_OVER;
    jobs_each(work, JOB_DROPPED, work->config->kill_after_ms);
}

static void wake_all(struct work *work)
{
    struct list_node *node = list_first(&work->jobs);

    errand_wake(&work->registration);
    errand_wake(&work->heartbeat);
    errand_wake(&work->claim);
    for (; node != NULL; node = list_next(&work->jobs, node)) {
        struct job *job = CONTAINER_OF(node, struct job, link);

        errand_wake(&job->log);
        errand_wake(&job->progress);
        errand_wake(&job->outcome);
    }
}

void work_note_answer(struct work *work, const struct http_answer *answer)
{
    bool is_away = answer->status == 0 || answer->status == 502 || answer->status == 504;

    /* 503 is a broker that is there and draining; what it says about the next call is anyone's
     * guess. */
    if (is_away == work->is_away || answer->status == 503)
        return;
    work->is_away = is_away;
    if (is_away) {
        log_event(LOG_WARN, "broker.away", "the broker does not answer, trying again",
                  LOG_TEXT_FIELD("url", bytes_of(http_url(work->http))),
                  LOG_TEXT_FIELD("why", bytes_of(answer->failure != NULL ? answer->failure
                                                                         : "a proxy says so")), );
        if (answer->advice != NULL)
            message_note("%s", answer->advice);
        return;
    }
    log_event(LOG_INFO, "broker.back", "the broker answers", );
    wake_all(work);
}

const char *work_path(const struct work *work, const char *rest, struct arena *arena)
{
    return arena_printf(arena, "/v1/workers/%s%s", work->worker_id, rest).at;
}

/* The first asks for an orderly end, the second for one at once, the third does not ask. */
static void take_stop_signal(struct work *work, int number)
{
    if (work->phase == WORK_SERVES) {
        work_drain(work, number == SIGINT ? "SIGINT: finishing what runs, once more stops it"
                                          : "SIGTERM: finishing what runs");
        return;
    }
    if (work->is_forced)
        _exit(EXIT_CODE_INTERRUPTED);
    work->is_forced = true;
    work->exit_code = EXIT_CODE_INTERRUPTED;
    jobs_each(work, JOB_DROPPED, 0);
}

static struct job *job_of_pid(struct work *work, pid_t pid)
{
    struct list_node *node = list_first(&work->jobs);

    for (; node != NULL; node = list_next(&work->jobs, node)) {
        struct job *job = CONTAINER_OF(node, struct job, link);

        if (job->child.pid == pid)
            return job;
    }
    return NULL;
}

/* Our programs, and what they have left behind: this process is its descendants' reaper. */
static void take_children(struct work *work)
{
    pid_t pid;

    while ((pid = child_ended()) > 0) {
        struct job *job = job_of_pid(work, pid);

        if (job != NULL)
            job_child_ended(job);
        else
            waitpid(pid, NULL, 0);
    }
}

static void on_signal(struct watch *watch)
{
    struct work *work = watch->owner;
    struct signalfd_siginfo info;

    while (read(watch->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            take_children(work);
        else
            take_stop_signal(work, (int)info.ssi_signo);
    }
}

static void watch_signals(struct work *work)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    work->signals = (struct watch){.fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC),
                                   .on_ready = on_signal,
                                   .owner = work};
    ASSERT(work->signals.fd >= 0);
    loop_add(work->loop, &work->signals, false);
}

static int64_t jobs_move(struct work *work, int64_t now_mono_ms)
{
    struct list_node *node = list_first(&work->jobs);
    int64_t next = ERRAND_NEVER;

    while (node != NULL) {
        struct job *job = CONTAINER_OF(node, struct job, link);
        int64_t job_next = job_move(job, now_mono_ms);

        node = list_next(&work->jobs, node);
        if (job->phase == JOB_IS_DONE) {
            list_remove(&job->link);
            job_free(job);
            work->jobs_len--;
            work->idle_since_mono_ms = now_mono_ms;
        } else if (job_next < next) {
            next = job_next;
        }
    }
    return next;
}

static void on_left(void *ctx, const struct http_answer *answer)
{
    struct work *work = ctx;

    work->leave.call = NULL;
    work->phase = WORK_IS_OVER;
    if (answer->status < 200 || answer->status > 299)
        log_event(LOG_WARN, "worker.not_left",
                  "the broker did not take the leave; it will notice by itself",
                  LOG_INT_FIELD("status", answer->status), );
}

static void leave(struct work *work)
{
    struct arena *arena = arena_new();

    errand_drop(&work->claim, ERRAND_NEVER);
    errand_drop(&work->heartbeat, ERRAND_NEVER);
    errand_drop(&work->registration, ERRAND_NEVER);
    work->phase = work->worker_id != NULL ? WORK_LEAVES : WORK_IS_OVER;
    if (work->worker_id != NULL) {
        const struct http_request request = {
            .method = "DELETE", .path = work_path(work, "", arena), .timeout_ms = LEAVE_TIMEOUT_MS};

        errand_start(&work->leave, work->http, &request, on_left, work);
    }
    arena_free(arena);
}

static int64_t idle_move(struct work *work, int64_t now_mono_ms)
{
    int64_t end_mono_ms = work->idle_since_mono_ms + work->config->idle_exit_ms;

    if (work->config->idle_exit_ms < 0 || work->phase != WORK_SERVES || work->jobs_len > 0 ||
        work->worker_id == NULL)
        return ERRAND_NEVER;
    if (now_mono_ms >= end_mono_ms)
        work_drain(work, "idle for long enough");
    return end_mono_ms;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void turn(struct work *work)
{
    int64_t now_mono_ms = errand_now_mono_ms();
    int64_t next = jobs_move(work, now_mono_ms);

    next = earlier(next, idle_move(work, now_mono_ms));
    if (work->phase == WORK_DRAINS && work->jobs_len == 0)
        leave(work);
    if (work->phase == WORK_SERVES || work->jobs_len > 0)
        next = earlier(next, registration_move(work, now_mono_ms));
    next = earlier(next, heartbeat_move(work, now_mono_ms));
    next = earlier(next, claiming_move(work, now_mono_ms));
    now_mono_ms = errand_now_mono_ms();
    if (work->phase != WORK_IS_OVER)
        loop_turn(work->loop, next <= now_mono_ms ? 0 : earlier(next - now_mono_ms, TURN_MS_MAX));
}

int work_run(const struct work_config *config)
{
    struct work work = {
        .config = config,
        .heartbeat.due_mono_ms = ERRAND_NEVER,
        .claim.due_mono_ms = ERRAND_NEVER,
        .leave.due_mono_ms = ERRAND_NEVER,
    };

    child_prepare(config->concurrency);
    list_init(&work.jobs);
    work.http = http_new(&config->target);
    work.loop = loop_new(work.http);
    watch_signals(&work);
    while (work.phase != WORK_IS_OVER)
        turn(&work);
    log_event(LOG_INFO, "worker.left", "left", LOG_INT_FIELD("tasks", work.claimed), );
    loop_close(work.loop, &work.signals);
    loop_free(work.loop);
    http_free(work.http);
    free(work.worker_id);
    return work.exit_code;
}
