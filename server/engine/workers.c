/* Workers: known by their calls, never by their connections. */
#include "workers.h"

#include "audit.h"
#include "domain/bounds.h"
#include "handlers.h"
#include "heartbeats.h"
#include "lookups.h"
#include "paging.h"
#include "parked_end.h"
#include "push_workers.h"
#include "queue_due.h"
#include "reach.h"
#include "settle.h"
#include "views.h"

#define FORGOTTEN_AFTER_MS DAY_MS

void worker_time(struct engine *engine, struct hot_worker *worker)
{
    /* It is called and need not call. */
    if (worker->target != NULL)
        return;

    int64_t patience_ms = worker->is_lost ? FORGOTTEN_AFTER_MS : engine->options.worker_ttl_ms;
    int64_t due_ms = worker->last_seen_mono_ms + patience_ms, now_ms = engine_now(engine).mono_ms;

    /* Leases that others keep alive may hold it back for longer than that. */
    if (worker->is_lost && due_ms <= now_ms && !list_is_empty(&worker->leases))
        due_ms = now_ms + engine->options.worker_ttl_ms;
    heap_set(&engine->hot.workers_silent, &worker->silence, due_ms);
}

/* Memory only, and true whether or not the batch commits: it did call. */
void worker_seen(struct batch *batch, struct hot_worker *worker)
{
    /* Of one that is pushed to, its endpoint's answers are (push_worker_answered). */
    if (worker->target != NULL)
        return;
    worker->last_seen_at_ms = batch->now.wall_ms;
    worker->last_seen_mono_ms = batch->now.mono_ms;
    if (!worker->is_lost)
        return;
    worker->is_lost = false;
    worker_time(batch->engine, worker);
}

static bool is_silent(const struct engine *engine, const struct hot_worker *worker, int64_t now_ms)
{
    return now_ms - worker->last_seen_mono_ms >= engine->options.worker_ttl_ms;
}

/* It may have called in the batch that lost it. */
static void note_lost(struct engine *engine, struct effect *effect)
{
    struct hot_worker *worker = effect->object;

    worker->is_lost = is_silent(engine, worker, engine_now(engine).mono_ms);
    worker_time(engine, worker);
}

static void lost_undone(struct effect *effect)
{
    worker_time(effect->data, effect->object);
}

static void lose(struct batch *batch, struct hot_worker *worker)
{
    struct effect *effect = batch_effect(batch, note_lost);

    effect->object = worker;
    effect->data = batch->engine;
    effect->cancel = lost_undone;
    if (!worker->is_lost)
        batch_worker_event(batch, EVENT_WORKER_LOST, worker);
}

static void drop_worker(struct engine *engine, struct effect *effect)
{
    hot_drop_worker(&engine->hot, effect->object);
}

/* A timer took it out of the heap. */
static void forget_undone(struct effect *effect)
{
    struct hot_worker *worker = effect->object;

    worker->is_forgotten = false;
    worker_time(effect->data, worker);
}

static void forget(struct batch *batch, struct hot_worker *worker)
{
    struct effect *effect = batch_effect(batch, drop_worker);

    worker_delete(batch->db, worker->id);
    batch->rows++;
    worker->is_forgotten = true; /* for the calls of this batch */
    effect->object = worker;
    effect->data = batch->engine;
    effect->cancel = forget_undone;
}

static bool has_live_call(const struct list *parked)
{
    for (struct list_node *node = list_first(parked); node != NULL; node = list_next(parked, node))
        if (parked_is_alive(CONTAINER_OF(node, struct parked, subject)))
            return true;
    return false;
}

/* Something still points at it. */
static bool is_held(const struct hot_worker *worker)
{
    return !list_is_empty(&worker->leases) || !list_is_empty(&worker->claims) ||
           !list_is_empty(&worker->heartbeats);
}

void worker_silent(struct batch *batch, struct hot_worker *worker)
{
    bool is_calling = has_live_call(&worker->claims) || has_live_call(&worker->heartbeats);

    /* A parked request is a call that is still going on. */
    if (is_calling)
        worker_seen(batch, worker);
    if (!is_silent(batch->engine, worker, batch->now.mono_ms))
        worker_time(batch->engine, worker);
    else if (batch->now.mono_ms - worker->last_seen_mono_ms < FORGOTTEN_AFTER_MS || is_held(worker))
        lose(batch, worker);
    else
        forget(batch, worker);
}

