/* Model: one pass over the events of a batch, then one over the rows. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "domain/retry.h"
#include "sim.h"

enum { QUEUES_SEEN_MAX = 32 };

/* One batch as it is looked at; counts go along with the events. */
struct sight {
    struct sim *sim;
    struct model *model;
    const struct snapshot *before, *after;
    int64_t running[QUEUES_SEEN_MAX], pending[QUEUES_SEEN_MAX];
};

bool phase_is_over(enum phase phase)
{
    return phase == SUCCEEDED || phase == FAILED || phase == CANCELLED;
}

enum phase phase_of(int64_t state)
{
    static const enum phase phases[TASK_STATE_MAX] = {
        [TASK_SCHEDULED] = PENDING, [TASK_BLOCKED] = PENDING,     [TASK_READY] = PENDING,
        [TASK_RETRYING] = PENDING,  [TASK_RUNNING] = RUNNING,     [TASK_WAITING] = RUNNING,
        [TASK_FAILED] = FAILED,     [TASK_SUCCEEDED] = SUCCEEDED, [TASK_CANCELLED] = CANCELLED,
    };

    return state > 0 && state < TASK_STATE_MAX ? phases[state] : ABSENT;
}

bool word_is_final(int64_t task, int64_t delivery)
{
    return (task * 7 + delivery) % 11 == 0;
}

int64_t word_delay_ms(int64_t task, int64_t delivery)
{
    int64_t pick = (task * 5 + delivery * 3) % 7;

    return pick < 4 ? -1 : (pick - 4) * 1500;
}

bool worker_may_run(const struct row_worker *worker, const struct row_class *of_class)
{
    char id[ID_TEXT_LEN + 1];

    id_format(worker->id, id);
    if (of_class->requires[0] != '\0' && strcmp(of_class->requires, id) != 0)
        return false;
    return worker->types[0] == '\0' || strstr(worker->types, of_class->type) != NULL;
}

bool worker_has_queue(const struct row_worker *worker, const struct row_queue *queue)
{
    return strstr(worker->queues, queue->name) != NULL;
}

void model_fini(struct model *model)
{
    for (int64_t i = 0; i < model->tasks_len; i++) {
        if (model->tasks[i] != NULL)
            free(model->tasks[i]->said);
        free(model->tasks[i]);
    }
    free(model->tasks);
    snapshot_free(&model->snapshots[0]);
    snapshot_free(&model->snapshots[1]);
}

struct known *model_known(struct model *model, int64_t number)
{
    if (number < 0 || number > 1000000)
        return NULL;
    if (number >= model->tasks_len) {
        int64_t len = number * 2 + 16;

        model->tasks = mem_resize(model->tasks, (size_t)len * sizeof(struct known *));
        for (int64_t i = model->tasks_len; i < len; i++)
            model->tasks[i] = NULL;
        model->tasks_len = len;
    }
    if (model->tasks[number] == NULL) {
        model->tasks[number] = mem_alloc(sizeof(struct known));
        model->tasks[number]->number = number;
    }
    return model->tasks[number];
}

const struct known *model_by_id(const struct model *model, struct id id)
{
    for (int64_t i = 0; i < model->tasks_len; i++)
        if (model->tasks[i] != NULL && id_equal(model->tasks[i]->id, id))
            return model->tasks[i];
    return NULL;
}

const struct snapshot *model_now(const struct model *model)
{
    return &model->snapshots[model->newest];
}

const struct snapshot *model_before(const struct model *model)
{
    return &model->snapshots[!model->newest];
}

void model_said(struct model *model, const struct lease_token *token, unsigned bit)
{
    struct known *known = model_known(model, token->task);
    unsigned delivery = (unsigned)token->delivery;

    if (delivery >= known->said_len) {
        known->said = mem_resize(known->said, delivery * 2 + 8);
        memset(known->said + known->said_len, 0, delivery * 2 + 8 - known->said_len);
        known->said_len = delivery * 2 + 8;
    }
    known->said[delivery] = (uint8_t)(known->said[delivery] | bit);
}

