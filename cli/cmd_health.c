/* sluice health: whether the broker serves; for scripts, containers and people. */
#include "beside.h"
#include "client.h"
#include "commands.h"

#include "base/arena.h"

#include <stdio.h>

enum { HEALTH_TIMEOUT_MS = 5000 };

/* Without an address it is the broker beside us, whose token file is not ours to send from. */
static struct client *open_broker(const struct options *options, int *ret_exit_code)
{
    struct arena *arena;
    struct client *client;

    if (options_has(options, "url"))
        return client_open(options, ret_exit_code);
    arena = arena_new();
    client = client_open_beside(beside_url(arena));
    arena_free(arena);
    return client;
}

static int run(const struct options *options)
{
    bool is_live = options_has(options, "live");
    struct reply reply;
    int exit_code = EXIT_CODE_OK;
    struct client *client = open_broker(options, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = client_get(client, is_live ? "/livez" : "/readyz",
                           options_number(options, "timeout", HEALTH_TIMEOUT_MS), &reply);
    if (exit_code == EXIT_CODE_OK)
        puts(is_live ? "live" : "ready");
    client_close(client);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = "Where the broker answers; otherwise by SLUICE_HEALTH_LISTEN, SLUICE_LISTEN and "
             "SLUICE_TLS_CERT, as the broker beside this command has them.",
     .env = "SLUICE_URL"},
    {.name = "token-file",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "File whose first line is the access token; sent to --url only.",
     .env = "SLUICE_TOKEN_FILE"},
    {.name = "live", .help = "Ask whether it runs at all, not whether it takes work."},
    {.name = "timeout",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "How long to wait for the answer.",
     .fallback = "5",
     .min = 1,
     .max = 3600 * 1000},
    {.name = NULL},
};

const struct command command_health = {
    .name = "health",
    .arguments = "",
    .summary = "Say whether the broker is ready (exit code 0) or not (6).",
    .options = specs,
    .run = run,
};
