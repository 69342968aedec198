/* Webhooks: made, changed, looked at, deleted, and taken out of use when they are gone. */
#include "webhooks.h"

#include "audit.h"
#include "base/log.h"
#include "domain/namespace.h"
#include "handlers.h"
#include "lookups.h"
#include "paging.h"
#include "quotas.h"
#include "reach.h"
#include "targets.h"
#include "tell.h"

bool may_use_webhooks(struct batch *batch, struct command *command)
{
    if (reaches_all_queues(command))
        return true;
    batch_refuse(batch, command, ERR_FORBIDDEN, "",
                 "webhooks tell of all queues of the namespace; this token is for some of them "
                 "only");
    return false;
}

bool find_webhook(struct batch *batch, struct command *command, struct bytes name,
                  struct hot_webhook **ret_webhook)
{
    *ret_webhook = hot_webhook(command_ns(batch, command), name);
    if (*ret_webhook == NULL)
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no webhook %.*s",
                     BYTES_ARG(name));
    return *ret_webhook != NULL;
}

/* ---- looking ---- */

static const char *state_of(const struct hot_webhook *webhook)
{
    if (!webhook->settings.enabled)
        return "disabled";
    return webhook->gone_at_ms >= 0 ? "gone" : target_state_name(webhook->target->health.state);
}

static struct webhook_settings copy_settings(const struct webhook_settings *from,
                                             struct arena *arena)
{
    return (struct webhook_settings){
        .url = arena_bytes(arena, from->url),
        .types = arena_bytes(arena, from->types),
        .queues = arena_bytes(arena, from->queues),
        .enabled = from->enabled,
    };
}

/* Strings are copied: it may go before the answer does. */
static void fill_webhook(const struct batch *batch, const struct command *command,
                         const struct hot_webhook *webhook, struct webhook_view *ret_view)
{
    const struct hot_target *target = webhook->target;
    bool has_old_key = target->old_until_ms > batch->now.wall_ms;

    *ret_view = (struct webhook_view){
        .name = arena_bytes(command->mem, webhook->name),
        .created_by = arena_bytes(command->mem, webhook->created_by),
        .settings = copy_settings(&webhook->settings, command->mem),
        .version = webhook->version,
        .created_at_ms = webhook->created_at_ms,
        .state = state_of(webhook),
        .health = target->health,
        .gone_at_ms = webhook->gone_at_ms,
        .backlog = webhook_count(webhook, DELIVERY_DUE),
        .dead = webhook_count(webhook, DELIVERY_DEAD),
        .delivered = webhook_count(webhook, DELIVERY_DELIVERED),
        .missed = webhook->missed.of + webhook->missed.adding,
        .missed_first = webhook->missed_first,
        .oldest_due_at_ms = -1,
        .old_key_until_ms = has_old_key ? target->old_until_ms : -1,
    };
    ret_view->health.error = arena_bytes(command->mem, target->health.error);
    if (ret_view->backlog > 0)
        ret_view->oldest_due_at_ms = delivery_oldest_due(batch->db, webhook->number);
}

static struct webhook_view *make_view(struct command *command)
{
    command->reply.webhooks = arena_alloc(command->mem, sizeof(struct webhook_view));
    command->reply.webhooks_len = 1;
    return command->reply.webhooks;
}

void run_GET_WEBHOOK(struct batch *batch, struct command *command)
{
    struct hot_webhook *webhook;

    if (!may_use_webhooks(batch, command) ||
        !find_webhook(batch, command, command->in.webhook.name, &webhook))
        return;
    fill_webhook(batch, command, webhook, make_view(command));
    batch_answer(batch, command);
}

void run_LIST_WEBHOOKS(struct batch *batch, struct command *command)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct reply *reply = &command->reply;
    struct paging paging;

    if (!may_use_webhooks(batch, command))
        return;
    if (ns == NULL) {
        batch_answer(batch, command);
        return;
    }
    paging = paging_begin(&command->in.page, (size_t)batch->hot->webhooks.len, batch->mem);
    for (struct list_node *node = list_first(&ns->webhooks); node != NULL;
         node = list_next(&ns->webhooks, node)) {
        struct hot_webhook *webhook = CONTAINER_OF(node, struct hot_webhook, by_ns);

        paging_add(&paging, webhook->created_at_ms, webhook->name, webhook);
    }
    paging_end(&paging);
    reply->webhooks = arena_alloc(command->mem, paging.len * sizeof(*reply->webhooks));
    for (; reply->webhooks_len < paging.len; reply->webhooks_len++)
        fill_webhook(batch, command, paging.at[reply->webhooks_len].thing,
                     &reply->webhooks[reply->webhooks_len]);
    batch_answer(batch, command);
}

/* ---- the record ---- */

