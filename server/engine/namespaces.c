/* Namespaces: their quotas, and what they hold. */
#include "audit.h"
#include "base/json_out.h"
#include "handlers.h"
#include "lookups.h"
#include "paging.h"
#include "quotas.h"
#include "reach.h"
#include "views.h"

/* Foreign ones are not there, as those that nobody has used. Looking makes none. */
static bool may_see(const struct command *command, const struct hot_ns *ns)
{
    const struct principal *by = command->by;

    return ns != NULL && ns_exists(ns) && grant_has_ns(&by->grant, ns->name);
}

static void refuse_unknown(struct batch *batch, struct command *command, struct bytes name)
{
    batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no namespace %.*s", BYTES_ARG(name));
}

/* Its namespace is one that the caller sees, perhaps not the one that the request is for. */
static bool reaches_worker(const struct command *command, const struct hot_worker *worker)
{
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (reaches_name(command, worker->queues[i]->name))
            return true;
    return false;
}

/* Who reaches a part of the queues sees the sums of those. */
static void sum_in_reach(const struct batch *batch, const struct command *command,
                         const struct hot_ns *ns, struct ns_view *view)
{
    const struct hot_queue *queue;

    view->counts = (struct queue_counts){.of = {0}};
    view->bytes = view->queues = view->workers = 0;
    for (size_t at = 0; (queue = map_each(ns->queues, &at)) != NULL;) {
        if (!reaches_name(command, queue->name))
            continue;
        for (int state = 1; state < TASK_STATE_MAX; state++)
            view->counts.of[state] += hot_in_state(&queue->counts, (enum task_state)state);
        show_held(&view->counts, batch, queue);
        view->bytes += queue->bytes + queue->adding_bytes;
        view->queues += queue_exists(queue);
    }
    for (struct list_node *node = list_first(&ns->workers); node != NULL;
         node = list_next(&ns->workers, node))
        view->workers += reaches_worker(command, CONTAINER_OF(node, struct hot_worker, by_ns));
}

static void show_all_held(const struct batch *batch, const struct hot_ns *ns,
                          struct queue_counts *counts)
{
    const struct hot_queue *queue;

    for (size_t at = 0; (queue = map_each(ns->queues, &at)) != NULL;)
        show_held(counts, batch, queue);
}

static void fill_ns(const struct batch *batch, const struct command *command,
                    const struct hot_ns *ns, struct ns_view *ret_view)
{
    *ret_view = (struct ns_view){
        .name = ns->name,
        .version = ns->version,
        .number = ns->head.number,
        .quotas = ns->quotas,
        .counts = hot_ns_counts(ns),
        .bytes = hot_ns_bytes(ns),
        .queues = hot_ns_queues(ns),
        .workers = ns->workers_len,
    };
    if (reaches_all_queues(command))
        show_all_held(batch, ns, &ret_view->counts);
    else
        sum_in_reach(batch, command, ns, ret_view);
}

static void view_one(const struct batch *batch, struct command *command, const struct hot_ns *ns)
{
    command->reply.namespaces = arena_alloc(command->mem, sizeof(struct ns_view));
    command->reply.namespaces_len = 1;
    fill_ns(batch, command, ns, command->reply.namespaces);
}

void run_GET_NS(struct batch *batch, struct command *command)
{
    struct bytes name = command->in.ns.name;
    const struct hot_ns *ns = hot_ns(batch->hot, name, false);

    if (!may_see(command, ns)) {
        refuse_unknown(batch, command, name);
        return;
    }
    view_one(batch, command, ns);
    batch_answer(batch, command);
}

/* The place of one in the list is its number: that is the order in which they were made. */
void run_LIST_NS(struct batch *batch, struct command *command)
{
    struct map *namespaces = batch->hot->namespaces;
    struct paging paging = paging_begin(&command->in.page, map_len(namespaces), batch->mem);
    struct reply *reply = &command->reply;
    struct hot_ns *ns;

    for (size_t at = 0; (ns = map_each(namespaces, &at)) != NULL;)
        if (may_see(command, ns))
            paging_add(&paging, ns->head.number, ns->name, ns);
    paging_end(&paging);
    reply->namespaces = arena_alloc(command->mem, paging.len * sizeof(*reply->namespaces));
    for (; reply->namespaces_len < paging.len; reply->namespaces_len++)
        fill_ns(batch, command, paging.at[reply->namespaces_len].thing,
                &reply->namespaces[reply->namespaces_len]);
    batch_answer(batch, command);
}

/* ---- quotas ---- */

static void set_ns(struct engine *engine, struct effect *effect)
{
    struct hot_ns *ns = effect->object;
    const struct ns_row *row = effect->data;

    (void)engine;
    ns->version = row->version;
    ns->quotas = row->quotas;
}

static struct bytes detail_of(const struct ns_quotas *quotas, struct arena *arena)
{
    struct buffer text;
    struct json_out out;

    buffer_init(&text, SIZE_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_member_int_or_null(&out, "pending_limit", quotas->pending_limit);
    json_member_int_or_null(&out, "bytes_limit", quotas->bytes_limit);
    json_member_int_or_null(&out, "queues_limit", quotas->queues_limit);
    json_member_raw_or_null(&out, "rate", rate_write(&quotas->rate, arena));
    json_out_object_end(&out);

    struct bytes detail = arena_bytes(arena, buffer_bytes(&text));

    buffer_fini(&text);
    return detail;
}

/* Row now, memory after COMMIT, the answer shows what will be. */
static void save(struct batch *batch, struct command *command, struct hot_ns *ns)
{
    const struct ns_quotas *quotas = &command->in.ns_edit.quotas;
    struct effect *effect = batch_effect(batch, set_ns);
    struct ns_row row = {
        .number = ns->head.number,
        .version = command->reply.created ? ns->version : ns->version + 1,
        .name = ns->name,
        .quotas = *quotas,
    };

    batch_use_ns(batch, ns);
    ns_save(batch->db, &row, batch->mem);
    batch->rows++;
    effect->object = ns;
    effect->data = arena_copy(batch->mem, &row, sizeof(row));
    audit_write(batch, command,
                &(struct audit_act){
                    .ns = ns,
                    .action = BYTES("namespace.changed"),
                    .object = ns->name,
                    .detail = detail_of(quotas, batch->mem),
                });
    view_one(batch, command, ns);
    command->reply.namespaces->version = row.version;
    command->reply.namespaces->quotas = row.quotas;
}

void run_PUT_NS(struct batch *batch, struct command *command)
{
    const struct ns_edit *edit = &command->in.ns_edit;
    const struct principal *by = command->by;
    struct hot_ns *ns = hot_ns(batch->hot, edit->name, false);
    bool exists = ns != NULL && ns_exists(ns);

    if (!grant_has_ns(&by->grant, edit->name)) {
        refuse_unknown(batch, command, edit->name);
        return;
    }
    if (!exists && edit->if_match >= 0) {
        batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match",
                     "the namespace does not exist");
        return;
    }
    if (exists && !check_version(batch, command, ns->version, edit->if_match))
        return;
    if (!quota_allows(batch, command, edit->name, &(struct intake){.tasks = 0},
                      &command->reply.error)) {
        batch_answer(batch, command);
        return;
    }
    command->reply.created = !exists;
    save(batch, command, hot_ns(batch->hot, edit->name, true));
    batch_answer(batch, command);
}
