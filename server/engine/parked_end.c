/* Parked end: each kind of wait has its own answer. */
#include "parked_end.h"

#include "closing.h"
#include "deliveries.h"
#include "heartbeats.h"
#include "held.h"
#include "shutdown.h"
#include "targets.h"
#include "waits.h"

/* It has no time limit, so only a drain ends it. */
static void key_wait_end(struct batch *batch, struct parked *parked)
{
    (void)error_set(&parked->command->reply.error, ERR_DRAINING, "", "the broker is stopping");
    batch_answer_parked(batch, parked);
}

void parked_end(struct batch *batch, struct parked *parked, bool timed_out)
{
    switch (parked->kind) {
    case PARKED_CLAIM:
        batch_answer_parked(batch, parked); /* with what there is: nothing */
        break;
    case PARKED_TASK:
        wait_end(batch, parked, timed_out);
        break;
    case PARKED_HEARTBEAT:
        heartbeat_end(batch, parked);
        break;
    case PARKED_SUBMIT:
        held_end(batch, parked);
        break;
    case PARKED_CLOSE:
        close_wait_end(batch, parked);
        break;
    case PARKED_KEY:
        key_wait_end(batch, parked);
        break;
    case PARKED_SHUTDOWN:
        shutdown_wait_end(batch, parked);
        break;
    case PARKED_TARGETS:
        targets_end(batch, parked);
        break;
    case PARKED_TAKE:
        batch_answer_parked(batch, parked); /* with what there is: nothing */
        break;
    case PARKED_DELIVERY:
        delivery_wait_end(batch, parked);
        break;
    case PARKED_KINDS:
        break;
    }
}