static void write_settings(struct json_out *out, const char *name,
                           const struct webhook_settings *settings)
{
    if (settings == NULL)
        return;
    json_out_key(out, name);
    json_out_object(out);
    json_member_text(out, "url", settings->url);
    json_member_text_or_null(out, "types", settings->types);
    json_member_text_or_null(out, "queue", settings->queues);
    json_member_bool(out, "enabled", settings->enabled);
    json_out_object_end(out);
}

/* before, after NULL: it was not, or is no more. command NULL: the broker did it. */
struct change {
    const char *action;
    const struct hot_ns *ns;
    struct bytes name;
    const struct webhook_settings *before, *after;
    bool has_new_key;
};

static void record(struct batch *batch, const struct command *command, const struct change *change)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    write_settings(&detail.out, "before", change->before);
    write_settings(&detail.out, "after", change->after);
    if (change->has_new_key)
        json_member_bool(&detail.out, "new_secret", true);
    audit_write(batch, command,
                &(struct audit_act){
                    .ns = change->ns,
                    .action = bytes_of(change->action),
                    .object = change->name,
                    .detail = audit_detail_end(&detail, batch->mem),
                });
}

/* ---- set ---- */

/* A webhook as it will be. */
struct setup {
    struct hot_ns *ns;
    struct hot_webhook *before; /* NULL: a new one */
    struct webhook_row row;
    bool has_new_key;
};

static void set_up(struct engine *engine, struct effect *effect)
{
    const struct setup *setup = effect->data;
    struct hot_webhook *webhook = setup->before;

    if (webhook == NULL)
        webhook = hot_add_webhook(&engine->hot, setup->ns, &setup->row);
    else
        hot_set_webhook(webhook, &setup->row);
    targets_changed(engine, webhook->target);
    webhook_wake(&engine->hot.webhooks, webhook);
}

static bool check_put(struct batch *batch, struct command *command,
                      const struct hot_webhook *before)
{
    const struct webhook_edit *edit = &command->in.webhook_edit;

    if (before != NULL && edit->if_absent)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-None-Match",
                     "the webhook exists");
    else if (before == NULL && edit->if_match >= 0)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match",
                     "the webhook does not exist");
    else if (batch->engine->disk_is_full)
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; only what ends work is taken");
    else
        return before != NULL ? check_version(batch, command, before->version, edit->if_match)
                              : quota_admits(batch, command, &(struct intake){.tasks = 0}) &&
                                    quota_admits_webhook(batch, command);
    return false;
}

/* Another secret signs from now on, and for a day the one before it as well. */
static void set_key(struct batch *batch, const struct webhook_edit *edit, struct setup *setup)
{
    const struct signature_key *said = &edit->key;
    struct webhook_row *row = &setup->row;

    if (setup->before != NULL && !edit->makes_key &&
        (said->len == 0 || signature_key_equal(said, &row->key)))
        return;
    setup->has_new_key = true;
    if (setup->before != NULL) {
        row->old_key = row->key;
        row->old_until_ms = batch->now.wall_ms + SIGNATURE_OVERLAP_MS;
    }
    if (said->len > 0)
        row->key = *said;
    else
        signature_key_make(&batch->engine->options.random, &row->key);
}

static struct webhook_row row_of(const struct batch *batch, const struct command *command,
                                 const struct hot_webhook *before)
{
    struct webhook_row row = {
        .number = batch->hot->webhooks.last + 1,
        .created_at_ms = batch->now.wall_ms,
        .old_until_ms = -1,
    };

    if (before != NULL)
        row = hot_webhook_row(before);
    row.version++;
    row.name = command->in.webhook_edit.name;
    row.created_by = command->by->id;
    row.settings = command->in.webhook_edit.settings;
    row.gone_at_ms = -1;
    row.missed = 0;
    row.missed_first = -1;
    return row;
}

/* The answer shows what will be. */
static void show_set(struct batch *batch, struct command *command, const struct setup *setup)
{
    struct hot_target target = {.health = {.window = 1, .latency_ms = -1, .resumes_at_ms = -1}};
    struct hot_webhook after = {.target = &target};
    struct webhook_view *view = make_view(command);
    const struct webhook_row *row = &setup->row;

    if (setup->before != NULL)
        after = *setup->before;
    target.health = after.target->health;
    target.old_until_ms = row->old_until_ms;
    after.target = &target;
    after.number = row->number;
    after.version = row->version;
    after.created_at_ms = row->created_at_ms;
    after.name = row->name;
    after.created_by = row->created_by;
    after.settings = row->settings;
    after.gone_at_ms = row->gone_at_ms;
    after.missed = (struct unit_count){.of = row->missed};
    after.missed_first = row->missed_first;
    fill_webhook(batch, command, &after, view);
    view->shows_key = setup->has_new_key;
    view->key = row->key;
}

