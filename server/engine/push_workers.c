/* Push workers: what is kept of one that is called instead of calling. */
#include "push_workers.h"

#include "audit.h"
#include "base/log.h"
#include "heartbeats.h"
#include "targets.h"
#include "tell.h"
#include "workers.h"

static void show(const struct hot_target *target, struct arena *arena, struct target_view *ret_view)
{
    const struct hot_worker *worker = target->owned;

    ret_view->is_out = !worker_is_open(worker);
    ret_view->worker = worker->id;
    ret_view->ns = arena_bytes(arena, worker->ns->name);
    ret_view->name = arena_bytes(arena, worker->identity);
    ret_view->concurrency = (int32_t)worker->concurrency;
}

static void put_out(struct engine *engine, struct effect *effect)
{
    struct hot_worker *worker = effect->object;

    worker->target->is_disabled = true;
    log_event(LOG_WARN, "push.disabled",
              "a push worker's endpoint answered 410: it is called no more",
              LOG_TEXT_FIELD("namespace", worker->ns->name),
              LOG_TEXT_FIELD("worker", worker->identity), );
    worker_ordered(engine, worker);
    targets_changed(engine, worker->target);
}

static void note_disabled(struct batch *batch, const struct hot_worker *worker)
{
    char id[ID_TEXT_LEN + 1];
    struct audit_act act = {.ns = worker->ns, .action = BYTES("worker.disabled")};
    struct audit_detail detail;

    id_format(worker->id, id);
    act.object = bytes_of(id);
    audit_detail_begin(&detail);
    json_member_text(&detail.out, "identity", worker->identity);
    json_member_text(&detail.out, "reason", BYTES("its endpoint answered 410"));
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, NULL, &act);
}

static void disable(struct batch *batch, struct hot_target *target)
{
    struct hot_worker *worker = target->owned;
    struct worker_row row = worker_row_of(worker, batch->mem);
    struct event_row event = {.kind = EVENT_WORKER_DISABLED,
                              .ns = worker->ns->head.number,
                              .data = tell_worker_gone(batch, worker)};

    row.push_disabled = true;
    worker_save(batch->db, &row);
    batch->rows++;
    note_disabled(batch, worker);
    batch_put_event(batch, &event);
    batch_effect(batch, put_out)->object = worker;
}

static const struct target_owner OWNER = {TARGET_WORKER, show, disable};

struct hot_target *push_worker_target(struct hot *hot, struct hot_worker *worker,
                                      const struct worker_row *row)
{
    struct hot_target *target = hot_target_new(&hot->targets, &OWNER, worker, row->push_url, 0);

    target->key = row->push_key;
    target->old_key = row->push_old_key;
    target->old_until_ms = row->push_old_until_ms;
    target->is_disabled = row->push_disabled;
    return target;
}

/* Rarely asked: a walk over the namespace's workers will do. */
struct hot_worker *push_worker_known(const struct batch *batch, const struct command *command)
{
    const struct worker_spec *spec = &command->in.worker_spec;
    const struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);

    if (ns == NULL || spec->push_url.at == NULL)
        return NULL;
    for (struct list_node *node = list_first(&ns->workers); node != NULL;
         node = list_next(&ns->workers, node)) {
        struct hot_worker *worker = CONTAINER_OF(node, struct hot_worker, by_ns);

        if (worker->target != NULL && bytes_equal(worker->identity, spec->identity) &&
            bytes_equal(worker->target->url, spec->push_url))
            return worker;
    }
    return NULL;
}

void push_worker_row(const struct hot_worker *worker, struct worker_row *row)
{
    const struct hot_target *target = worker->target;

    row->push_old_until_ms = -1;
    if (target == NULL)
        return;
    row->push_url = target->url;
    row->push_key = target->key;
    row->push_old_key = target->old_key;
    row->push_old_until_ms = target->old_until_ms;
    row->push_disabled = target->is_disabled;
}

bool push_worker_rotate(const struct batch *batch, struct worker_row *row,
                        const struct signature_key *key)
{
    struct signature_key next = *key;

    if (key->len == 0)
        signature_key_make(&batch->engine->options.random, &next);
    if (signature_key_equal(&row->push_key, &next))
        return false;
    if (row->push_key.len > 0) {
        row->push_old_key = row->push_key;
        row->push_old_until_ms = batch->now.wall_ms + SIGNATURE_OVERLAP_MS;
    }
    row->push_key = next;
    return true;
}

void push_worker_set(struct engine *engine, struct hot_worker *worker, const struct worker_row *row)
{
    struct hot_target *target = worker->target;

    if (target == NULL)
        return;
    target->key = row->push_key;
    target->old_key = row->push_old_key;
    target->old_until_ms = row->push_old_until_ms;
    target->is_disabled = row->push_disabled;
    targets_changed(engine, target);
}

void push_worker_answered(const struct batch *batch, struct hot_target *target,
                          const struct target_health *health)
{
    const struct target_health *before = &target->health;

    if (target->owner->kind == TARGET_WORKER &&
        health->sent - health->failed > before->sent - before->failed)
        ((struct hot_worker *)target->owned)->last_seen_at_ms = batch->now.wall_ms;
}
