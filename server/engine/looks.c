/* Looks: reading tasks, one or a page. */
#include "handlers.h"
#include "lookups.h"
#include "waits.h"

void run_LOOK(struct batch *batch, struct command *command)
{
    const struct look *look = &command->in.look;
    struct task row;

    if (!find_task(batch, command, look->task, &row))
        return;
    wait_or_answer(batch, command, &row);
}

/* A reader's work; it comes here only when there are no readers (a store in memory). */
void run_LIST_TASKS(struct batch *batch, struct command *command)
{
    readers_run(batch->engine->readers, batch->db, command);
    batch_answer(batch, command);
}
