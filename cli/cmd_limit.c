/* sluice limit: named limits and rules, and what they count. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"
#include "quotas.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/parse.h"

#include <stdio.h>
#include <string.h>

enum { BODY_BYTES_MAX = 4096, TRIES_MAX = 5 };
#define RUNNING_MAX INT64_C(1000000000)

static const char *const shown[] = {"running", "held", "blocked", "max_running"};

static void add_row(struct table *table, struct bytes limit, struct arena *arena)
{
    for (size_t i = 0; i < ARRAY_LEN(shown); i++)
        table_cell(table, json_shown(json_find(limit, shown[i]), arena));
    table_cell(table, quotas_rate_of(limit, arena));
    table_cell(table, json_text_of(limit, "over", arena));
    table_cell(table, json_text_of(limit, "name", arena));
}

static const char *const headings[] = {"RUNNING", "HELD", "BLOCKED", "MAX",
                                       "RATE",    "OVER", "LIMIT",   NULL};

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "name"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/limits");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static void print_limit(const struct options *options, struct bytes limit, struct arena *arena)
{
    if (options_has(options, "json"))
        output_line(limit);
    else if (json_is_object(limit))
        table_print_object(limit, options_text(options, "color"), arena);
}

/* ---- what is asked of one ---- */

typedef int act_fn(const struct options *options, struct client *client, const char *path);

static int with_path(const struct options *options, act_fn *act)
{
    struct query query;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/limits");
    query_segment(&query, options_argument(options, 0));
    exit_code = act(options, client, query_text(&query));
    query_fini(&query);
    client_close(client);
    return exit_code;
}

static int show(const struct options *options, struct client *client, const char *path)
{
    struct reply reply;
    int exit_code = client_get(client, path, CLIENT_TIMEOUT_MS, &reply);

    if (exit_code == EXIT_CODE_OK)
        print_limit(options, reply.body, client_arena(client));
    return exit_code;
}

static int run_show(const struct options *options)
{
    return with_path(options, show);
}

static int delete (const struct options *options, struct client *client, const char *path)
{
    const struct http_request request = {
        .method = "DELETE", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    struct reply reply;
    int exit_code = client_ask(client, &request, &reply);

    if (exit_code == EXIT_CODE_OK)
        printf("%s deleted\n", options_argument(options, 0));
    return exit_code;
}

static int run_delete(const struct options *options)
{
    return with_path(options, delete);
}

/* ---- set ---- */

static bool write_running(const struct options *options, struct bytes before, struct json_out *json)
{
    const char *text = options_text(options, "max-running");
    int64_t number = -1;

    if (text == NULL) {
        json_member_raw_or_null(json, "max_running", json_find(before, "max_running"));
        return true;
    }
    if (strcmp(text, "none") != 0 && !parse_int(bytes_of(text), 0, RUNNING_MAX, &number)) {
        message_error("--max-running: '%s' is neither a whole number from 0 nor 'none'", text);
        return false;
    }
    json_member_int_or_null(json, "max_running", number);
    return true;
}

static bool write_settings(const struct options *options, struct bytes before, struct buffer *body,
                           struct arena *arena)
{
    const char *over = options_text(options, "over");
    struct bytes kept = json_text_of(before, "over", arena);
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    if (!write_running(options, before, &json) || !quotas_write_rate(options, before, &json))
        return false;
    if (over != NULL)
        json_member_text(&json, "over", bytes_of(over));
    else if (kept.len > 0)
        json_member_text(&json, "over", kept);
    json_out_object_end(&json);
    return true;
}

/* What it has and what was asked for make what it gets. A name that only a rule holds for has
 * nothing of its own yet. */
static int put(const struct options *options, struct client *client, const char *path,
               const struct reply *before, struct reply *ret_reply)
{
    struct arena *arena = client_arena(client);
    bool is_there = before->status == 200 && json_bool_of(before->body, "declared");
    bool is_kept = is_there && !options_has(options, "reset");
    int64_t version = is_there ? json_int_of(before->body, "version", 0) : 0;
    struct http_request request = {.method = "PUT",
                                   .path = path,
                                   .content_type = "application/json",
                                   .timeout_ms = CLIENT_TIMEOUT_MS};
    struct buffer body;
    int exit_code = EXIT_CODE_USAGE;

    if (version > 0)
        request.if_match = arena_string(arena, arena_printf(arena, "\"%lld\"", (long long)version));
    buffer_init(&body, BODY_BYTES_MAX);
    if (write_settings(options, is_kept ? before->body : BYTES("{}"), &body, arena)) {
        request.body = buffer_bytes(&body);
        exit_code = client_exchange(client, &request, ret_reply);
    }
    buffer_fini(&body);
    return exit_code;
}

/* Read, change, write; and all of it again when somebody else was quicker. */
static int set(const struct options *options, struct client *client, const char *path)
{
    const struct http_request look = {
        .method = "GET", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    struct reply before, after = {.status = 0};
    int exit_code = EXIT_CODE_OK;

    for (unsigned i = 0; i < TRIES_MAX; i++) {
        exit_code = client_exchange(client, &look, &before);
        if (exit_code != EXIT_CODE_OK || (before.status != 200 && before.status != 404))
            return client_tell(client, exit_code, &before);
        exit_code = put(options, client, path, &before, &after);
        if (exit_code == EXIT_CODE_USAGE)
            return exit_code;
        if (exit_code != EXIT_CODE_OK || after.status != 412)
            break;
    }
    if (exit_code != EXIT_CODE_OK || after.status < 200 || after.status > 299)
        return client_tell(client, exit_code, &after);
    print_limit(options, after.body, client_arena(client));
    return EXIT_CODE_OK;
}

static int run_set(const struct options *options)
{
    return with_path(options, set);
}

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec set_specs[] = {
    {.name = "max-running",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Units at once; 0 holds all."},
    {.name = "rate",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Units that may start in a second."},
    {.name = "per",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "In this time instead.",
     .min = 1,
     .max = INT64_C(86400000)},
    {.name = "burst",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Units at once, when there were none for a while; otherwise as many as --rate."},
    {.name = "over",
     .kind = OPTION_TEXT,
     .value = "POLICY",
     .help = "What a submit meets: queue, reject, cancel_oldest or cancel_newest."},
    {.name = "reset", .help = "Begin with no settings instead of those that it has."},
    {.name = NULL},
};

const struct command command_limit_list = {
    .name = "limit list",
    .arguments = "",
    .summary = "List limits and rules, and what they count.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_limit_show = {
    .name = "limit show",
    .arguments = "LIMIT",
    .summary = "Show one limit, a rule, or a name that a rule holds for.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_limit_set = {
    .name = "limit set",
    .arguments = "LIMIT",
    .summary = "Declare a limit or change it; what is not said stays as it is.",
    .details = "  sluice limit set gpu --max-running 4\n"
               "  sluice limit set 'customer:*' --max-running 2 --rate 100 --per 1m",
    .options = set_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_set,
};

const struct command command_limit_delete = {
    .name = "limit delete",
    .arguments = "LIMIT",
    .summary = "Take a limit back; a rule may still hold for its name.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_delete,
};
