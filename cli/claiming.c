/* Claiming: asks for as many tasks as there are free slots, and waits at the broker until there are
 * some. */
#include "work.h"

#include "base/json_scan.h"
#include "base/log.h"
#include "exit_code.h"
#include "job.h"
#include "json.h"
#include "problem.h"

enum {
    WAIT_S = 30,
    SLACK_MS = 15 * 1000,
    TASKS_A_CLAIM_MAX = 32, /* bounds what one answer can hold in memory */
    EARLY_MS = 1000,        /* an empty answer sooner than this is not worth asking again at once */
};

static void start_job(struct work *work, struct bytes task)
{
    struct job *job = json_is_object(task) ? job_new(work, task) : NULL;

    if (job == NULL) {
        log_event(LOG_ERROR, "claim.odd", "a claimed task without id or lease was left alone", );
        return;
    }
    list_push_back(&work->jobs, &job->link);
    work->jobs_len++;
    work->claimed++;
}

static void take(struct work *work, struct bytes answer)
{
    struct bytes tasks = json_list_of(answer, "tasks");
    struct bytes key;
    struct bytes task;
    size_t at = 0;

    while (json_each(tasks, &at, &key, &task))
        start_job(work, task);
    if (work->config->tasks_max >= 0 && work->claimed >= work->config->tasks_max)
        work_drain(work, "all tasks that were asked for are taken");
}

/* An answer without tasks that came early: the broker drains, or there is a queue that it will not
 * wait on. */
static void pause_if_early(struct work *work, unsigned jobs_before)
{
    int64_t now_mono_ms = errand_now_mono_ms();

    work->claim.due_mono_ms = now_mono_ms;
    if (work->jobs_len == jobs_before && now_mono_ms - work->claim.started_mono_ms < EARLY_MS)
        work->claim.due_mono_ms = now_mono_ms + EARLY_MS;
}

static void refused(struct work *work, const struct http_answer *answer)
{
    struct arena *arena = arena_new();

    if (answer->status == 404)
        registration_lost(work);
    else if (answer->status == 409)
        work->claim.due_mono_ms = errand_now_mono_ms() + EARLY_MS;
    else {
        work->exit_code = problem_tell(answer->status, answer->body, answer->retry_after_ms, arena);
        work_drain(work, "the broker refuses claims");
    }
    arena_free(arena);
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct work *work = ctx;
    enum errand_end end = errand_ended(&work->claim, answer);
    unsigned jobs_before = work->jobs_len;

    work_note_answer(work, answer);
    if (answer->status == 0 && !answer->was_refused)
        work->names_leases = true;
    if (end == ERRAND_REFUSED)
        refused(work, answer);
    if (end != ERRAND_ANSWERED)
        return;
    if (answer->status == 200 && json_is_object(answer->body))
        take(work, answer->body);
    pause_if_early(work, jobs_before);
}

static unsigned free_slots(const struct work *work)
{
    unsigned slots =
        work->config->concurrency > work->jobs_len ? work->config->concurrency - work->jobs_len : 0;
    int64_t left =
        work->config->tasks_max < 0 ? TASKS_A_CLAIM_MAX : work->config->tasks_max - work->claimed;

    if (slots > TASKS_A_CLAIM_MAX)
        slots = TASKS_A_CLAIM_MAX;
    return left < slots ? (unsigned)left : slots;
}

static void start(struct work *work, unsigned slots)
{
    struct arena *arena = arena_new();
    const struct http_request request = {
        .method = "POST",
        .path = work_path(work, arena_printf(arena, "/claim?wait=%d", WAIT_S).at, arena),
        .content_type = "application/json",
        .body = arena_printf(arena, "{\"max\":%u}", slots),
        .timeout_ms = WAIT_S * 1000 + SLACK_MS,
    };

    errand_start(&work->claim, work->http, &request, on_answer, work);
    arena_free(arena);
}

int64_t claiming_move(struct work *work, int64_t now_mono_ms)
{
    unsigned slots = free_slots(work);

    if (work->phase != WORK_SERVES || work->worker_id == NULL || work->is_quiet || slots == 0)
        return ERRAND_NEVER;
    if (errand_is_due(&work->claim, now_mono_ms))
        start(work, slots);
    return errand_next_mono_ms(&work->claim);
}

void claiming_stop(struct work *work)
{
    if (work->claim.call != NULL) {
        work->names_leases = true;
        errand_drop(&work->heartbeat, 0);
    }
    errand_drop(&work->claim, 0);
}