const char *worker_order(const struct hot_worker *worker)
{
    if (worker->mode == WORKER_TERMINATE)
        return "terminate";
    return worker_is_open(worker) ? "run" : "quiet";
}

struct bytes worker_lines(const struct bytes *names, unsigned len, struct arena *arena)
{
    struct buffer lines;

    buffer_init(&lines, SIZE_MAX);
    for (unsigned i = 0; i < len; i++) {
        buffer_append(&lines, names[i]);
        buffer_append_char(&lines, '\n');
    }

    struct bytes text = arena_bytes(arena, buffer_bytes(&lines));

    buffer_fini(&lines);
    return text;
}

struct worker_row worker_row_of(const struct hot_worker *worker, struct arena *arena)
{
    struct bytes *queues = arena_alloc(arena, (worker->queues_len + 1) * sizeof(*queues));

    for (unsigned i = 0; i < worker->queues_len; i++)
        queues[i] = worker->queues[i]->name;

    struct worker_row row = {
        .id = worker->id,
        .ns = worker->ns->head.number,
        .identity = worker->identity,
        .instance = worker->instance,
        .version = worker->version,
        .info = worker->info,
        .labels = worker->labels,
        .queues = worker_lines(queues, worker->queues_len, arena),
        .types = worker->types_len == 0 ? BYTES_NONE
                                        : worker_lines(worker->types, worker->types_len, arena),
        .concurrency = worker->concurrency,
        .confirm_ms = worker->confirm_ms,
        .mode = worker->mode,
        .registered_at_ms = worker->registered_at_ms,
        .last_seen_at_ms = worker->last_seen_at_ms,
        .min_priority = worker->min_priority,
    };

    push_worker_row(worker, &row);
    return row;
}

void worker_look_again(struct engine *engine, const struct hot_worker *worker)
{
    for (unsigned i = 0; i < worker->queues_len; i++)
        queue_look_again(engine, worker->queues[i]);
}

static struct bytes id_bytes(const struct id *id)
{
    return (struct bytes){(const char *)id->at, sizeof(id->at)};
}

void run_LIST_WORKERS(struct batch *batch, struct command *command)
{
    struct map *workers = batch->hot->workers;
    struct paging paging = paging_begin(&command->in.page, map_len(workers), batch->mem);
    struct reply *reply = &command->reply;
    struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(workers, &at)) != NULL;)
        if (sees_worker(command, worker))
            paging_add(&paging, worker->registered_at_ms, id_bytes(&worker->id), worker);
    paging_end(&paging);
    reply->workers = arena_alloc(command->mem, paging.len * sizeof(*reply->workers));
    for (; reply->workers_len < paging.len; reply->workers_len++)
        fill_worker(batch, command, paging.at[reply->workers_len].thing,
                    &reply->workers[reply->workers_len]);
    batch_answer(batch, command);
}

void run_GET_WORKER(struct batch *batch, struct command *command)
{
    struct hot_worker *worker = NULL;

    if (!find_worker(batch, command, command->in.worker, &worker))
        return;
    command->reply.workers = arena_alloc(command->mem, sizeof(struct worker_view));
    command->reply.workers_len = 1;
    fill_worker(batch, command, worker, command->reply.workers);
    batch_answer(batch, command);
}

static void set_worker(struct engine *engine, struct effect *effect)
{
    struct hot_worker *worker = effect->object;
    const struct worker_row *row = effect->data;

    worker->mode = (enum worker_mode)row->mode;
    worker->concurrency = row->concurrency;
    worker->min_priority = (int32_t)row->min_priority;
    push_worker_set(engine, worker, row);
    worker_ordered(engine, worker);
    worker_look_again(engine, worker);
}

