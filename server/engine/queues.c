/* Queues: their settings, and how they are shown. */
#include "audit.h"
#include "closing.h"
#include "handlers.h"
#include "lookups.h"
#include "paging.h"
#include "queue_due.h"
#include "quotas.h"
#include "reach.h"
#include "retention.h"
#include "tell.h"
#include "views.h"

static void view_one(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    command->reply.queues = arena_alloc(command->mem, sizeof(struct queue_view));
    command->reply.queues_len = 1;
    fill_queue(batch, command, queue, QUEUE_STATS, command->reply.queues);
}

void run_GET_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue))
        return;
    view_one(batch, command, queue);
    batch_answer(batch, command);
}

void run_LIST_QUEUES(struct batch *batch, struct command *command)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct reply *reply = &command->reply;
    struct hot_queue *queue;
    struct paging paging;

    if (ns == NULL) {
        batch_answer(batch, command);
        return;
    }
    paging = paging_begin(&command->in.page, map_len(ns->queues), batch->mem);
    for (size_t at = 0; (queue = map_each(ns->queues, &at)) != NULL;)
        if (queue_exists(queue) && reaches_name(command, queue->name))
            paging_add(&paging, queue->created_at_ms, queue->name, queue);
    paging_end(&paging);
    reply->queues = arena_alloc(command->mem, paging.len * sizeof(*reply->queues));
    for (; reply->queues_len < paging.len; reply->queues_len++)
        fill_queue(batch, command, paging.at[reply->queues_len].thing, QUEUE_STATS,
                   &reply->queues[reply->queues_len]);
    batch_answer(batch, command);
}

/* ---- settings ---- */

static void set_queue(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    const struct queue_settings *settings = effect->data;
    struct bytes types_before = queue->settings.retry.non_retryable;
    struct bytes target_before = queue->settings.dead_letter_queue;
    struct bytes types = bytes_keep(settings->retry.non_retryable);
    struct bytes target = bytes_keep(settings->dead_letter_queue);

    queue->version++;
    queue->settings = *settings;
    queue->settings.retry.non_retryable = types;
    queue->settings.dead_letter_queue = target;
    bytes_drop(types_before);
    bytes_drop(target_before);
    queue_look_again(engine, queue);
    retention_time(&engine->hot, queue);
}

static struct queue_settings edited(const struct hot_queue *queue, const struct queue_edit *edit)
{
    struct queue_settings settings = edit->replace ? queue_default() : queue->settings;
    const struct queue_settings *wish = &edit->settings;

    if (edit->has & QUEUE_HAS_CONCURRENCY)
        settings.concurrency = wish->concurrency;
    if (edit->has & QUEUE_HAS_PENDING_LIMIT)
        settings.pending_limit = wish->pending_limit;
    if (edit->has & QUEUE_HAS_PAUSED) {
        settings.paused = wish->paused;
        settings.paused_until_ms = -1;
    }
    if (edit->has & QUEUE_HAS_PAUSED_UNTIL)
        settings.paused_until_ms = wish->paused_until_ms;
    if (edit->has & QUEUE_HAS_RETRY)
        settings.retry = wish->retry;
    if (edit->has & QUEUE_HAS_LEASE)
        settings.lease_ms = wish->lease_ms;
    if (edit->has & QUEUE_HAS_TIMEOUT)
        settings.timeout_ms = wish->timeout_ms;
    if (edit->has & QUEUE_HAS_RETENTION)
        settings.retention = retention_merge(settings.retention, &wish->retention);
    if (edit->has & QUEUE_HAS_FAIRNESS)
        settings.is_fair = wish->is_fair;
    if (edit->has & QUEUE_HAS_AGING)
        settings.aging_ms = wish->aging_ms;
    if (edit->has & QUEUE_HAS_RATE)
        settings.rate = wish->rate;
    if (edit->has & QUEUE_HAS_DEAD_LETTER_QUEUE)
        settings.dead_letter_queue = wish->dead_letter_queue;
    return settings;
}

/* Row now, memory after COMMIT, the answer shows what will be. */
static void apply(struct batch *batch, struct command *command, struct hot_queue *queue,
                  const struct queue_settings *settings)
{
    struct hot_queue after = *queue;
    struct effect *effect = batch_effect(batch, set_queue);

    after.settings = *settings;
    after.version++;
    batch_save_queue(batch, queue, &after);
    effect->object = queue;
    effect->data = arena_copy(batch->mem, settings, sizeof(*settings));
    if (!queue->settings.paused && settings->paused)
        batch_queue_event(batch, EVENT_QUEUE_PAUSED, queue,
                          tell_paused(batch, settings->paused_until_ms));
    view_one(batch, command, &after);
    batch_answer(batch, command);
}

