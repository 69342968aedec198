/* Registering: a worker announces itself, for the first time or again. */
#include <stdio.h>

#include "handlers.h"
#include "heartbeats.h"
#include "lookups.h"
#include "push_workers.h"
#include "quotas.h"
#include "reach.h"
#include "targets.h"
#include "workers.h"

static void add_worker(struct engine *engine, struct effect *effect)
{
    struct hot_worker *worker = hot_add_worker(&engine->hot, effect->object, effect->number);

    worker_time(engine, worker);
    if (worker->target != NULL)
        targets_changed(engine, worker->target);
}

static void announce_again(struct engine *engine, struct effect *effect)
{
    struct hot_worker *worker = effect->object;
    const struct worker_row *row = effect->data;

    worker_look_again(engine, worker);
    hot_set_worker(&engine->hot, worker, row);
    push_worker_set(engine, worker, row);
    worker_look_again(engine, worker);
    /* They watch the queues that it served before. */
    parked_wake(engine, &worker->claims);
}

/* known: it registers again; what an operator ordered stays, unless that was to go. */
static struct worker_row *new_row(struct batch *batch, const struct command *command,
                                  const struct hot_ns *ns, const struct hot_worker *known)
{
    const struct worker_spec *spec = &command->in.worker_spec;
    struct worker_row row = {
        .id = known != NULL ? known->id : id_next(&batch->engine->ids, batch->now.wall_ms),
        .ns = ns->head.number,
        .identity = spec->identity,
        .instance = spec->instance,
        .version = spec->version,
        .info = spec->info,
        .labels = spec->labels,
        .queues = worker_lines(spec->queues, spec->queues_len, batch->mem),
        .types = spec->types_len == 0 ? BYTES_NONE
                                      : worker_lines(spec->types, spec->types_len, batch->mem),
        .concurrency = spec->concurrency,
        .confirm_ms = spec->confirm_ms,
        .mode = known != NULL && known->mode != WORKER_TERMINATE ? known->mode : WORKER_RUN,
        .registered_at_ms = known != NULL ? known->registered_at_ms : batch->now.wall_ms,
        .last_seen_at_ms = known != NULL ? known->last_seen_at_ms : batch->now.wall_ms,
        .min_priority = spec->min_priority,
        .push_old_until_ms = -1,
    };

    if (known != NULL)
        push_worker_row(known, &row);
    row.push_url = spec->push_url;
    row.push_disabled = false;
    return arena_copy(batch->mem, &row, sizeof(row));
}

/* Whether the queues that it would make are taken. */
static bool admits_queues(struct batch *batch, struct command *command)
{
    const struct worker_spec *spec = &command->in.worker_spec;
    const struct hot_ns *ns = command_ns(batch, command);
    struct map *seen = map_new();
    struct intake intake = {.tasks = 0};

    for (unsigned i = 0; i < spec->queues_len; i++)
        if (map_put(seen, spec->queues[i], command) == NULL)
            intake_add_queue(&intake, ns, spec->queues[i]);
    map_free(seen);
    if (quota_allows(batch, command, command->ns, &intake, &command->reply.error))
        return true;
    (void)snprintf(command->reply.error.where, sizeof(command->reply.error.where), "/queues");
    batch_answer(batch, command);
    return false;
}

static void show_registered(struct command *command, const struct worker_row *row,
                            const struct hot_worker *known, bool has_new_key)
{
    struct worker_view *view = arena_alloc(command->mem, sizeof(*view));

    *view = (struct worker_view){
        .id = row->id,
        .spec = command->in.worker_spec,
        .state = worker_mode_name((enum worker_mode)row->mode),
        .registered_at_ms = row->registered_at_ms,
        .last_seen_at_ms = row->last_seen_at_ms,
        .shows_key = has_new_key,
        .health = {.latency_ms = -1, .resumes_at_ms = -1},
    };
    view->spec.push_key = row->push_key;
    if (known != NULL)
        view->previous = known->id;
    command->reply.workers = view;
    command->reply.workers_len = 1;
    command->reply.created = true;
}

/* Whether it may register: anew, or in place of what it was. */
static bool admits(struct batch *batch, struct command *command, const struct hot_worker *known)
{
    struct worker_spec *spec = &command->in.worker_spec;

    if (!may_use_queues(batch, command, spec->queues, spec->queues_len))
        return false;
    if (known == NULL)
        return quota_admits_worker(batch, command) && admits_queues(batch, command);
    if (speaks_for_worker(command, known))
        return admits_queues(batch, command);
    batch_refuse(batch, command, ERR_FORBIDDEN, "/push_url",
                 "another worker has this identity and URL, and serves queues that the token does "
                 "not allow the use of: register under another identity");
    return false;
}

void run_REGISTER(struct batch *batch, struct command *command)
{
    struct worker_spec *spec = &command->in.worker_spec;
    struct hot_worker *known = push_worker_known(batch, command);

    if (!admits(batch, command, known))
        return;

    struct hot_ns *ns = hot_ns(batch->hot, command->ns, true);
    struct worker_row *row = new_row(batch, command, ns, known);
    struct effect *effect = batch_effect(batch, known != NULL ? announce_again : add_worker);
    bool has_new_key = spec->push_url.at != NULL && (known == NULL || spec->push_key.len > 0) &&
                       push_worker_rotate(batch, row, &spec->push_key);

    batch_use_ns(batch, ns);
    for (unsigned i = 0; i < spec->queues_len; i++)
        batch_use_queue(batch, hot_queue(batch->hot, ns, spec->queues[i], batch->now.wall_ms));
    worker_save(batch->db, row);
    batch->rows++;
    batch_worker_event(batch, EVENT_WORKER_REGISTERED,
                       &(struct hot_worker){.id = row->id, .ns = ns, .identity = row->identity});
    effect->object = known != NULL ? (void *)known : row;
    effect->data = row;
    effect->number = batch->now.mono_ms;
    show_registered(command, row, known, has_new_key);
    batch_answer(batch, command);
}
