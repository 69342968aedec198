/* sluice namespace: what namespaces hold, and what they may hold. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "output.h"
#include "quotas.h"

#include "base/json_scan.h"

enum { BODY_BYTES_MAX = 4096, TRIES_MAX = 5 };

static const char *const counted[] = {"ready", "running", "scheduled", "retrying", "failed"};

/* "held/limit", or what is held alone. */
static void held_cell(struct table *table, struct bytes ns, const char *held, const char *limit,
                      struct arena *arena)
{
    struct bytes most = json_shown(json_find(ns, limit), arena);

    table_cell(table, arena_printf(arena, "%lld%s%.*s", (long long)json_int_of(ns, held, 0),
                                   most.at != NULL ? "/" : "", BYTES_ARG(most)));
}

static void add_row(struct table *table, struct bytes ns, struct arena *arena)
{
    struct bytes counts = json_list_of(ns, "counts");

    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        table_cell_int(table, counts.at[0] == '{' ? json_int_of(counts, counted[i], 0) : 0);
    table_cell(table, json_shown(json_find(ns, "pending_limit"), arena));
    held_cell(table, ns, "bytes", "bytes_limit", arena);
    held_cell(table, ns, "queues", "queues_limit", arena);
    table_cell(table, quotas_rate_of(ns, arena));
    table_cell_int(table, json_int_of(ns, "workers", 0));
    table_cell(table, json_text_of(ns, "name", arena));
}

static const char *const headings[] = {"READY",  "RUNNING",       "SCHEDULED", "RETRYING",
                                       "FAILED", "PENDING-LIMIT", "BYTES",     "QUEUES",
                                       "RATE",   "WORKERS",       "NAMESPACE", NULL};

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "name"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/namespaces");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static void print_ns(const struct options *options, struct bytes ns, struct arena *arena)
{
    struct table *table = table_new(NULL, arena);
    struct bytes key, value;
    size_t at = 0;

    if (options_has(options, "json")) {
        output_line(ns);
        return;
    }
    while (json_is_object(ns) && json_each(ns, &at, &key, &value)) {
        if (bytes_is(value, "null")) {
            table_cell(table, key);
            table_cell(table, BYTES("no limit"));
        } else {
            table_member(table, key, value);
        }
    }
    table_print(table, options_text(options, "color"));
}

static int run_show(const struct options *options)
{
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/namespaces");
    query_segment(&query, options_argument(options, 0));
    exit_code = client_get(client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK)
        print_ns(options, reply.body, client_arena(client));
    client_close(client);
    return exit_code;
}

/* ---- set ---- */

/* What it has and what was asked for make what it gets. */
static int put(const struct options *options, struct client *client, const char *path,
               const struct reply *before, struct reply *ret_reply)
{
    struct arena *arena = client_arena(client);
    bool is_there = before->status == 200 && json_is_object(before->body);
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
    if (quotas_write(options, is_kept ? before->body : BYTES("{}"), &body)) {
        request.body = buffer_bytes(&body);
        exit_code = client_exchange(client, &request, ret_reply);
    }
    buffer_fini(&body);
    return exit_code;
}

/* Read, change, write; and all of it again when somebody else was quicker. */
static int change(const struct options *options, struct client *client, const char *path)
{
    const struct http_request look = {
        .method = "GET", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    struct reply before, after = {.status = 0};
    int exit_code;

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
    print_ns(options, after.body, client_arena(client));
    return EXIT_CODE_OK;
}

static int run_set(const struct options *options)
{
    struct query query;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/namespaces");
    query_segment(&query, options_argument(options, 0));
    exit_code = change(options, client, query_text(&query));
    query_fini(&query);
    client_close(client);
    return exit_code;
}

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec set_specs[] = {
    {.name = "pending", .kind = OPTION_TEXT, .value = "N", .help = "Tasks that may wait."},
    {.name = "bytes",
     .kind = OPTION_TEXT,
     .value = "SIZE",
     .help = "Payloads, results and errors that are kept, as in 500MiB."},
    {.name = "queues", .kind = OPTION_TEXT, .value = "N", .help = "Queues."},
    {.name = "rate", .kind = OPTION_TEXT, .value = "N", .help = "Tasks submitted in a second."},
    {.name = "per",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "In this time instead.",
     .min = 1,
     .max = INT64_C(86400000)},
    {.name = "burst",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Tasks at once, when there were none for a while; otherwise as many as --rate."},
    {.name = "reset", .help = "Begin with no limits instead of those that it has."},
    {.name = NULL},
};

const struct command command_namespace_list = {
    .name = "namespace list",
    .arguments = "",
    .summary = "List namespaces and what is in them.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_namespace_show = {
    .name = "namespace show",
    .arguments = "NAMESPACE",
    .summary = "Show one namespace.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_namespace_set = {
    .name = "namespace set",
    .arguments = "NAMESPACE",
    .summary = "Say what a namespace may hold; what is not said stays as it is.",
    .details = "  sluice namespace set team-a --pending 10000 --bytes 500MiB --rate 50\n"
               "  sluice namespace set team-a --rate none",
    .options = set_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_set,
};