static bool was_said(const struct known *known, unsigned bits)
{
    return (unsigned)known->delivery < known->said_len && (known->said[known->delivery] & bits) != 0;
}

void model_restarted(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->leases_len; i++) {
        struct known *known = model_known(&sim->model, now->leases[i].task);
        int64_t least_ms = now->leases[i].lease_ms < 30000 ? now->leases[i].lease_ms : 30000;

        known->lease_ms = now->leases[i].lease_ms;
        known->lasts_until_ms = sim->now.mono_ms + least_ms;
        known->heard_of_cancel = false;
    }
}

/* ---- events ---- */

static void on_submitted(struct sight *look, struct known *known, const struct row_event *event)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    const struct row_queue *queue = snapshot_queue(look->before, event->queue);
    int64_t limit = queue == NULL || queue->closed == 3 ? -1 : queue->pending_limit;
    bool is_clone = false;

    if (known->phase != ABSENT || row == NULL) {
        sim_fail(look->sim, "task %lld was submitted, but is no new row", (long long)known->number);
        return;
    }
    *known = (struct known){.number = known->number, .id = row->id, .phase = PENDING, .queue = event->queue};
    known->submission = rows_payload(look->sim->rows, known->number);
    if (known->submission < 0 || known->submission >= look->sim->submissions_len) {
        sim_fail(look->sim, "task %lld has a payload that nobody sent", (long long)known->number);
        return;
    }

    struct submission *submission = &look->sim->submissions[known->submission];
    bool may_be_new = submission->rows == 0 || (submission->is_keyed && look->sim->wall_max_ms - submission->first_at_ms >= 86400000);

    is_clone = submission->clones_open > 0 && submission->rows > 0;
    if (!is_clone && (submission->open == 0 || !may_be_new))
        sim_fail(look->sim, "task %lld: submission %lld became a task %s", (long long)known->number,
                 (long long)known->submission, submission->rows > 0 ? "twice" : "though it was refused");
    if (submission->rows++ == 0)
        submission->first_at_ms = event->at_ms;
    look->pending[event->queue]++;
    if (!is_clone && look->model->edits_open == 0 && limit >= 0 && look->pending[event->queue] > limit)
        sim_fail(look->sim, "queue %lld has %lld waiting, its pending_limit is %lld", (long long)event->queue,
                 (long long)look->pending[event->queue], (long long)limit);
    if (queue != NULL && (queue->closed == 1 || queue->closed == 2))
        sim_fail(look->sim, "task %lld was taken by a closed queue", (long long)known->number);
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
        if (queue->paused && (queue->paused_until_ms < 0 || look->sim->wall_max_ms < queue->paused_until_ms))
            wrong = "of a paused queue";
        if (queue->closed == 2)
            wrong = "of a closed queue";
    }
    for (unsigned i = 0; i < look->before->purged_len; i++)
        if (look->before->purged[i] == known->queue)
            wrong = "of a queue being purged";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld %s was handed out", (long long)known->number, wrong);
}

/* Who was moved away escaped the purge. */
static void note_queue(struct known *known, int64_t queue)
{
    known->is_doomed = known->is_doomed && known->queue == queue;
    known->queue = queue;
}

