/* Explain: why a task is not running, rule by rule, in the order in which the dispatcher applies
 * them. */
#include "views.h"

enum { BLOCKERS_MAX = 6, HOLDERS_SHOWN_MAX = 20, AHEAD_COUNTED_MAX = 10000 };

struct explanation {
    struct batch *batch;
    struct command *command;
    const struct task *task;
    struct hot_queue *queue;
    struct task_view *view;
};

static struct blocker *add(struct explanation *explanation, const char *kind)
{
    struct blocker *blocker = &explanation->view->blockers[explanation->view->blockers_len++];

    *blocker = (struct blocker){
        .kind = kind,
        .until_ms = -1,
        .limit = -1,
        .running = -1,
        .ahead = -1,
        .workers = -1,
    };
    return blocker;
}

static void explain_schedule(struct explanation *explanation)
{
    const struct task *task = explanation->task;

    if (task->state == TASK_SCHEDULED || task->state == TASK_RETRYING)
        add(explanation, "schedule")->until_ms = task->run_at_ms;
}

static void explain_queue(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;

    if (queue_is_paused(&queue->settings, explanation->batch->now.wall_ms)) {
        struct blocker *blocker = add(explanation, "paused");

        blocker->queue = queue->name;
        blocker->until_ms = queue->settings.paused_until_ms;
    }
    if (queue->closing != QUEUE_OPEN || queue->purges > 0)
        add(explanation, "closed")->queue = queue->name;
}

static void explain_cap(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;
    const struct hot_lease *lease;

    if (queue->settings.concurrency < 0 || hot_running(queue) < queue->settings.concurrency)
        return;

    struct blocker *blocker = add(explanation, "queue_cap");

    blocker->queue = queue->name;
    blocker->limit = queue->settings.concurrency;
    blocker->running = hot_running(queue);
    blocker->holders =
        arena_alloc(explanation->command->mem, HOLDERS_SHOWN_MAX * sizeof(struct id));
    for (size_t at = 0; (lease = map_each(explanation->batch->hot->leases, &at)) != NULL;) {
        struct task holder;

        if (lease->queue != queue || blocker->holders_len == HOLDERS_SHOWN_MAX)
            continue;
        if (task_load_number(explanation->batch->db, lease->row.task, &holder))
            blocker->holders[blocker->holders_len++] = holder.id;
    }
}

/* Live workers of the queue, and how many of them may run this class. */
static void explain_workers(struct explanation *explanation)
{
    const struct hot_class *of_class =
        hot_class_numbered(explanation->batch->hot, explanation->task->class_number);
    const struct hot_worker *worker;
    int64_t live = 0;
    int64_t able = 0;

    for (size_t at = 0; (worker = map_each(explanation->batch->hot->workers, &at)) != NULL;) {
        if (worker->is_lost || worker->mode != WORKER_RUN ||
            !worker_serves(worker, explanation->queue))
            continue;
        live++;
        able += worker_runs_class(worker, of_class);
    }
    if (able > 0)
        return;

    struct blocker *blocker = add(explanation, "no_worker");

    blocker->queue = explanation->queue->name;
    blocker->type = of_class->type;
    blocker->workers = live;
}

static void explain_position(struct explanation *explanation)
{
    const struct task *task = explanation->task;
    int64_t key[3] = {task->ns_number, task->queue_number, task->class_number};
    double per_s = rate_per_s(&explanation->queue->claimed, explanation->batch->now.mono_ms);

    if (task->state != TASK_READY)
        return;

    struct blocker *blocker = add(explanation, "position");

    blocker->queue = explanation->queue->name;
    blocker->ahead =
        ready_ahead(explanation->batch->db, key, task->priority, task->number, AHEAD_COUNTED_MAX);
    if (per_s > 0)
        explanation->view->estimate_ms = (int64_t)((double)(blocker->ahead + 1) * 1000.0 / per_s);
}

void fill_explain(struct batch *batch, struct command *command, const struct task *row,
                  struct task_view *view)
{
    struct explanation explanation = {batch, command, row, task_queue(batch, row), view};

    if (!task_state_is_pending(row->state))
        return;
    view->blockers = arena_alloc(command->mem, BLOCKERS_MAX * sizeof(struct blocker));
    explain_schedule(&explanation);
    explain_queue(&explanation);
    explain_cap(&explanation);
    explain_workers(&explanation);
    explain_position(&explanation);
}
