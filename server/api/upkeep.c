/* Upkeep: what the keyring knows of its tokens and the store should, told now and then. */
#include "api/api.h"

enum { SWEEP_MAX = 256 };

static void on_noted(struct command *command)
{
    arena_free(command->mem);
}

static struct command *new_command(enum command_kind kind)
{
    struct arena *mem = arena_new();
    struct command *command = arena_alloc(mem, sizeof(*command));

    *command = (struct command){
        .kind = kind, .mem = mem, .by = &principal_broker, .caller.done = on_noted};
    return command;
}

void api_note_uses(const struct api *api)
{
    struct command *command = new_command(COMMAND_NOTE_TOKEN_USES);
    struct token_uses *uses = &command->in.token_uses;

    if (api->keyring != NULL)
        uses->len = (unsigned)keyring_take_uses(api->keyring, command->mem, &uses->at);
    if (uses->len == 0)
        on_noted(command);
    else
        engine_post(api->engine, command);
}

/* ---- the broom ---- */

static void on_swept(struct command *command)
{
    struct keyring *keyring = command->caller.ctx;
    const struct reply *reply = &command->reply;

    if (reply->error.code == OK)
        for (unsigned i = 0; i < reply->swept_len; i++)
            (void)keyring_drop(keyring, reply->swept[i]);
    arena_free(command->mem);
}

void api_sweep_tokens(struct api *api)
{
    struct command *command = new_command(COMMAND_SWEEP_TOKENS);
    struct token_uses *ended = &command->in.token_uses;
    int64_t before_ms = api_now(api).wall_ms - TOKEN_KEPT_MS;

    command->caller = (struct caller){.ctx = api->keyring, .done = on_swept};
    ended->len =
        (unsigned)keyring_list_ended(api->keyring, before_ms, command->mem, SWEEP_MAX, &ended->at);
    if (ended->len == 0)
        on_noted(command);
    else
        engine_post(api->engine, command);
}
