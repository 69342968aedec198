/* Explain: why a task is not running, rule by rule, in the order in which the dispatcher applies
 * them. */
#include <string.h>

#include "domain/labels.h"
#include "explain.h"
#include "hot_line.h"
#include "order.h"
#include "skill.h"
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
        .count = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return blocker;
}

static void explain_schedule(struct explanation *explanation)
{
    const struct task *task = explanation->task;

    if (task->state == TASK_SCHEDULED || task->state == TASK_RETRYING)
        explain_add(explanation, "schedule")->until_ms = task->run_at_ms;
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
}

static void explain_dependency(struct explanation *explanation)
{
    const struct task *task = explanation->task;
    struct db *db = explanation->batch->db;
    struct blocker *blocker;

    if (!task->is_dependent)
        return;
    blocker = explain_add(explanation, "dependency");
    blocker->holders =
        arena_alloc(explanation->command->mem, HOLDERS_SHOWN_MAX * sizeof(struct id));
    blocker->holders_len = dependency_page(db, task->number, HOLDERS_SHOWN_MAX, blocker->holders);
    blocker->count = dependency_count(db, task->number);
}

static void explain_queue(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;

    if (queue_is_paused(&queue->settings, explanation->batch->now.wall_ms)) {
        struct blocker *blocker = explain_add(explanation, "paused");

        blocker->queue = queue->name;
        blocker->until_ms = queue->settings.paused_until_ms;
    }
    if (queue->closing != QUEUE_OPEN || queue->purges > 0)
        explain_add(explanation, "closed")->queue = queue->name;
}

void explain_holders(struct explanation *explanation, struct blocker *blocker,
                     lease_holds_fn *holds, const void *what)
{
    const struct hot *hot = explanation->batch->hot;
    const struct hot_lease *lease;

    blocker->holders =
        arena_alloc(explanation->command->mem, HOLDERS_SHOWN_MAX * sizeof(struct id));
    for (size_t at = 0; (lease = map_each(hot->leases, &at)) != NULL;) {
        struct task holder;

        if (blocker->holders_len < HOLDERS_SHOWN_MAX && holds(hot, lease, what) &&
            task_load_number(explanation->batch->db, lease->row.task, &holder))
            blocker->holders[blocker->holders_len++] = holder.id;
    }
}

static bool is_of_queue(const struct hot *hot, const struct hot_lease *lease, const void *queue)
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

    blocker->queue = queue->name;
    blocker->limit = queue->settings.concurrency;
    blocker->running = hot_running(queue);
    explain_holders(explanation, blocker, is_of_queue, queue);
}

/* Live workers of the queue: all, those that run the type, those that have the labels as well. */
struct census {
    const struct hot_worker **typed;
    unsigned live, typed_len, labelled;
    bool has_able;        /* one of them takes the task's priority, too */
    int32_t min_priority; /* the least that one of the labelled takes */
};

static void count_in(struct census *census, const struct hot_worker *worker,
                     const struct hot_class *of_class, int32_t priority)
{
    census->live++;
    if (!skill_knows_type(worker->skill, of_class))
        return;
    census->typed[census->typed_len++] = worker;
    if (!skill_runs(worker->skill, of_class))
        return;
    if (census->labelled++ == 0 || worker->min_priority < census->min_priority)
        census->min_priority = worker->min_priority;
    census->has_able |= worker->min_priority <= priority;
}

static struct census take_census(const struct explanation *explanation,
                                 const struct hot_class *of_class)
{
    struct batch *batch = explanation->batch;
    struct census census = {
        .typed = arena_alloc(batch->mem,
                             map_len(batch->hot->workers) * sizeof(const struct hot_worker *)),
    };
    const struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;)
        if (!worker->is_lost && worker->mode == WORKER_RUN &&
            worker_serves(worker, explanation->queue))
            count_in(&census, worker, of_class, explanation->task->priority);
    return census;
}

static bool somebody_meets(const struct census *census, struct bytes demand)
{
    for (unsigned i = 0; i < census->typed_len; i++)
        if (labels_meet(census->typed[i]->labels, demand))
            return true;
    return false;
}

/* The demands that nobody meets; "" when there is somebody for each, but nobody for all. */
static struct bytes unmet(struct batch *batch, const struct census *census, struct bytes demands)
{
    char *text = arena_alloc(batch->mem, demands.len + 1);
    size_t len = 0;
    struct bytes demand;

    while (bytes_split(&demands, '\n', &demand)) {
        if (somebody_meets(census, demand))
            continue;
        memcpy(text + len, demand.at, demand.len);
        len += demand.len;
        text[len++] = '\n';
    }
    return (struct bytes){text, len};
}

static void explain_workers(struct explanation *explanation)
{
    const struct hot_class *of_class =
        hot_class_numbered(explanation->batch->hot, explanation->task->class_number);
    struct census census = take_census(explanation, of_class);
    bool lacks_labels = census.typed_len > 0 && census.labelled == 0;
    struct arena *mem = explanation->command->mem;
    struct blocker *blocker;

    if (census.has_able)
        return;
    blocker = explain_add(explanation, lacks_labels ? "labels" : "no_worker");
    blocker->queue = explanation->queue->name;
    blocker->type = of_class->type;
    blocker->workers = census.live;
    if (census.labelled > 0)
        blocker->min_priority = census.min_priority;
    if (of_class->demands.len > 0)
    blocker->requires = of_class->demands;
    if (lacks_labels)
        blocker->missing = arena_bytes(mem, unmet(explanation->batch, &census, of_class->demands));
}

/* What stands before the whole line: the same tasks of a higher priority. */
static int64_t ready_above(const struct hot_line *line)
{
    const struct hot_line *other;
    int64_t ready = 0;

    for (size_t at = 0; (other = map_each(line->shelf->plain_lines, &at)) != NULL;)
        ready += other->priority > line->priority ? line_ready(other) : 0;
    return ready;
}

static void explain_position(struct explanation *explanation)
{
    const struct task *task = explanation->task;
    const struct hot_line *line = hot_line_numbered(explanation->batch->hot, task->line);
    struct ready_head head = {.number = task->number, .share = task->share};
    double per_s = rate_per_s(&explanation->queue->claimed, explanation->batch->now.mono_ms);

    if (task->state != TASK_READY)
        return;

    struct blocker *blocker = explain_add(explanation, "position");

    blocker->queue = explanation->queue->name;
    blocker->ahead = ready_ahead(explanation->batch->db, task->line, &head, AHEAD_COUNTED_MAX) +
                     ready_above(line);
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
    explain_dependency(&explanation);
    explain_order(&explanation);
    explain_queue(&explanation);
    explain_cap(&explanation);
    explain_limits(&explanation);
    explain_workers(&explanation);
    explain_position(&explanation);
}
