/* sluice namespace: what namespaces hold, and what they may hold. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"

#include "base/json_out.h"
#include "base/parse.h"

enum { BODY_BYTES_MAX = 4096 };

#define BYTES_LIMIT_MAX (INT64_C(1) << 60)

static const char *const counted[] = {"ready", "running", "scheduled", "retrying", "failed"};

static void add_row(struct table *table, struct bytes ns, struct arena *arena)
{
    struct bytes counts = json_list_of(ns, "counts");

    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        table_cell_int(table, counts.at[0] == '{' ? json_int_of(counts, counted[i], 0) : 0);
    table_cell_int(table, json_int_of(ns, "bytes", 0));
    table_cell_int(table, json_int_of(ns, "queues", 0));
    table_cell_int(table, json_int_of(ns, "workers", 0));
    table_cell(table, json_text_of(ns, "name", arena));
}

static const char *const headings[] = {"READY", "RUNNING", "SCHEDULED", "RETRYING",  "FAILED",
                                       "BYTES", "QUEUES",  "WORKERS",   "NAMESPACE", NULL};

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

/* One request about the namespace that the command names, and what it is then. */
static int ask(const struct options *options, const char *method, struct bytes body)
{
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/namespaces");
    query_segment(&query, options_argument(options, 0));
    exit_code = client_send(client, method, query_text(&query), body, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        table_print_object(reply.body, options_text(options, "color"), client_arena(client));
    client_close(client);
    return exit_code;
}

static int run_show(const struct options *options)
{
    return ask(options, "GET", BYTES_NONE);
}

/* ---- set ---- */

static bool read_number(const struct options *options, const char *name, double *ret_number)
{
    const char *text = options_text(options, name);

    if (text == NULL || (parse_double(bytes_of(text), ret_number) && *ret_number > 0))
        return true;
    message_error("--%s must be a number above 0, not %s", name, text);
    return false;
}

static void member(struct json_out *json, const char *name, double number)
{
    json_out_key(json, name);
    json_out_double(json, number);
}

static bool write_rate(const struct options *options, struct json_out *json)
{
    double units = 0, burst = 0;

    if (!read_number(options, "rate", &units) || !read_number(options, "burst", &burst))
        return false;
    if (units <= 0 && (burst > 0 || options_has(options, "per"))) {
        message_error("--per and --burst go with --rate");
        return false;
    }
    if (units <= 0)
        return true;
    json_out_key(json, "rate");
    json_out_object(json);
    member(json, "units", units);
    if (options_has(options, "per"))
        json_member_seconds_or_null(json, "period_s", options_number(options, "per", 0));
    if (burst > 0)
        member(json, "burst", burst);
    json_out_object_end(json);
    return true;
}

static bool write_quotas(const struct options *options, struct json_out *json)
{
    const char *bytes = options_text(options, "bytes");
    int64_t bytes_limit = -1;

    if (bytes != NULL && !parse_size(bytes_of(bytes), BYTES_LIMIT_MAX, &bytes_limit)) {
        message_error("--bytes must be a size such as 500MiB, not %s", bytes);
        return false;
    }
    json_out_object(json);
    json_member_int_or_null(json, "pending_limit", options_number(options, "pending", -1));
    json_member_int_or_null(json, "bytes_limit", bytes_limit);
    json_member_int_or_null(json, "queues_limit", options_number(options, "queues", -1));
    if (!write_rate(options, json))
        return false;
    json_out_object_end(json);
    return true;
}

static int run_set(const struct options *options)
{
    struct buffer body;
    struct json_out json;
    int exit_code = EXIT_CODE_USAGE;

    buffer_init(&body, BODY_BYTES_MAX);
    json_out_init(&json, &body);
    if (write_quotas(options, &json))
        exit_code = ask(options, "PUT", buffer_bytes(&body));
    buffer_fini(&body);
    return exit_code;
}

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec set_specs[] = {
    {.name = "pending",
     .kind = OPTION_INT,
     .value = "N",
     .help = "Tasks that may wait.",
     .min = 0,
     .max = INT64_C(1000000000000)},
    {.name = "bytes",
     .kind = OPTION_TEXT,
     .value = "SIZE",
     .help = "Payloads, results and errors that are kept, as in 500MiB."},
    {.name = "queues",
     .kind = OPTION_INT,
     .value = "N",
     .help = "Queues.",
     .min = 0,
     .max = 1000000},
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
    .summary = "Say what a namespace may hold; what is not said has no limit.",
    .options = set_specs,
    .common = OPTIONS_CLIENT | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_set,
};
