/* sluice token: tokens of the broker; and, without one, tokens for its token file. */
#include "age.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"
#include "printable.h"
#include "secret_file.h"
#include "token_text.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "domain/access.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 16384, MINUTE_MS = 60 * 1000 };

/* ---- list, show ---- */

static struct bytes end_of(struct bytes token, struct arena *arena)
{
    struct bytes text = json_text_of(token, "expires_at", arena);

    return text.at != NULL ? text : BYTES("never");
}

/* The broker notes the minute only. */
static struct bytes use_of(int64_t at_ms, struct arena *arena)
{
    struct clock clock = clock_system();

    if (at_ms >= 0 && clock.now(clock.ctx).wall_ms - at_ms < MINUTE_MS)
        return BYTES("this minute");
    return age_text(at_ms, arena);
}

static void add_row(struct table *table, struct bytes token, struct arena *arena)
{
    table_cell(table, json_text_of(token, "id", arena));
    table_cell(table, json_text_of(token, "role", arena));
    table_cell(table, json_text_of(token, "source", arena));
    table_cell(table, end_of(token, arena));
    table_cell(table, use_of(json_time_of(token, "last_used_at", arena), arena));
    table_cell(table, json_text_of(token, "namespace", arena));
    table_cell(table, json_text_of(token, "queue", arena));
    table_cell(table, json_text_of(token, "name", arena));
}

static const char *const headings[] = {"ID",        "ROLE",  "FROM", "EXPIRES", "USED",
                                       "NAMESPACE", "QUEUE", "NAME", NULL};