void run_PUT_WEBHOOK(struct batch *batch, struct command *command)
{
    const struct webhook_edit *edit = &command->in.webhook_edit;
    struct hot_webhook *before = hot_webhook(command_ns(batch, command), edit->name);
    struct setup setup = {.before = before};
    struct effect *effect;

    if (!may_use_webhooks(batch, command) || !check_put(batch, command, before))
        return;
    setup.ns = hot_ns(batch->hot, command->ns, true);
    setup.row = row_of(batch, command, before);
    setup.row.ns = setup.ns->head.number;
    set_key(batch, edit, &setup);
    batch_use_ns(batch, setup.ns);
    webhook_save(batch->db, &setup.row);
    batch->rows++;
    effect = batch_effect(batch, set_up);
    effect->data = arena_copy(batch->mem, &setup, sizeof(setup));
    record(batch, command,
           &(struct change){
               .action = before == NULL ? "webhook.created" : "webhook.changed",
               .ns = setup.ns,
               .name = edit->name,
               .before = before == NULL ? NULL : &before->settings,
               .after = &setup.row.settings,
               .has_new_key = setup.has_new_key,
           });
    command->reply.created = before == NULL;
    show_set(batch, command, &setup);
    batch_answer(batch, command);
}

/* ---- delete ---- */

static void forget(struct engine *engine, struct effect *effect)
{
    hot_drop_webhook(&engine->hot, effect->object);
}

/* Who waits there learns that there is nothing more to come. */
static void end_waits(struct batch *batch, const struct list *waiting)
{
    for (struct list_node *node = list_first(waiting); node != NULL;
         node = list_next(waiting, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (parked->is_answered)
            continue;
        (void)error_set(&parked->command->reply.error, ERR_NOT_FOUND, "",
                        "the webhook was deleted");
        batch_answer_parked(batch, parked);
    }
}

/* What it was still to be told goes with it, bit by bit. */
void run_DELETE_WEBHOOK(struct batch *batch, struct command *command)
{
    const struct webhook_name *ask = &command->in.webhook;
    struct hot_webhook *webhook;

    if (!may_use_webhooks(batch, command) || !find_webhook(batch, command, ask->name, &webhook) ||
        !check_version(batch, command, webhook->version, ask->if_match))
        return;
    webhook_delete(batch->db, webhook->number);
    batch->rows++;
    record(batch, command,
           &(struct change){.action = "webhook.deleted",
                            .ns = webhook->ns,
                            .name = webhook->name,
                            .before = &webhook->settings});
    end_waits(batch, &webhook->takers);
    end_waits(batch, &webhook->watchers);
    batch_effect(batch, forget)->object = webhook;
    batch_answer(batch, command);
}

/* ---- what the push room tells ---- */

static void set_gone(struct engine *engine, struct effect *effect)
{
    struct hot_webhook *webhook = effect->object;

    webhook->gone_at_ms = effect->number;
    webhook->version++;
    webhook->target->is_disabled = true;
    log_event(LOG_WARN, "push.disabled", "a webhook answered 410: it is told no more",
              LOG_TEXT_FIELD("namespace", webhook->ns->name),
              LOG_TEXT_FIELD("webhook", webhook->name), );
    targets_changed(engine, webhook->target);
}

static void take_out(struct batch *batch, struct hot_webhook *webhook)
{
    struct webhook_row row = hot_webhook_row(webhook);
    struct event_row event = {.kind = EVENT_WEBHOOK_DISABLED,
                              .ns = webhook->ns->head.number,
                              .data = tell_webhook_gone(batch, webhook->name)};
    struct effect *effect;

    row.version++;
    row.gone_at_ms = batch->now.wall_ms;
    webhook_save(batch->db, &row);
    batch->rows++;
    batch_put_event(batch, &event); /* behind the row: it may count as missed there */
    record(batch, NULL,
           &(struct change){.action = "webhook.gone", .ns = webhook->ns, .name = webhook->name});
    effect = batch_effect(batch, set_gone);
    effect->object = webhook;
    effect->number = row.gone_at_ms;
}

static void show(const struct hot_target *target, struct arena *arena, struct target_view *ret_view)
{
    const struct hot_webhook *webhook = target->owned;

    ret_view->is_out = !webhook_is_open(webhook);
    ret_view->ns = webhook->ns != NULL ? arena_bytes(arena, webhook->ns->name) : BYTES("default");
    ret_view->name = arena_bytes(arena, webhook->name);
    ret_view->concurrency = webhook->ns == NULL ? CALLBACKS_CONCURRENCY : WEBHOOK_CONCURRENCY;
    if (webhook->ns == NULL)
        ret_view->keys_len = 0; /* each delivery has its own */
}

static void disable(struct batch *batch, struct hot_target *target)
{
    struct hot_webhook *webhook = target->owned;

    if (webhook->ns != NULL)
        take_out(batch, webhook);
}

const struct target_owner webhook_owner = {TARGET_WEBHOOK, show, disable};

void webhook_load(struct engine *engine, const struct webhook_row *row)
{
    struct hot_ns *ns = hot_ns_numbered(&engine->hot, row->ns);

    if (ns != NULL)
        (void)hot_add_webhook(&engine->hot, ns, row);
}
