/* Views: tasks and workers as they are shown. */
#include "views.h"

#include "heartbeats.h"
#include "hot_line.h"
#include "reach.h"
#include "store/repo_dead_letter.h"
#include "workers.h"

/* The attempt that runs now stands in its lease. */
static void append_running(struct batch *batch, struct command *command, const struct task *row,
                           struct task_view *view)
{
    struct lease_row lease;

    if (!task_state_is_leased(row->state) || !lease_load(batch->db, row->number, &lease))
        return;

    struct attempt *attempts =
        arena_alloc(command->mem, (view->attempts_len + 1) * sizeof(*attempts));

    for (unsigned i = 0; i < view->attempts_len; i++)
        attempts[i] = view->attempts[i];
    attempts[view->attempts_len++] = (struct attempt){
        .attempt = row->attempt,
        .delivery = lease.delivery,
        .worker = lease.worker,
        .claimed_at_ms = lease.claimed_at_ms,
        .started_at_ms = lease.started_at_ms,
        .finished_at_ms = -1,
        .outcome = ATTEMPT_OUTCOME_NONE,
    };
    view->attempts = attempts;
}

static void load_logs(struct batch *batch, struct command *command, int64_t number,
                      struct task_view *view)
{
    struct task_log *lines = NULL;

    logs_load(batch->db, number, command->mem, &lines, &view->logs_len);
    view->logs = arena_alloc(command->mem, (view->logs_len + 1) * sizeof(struct log_line));
    for (unsigned i = 0; i < view->logs_len; i++)
        view->logs[i] = (struct log_line){
            .level = lines[i].level,
            .logger = lines[i].logger,
            .message = lines[i].message,
            .at_ms = lines[i].at_ms,
        };
}

bool task_is_held(const struct batch *batch, const struct task *task)
{
    const struct hot_line *line;

    if (task->state != TASK_READY)
        return false;
    line = hot_line_numbered(batch->hot, task->line);
    return line != NULL && line_is_held(line, batch->now.mono_ms);
}

enum task_state task_shown_state(const struct batch *batch, const struct task *task)
{
    return task_is_held(batch, task) ? TASK_BLOCKED : task->state;
}

void task_show_state(const struct batch *batch, struct task *task)
{
    task->is_held = task_is_held(batch, task);
    if (task->is_held)
        task->state = TASK_BLOCKED;
}

void show_held(struct queue_counts *counts, const struct batch *batch,
               const struct hot_queue *queue)
{
    int64_t held = queue_held_back(queue, batch->now.mono_ms);

    counts->of[TASK_READY] -= held;
    counts->of[TASK_BLOCKED] += held;
}

void fill_task(struct batch *batch, struct command *command, const struct task *row,
               struct view_wants wants)
{
    struct task_view *view = &command->reply.view;
    struct task *task = arena_copy(command->mem, row, sizeof(*row));

    body_load(batch->db, task, wants.payload, command->mem);
    if (wants.result)
        result_load(batch->db, task, command->mem);
    task_name(batch, task);
    task_show_state(batch, task);
    dead_letter_load(batch->db, task, command->mem);
    task->deduplicated = command->reply.deduplicated;
    view->task = task;
    view->estimate_ms = view->grace_at_ms = -1;
    if (wants.attempts) {
        attempts_load(batch->db, row->number, command->mem, &view->attempts, &view->attempts_len);
        append_running(batch, command, row, view);
    }
    if (wants.logs)
        load_logs(batch, command, row->number, view);
    if (wants.explain)
        fill_explain(batch, command, row, view);
}

void view_mark_observed(struct batch *batch, struct task *row)
{
    if (row->observed || !task_state_is_terminal(row->state))
        return;
    row->observed = true;
    task_save_touch(batch->db, row);
    batch->rows++;
}

static const char *worker_state(const struct hot_worker *worker)
{
    if (worker->target != NULL && worker->target->is_disabled)
        return WORKER_DISABLED;
    return worker->is_lost ? "lost" : worker_mode_name(worker->mode);
}

static void show_target(const struct hot_target *target, struct arena *arena,
                        struct worker_view *view)
{
    view->spec.push_url = arena_bytes(arena, target->url);
    view->is_disabled = target->is_disabled;
    view->health = target->health;
    view->health.error = arena_bytes(arena, target->health.error);
}

void fill_worker(struct batch *batch, struct command *command, const struct hot_worker *worker,
                 struct worker_view *ret_view)
{
    struct bytes *queues = arena_alloc(command->mem, (worker->queues_len + 1) * sizeof(*queues));
    struct bytes *types = arena_alloc(command->mem, (worker->types_len + 1) * sizeof(*types));
    unsigned queues_len = 0;

    (void)batch;
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (reaches_name(command, worker->queues[i]->name))
            queues[queues_len++] = worker->queues[i]->name;
    /* Copied: the worker may be gone before the answer is written. */
    for (unsigned i = 0; i < worker->types_len; i++)
        types[i] = arena_bytes(command->mem, worker->types[i]);
    *ret_view = (struct worker_view){
        .id = worker->id,
        .spec =
            {
                .identity = arena_bytes(command->mem, worker->identity),
                .instance = arena_bytes(command->mem, worker->instance),
                .version = arena_bytes(command->mem, worker->version),
                .info = arena_bytes(command->mem, worker->info),
                .labels = arena_bytes(command->mem, worker->labels),
                .queues = queues,
                .queues_len = queues_len,
                .types = types,
                .types_len = worker->types_len,
                .concurrency = (int32_t)worker->concurrency,
                .confirm_ms = worker->confirm_ms,
                .min_priority = worker->min_priority,
            },
        .state = worker_state(worker),
        .registered_at_ms = worker->registered_at_ms,
        .last_seen_at_ms = worker->last_seen_at_ms,
        .running = running_in_reach(command, worker),
        .lost = worker->is_lost,
    };
    if (worker->target != NULL)
        show_target(worker->target, command->mem, ret_view);
}