/* Whether the queue is there or may be made. */
static bool admits_queue(struct batch *batch, struct command *command, struct bytes name)
{
    struct intake intake = {.tasks = 0};

    intake_add_queue(&intake, command_ns(batch, command), name);
    if (quota_admits(batch, command, &intake))
        return true;
    command->reply.error.where[0] = '\0'; /* it stands in the path, not in the body */
    return false;
}

static struct hot_queue *make_queue(struct batch *batch, const struct command *command,
                                    struct bytes name)
{
    return hot_queue(batch->hot, hot_ns(batch->hot, command->ns, true), name, batch->now.wall_ms);
}

void run_EDIT_QUEUE(struct batch *batch, struct command *command)
{
    const struct queue_edit *edit = &command->in.queue_edit;

    if (!may_use_queue(batch, command, edit->queue, "") ||
        (edit->settings.dead_letter_queue.at != NULL &&
         !may_use_queue(batch, command, edit->settings.dead_letter_queue, "/dead_letter_queue")))
        return;

    struct hot_ns *ns = command_ns(batch, command);
    struct hot_queue *queue = ns == NULL ? NULL : hot_queue(batch->hot, ns, edit->queue, -1);

    if (queue == NULL && !edit->replace) {
        (void)find_queue(batch, command, edit->queue, &queue);
        return;
    }
    if (queue != NULL && edit->if_absent) {
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-None-Match", "the queue exists");
        return;
    }
    if (queue == NULL && edit->if_match >= 0) {
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match",
                     "the queue does not exist");
        return;
    }
    if (queue != NULL && !check_version(batch, command, queue->version, edit->if_match))
        return;
    if (!admits_queue(batch, command, edit->queue))
        return;
    command->reply.created = queue == NULL;
    queue = make_queue(batch, command, edit->queue);

    struct queue_settings settings = edited(queue, edit);

    audit_queue(batch, command, command->reply.created ? "queue.created" : "queue.changed", queue,
                audit_settings(batch, &queue->settings, &settings));
    apply(batch, command, queue, &settings);
}

void run_PAUSE_QUEUE(struct batch *batch, struct command *command)
{
    int64_t for_ms = command->in.queue.for_ms;

    if (!may_use_queue(batch, command, command->in.queue.queue, "") ||
        !admits_queue(batch, command, command->in.queue.queue))
        return;

    struct hot_queue *queue = make_queue(batch, command, command->in.queue.queue);
    struct queue_settings settings = queue->settings;

    settings.paused = true;
    settings.paused_until_ms = for_ms < 0 ? -1 : batch->now.wall_ms + for_ms;
    audit_queue(batch, command, "queue.paused", queue,
                audit_settings(batch, &queue->settings, &settings));
    apply(batch, command, queue, &settings);
}

void run_RESUME_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue))
        return;

    struct queue_settings settings = queue->settings;

    settings.paused = false;
    settings.paused_until_ms = -1;
    audit_queue(batch, command, "queue.resumed", queue,
                audit_settings(batch, &queue->settings, &settings));
    apply(batch, command, queue, &settings);
}

/* Row and memory forget the settings; held submits are looked at last, and find it as new. */
static void hide(struct batch *batch, struct hot_queue *queue)
{
    struct hot_queue after = *queue;
    struct effect *effect;

    closing_step_to(batch, queue, (struct closing_step){QUEUE_HIDDEN, -1, -1});
    after.version += 2;
    after.settings = queue_default();
    after.closing = QUEUE_HIDDEN;
    after.close_cancel_at_ms = after.close_end_at_ms = -1;
    batch_save_queue(batch, queue, &after);
    effect = batch_effect(batch, set_queue);
    effect->object = queue;
    effect->data = arena_copy(batch->mem, &after.settings, sizeof(after.settings));
}

/* A deleted queue keeps its row, hidden, because finished tasks still name it; its next use finds
 * it as new. */
void run_DELETE_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue) ||
        !check_version(batch, command, queue->version, command->in.queue.if_match))
        return;

    struct queue_counts counts = hot_queue_counts(queue);
    int64_t live = queue_pending(&counts) + counts.of[TASK_RUNNING] + counts.of[TASK_WAITING];

    if (live > 0) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "%lld tasks of the queue are not finished", (long long)live);
        return;
    }

    hide(batch, queue);
    audit_queue(batch, command, "queue.deleted", queue, BYTES_NONE);
    batch_answer(batch, command);
}
