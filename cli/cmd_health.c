/* sluice health: whether the broker serves; for scripts, containers and people. */
#include "client.h"
#include "commands.h"

#include <stdio.h>

enum { HEALTH_TIMEOUT_MS = 5000 };

static int run(const struct options *options)
{
    bool is_live = options_has(options, "live");
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

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
    .common = OPTIONS_CLIENT,
    .run = run,
};