static void on_claimed(struct sight *look, struct known *known)
{
    const struct row_task *row = snapshot_task(look->after, known->number);
    const struct row_lease *lease = snapshot_lease(look->after, known->number);

    if (known->phase != PENDING || row == NULL || lease == NULL) {
        sim_fail(look->sim, "task %lld was handed out in phase %d", (long long)known->number, (int)known->phase);
        return;
    }
    note_queue(known, row->queue);
    look->pending[known->queue]--;
    look->running[known->queue]++;
    check_grant(look, known);
    if (row->run_at_ms > look->sim->wall_max_ms)
        sim_fail(look->sim, "task %lld was handed out before its time", (long long)known->number);
    known->phase = RUNNING;
    known->delivery++;
    known->attempt++;
    known->starts = 0;
    known->heard_of_cancel = false;
    known->claimed_mono_ms = look->sim->now.mono_ms;
    known->lease_ms = lease->lease_ms;
    known->lasts_until_ms = look->sim->now.mono_ms + lease->lease_ms;
    known->was_claimed = true;
    look->sim->grants++;
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
    struct retry_verdict verdict;

    if (outcome == ATTEMPT_LOST)
        verdict = retry_after_loss(&policy, (int32_t)++known->losses, 0);
    else
        verdict = retry_after_failure(&policy, (int32_t)++known->failures,
                                      !is_failed || !word_is_final(known->number, known->delivery),
                                      is_failed ? word_delay_ms(known->number, known->delivery) : -1, 0);
    if (goes_on != verdict.again)
        sim_fail(look->sim, "task %lld after %lld failures and %lld losses was %s", (long long)known->number,
                 (long long)known->failures, (long long)known->losses, goes_on ? "tried again" : "given up");
    else if (goes_on && look->model->edits_open == 0 && row != NULL && row->state == TASK_RETRYING &&
             row->run_at_ms != look->sim->now.wall_ms + verdict.delay_ms)
        sim_fail(look->sim, "task %lld is tried again after %lld ms, not %lld", (long long)known->number,
                 (long long)(row->run_at_ms - look->sim->now.wall_ms), (long long)verdict.delay_ms);
}

/* Whether anybody who may have said so did. */
static void check_cause(struct sight *look, const struct known *known, const struct row_attempt *attempt)
{
    static const unsigned bits[ATTEMPT_OUTCOME_MAX] = {
        [ATTEMPT_SUCCEEDED] = 1 << OUTCOME_SUCCEEDED, [ATTEMPT_FAILED] = 1 << OUTCOME_FAILED,
        [ATTEMPT_RELEASED] = 1 << OUTCOME_RELEASED | SAID_BY_LEAVING, [ATTEMPT_SNOOZED] = 1 << OUTCOME_SNOOZED,
        [ATTEMPT_CANCELLED] = 1 << OUTCOME_CANCELLED,
    };
    const struct row_task *row = snapshot_task(look->after, known->number);
    bool was_abandoned = attempt->outcome == ATTEMPT_CANCELLED && row != NULL && row->flags & FLAG_ABANDONED;
    const char *wrong = NULL;

    if (bits[attempt->outcome] != 0 && !was_said(known, bits[attempt->outcome]) && !was_abandoned)
        wrong = "without its holder's word";
    if (attempt->outcome == ATTEMPT_LOST && look->sim->now.mono_ms < known->lasts_until_ms)
        wrong = "by loss before its lease was over";
    if (attempt->outcome == ATTEMPT_TIMEOUT && row != NULL && row->timeout_ms >= 0 &&
        !look->sim->swarm.has_wall_jumps && look->sim->now.mono_ms - known->claimed_mono_ms < row->timeout_ms)
        wrong = "by its time limit too early";
    if (attempt->outcome == ATTEMPT_ANSWER_LOST && (attempt->was_started || known->starts > 0))
        wrong = "as unconfirmed though its worker had called";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld delivery %lld ended %s (outcome %lld)", (long long)known->number,
                 (long long)known->delivery, wrong, (long long)attempt->outcome);
}

