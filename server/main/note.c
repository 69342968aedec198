/* Note: what this process tells the engine for the record, without waiting for an answer. */
#include "note.h"

static void free_command(struct command *command)
{
    arena_free(command->mem);
}

static struct command *new_command(enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    command->kind = kind;
    command->mem = mem;
    command->by = &principal_broker;
    command->caller.done = free_command;
    return command;
}

void note_reload(struct broker *broker, const struct tokens_change *change, bool with_tls)
{
    struct command *command = new_command(COMMAND_NOTE);

    command->in.note.action = BYTES("config.reloaded");
    command->in.note.detail = arena_printf(
        command->mem, "{\"tokens\":%zu,\"tokens_added\":%zu,\"tokens_dropped\":%zu,\"tls\":%s}",
        change->len, change->added, change->dropped, with_tls ? "true" : "false");
    engine_post(broker->engine, command);
}

void note_token_uses(struct broker *broker)
{
    struct command *command = new_command(COMMAND_NOTE_TOKEN_USES);
    struct token_uses *uses = &command->in.token_uses;

    uses->len = (unsigned)keyring_take_uses(broker->keyring, command->mem, &uses->at);
    if (uses->len == 0)
        free_command(command);
    else
        engine_post(broker->engine, command);
}