static void note_edit(struct batch *batch, const struct command *command,
                      const struct hot_worker *worker)
{
    const struct worker_edit *edit = &command->in.worker_edit;
    char id[ID_TEXT_LEN + 1];
    struct audit_act act = {.ns = worker->ns, .action = BYTES("worker.changed")};
    struct audit_detail detail;

    id_format(worker->id, id);
    act.object = bytes_of(id);
    audit_detail_begin(&detail);
    json_member_text(&detail.out, "identity", worker->identity);
    if (edit->has_mode)
        json_member_text(&detail.out, "state", bytes_of(worker_mode_name(edit->mode)));
    if (edit->has_concurrency)
        json_member_int(&detail.out, "concurrency", edit->concurrency);
    if (edit->has_min_priority && edit->min_priority != MIN_PRIORITY_NONE)
        json_member_int(&detail.out, "min_priority", edit->min_priority);
    else if (edit->has_min_priority)
        json_member_raw_or_null(&detail.out, "min_priority", BYTES_NONE);
    if (edit->rotates_key)
        json_member_bool(&detail.out, "push_secret_changed", true);
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, command, &act);
}

static bool may_edit(struct batch *batch, struct command *command, const struct hot_worker *worker)
{
    if (!speaks_for_worker(command, worker)) {
        batch_refuse(batch, command, ERR_FORBIDDEN, "",
                     "the worker serves queues that the token does not allow the use of");
        return false;
    }
    if (worker->target == NULL && command->in.worker_edit.rotates_key) {
        batch_refuse(batch, command, ERR_INVALID_FIELD, "/push_secret",
                     "only a worker with a push_url has one");
        return false;
    }
    return true;
}

/* The row as it will be, and the view of it. */
static void edit_row(const struct batch *batch, const struct worker_edit *edit,
                     struct worker_row *row, struct worker_view *view)
{
    if (edit->has_mode) {
        row->mode = edit->mode;
        if (edit->mode == WORKER_RUN)
            row->push_disabled = false;
        view->is_disabled = row->push_disabled;
        view->state = row->push_disabled ? WORKER_DISABLED : worker_mode_name(edit->mode);
    }
    if (edit->has_concurrency)
        row->concurrency = view->spec.concurrency = edit->concurrency;
    if (edit->has_min_priority)
        row->min_priority = view->spec.min_priority = edit->min_priority;
    if (!edit->rotates_key)
        return;
    view->shows_key = push_worker_rotate(batch, row, &edit->push_key);
    view->spec.push_key = row->push_key;
}

void run_EDIT_WORKER(struct batch *batch, struct command *command)
{
    const struct worker_edit *edit = &command->in.worker_edit;
    struct hot_worker *worker = NULL;

    if (!find_worker(batch, command, edit->worker, &worker) || !may_edit(batch, command, worker))
        return;

    struct worker_row row = worker_row_of(worker, batch->mem);
    struct effect *effect = batch_effect(batch, set_worker);
    struct worker_view *view = arena_alloc(command->mem, sizeof(*view));

    fill_worker(batch, command, worker, view);
    edit_row(batch, edit, &row, view);
    worker_save(batch->db, &row);
    batch->rows++;
    note_edit(batch, command, worker);
    effect->object = worker;
    effect->data = arena_copy(batch->mem, &row, sizeof(row));
    command->reply.workers = view;
    command->reply.workers_len = 1;
    batch_answer(batch, command);
}

static void release_leases(struct batch *batch, struct hot_worker *worker)
{
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node)) {
        const struct hot_lease *lease = CONTAINER_OF(node, struct hot_lease, by_worker);
        struct settling settling;

        if (task_load_number(batch->db, lease->row.task, &settling.task) &&
            lease_load(batch->db, lease->row.task, &settling.lease))
            settle_left(batch, &settling);
    }
}

static void answer_all(struct batch *batch, struct list *parked)
{
    for (struct list_node *node = list_first(parked); node != NULL;
         node = list_next(parked, node)) {
        struct parked *waiting = CONTAINER_OF(node, struct parked, subject);

        if (!waiting->is_answered)
            parked_end(batch, waiting, false);
    }
}

void run_LEAVE(struct batch *batch, struct command *command)
{
    struct hot_worker *worker = NULL;

    if (!find_own_worker(batch, command, command->in.worker, &worker))
        return;
    answer_all(batch, &worker->claims);
    answer_all(batch, &worker->heartbeats);
    release_leases(batch, worker);
    worker_delete(batch->db, worker->id);
    batch_worker_event(batch, EVENT_WORKER_LEFT, worker);
    batch_effect(batch, drop_worker)->object = worker;
    batch_answer(batch, command);
}
