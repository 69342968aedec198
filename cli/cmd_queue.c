/* sluice queue: what is in the queues, and holding one for a while. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 4096 };

static const char *const counted[] = {"ready",    "running", "waiting", "scheduled",
                                      "retrying", "blocked", "failed"};

static void add_row(struct table *table, struct bytes queue, struct arena *arena)
{
    struct bytes counts = json_list_of(queue, "counts");

    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        table_cell_int(table, counts.at[0] == '{' ? json_int_of(counts, counted[i], 0) : 0);
    table_cell(table, json_bool_of(queue, "paused")   ? BYTES("paused")
                      : json_bool_of(queue, "closed") ? BYTES("closed")
                                                      : BYTES("open"));
    table_cell(table, json_text_of(queue, "name", arena));
}

static const char *const headings[] = {"READY",   "RUNNING", "WAITING", "SCHEDULED", "RETRYING",
                                       "BLOCKED", "FAILED",  "IS",      "QUEUE",     NULL};

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "name"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/queues");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

/* One request about the queue that the command names; its JSON, its table, or one line about what
 * happened. */
static int ask(const struct options *options, const char *verb, struct bytes body,
               const char *happened)
{
    const char *name = options_argument(options, 0);
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/queues");
    query_segment(&query, name);
    query_literal(&query, verb);
    exit_code =
        client_send(client, happened == NULL ? "GET" : "POST", query_text(&query), body, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && happened != NULL)
        printf("%s %s\n", name, happened);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        table_print_object(reply.body, options_text(options, "color"), client_arena(client));
    client_close(client);
    return exit_code;
}

static int run_show(const struct options *options)
{
    return ask(options, "", BYTES_NONE, NULL);
}

static int run_pause(const struct options *options)
{
    struct buffer body;
    struct json_out json;
    int exit_code;

    buffer_init(&body, BODY_BYTES_MAX);
    json_out_init(&json, &body);
    json_out_object(&json);
    if (options_has(options, "for"))
        json_member_seconds_or_null(&json, "for_s", options_number(options, "for", 0));
    json_out_object_end(&json);
    exit_code = ask(options, "/pause", buffer_bytes(&body), "paused");
    buffer_fini(&body);
    return exit_code;
}

static int run_resume(const struct options *options)
{
    return ask(options, "/resume", BYTES("{}"), "resumed");
}

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec pause_specs[] = {
    {.name = "for",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Resume by itself after this time.",
     .min = 1},
    {.name = NULL},
};

const struct command command_queue_list = {
    .name = "queue list",
    .arguments = "",
    .summary = "List queues and what is in them.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_queue_show = {
    .name = "queue show",
    .arguments = "QUEUE",
    .summary = "Show one queue.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_queue_pause = {
    .name = "queue pause",
    .arguments = "QUEUE",
    .summary = "Give out no more tasks of a queue; what runs goes on.",
    .options = pause_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_pause,
};

const struct command command_queue_resume = {
    .name = "queue resume",
    .arguments = "QUEUE",
    .summary = "Give out tasks of a paused queue again.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_resume,
};
