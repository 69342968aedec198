/* Model events: each step of a task's life against the rules, in the order of the log. */
#include "sight.h"

/* What was sent, as its row has it. */
static bool read_body(struct sight *look, struct known *known)
{
    bool is_read =
        rows_body(look->sim->rows, known->number, &known->submission, &known->rules_text);

    return is_read && rules_read(bytes_of(known->rules_text), &known->rules) &&
           known->submission >= 0 && known->submission < look->sim->submissions_len;
}

static void on_submitted(struct sight *look, struct known *known, const struct row_event *event)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    const struct row_queue *queue = snapshot_queue(look->before, event->queue);
    int64_t limit = queue == NULL || queue->closed == 3 ? -1 : queue->pending_limit;
    bool is_clone;

    if (known->phase != ABSENT || row == NULL) {
        sim_fail(look->sim, "task %lld was submitted, but is no new row", (long long)known->number);
        return;
    }
    *known = (struct known){
        .number = known->number, .id = row->id, .phase = PENDING, .queue = event->queue};
    known->waits_since = look->sim->steps;
    known->created_at_ms = row->created_at_ms;
    known->is_letter = (row->flags & FLAG_DEAD_LETTER) != 0;
    if (!read_body(look, known)) {
        sim_fail(look->sim, "task %lld is one that nobody sent", (long long)known->number);
        return;
    }
    look->pending[event->queue]++;
    look->letters += known->is_letter;
    known->is_copy = known->is_letter;
    if (known->is_letter) {
        keys_submitted(look, known);
        return;
    }

    struct submission *submission = &look->sim->submissions[known->submission];
    bool may_be_new =
        submission->rows == 0 ||
        (submission->is_keyed && look->sim->wall_max_ms - submission->first_at_ms >= 86400000);

    known->is_copy = is_clone = submission->clones_open > 0 && submission->rows > 0;
    if (!is_clone && !submission->is_schedule && (submission->open == 0 || !may_be_new))
        sim_fail(look->sim, "task %lld: submission %lld became a task %s", (long long)known->number,
                 (long long)known->submission,
                 submission->rows > 0 ? "twice" : "though it was refused");
    if (submission->rows++ == 0)
        submission->first_at_ms = event->at_ms;
    if (!is_clone && look->model->edits_open == 0 && limit >= 0 &&
        look->pending[event->queue] > limit)
        sim_fail(look->sim, "queue %lld has %lld waiting, its pending_limit is %lld",
                 (long long)event->queue, (long long)look->pending[event->queue], (long long)limit);
    if (queue != NULL && (queue->closed == 1 || queue->closed == 2))
        sim_fail(look->sim, "task %lld was taken by a closed queue", (long long)known->number);
    keys_submitted(look, known);
    limits_submitted(look, known);
    if (submission->is_schedule && is_clone)
        look->clones[submission->schedule]++;
    else if (submission->is_schedule)
        schedules_submitted(look, known);
}

static bool was_waiting(const struct sight *look, const struct known *known)
{
    const struct row_task *was = snapshot_task(look->before, known->number);

    return was != NULL && task_state_is_pending((enum task_state)was->state);
}

static void check_grant(struct sight *look, const struct known *known)
{
    const struct row_queue *queue = snapshot_queue(look->before, known->queue);
    const char *wrong = NULL;

    if (known->is_doomed)
        wrong = "that had been purged";
    if (queue != NULL && queue->closed < 3) {
        if (queue->concurrency >= 0 && look->running[known->queue] > queue->concurrency)
            wrong = "above its queue's cap";
        if (queue->paused &&
            (queue->paused_until_ms < 0 || look->sim->wall_max_ms < queue->paused_until_ms))
            wrong = "of a paused queue";
        if (queue->closed == 2)
            wrong = "of a closed queue";
    }
    for (unsigned i = 0; i < look->before->purged_len; i++)
        /* A command that is alone in its batch comes after what ends the purge, in one step: what
         * is new, or was given back by it, is not meant. */
        if (look->before->purged[i] == known->queue && was_waiting(look, known))
            wrong = "of a queue being purged";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld %s was handed out", (long long)known->number, wrong);
}

/* Who was moved away escaped the purge. */
void known_moved(struct sight *look, struct known *known, int64_t queue)
{
    if (known->queue == queue)
        return;
    known->is_doomed = false;
    known->waits_since = look->sim->steps;
    known->queue = queue;
}

static bool has_passed(const struct sight *look, int64_t at_ms)
{
    return at_ms >= 0 && at_ms <= look->sim->now.wall_ms;
}

