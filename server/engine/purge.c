/* Purge: all that has not started is cancelled. */
#include "purge.h"

#include "audit.h"
#include "closing.h"
#include "domain/bounds.h"
#include "handlers.h"
#include "intent.h"
#include "lookups.h"

/* How long a purge keeps its caller waiting. */
#define PURGE_WAIT_MS (10 * SECOND_MS)

void purge_view(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    close_view(batch, command, queue);
    command->reply.queues->closed = queue->closing == QUEUE_CLOSED;
    command->reply.queues->closing = queue->closing == QUEUE_CLOSING;
}

static void note_purge(struct batch *batch, const struct command *command,
                       const struct hot_queue *queue)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_int(&detail.out, "tasks", hot_pending(queue));
    audit_queue(batch, command, "queue.purged", queue, audit_detail_end(&detail, batch->mem));
}

/* The answer comes when the purge is through, or shows how far it is. */
void run_PURGE_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue))
        return;
    if (hot_pending(queue) == 0 || batch->engine->drain.is_asked) {
        purge_view(batch, command, queue);
        batch_answer(batch, command);
        return;
    }
    note_purge(batch, command, queue);
    intent_start(batch, queue, BYTES("user"));

    struct parked *parked = park(batch, command, PARKED_CLOSE, PURGE_WAIT_MS);

    parked->queue = queue;
    list_push_back(&queue->purgers, &parked->subject);
}
