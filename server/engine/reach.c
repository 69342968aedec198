/* Reach: a grant against namespaces, queues and workers. */
#include "reach.h"

/* These look at the grant themselves, or are for those who have everything. */
static bool is_of_the_broker(enum command_kind kind)
{
    switch ((int)kind) {
    case COMMAND_LIST_NS:
    case COMMAND_GET_NS:
    case COMMAND_PUT_NS:
    case COMMAND_MAKE_TOKEN:
    case COMMAND_ROTATE_TOKEN:
    case COMMAND_REVOKE_TOKEN:
    case COMMAND_NOTE_TOKEN_USES:
    case COMMAND_SWEEP_TOKENS:
    case COMMAND_NOTE:
    case COMMAND_LIST_AUDIT:
    case COMMAND_METRICS:
    case COMMAND_SHUTDOWN:
    case COMMAND_SHUTDOWN_STATE:
    case COMMAND_ADVANCE:
        return true;
    default:
        return false;
    }
}

bool reaches_ns(const struct command *command)
{
    const struct principal *by = command->by;

    return bytes_is(by->grant.ns, "*") || bytes_equal(by->grant.ns, command->ns) ||
           grant_has_ns(&by->grant, command->ns) || is_of_the_broker(command->kind);
}

/* Asked with every submit and claim: most tokens have "*", which is seen without a walk. */
bool reaches_all_queues(const struct command *command)
{
    const struct principal *by = command->by;

    return bytes_is(by->grant.queues, "*") || globs_are_all(by->grant.queues);
}

bool reaches_name(const struct command *command, struct bytes queue)
{
    const struct principal *by = command->by;

    return bytes_is(by->grant.queues, "*") || grant_has_queue(&by->grant, queue);
}

bool reaches_queue(const struct command *command, const struct hot_queue *queue)
{
    return queue != NULL && bytes_equal(queue->ns->name, command->ns) &&
           reaches_name(command, queue->name);
}

bool sees_worker(const struct command *command, const struct hot_worker *worker)
{
    if (!bytes_equal(worker->ns->name, command->ns))
        return false;
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (reaches_name(command, worker->queues[i]->name))
            return true;
    return worker->queues_len == 0;
}

bool speaks_for_worker(const struct command *command, const struct hot_worker *worker)
{
    if (!bytes_equal(worker->ns->name, command->ns))
        return false;
    if (reaches_all_queues(command))
        return true;
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (!reaches_name(command, worker->queues[i]->name))
            return false;
    return true;
}

int64_t running_in_reach(const struct command *command, const struct hot_worker *worker)
{
    int64_t running = 0;

    if (speaks_for_worker(command, worker))
        return worker->running + worker->adding;
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node))
        running += reaches_queue(command, CONTAINER_OF(node, struct hot_lease, by_worker)->queue);
    return running;
}

void reach_refuse(struct error *ret_error, const char *where, struct bytes queue)
{
    (void)error_set(ret_error, ERR_FORBIDDEN, where,
                    "the token does not allow the use of the queue %.*s", BYTES_ARG(queue));
}
