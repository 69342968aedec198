/* Lookups: a foreign namespace's things are not found, nor are those of queues out of reach. */
#include "lookups.h"

#include <stdio.h>

#include "reach.h"

struct hot_ns *command_ns(const struct batch *batch, const struct command *command)
{
    return hot_ns(batch->hot, command->ns, false);
}

bool find_task(struct batch *batch, struct command *command, struct id id, struct task *ret_row)
{
    if (task_load(batch->db, id, ret_row) && reaches_queue(command, task_queue(batch, ret_row)))
        return true;
    batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no task with this id");
    return false;
}

static bool no_worker(struct batch *batch, struct command *command)
{
    batch_refuse(batch, command, ERR_NOT_FOUND, "",
                 "there is no worker with this id; register again");
    return false;
}

bool find_worker(struct batch *batch, struct command *command, struct id id,
                 struct hot_worker **ret_worker)
{
    struct hot_worker *worker = hot_worker(batch->hot, id);

    if (worker == NULL || worker->is_forgotten || !sees_worker(command, worker))
        return no_worker(batch, command);
    *ret_worker = worker;
    return true;
}

bool find_own_worker(struct batch *batch, struct command *command, struct id id,
                     struct hot_worker **ret_worker)
{
    struct hot_worker *worker = hot_worker(batch->hot, id);

    if (worker == NULL || worker->is_forgotten || !speaks_for_worker(command, worker))
        return no_worker(batch, command);
    *ret_worker = worker;
    return true;
}

bool find_own_puller(struct batch *batch, struct command *command, struct id id,
                     struct hot_worker **ret_worker)
{
    if (!find_own_worker(batch, command, id, ret_worker))
        return false;
    if ((*ret_worker)->target == NULL || command->by == &principal_broker)
        return true;
    batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                 "this worker is pushed to: its tasks come to its push_url");
    return false;
}

bool may_use_queue(struct batch *batch, struct command *command, struct bytes name,
                   const char *where)
{
    if (reaches_name(command, name))
        return true;
    reach_refuse(&command->reply.error, where, name);
    batch_answer(batch, command);
    return false;
}

bool may_use_queues(struct batch *batch, struct command *command, const struct bytes *names,
                    unsigned len)
{
    char where[32];

    for (unsigned i = 0; i < len; i++) {
        (void)snprintf(where, sizeof(where), "/queues/%u", i);
        if (!may_use_queue(batch, command, names[i], where))
            return false;
    }
    return true;
}

bool find_queue(struct batch *batch, struct command *command, struct bytes name,
                struct hot_queue **ret_queue)
{
    if (!may_use_queue(batch, command, name, ""))
        return false;

    struct hot_ns *ns = command_ns(batch, command);
    struct hot_queue *queue = ns == NULL ? NULL : hot_queue(batch->hot, ns, name, -1);

    if (queue == NULL) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "",
                     "there is no queue %.*s; PUT makes one, and so does the first task",
                     BYTES_ARG(name));
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