/* The first lease of a pushed task leaves time to settle it. */
static int64_t margin_of(const struct sight *look, const struct row_lease *lease)
{
    const struct row_worker *worker = snapshot_worker(look->after, lease->worker);

    return worker != NULL && worker->push_url[0] != '\0' ? PUSH_MARGIN_MS : 0;
}

static void on_claimed(struct sight *look, struct known *known)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    const struct row_lease *lease = snapshot_lease(look->after, known->number);

    if (known->phase != PENDING || row == NULL || lease == NULL) {
        sim_fail(look->sim, "task %lld was handed out in phase %d", (long long)known->number,
                 (int)known->phase);
        return;
    }
    known_moved(look, known, row->queue);
    look->pending[known->queue]--;
    look->running[known->queue]++;
    check_grant(look, known);
    if (row->run_at_ms > look->sim->wall_max_ms)
        sim_fail(look->sim, "task %lld was handed out before its time", (long long)known->number);
    if ((known->delivery == 0 && has_passed(look, row->expires_at_ms)) ||
        has_passed(look, row->deadline_at_ms))
        sim_fail(look->sim, "task %lld was handed out too late", (long long)known->number);
    known->limit_ms = lease->timeout_at_ms < 0 ? -1 : lease->timeout_at_ms - look->sim->now.wall_ms;
    known->is_cut = row->deadline_at_ms >= 0 && row->deadline_at_ms == lease->timeout_at_ms;
    if (row->deadline_at_ms >= 0 &&
        (lease->timeout_at_ms < 0 || lease->timeout_at_ms > row->deadline_at_ms))
        sim_fail(look->sim, "task %lld may run past its deadline", (long long)known->number);
    known->phase = RUNNING;
    known->delivery++;
    known->attempt++;
    known->starts = 0;
    known->heard_of_cancel = false;
    known->claimed_mono_ms = look->sim->now.mono_ms;
    known->lease_ms = lease->lease_ms;
    known->lasts_until_ms = look->sim->now.mono_ms + lease->lease_ms + margin_of(look, lease);
    known->was_claimed = true;
    look->sim->grants++;
    limits_claimed(look, known);
    keys_claimed(look, known);
}

static bool is_at_most_once(const struct sight *look, const struct known *known)
{
    const struct row_task *row = snapshot_task(look->after, known->number);

    return row != NULL && (row->flags & FLAG_AT_MOST_ONCE) != 0;
}

static struct retry_policy policy_of(struct sight *look, const struct known *known)
{
    const struct row_queue *queue = snapshot_queue(look->before, known->queue);
    struct retry_policy own = rows_retry(look->sim->rows, known->number);
    struct retry_policy of_queue = {.given = 0, .max_delay_ms = -1};

    if (queue != NULL && !retry_read(bytes_of(queue->retry), &of_queue))
        sim_fail(look->sim, "queue %lld has an unreadable retry policy", (long long)known->queue);
    return retry_merge(retry_merge(retry_default(), &of_queue), &own);
}

/* A failure or a loss: the counts, whether it was the last, and when the next may be. */
static void check_again(struct sight *look, struct known *known, int64_t outcome, bool goes_on)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    struct retry_policy policy = policy_of(look, known);
    bool is_failed = outcome == ATTEMPT_FAILED;
    bool is_last = !is_failed &&
                   (is_at_most_once(look, known) || (outcome == ATTEMPT_TIMEOUT && known->is_cut));
    struct retry_verdict verdict;

    if (outcome == ATTEMPT_LOST)
        verdict = retry_after_loss(&policy, (int32_t)++known->losses, 0);
    else
        verdict =
            retry_after_failure(&policy, (int32_t)++known->failures,
                                !is_failed || !word_is_final(known->number, known->delivery),
                                is_failed ? word_delay_ms(known->number, known->delivery) : -1, 0);
    verdict.again = verdict.again && !is_last;
    if (goes_on != verdict.again)
        sim_fail(look->sim, "task %lld after %lld failures and %lld losses was %s",
                 (long long)known->number, (long long)known->failures, (long long)known->losses,
                 goes_on ? "tried again" : "given up");
    else if (goes_on && look->model->edits_open == 0 && row != NULL &&
             row->state == TASK_RETRYING &&
             row->run_at_ms != look->sim->now.wall_ms + verdict.delay_ms)
        sim_fail(look->sim, "task %lld is tried again after %lld ms, not %lld",
                 (long long)known->number, (long long)(row->run_at_ms - look->sim->now.wall_ms),
                 (long long)verdict.delay_ms);
}

static bool was_asked_to_stop(const struct sight *look, const struct known *known)
{
    const struct row_task *row = snapshot_task(look->before, known->number);

    return known->cancel_was_told ||
           (row != NULL && row->state == TASK_RUNNING && row->delivery == known->delivery &&
            row->cancel_requested_at_ms >= 0);
}

