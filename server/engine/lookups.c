/* Lookups: a foreign namespace's things are not found. */
#include "lookups.h"

struct hot_ns *command_ns(struct batch *batch, const struct command *command)
{
    return hot_ns(batch->hot, command->ns, false);
}

bool find_task(struct batch *batch, struct command *command, struct id id, struct task *ret_row)
{
    const struct hot_ns *ns = command_ns(batch, command);

    if (ns != NULL && task_load(batch->db, id, ret_row) && ret_row->ns_number == ns->head.number)
        return true;
    batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no task with this id");
    return false;
}

bool find_worker(struct batch *batch, struct command *command, struct id id,
                 struct hot_worker **ret_worker)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct hot_worker *worker = hot_worker(batch->hot, id);

    if (worker == NULL || worker->ns != ns || worker->is_forgotten) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "",
                     "there is no worker with this id; register again");
        return false;
    }
    *ret_worker = worker;
    return true;
}

bool find_queue(struct batch *batch, struct command *command, struct bytes name,
                struct hot_queue **ret_queue)
{
    struct hot_ns *ns = command_ns(batch, command);
    struct hot_queue *queue = ns == NULL ? NULL : hot_queue(batch->hot, ns, name, -1);

    if (queue == NULL) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no queue %.*s", BYTES_ARG(name));
        return false;
    }
    *ret_queue = queue;
    return true;
}

bool check_version(struct batch *batch, struct command *command, int64_t version, int64_t if_match)
{
    if (if_match <= 0 || if_match == version)
        return true;
    batch_refuse(batch, command, ERR_PRECONDITION_FAILED, "If-Match", "the version is %lld",
                 (long long)version);
    return false;
}