static const struct listing listing = {.headings = headings, .add_row = add_row, .id_member = "id"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/tokens");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

/* One object of the broker's, as a table or as it is. */
static int show(const struct options *options, struct query *query)
{
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = client_get(client, query_text(query), CLIENT_TIMEOUT_MS, &reply);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        table_print_object(reply.body, options_text(options, "color"), client_arena(client));
    client_close(client);
    return exit_code;
}

static int run_show(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/tokens");
    query_segment(&query, options_argument(options, 0));
    exit_code = show(options, &query);
    query_fini(&query);
    return exit_code;
}

static int run_whoami(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/whoami");
    exit_code = show(options, &query);
    query_fini(&query);
    return exit_code;
}

/* ---- create, rotate ---- */

/* The token alone, so that it can go straight into a file; what it is, on stderr. */
static int print_made(const struct options *options, struct secret_file *file, struct bytes made,
                      struct arena *arena)
{
    struct bytes token = json_is_object(made) ? json_text_of(made, "token", arena) : BYTES_NONE;

    if (options_has(options, "json"))
        return secret_file_write(file, made) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
    if (token.at == NULL) {
        message_error("the answer holds no token");
        return EXIT_CODE_FAILURE;
    }
    if (!secret_file_write(file, token))
        return EXIT_CODE_FAILURE;
    message_note("token %.*s, %.*s of namespace %.*s and queue %.*s, expires %.*s; it is not shown "
                 "again",
                 BYTES_ARG(printable(json_text_of(made, "id", arena), arena)),
                 BYTES_ARG(printable(json_text_of(made, "role", arena), arena)),
                 BYTES_ARG(printable(json_text_of(made, "namespace", arena), arena)),
                 BYTES_ARG(printable(json_text_of(made, "queue", arena), arena)),
                 BYTES_ARG(printable(end_of(made, arena), arena)));
    return EXIT_CODE_OK;
}

static int make(const struct options *options, struct query *query, struct bytes body)
{
    struct secret_file file;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    if (!secret_file_open(&file, options_text(options, "out"))) {
        client_close(client);
        return EXIT_CODE_FAILURE;
    }
    exit_code = client_send(client, "POST", query_text(query), body, &reply);
    if (exit_code == EXIT_CODE_OK)
        exit_code = print_made(options, &file, reply.body, client_arena(client));
    secret_file_close(&file);
    client_close(client);
    return exit_code;
}

static void write_wish(struct json_out *json, const struct options *options)
{
    const char *name = options_text(options, "name");
    const char *ns = options_text(options, "ns");
    const char *queue = options_text(options, "queue");
    const char *expires = options_text(options, "expires");

    json_out_object(json);
    json_member_text(json, "role", bytes_of(options_text(options, "role")));
    if (name != NULL)
        json_member_text(json, "name", bytes_of(name));
    if (ns != NULL)
        json_member_text(json, "namespace", bytes_of(ns));
    if (queue != NULL)
        json_member_text(json, "queue", bytes_of(queue));
    if (expires != NULL)
        json_member_text(json, "expires_at", bytes_of(expires));
    if (options_has(options, "expires-in"))
        json_member_seconds_or_null(json, "expires_in_s", options_number(options, "expires-in", 0));
    json_out_object_end(json);
}

static int run_create(const struct options *options)
{
    struct query query;
    struct buffer body;
    struct json_out json;
    int exit_code;

    if (options_text(options, "role") == NULL) {
        message_error("--role is missing: %s", ROLE_WORDS);
        return EXIT_CODE_USAGE;
    }
    if (!role_is_ok("--role", options_text(options, "role")))
        return EXIT_CODE_USAGE;
    buffer_init(&body, BODY_BYTES_MAX);
    json_out_init(&json, &body);
    write_wish(&json, options);
    query_init(&query, "/v1/tokens");
    exit_code = make(options, &query, buffer_bytes(&body));
    query_fini(&query);
    buffer_fini(&body);
    return exit_code;
}

static int run_rotate(const struct options *options)
{
    struct query query;
    struct buffer body;
    struct json_out json;
    int exit_code;

    buffer_init(&body, BODY_BYTES_MAX);
    json_out_init(&json, &body);
    json_out_object(&json);
    if (options_has(options, "overlap"))
        json_member_seconds_or_null(&json, "overlap_s", options_number(options, "overlap", 0));
    json_out_object_end(&json);
    query_init(&query, "/v1/tokens");
    query_segment(&query, options_argument(options, 0));
    query_literal(&query, "/rotate");
    exit_code = make(options, &query, buffer_bytes(&body));
    query_fini(&query);
    buffer_fini(&body);
    return exit_code;
}

/* ---- revoke ---- */

static int revoke(struct client *client, const char *id)
{
    struct query query;
    struct reply reply;
    int exit_code;

    query_init(&query, "/v1/tokens");
    query_segment(&query, id);
    exit_code = client_send(client, "DELETE", query_text(&query), BYTES_NONE, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK)
        printf("%s revoked\n", id);
    return exit_code;
}

static int run_revoke(const struct options *options)
{
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    for (unsigned i = 0;
         client != NULL && exit_code == EXIT_CODE_OK && i < options_arguments_len(options); i++)
        exit_code = revoke(client, options_argument(options, i));
    client_close(client);
    return exit_code;
}

/* ---- the tables ---- */

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec create_specs[] = {
    {.name = "role",
     .kind = OPTION_TEXT,
     .value = "ROLE",
     .help = "viewer, submitter, worker, operator or admin."},
    {.name = "name", .kind = OPTION_TEXT, .value = "NAME", .help = "What people call it."},
    {.name = "ns",
     .kind = OPTION_TEXT,
     .value = "GLOBS",
     .help = "Only these namespaces: a, team-*."},
    {.name = "queue", .kind = OPTION_TEXT, .value = "GLOBS", .help = "Only these queues."},
    {.name = "expires", .kind = OPTION_TIME, .value = "TIME", .help = "Valid until then."},
    {.name = "expires-in",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .help = "Valid for so long: 90d.",
     .min = 1},
    OUT_OPTION,
    {.name = NULL},
};
static const struct option_spec rotate_specs[] = {
    OUT_OPTION,
    {.name = "overlap",
     .kind = OPTION_DURATION,
     .value = "TIME",
     .help = "How long the old one stays valid; otherwise 1d."},
    {.name = NULL},
};

const struct command command_token_create = {
    .name = "token create",
    .arguments = "",
    .summary = "Make a token; it is printed once.",
    .details = "  sluice token create --role worker --queue 'thumbs,mail.*' --out worker.token",
    .options = create_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON,
    .run = run_create,
};

const struct command command_token_list = {
    .name = "token list",
    .arguments = "",
    .summary = "List tokens, without their secrets.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_token_show = {
    .name = "token show",
    .arguments = "ID",
    .summary = "Show one token, without its secret.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_token_rotate = {
    .name = "token rotate",
    .arguments = "ID",
    .summary = "Replace a token; both are valid for a while.",
    .options = rotate_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_rotate,
};

const struct command command_token_revoke = {
    .name = "token revoke",
    .arguments = "ID...",
    .summary = "End tokens at once.",
    .options = no_specs,
    .common = OPTIONS_CLIENT,
    .arguments_min = 1,
    .arguments_max = OPTIONS_ANY_NUMBER,
    .run = run_revoke,
};

const struct command command_whoami = {
    .name = "whoami",
    .arguments = "",
    .summary = "Show what this token may do.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_whoami,
};