static bool was_said(const struct known *known, unsigned bits)
{
    return (unsigned)known->delivery < known->said_len &&
           (known->said[known->delivery] & bits) != 0;
}

/* Whether anybody who may have said so did. */
static void check_cause(struct sight *look, const struct known *known,
                        const struct row_attempt *attempt)
{
    static const unsigned bits[ATTEMPT_OUTCOME_MAX] = {
        [ATTEMPT_SUCCEEDED] = 1 << OUTCOME_SUCCEEDED,
        [ATTEMPT_FAILED] = 1 << OUTCOME_FAILED,
        [ATTEMPT_RELEASED] = 1 << OUTCOME_RELEASED | SAID_BY_LEAVING,
        [ATTEMPT_SNOOZED] = 1 << OUTCOME_SNOOZED,
        [ATTEMPT_CANCELLED] = 1 << OUTCOME_CANCELLED,
    };
    const struct row_task *row = snapshot_task(look->after, known->number);
    /* The flag is there, unless it was retried since in the same batch. */
    bool was_abandoned =
        attempt->outcome == ATTEMPT_CANCELLED && was_asked_to_stop(look, known) &&
        (row == NULL || row->state != TASK_CANCELLED || row->flags & FLAG_ABANDONED);
    const char *wrong = NULL;

    if (bits[attempt->outcome] != 0 && !was_said(known, bits[attempt->outcome]) && !was_abandoned)
        wrong = "without its holder's word";
    bool is_early = look->sim->now.mono_ms < known->lasts_until_ms;
    const struct row_worker *worker = snapshot_worker(look->before, attempt->worker);
    bool may_be_early =
        is_at_most_once(look, known) &&
        (was_said(known, SAID_BY_LEAVING) || (worker != NULL && worker->confirm_ms >= 0));

    if (attempt->outcome == ATTEMPT_LOST && is_early && !may_be_early)
        wrong = "by loss before its lease was over";
    if (attempt->outcome == ATTEMPT_TIMEOUT && !look->sim->swarm.has_wall_jumps &&
        (known->limit_ms < 0 || look->sim->now.mono_ms - known->claimed_mono_ms < known->limit_ms))
        wrong = "by its time limit too early";
    if (attempt->outcome == ATTEMPT_ANSWER_LOST && (attempt->was_started || known->starts > 0))
        wrong = "as unconfirmed though its worker had called";
    if (attempt->outcome == ATTEMPT_ANSWER_LOST && is_at_most_once(look, known))
        wrong = "as if it had not begun, and it may run only once";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld delivery %lld ended %s (outcome %lld)",
                 (long long)known->number, (long long)known->delivery, wrong,
                 (long long)attempt->outcome);
}

static void on_attempt_end(struct sight *look, struct known *known, int64_t kind)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    struct row_attempt attempt;

    look->running[known->queue]--;
    look->sim->ends++;
    if (!rows_attempt(look->sim->rows, known->number, known->delivery, &attempt)) {
        if (row != NULL)
            sim_fail(look->sim, "task %lld delivery %lld left no attempt", (long long)known->number,
                     (long long)known->delivery);
        return;
    }
    check_cause(look, known, &attempt);

    bool is_given_back = attempt.outcome == ATTEMPT_RELEASED ||
                         attempt.outcome == ATTEMPT_SNOOZED ||
                         attempt.outcome == ATTEMPT_ANSWER_LOST;
    bool goes_on = kind == EVENT_TASK_RETRYING;
    const char *wrong = NULL;

    if (attempt.attempt != known->attempt)
        wrong = "has another number";
    if ((kind == EVENT_TASK_SUCCEEDED) != (attempt.outcome == ATTEMPT_SUCCEEDED))
        wrong = "and its task do not agree about success";
    if (was_asked_to_stop(look, known) && kind != EVENT_TASK_SUCCEEDED &&
        kind != EVENT_TASK_CANCELLED)
        wrong = "was to stop, and its task lives on";
    if (kind == EVENT_TASK_CANCELLED && attempt.outcome != ATTEMPT_CANCELLED && row != NULL &&
        row->state == TASK_CANCELLED && row->cancel_requested_at_ms < 0)
        wrong = "was cancelled though nobody asked";
    if (kind == EVENT_TASK_FAILED && is_given_back)
        wrong = "was given back and failed";
    if (goes_on && attempt.outcome == ATTEMPT_CANCELLED)
        wrong = "was cancelled and goes on";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld delivery %lld %s (outcome %lld, event %lld)",
                 (long long)known->number, (long long)known->delivery, wrong,
                 (long long)attempt.outcome, (long long)kind);
    if (kind != EVENT_TASK_FAILED && !goes_on)
        return;
    if (is_given_back)
        known->attempt--;
    else
        check_again(look, known, attempt.outcome, goes_on);
}