static bool was_asked_to_stop(const struct sight *look, const struct known *known)
{
    const struct row_task *row = snapshot_task(look->before, known->number);

    return known->cancel_was_told || (row != NULL && row->state == TASK_RUNNING && row->delivery == known->delivery &&
                                      row->cancel_requested_at_ms >= 0);
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

    bool is_given_back = attempt.outcome == ATTEMPT_RELEASED || attempt.outcome == ATTEMPT_SNOOZED ||
                         attempt.outcome == ATTEMPT_ANSWER_LOST;
    bool goes_on = kind == EVENT_TASK_RETRYING;
    const char *wrong = NULL;

    if (attempt.attempt != known->attempt)
        wrong = "has another number";
    if ((kind == EVENT_TASK_SUCCEEDED) != (attempt.outcome == ATTEMPT_SUCCEEDED))
        wrong = "and its task do not agree about success";
    if (was_asked_to_stop(look, known) && kind != EVENT_TASK_SUCCEEDED && kind != EVENT_TASK_CANCELLED)
        wrong = "was to stop, and its task lives on";
    if (kind == EVENT_TASK_CANCELLED && attempt.outcome != ATTEMPT_CANCELLED && row != NULL &&
        row->state == TASK_CANCELLED && row->cancel_requested_at_ms < 0)
        wrong = "was cancelled though nobody asked";
    if (kind == EVENT_TASK_FAILED && is_given_back)
        wrong = "was given back and failed";
    if (goes_on && attempt.outcome == ATTEMPT_CANCELLED)
        wrong = "was cancelled and goes on";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld delivery %lld %s (outcome %lld, event %lld)", (long long)known->number,
                 (long long)known->delivery, wrong, (long long)attempt.outcome, (long long)kind);
    if (kind != EVENT_TASK_FAILED && !goes_on)
        return;
    if (is_given_back)
        known->attempt--;
    else
        check_again(look, known, attempt.outcome, goes_on);
}

static void on_end(struct sight *look, struct known *known, int64_t kind)
{
    if (known->phase == RUNNING)
        on_attempt_end(look, known, kind);
    else if (known->phase == PENDING && kind == EVENT_TASK_CANCELLED)
        look->pending[known->queue]--;
    else
        sim_fail(look->sim, "task %lld ended in phase %d by event %lld", (long long)known->number, (int)known->phase,
                 (long long)kind);
    known->phase = kind == EVENT_TASK_SUCCEEDED ? SUCCEEDED : kind == EVENT_TASK_FAILED ? FAILED : CANCELLED;
    known->ended_as = known->phase;
    known->is_doomed = false;
}

static void on_retrying(struct sight *look, struct known *known)
{
    if (known->phase == RUNNING) {
        on_attempt_end(look, known, EVENT_TASK_RETRYING);
    } else if (known->phase == FAILED || known->phase == CANCELLED) {
        known->repeats++;
        known->cancel_was_told = false;
    } else {
        sim_fail(look->sim, "task %lld came back in phase %d", (long long)known->number, (int)known->phase);
    }
    known->phase = PENDING;
    look->pending[known->queue]++;
}

static void on_event(struct sight *look, const struct row_event *event)
{
    struct known *known = model_known(look->model, event->task);

    if (event->number != ++look->model->last_event)
        sim_fail(look->sim, "event %lld follows %lld", (long long)event->number, (long long)look->model->last_event - 1);
    look->model->last_event = event->number;
    sim_mix(look->sim, (uint64_t)event->kind << 48 ^ (uint64_t)event->task << 24 ^ (uint64_t)event->at_ms);
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
            sim_fail(look->sim, "task %lld started in phase %d, or twice", (long long)known->number, (int)known->phase);
        break;
    case EVENT_TASK_RETRYING:
        on_retrying(look, known);
        break;
    default:
        on_end(look, known, event->kind);
        break;
    }
}

/* ---- rows ---- */

static void check_row(struct sight *look, const struct row_task *row)
{
    const struct row_task *was = snapshot_task(look->before, row->number);
    const struct row_lease *lease = snapshot_lease(look->after, row->number);
    struct known *known = model_known(look->model, row->number);
    const char *wrong = NULL;

    if (known->phase != phase_of(row->state))
        wrong = "is not in the state that its events say";
    if (known->attempt != row->attempt || known->delivery != row->delivery || known->failures != row->failures ||
        known->losses != row->losses)
        wrong = "has wrong counts";
    if ((known->phase == RUNNING) != (lease != NULL) ||
        (lease != NULL && (lease->delivery != row->delivery || lease->queue != row->queue)))
        wrong = "and its lease do not agree";
    if (known->cancel_was_told && known->phase == RUNNING && row->cancel_requested_at_ms < 0)
        wrong = "lost its cancel request";
    if (lease != NULL && (lease->grace_at_ms >= 0) != (row->cancel_requested_at_ms >= 0))
        wrong = "and its lease do not agree about a cancel";
    if (was != NULL && was->version >= row->version &&
        (was->state != row->state || was->run_at_ms != row->run_at_ms || was->priority != row->priority ||
         was->queue != row->queue || was->cancel_requested_at_ms != row->cancel_requested_at_ms))
        wrong = "changed and kept its version";
    if (phase_is_over(known->phase) != (row->finished_at_ms >= 0))
        wrong = "is over without a time, or has one and is not";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld %s (state %lld, phase %d)", (long long)row->number, wrong,
                 (long long)row->state, (int)known->phase);
    note_queue(known, row->queue);
}

