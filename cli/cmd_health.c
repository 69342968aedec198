/* sluice health: whether the broker serves; for scripts, containers and people. */
#include "beside.h"
#include "client.h"
#include "commands.h"
#include "message.h"

#include "base/arena.h"

#include <stdio.h>

enum { HEALTH_TIMEOUT_MS = 5000 };

/* Without an address it is the broker beside us, whose token file is not ours to send from, and
 * whose certificate is for the name that others call it by. */
static struct client *open_broker(const struct options *options, int *ret_exit_code)
{
    struct http_target target = {.url = NULL};
    struct arena *arena;
    struct client *client;

    if (options_has(options, "url"))
        return client_open(options, ret_exit_code);
    *ret_exit_code = trust_of(options, &target.trust);
    if (*ret_exit_code != EXIT_CODE_OK)
        return NULL;
    arena = arena_new();
    target.url = beside_url(arena);
    target.trust.believes_any = true;
    client = client_open_at(&target);
    arena_free(arena);
    return client;
}

/* The broker's own settings say why it would not talk to us. */
static int tell(const struct options *options, struct client *client, int exit_code,
                const struct reply *reply)
{
    exit_code = client_tell(client, exit_code, reply);
    if (exit_code == EXIT_CODE_UNREACHABLE && reply->status == 0 && !options_has(options, "url") &&
        beside_wants_certificate() && !options_has(options, "cert-file"))
        message_note("SLUICE_TLS_CLIENT_CA is set: give the broker a second address for this with "
                     "SLUICE_HEALTH_LISTEN.");
    return exit_code;
}

static int run(const struct options *options)
{
    bool is_live = options_has(options, "live");
    struct reply reply = {.status = 0};
    int exit_code = EXIT_CODE_OK;
    struct client *client = open_broker(options, &exit_code);

    if (client == NULL)
        return exit_code;

    const struct http_request request = {
        .method = "GET",
        .path = is_live ? "/livez" : "/readyz",
        .timeout_ms = options_number(options, "timeout", HEALTH_TIMEOUT_MS),
    };

    exit_code = client_exchange(client, &request, &reply);
    if (exit_code != EXIT_CODE_OK || reply.status < 200 || reply.status > 299)
        exit_code = tell(options, client, exit_code, &reply);
    else
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
    .common = OPTIONS_TLS,
    .run = run,
};