/* Cancelled, or ended by the clock. */
static void on_end_of_wait(struct sight *look, struct known *known, int64_t kind)
{
    const struct row_task *row = snapshot_task(look->before, known->number);

    look->pending[known->queue]--;
    if (row == NULL)
        row = snapshot_task(look->after, known->number);
    if (row == NULL)
        return;
    if (kind == EVENT_TASK_FAILED && !has_passed(look, row->deadline_at_ms) &&
        !(keys_doom(look->model, known) && known->rules.on_dependency_failure == DEPENDENCY_FAIL))
        sim_fail(look->sim, "task %lld failed and had not begun", (long long)known->number);
    if (kind == EVENT_TASK_EXPIRED && !has_passed(look, row->expires_at_ms))
        sim_fail(look->sim, "task %lld expired before its time", (long long)known->number);
    if (kind == EVENT_TASK_EXPIRED && known->delivery > 0)
        sim_fail(look->sim, "task %lld had been claimed and expired", (long long)known->number);
}

/* A queue that names another for its dead: each leaves a copy there, unless that is closed. */
static bool leaves_letter(const struct sight *look, const struct known *known)
{
    const struct row_queue *queue = snapshot_queue(look->before, known->queue);

    if (known->phase != FAILED || known->is_letter || queue == NULL || queue->closed == 3 ||
        queue->dead_letter_queue[0] == '\0')
        return false;
    for (unsigned i = 0; i < look->before->queues_len; i++)
        if (bytes_is(bytes_of(queue->dead_letter_queue), look->before->queues[i].name))
            return look->before->queues[i].closed != 1 && look->before->queues[i].closed != 2;
    return true;
}

static void on_end(struct sight *look, struct known *known, int64_t kind)
{
    if (known->phase == RUNNING)
        on_attempt_end(look, known, kind);
    else if (known->phase == PENDING && kind != EVENT_TASK_SUCCEEDED)
        on_end_of_wait(look, known, kind);
    else
        sim_fail(look->sim, "task %lld ended in phase %d by event %lld", (long long)known->number,
                 (int)known->phase, (long long)kind);
    known->phase = kind == EVENT_TASK_SUCCEEDED ? SUCCEEDED
                   : kind == EVENT_TASK_FAILED  ? FAILED
                   : kind == EVENT_TASK_EXPIRED ? EXPIRED
                                                : CANCELLED;
    known->ended_as = known->phase;
    known->ends++;
    known->is_doomed = false;
    look->letters -= leaves_letter(look, known);
    keys_over(look, known);
}

static void on_retrying(struct sight *look, struct known *known)
{
    if (known->phase == RUNNING) {
        on_attempt_end(look, known, EVENT_TASK_RETRYING);
    } else if (known->phase == FAILED || known->phase == CANCELLED || known->phase == EXPIRED) {
        known->cancel_was_told = false;
        keys_again(look, known);
    } else {
        sim_fail(look->sim, "task %lld came back in phase %d", (long long)known->number,
                 (int)known->phase);
    }
    known->phase = PENDING;
    known->waits_since = look->sim->steps;
    look->pending[known->queue]++;
}

void sight_event(struct sight *look, const struct row_event *event)
{
    struct known *known = model_known(look->model, event->task);

    if (event->number != ++look->model->last_event)
        sim_fail(look->sim, "event %lld follows %lld", (long long)event->number,
                 (long long)look->model->last_event - 1);
    look->model->last_event = event->number;
    sim_mix(look->sim,
            (uint64_t)event->kind << 48 ^ (uint64_t)event->task << 24 ^ (uint64_t)event->at_ms);
    if (event->task == 0 || known == NULL || event->queue >= QUEUES_SEEN_MAX)
        return;
    switch (event->kind) {
    case EVENT_TASK_SUBMITTED:
        on_submitted(look, known, event);
        break;
    case EVENT_TASK_CLAIMED:
        on_claimed(look, known);
        break;
    case EVENT_TASK_STARTED:
        if (known->phase != RUNNING || known->starts++ > 0)
            sim_fail(look->sim, "task %lld started in phase %d, or twice", (long long)known->number,
                     (int)known->phase);
        break;
    case EVENT_TASK_RETRYING:
        on_retrying(look, known);
        break;
    case EVENT_TASK_PROGRESS:
    case EVENT_TASK_LOG:
        break;
    default:
        on_end(look, known, event->kind);
        break;
    }
}
