/* Explain: why a task is not running, rule by rule, in the order in which the dispatcher applies
 * them. */
#include "explain.h"

#include "brain.h"
#include "order.h"
#include "reach.h"
#include "store/repo_dependency.h"
#include "store/repo_order.h"

enum {
    BLOCKERS_MAX = 16 + TASK_LIMITS_MAX_CEILING,
    HOLDERS_SHOWN_MAX = 20,
    AHEAD_COUNTED_MAX = 10000
};

struct blocker *explain_add(struct explanation *explanation, const char *kind)
{
    struct blocker *blocker = &explanation->view->blockers[explanation->view->blockers_len++];

    *blocker = (struct blocker){
        .kind = kind,
        .until_ms = -1,
        .limit = -1,
        .running = -1,
        .units = -1,
        .ahead = -1,
        .workers = -1,
        .unavailable = -1,
        .resting = -1,
        .disabled = -1,
        .slots = -1,
        .free = -1,
        .count = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return blocker;
}

void explain_until(struct explanation *explanation, struct blocker *blocker, int64_t until_ms)
{
    blocker->until_ms = until_ms;
    if (until_ms < 0)
        explanation->is_open = true;
    else if (until_ms > explanation->least_ms)
        explanation->least_ms = until_ms;
}

static void explain_schedule(struct explanation *explanation)
{
    const struct task *task = explanation->task;

    if (task->state == TASK_SCHEDULED || task->state == TASK_RETRYING)
        explain_until(explanation, explain_add(explanation, "schedule"), task->run_at_ms);
}

static void explain_order(struct explanation *explanation)
{
    const struct task *task = explanation->task;
    struct batch *batch = explanation->batch;
    struct arena *mem = explanation->command->mem;
    struct order_row row;
    struct task head;

    if (order_has_turn(batch, task) || !order_load(batch->db, task->number, mem, &row) ||
        !task_load_number(batch->db, order_first(batch->db, &row), &head))
        return;

    struct blocker *blocker = explain_add(explanation, "ordering");

    blocker->key = row.key;
    blocker->holders = arena_copy(mem, &head.id, sizeof(head.id));
    blocker->holders_len = 1;
    blocker->holder_state = head.state;
    blocker->ahead = order_ahead(batch->db, &row, AHEAD_COUNTED_MAX);
    explanation->is_open = true;
}

static bool is_in_reach(const struct explanation *explanation, struct id id)
{
    struct task task;

    return reaches_all_queues(explanation->command) ||
           (task_load(explanation->batch->db, id, &task) &&
            reaches_queue(explanation->command, task_queue(explanation->batch, &task)));
}

/* How many there are is told to all, which they are to those who may look at them. */
static void explain_dependency(struct explanation *explanation)
{
    const struct task *task = explanation->task;
    struct db *db = explanation->batch->db;
    struct id ids[HOLDERS_SHOWN_MAX];
    struct blocker *blocker;

    if (!task->is_dependent)
        return;
    blocker = explain_add(explanation, "dependency");
    blocker->holders =
        arena_alloc(explanation->command->mem, HOLDERS_SHOWN_MAX * sizeof(struct id));

    unsigned len = dependency_page(db, task->number, HOLDERS_SHOWN_MAX, ids);

    for (unsigned i = 0; i < len; i++)
        if (is_in_reach(explanation, ids[i]))
            blocker->holders[blocker->holders_len++] = ids[i];
    blocker->count = dependency_count(db, task->number);
    explanation->is_open = true;
}

/* A queue that closes lets what is there run, until it cancels that. */
static const char *closed_state(const struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;

    if (explanation->batch->engine->drain.is_asked)
        return "draining";
    if (queue->closing == QUEUE_CLOSED || queue->closing == QUEUE_HIDDEN)
        return "closed";
    return queue->purges > 0 ? "purging" : NULL;
}

static void explain_closed(struct explanation *explanation)
{
    const char *state = closed_state(explanation);
    struct blocker *blocker;

    if (state == NULL)
        return;
    blocker = explain_add(explanation, "closed");
    blocker->state = state;
    blocker->queue = arena_bytes(explanation->command->mem, explanation->queue->name);
    explanation->is_open = true;
}

static void explain_pause(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;
    struct blocker *blocker;

    if (!queue_is_paused(&queue->settings, explanation->batch->now.wall_ms))
        return;
    blocker = explain_add(explanation, "paused");
    blocker->queue = arena_bytes(explanation->command->mem, queue->name);
    explain_until(explanation, blocker, queue->settings.paused_until_ms);
}

bool explain_holder(struct explanation *explanation, struct blocker *blocker,
                    const struct hot_lease *lease)
{
    struct task holder;

    if (blocker->holders == NULL)
        blocker->holders =
            arena_alloc(explanation->command->mem, HOLDERS_SHOWN_MAX * sizeof(struct id));
    if (reaches_queue(explanation->command, lease->queue) &&
        task_load_number(explanation->batch->db, lease->row.task, &holder))
        blocker->holders[blocker->holders_len++] = holder.id;
    return blocker->holders_len < HOLDERS_SHOWN_MAX;
}

void explain_holders(struct explanation *explanation, struct blocker *blocker,
                     lease_holds_fn *holds, const void *what, int64_t total)
{
    const struct hot *hot = explanation->batch->hot;
    const struct hot_lease *lease;

    for (size_t at = 0; total > 0 && (lease = map_each(hot->leases, &at)) != NULL;) {
        int64_t units = holds(hot, lease, what);

        if (units > 0 && !explain_holder(explanation, blocker, lease))
            break;
        total -= units;
    }
}

static int64_t is_of_queue(const struct hot *hot, const struct hot_lease *lease, const void *queue)
{
    (void)hot;
    return lease->queue == queue;
}

static void explain_cap(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;

    if (queue->settings.concurrency < 0 || hot_running(queue) < queue->settings.concurrency)
        return;

    struct blocker *blocker = explain_add(explanation, "queue_cap");

    blocker->queue = arena_bytes(explanation->command->mem, queue->name);
    blocker->limit = queue->settings.concurrency;
    blocker->running = hot_running(queue);
    explain_holders(explanation, blocker, is_of_queue, queue, blocker->running);
    explanation->is_open |= queue->settings.concurrency == 0;
}

/* One that runs may go on until its grace time is over. */
static void explain_cancel(const struct explanation *explanation)
{
    struct task *task = explanation->view->task;
    struct db *db = explanation->batch->db;
    struct lease_row lease;

    if (task->cancel_requested_at_ms < 0 && task->state != TASK_CANCELLED)
        return;
    if (task->has_results)
        task->cancel_reason = result_reason(db, task->number, explanation->command->mem);
    if (task_state_is_leased(task->state) && lease_load(db, task->number, &lease))
        explanation->view->grace_at_ms = lease.grace_at_ms;
}

/* What is known of its place in line is known already; it is never sooner than time allows. */
static void explain_estimate(const struct explanation *explanation)
{
    struct task_view *view = explanation->view;
    int64_t wait_ms = explanation->least_ms - explanation->batch->now.wall_ms;
    int64_t least_ms = explanation->least_ms < 0 ? -1 : wait_ms < 0 ? 0 : wait_ms;

    if (explanation->is_open)
        view->estimate_ms = -1;
    else if (view->estimate_ms < least_ms)
        view->estimate_ms = least_ms;
}

void fill_explain(struct batch *batch, struct command *command, const struct task *row,
                  struct task_view *view)
{
    struct explanation explanation = {
        .batch = batch,
        .command = command,
        .task = row,
        .queue = task_queue(batch, row),
        .line = hot_line_numbered(batch->hot, row->line),
        .view = view,
        .least_ms = -1,
    };

    explain_cancel(&explanation);
    if (!task_state_is_pending(row->state))
        return;
    view->blockers = arena_alloc(command->mem, BLOCKERS_MAX * sizeof(struct blocker));
    explain_schedule(&explanation);
    explain_dependency(&explanation);
    explain_order(&explanation);
    explain_pause(&explanation);
    explain_closed(&explanation);
    explain_cap(&explanation);
    explain_limits(&explanation);
    explain_workers(&explanation);
    explain_position(&explanation);
    explain_estimate(&explanation);
}