static void check_gone(struct sight *look, struct known *known)
{
    if (known->phase == ABSENT || known->phase == DELETED || snapshot_task(look->after, known->number) != NULL)
        return;
    if (!phase_is_over(known->phase) || known->deletes_open == 0)
        sim_fail(look->sim, "task %lld in phase %d is gone", (long long)known->number, (int)known->phase);
    known->phase = DELETED;
}

/* Nothing that was ready all along and stands before it was passed over. */
static void check_order(struct sight *look, const struct row_task *claimed)
{
    const struct row_lease *lease = snapshot_lease(look->after, claimed->number);
    const struct row_worker *worker = snapshot_worker(look->after, lease->worker);

    for (unsigned i = 0; i < look->before->tasks_len; i++) {
        const struct row_task *was = &look->before->tasks[i];
        const struct row_task *other = snapshot_task(look->after, was->number);
        bool was_ready = was->state == TASK_READY && other != NULL && other->version == was->version;
        bool is_before = was->priority > claimed->priority ||
                         (was->priority == claimed->priority && was->number < claimed->number);

        if (was_ready && is_before && was->queue == claimed->queue && worker != NULL &&
            worker_may_run(worker, snapshot_class(look->after, was->class_number)))
            sim_fail(look->sim, "task %lld was handed out before task %lld", (long long)claimed->number,
                     (long long)was->number);
    }
}

static void check_worker(struct sight *look, const struct row_task *claimed)
{
    const struct row_lease *lease = snapshot_lease(look->after, claimed->number);
    const struct row_worker *worker = snapshot_worker(look->before, lease->worker);
    const struct row_class *of_class = snapshot_class(look->after, claimed->class_number);
    const struct row_queue *queue = snapshot_queue(look->after, claimed->queue);
    int64_t running = 0;

    for (unsigned i = 0; i < look->after->leases_len; i++)
        running += id_equal(look->after->leases[i].worker, lease->worker);
    if (worker == NULL || worker->mode != WORKER_RUN || running > worker->concurrency ||
        !worker_may_run(worker, of_class) || !worker_has_queue(worker, queue))
        sim_fail(look->sim, "task %lld went to a worker that may not have it, or has %lld already",
                 (long long)claimed->number, (long long)running);
}

void model_look(struct sim *sim)
{
    struct model *model = &sim->model;
    struct sight look = {.sim = sim, .model = model};

    model->newest = !model->newest;
    rows_read(sim->rows, model->last_event, &model->snapshots[model->newest]);
    look.before = model_before(model);
    look.after = model_now(model);
    for (int64_t i = 0; i < model->tasks_len; i++) {
        struct known *known = model->tasks[i];

        if (known == NULL)
            continue;
        known->was_claimed = false;
        look.running[known->queue] += known->phase == RUNNING;
        look.pending[known->queue] += known->phase == PENDING;
    }
    for (unsigned i = 0; i < look.after->events_len; i++)
        on_event(&look, &look.after->events[i]);
    for (unsigned i = 0; i < look.after->tasks_len; i++)
        check_row(&look, &look.after->tasks[i]);
    for (int64_t i = 0; i < model->tasks_len && !sim->has_failed; i++) {
        if (model->tasks[i] == NULL)
            continue;
        check_gone(&look, model->tasks[i]);
        if (!model->tasks[i]->was_claimed || model->tasks[i]->phase != RUNNING)
            continue;
        check_order(&look, snapshot_task(look.after, i));
        check_worker(&look, snapshot_task(look.after, i));
    }
}
