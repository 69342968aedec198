/* Limits: declared, changed, shown and taken back while tasks go by them. */
#include "audit.h"
#include "domain/namespace.h"
#include "handlers.h"
#include "lookups.h"
#include "paging.h"
#include "quotas.h"
#include "reach.h"
#include "store/repo_limit.h"
#include "views.h"

/* ---- looking ---- */

static void fill_counts(const struct batch *batch, struct limit_view *view,
                        const struct hot_limit *limit)
{
    view->running = limit == NULL ? 0 : limit_units_running(limit);
    view->held = limit == NULL ? 0 : limit_units_held(limit);
    view->blocked = limit == NULL ? 0 : lines_blocked_by(limit, batch->now.mono_ms);
}

static struct bytes rule_of(const struct command *command, const struct hot_declared *own,
                            const struct hot_limit *limit)
{
    if (own != NULL || limit->from == NULL)
        return BYTES_NONE;
    return arena_bytes(command->mem, limit->from->name);
}

/* Either of them may be NULL, not both. Names are copied: they may go before the answer does. */
static void fill_limit(const struct batch *batch, const struct command *command,
                       const struct hot_declared *own, const struct hot_limit *limit,
                       struct limit_view *ret_view)
{
    *ret_view = (struct limit_view){
        .name = arena_bytes(command->mem, own != NULL ? own->name : limit->name),
        .settings = own != NULL ? own->settings : limit->settings,
        .rule = rule_of(command, own, limit),
        .is_declared = own != NULL,
        .version = own != NULL ? own->version : -1,
        .created_at_ms = own != NULL ? own->created_at_ms : -1,
        .running = -1,
        .held = -1,
        .blocked = -1,
        .names = -1,
    };
    /* What other queues do is not told. */
    if (!reaches_all_queues(command))
        return;
    if (own != NULL && limit_name_is_rule(own->name))
        ret_view->names = own->names;
    else
        fill_counts(batch, ret_view, limit);
}

static struct limit_view *make_view(struct command *command)
{
    command->reply.limits = arena_alloc(command->mem, sizeof(struct limit_view));
    command->reply.limits_len = 1;
    return command->reply.limits;
}

static void refuse_unknown(struct batch *batch, struct command *command, struct bytes name)
{
    batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no limit %.*s", BYTES_ARG(name));
}

void run_GET_LIMIT(struct batch *batch, struct command *command)
{
    struct bytes name = command->in.limit.name;
    const struct hot_ns *ns = command_ns(batch, command);
    const struct hot_declared *own = ns == NULL ? NULL : limit_declared(ns, name);
    const struct hot_limit *limit = ns == NULL ? NULL : limit_in_use(ns, name);

    if (own == NULL && (limit == NULL || !reaches_all_queues(command))) {
        refuse_unknown(batch, command, name);
        return;
    }
    fill_limit(batch, command, own, limit, make_view(command));
    batch_answer(batch, command);
}

void run_LIST_LIMITS(struct batch *batch, struct command *command)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct reply *reply = &command->reply;
    struct hot_declared *own;
    struct paging paging;

    if (ns == NULL) {
        batch_answer(batch, command);
        return;
    }
    paging = paging_begin(&command->in.page, map_len(ns->limits.declared), batch->mem);
    for (size_t at = 0; (own = map_each(ns->limits.declared, &at)) != NULL;)
        paging_add(&paging, own->created_at_ms, own->name, own);
    paging_end(&paging);
    reply->limits = arena_alloc(command->mem, paging.len * sizeof(*reply->limits));
    for (; reply->limits_len < paging.len; reply->limits_len++) {
        own = paging.at[reply->limits_len].thing;
        fill_limit(batch, command, own, limit_in_use(ns, own->name),
                   &reply->limits[reply->limits_len]);
    }
    batch_answer(batch, command);
}

/* ---- changing ---- */

/* A limit is for every queue of its namespace, so changing one takes a token for all of them. */
static bool may_change(struct batch *batch, struct command *command)
{
    if (reaches_all_queues(command))
        return true;
    batch_refuse(batch, command, ERR_FORBIDDEN, "",
                 "limits are for all queues of the namespace; this token is for some of them only");
    return false;
}

static void write_settings(struct json_out *out, const struct limit_settings *settings,
                           struct arena *arena)
{
    json_member_int_or_null(out, "max_running", settings->max_running);
    json_member_raw_or_null(out, "rate", rate_write(&settings->rate, arena));
    json_member_text(out, "over", bytes_of(limit_over_name(settings->over)));
}

