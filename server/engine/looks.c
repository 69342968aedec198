/* Looks: reading tasks, one or a page. */
#include "handlers.h"
#include "listing.h"
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

/* A reader's work, unless there is none (a store in memory); only what limits hold back is judged
 * here. */
void run_LIST_TASKS(struct batch *batch, struct command *command)
{
    if (!command->in.list.is_read)
        readers_run(batch->engine->readers, batch->db, command);
    listing_show(batch, command);
    batch_answer(batch, command);
}
