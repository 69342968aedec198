/* sluice namespace: what namespaces hold, and what they may hold. */
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "output.h"
#include "quotas.h"
#include "setting.h"

#include "base/json_scan.h"

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

static void print_ns(void *ctx, const struct options *options, struct bytes ns, struct arena *arena)
{
    struct table *table = table_new(NULL, arena);
    struct bytes key, value;
    size_t at = 0;

    (void)ctx;
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

static const struct setting namespaces = {.path = "/v1/namespaces", .print = print_ns};

static int run_show(const struct options *options)
{
    return setting_show(&namespaces, options);
}

/* What it has and what was asked for make what it gets. */
static bool write_quotas(const struct options *options, struct bytes before, struct buffer *body,
                         struct arena *arena)
{
    (void)arena;
    return quotas_write(options, options_has(options, "reset") ? BYTES("{}") : before, body);
}

static int run_set(const struct options *options)
{
    return setting_change(&namespaces, options, write_quotas, false);
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