static void write_member(struct json_out *out, const char *name,
                         const struct limit_settings *settings, struct arena *arena)
{
    if (settings == NULL)
        return;
    json_out_key(out, name);
    json_out_object(out);
    write_settings(out, settings, arena);
    json_out_object_end(out);
}

/* before, after NULL: it was not, or is no more. */
static void record(struct batch *batch, const struct command *command, const char *action,
                   const struct limit_settings *before, const struct limit_settings *after)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    write_member(&detail.out, "before", before, batch->mem);
    write_member(&detail.out, "after", after, batch->mem);
    audit_write(batch, command,
                &(struct audit_act){
                    .ns = command_ns(batch, command),
                    .action = bytes_of(action),
                    .object = command->in.limit.name,
                    .detail = audit_detail_end(&detail, batch->mem),
                });
}

static void set_limit(struct engine *engine, struct effect *effect)
{
    limit_declare(&engine->hot, effect->object, effect->data);
}

static void unset_limit(struct engine *engine, struct effect *effect)
{
    const struct hot_declared *row = effect->data;

    limit_undeclare(&engine->hot, effect->object, row->name);
}

/* Row now, memory after COMMIT, the answer shows what will be. */
static void save(struct batch *batch, struct command *command, struct hot_ns *ns,
                 const struct hot_declared *row)
{
    struct effect *effect = batch_effect(batch, set_limit);

    batch_use_ns(batch, ns);
    limit_save(batch->db,
               &(struct limit_row){.ns = ns->head.number,
                                   .version = row->version,
                                   .created_at_ms = row->created_at_ms,
                                   .name = row->name,
                                   .settings = row->settings},
               batch->mem);
    batch->rows++;
    effect->object = ns;
    effect->data = arena_copy(batch->mem, row, sizeof(*row));
    fill_limit(batch, command, row, limit_in_use(ns, row->name), make_view(command));
}

static bool check_put(struct batch *batch, struct command *command, const struct hot_declared *own)
{
    const struct limit_edit *edit = &command->in.limit;

    if (own != NULL && edit->if_absent)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-None-Match", "the limit exists");
    else if (own == NULL && edit->if_match >= 0)
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match",
                     "the limit does not exist");
    else
        return own != NULL ? check_version(batch, command, own->version, edit->if_match)
                           : quota_admits(batch, command, &(struct intake){.tasks = 0}) &&
                                 quota_admits_limit(batch, command);
    return false;
}

void run_PUT_LIMIT(struct batch *batch, struct command *command)
{
    const struct limit_edit *edit = &command->in.limit;
    struct hot_ns *ns = command_ns(batch, command);
    const struct hot_declared *own = ns == NULL ? NULL : limit_declared(ns, edit->name);
    struct hot_declared row = {.name = edit->name, .version = 1, .settings = edit->settings};

    if (!may_change(batch, command) || !check_put(batch, command, own))
        return;
    row.created_at_ms = own != NULL ? own->created_at_ms : batch->now.wall_ms;
    if (own != NULL) {
        row.version = own->version + 1;
        row.names = own->names;
    }
    command->reply.created = own == NULL;
    save(batch, command, hot_ns(batch->hot, command->ns, true), &row);
    record(batch, command, own == NULL ? "limit.created" : "limit.changed",
           own == NULL ? NULL : &own->settings, &row.settings);
    batch_answer(batch, command);
}

void run_DELETE_LIMIT(struct batch *batch, struct command *command)
{
    const struct limit_edit *edit = &command->in.limit;
    struct hot_ns *ns = command_ns(batch, command);
    const struct hot_declared *own = ns == NULL ? NULL : limit_declared(ns, edit->name);
    struct effect *effect;

    if (!may_change(batch, command))
        return;
    if (own == NULL) {
        refuse_unknown(batch, command, edit->name);
        return;
    }
    if (!check_version(batch, command, own->version, edit->if_match))
        return;
    limit_delete(batch->db, ns->head.number, edit->name);
    batch->rows++;
    effect = batch_effect(batch, unset_limit);
    effect->object = ns;
    effect->data = arena_copy(batch->mem, own, sizeof(*own));
    record(batch, command, "limit.deleted", &own->settings, NULL);
    batch_answer(batch, command);
}
