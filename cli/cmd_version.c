/* sluice version: which program this is, and which broker answers. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "printable.h"
#include "version.h"

#include <stdio.h>

static int print_own(bool as_json)
{
    puts(as_json ? "{\"version\":\"" SLUICE_VERSION "\"}" : "sluice " SLUICE_VERSION);
    return EXIT_CODE_OK;
}

static int print_server(const struct options *options)
{
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = client_get(client, "/v1/version", CLIENT_TIMEOUT_MS, &reply);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        printf("broker %.*s\n",
               BYTES_ARG(printable(json_text_of(reply.body, "version", client_arena(client)),
                                   client_arena(client))));
    client_close(client);
    return exit_code;
}

static int run(const struct options *options)
{
    return options_has(options, "server") ? print_server(options)
                                          : print_own(options_has(options, "json"));
}

static const struct option_spec specs[] = {
    {.name = "server", .help = "Ask the broker for its version instead."},
    {.name = NULL},
};

const struct command command_version = {
    .name = "version",
    .arguments = "",
    .summary = "Print the version.",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON,
    .run = run,
};
