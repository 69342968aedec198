/* Ending: everybody who waits is answered, then the store is closed. */
#include <stdlib.h>

#include "batch.h"
#include "deps.h"
#include "intent.h"
#include "keys.h"
#include "loop.h"

static void answer_unanswered(struct engine *engine, struct list *commands)
{
    for (struct list_node *node = list_first(commands); node != NULL;
         node = list_next(commands, node)) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        if (engine->exit_code == 0)
            (void)error_set(&command->reply.error, ERR_DRAINING, "", "the broker has stopped");
        else
            (void)error_set(&command->reply.error, ERR_STORE_UNAVAILABLE, "",
                            "the store failed; whether this was stored is not known");
        key_close(engine, command);
    }
    (void)mailbox_answer(&engine->mailbox, commands, NULL);
}

static void answer_everything(struct engine *engine)
{
    struct list commands;
    bool was_parked = true;

    list_init(&commands);
    while (was_parked) {
        was_parked = false;
        for (int kind = 0; kind < PARKED_KINDS; kind++) {
            struct list_node *node = list_first(&engine->lot.all[kind]);

            if (node == NULL)
                continue;
            struct parked *parked = CONTAINER_OF(node, struct parked, all);
            struct command *command = parked->command;

            unpark(engine, parked);
            list_push_back(&commands, &command->link);
            was_parked = true;
        }
    }
    answer_unanswered(engine, &commands);
    list_move_all(&commands, &engine->rerun);
    do {
        answer_unanswered(engine, &commands);
        (void)mailbox_take(&engine->mailbox, 0, UINT32_MAX, &commands);
    } while (!list_is_empty(&commands));
}

static void free_all(struct engine *engine)
{
    intents_free(engine);
    deps_free(engine);
    hot_fini(&engine->hot);
    lot_fini(&engine->lot);
    keys_free(engine);
    arena_free(engine->batch_mem);
    mailbox_fini(&engine->mailbox);
    free(engine);
}

void engine_close(struct engine *engine)
{
    if (engine == NULL)
        return;
    loop_stop(engine);
    readers_close(engine->readers);
    /* Who is told that it is over may post once more: the next piece of a stream. */
    do {
        answer_everything(engine);
        engine_fetch(engine);
    } while (!mailbox_is_empty(&engine->mailbox));
    if (engine->db != NULL && db_failure(engine->db) == DB_FINE)
        db_checkpoint(engine->db, true);
    store_close(engine->store);
    free_all(engine);
}

void engine_kill(struct engine *engine)
{
    readers_close(engine->readers);
    store_close(engine->store);
    free_all(engine);
}
