/* sluice task list: which tasks there are. */
#include "age.h"
#include "commands.h"
#include "json.h"
#include "listing.h"

static void add_row(struct table *table, struct bytes task, struct arena *arena)
{
    table_cell(table, json_text_of(task, "id", arena));
    table_cell(table, json_text_of(task, "state", arena));
    table_cell(table, json_text_of(task, "queue", arena));
    table_cell(table, json_text_of(task, "type", arena));
    table_cell(table, arena_printf(arena, "%lld/%lld", (long long)json_int_of(task, "attempt", 0),
                                   (long long)json_int_of(task, "max_attempts", 0)));
    table_cell(table, age_text(json_time_of(task, "created_at", arena), arena));
    table_cell(table, json_text_of(task, "name", arena));
}

static const char *const headings[] = {"ID",      "STATE", "QUEUE", "TYPE",
                                       "ATTEMPT", "AGE",   "NAME",  NULL};

static const struct listing listing = {.headings = headings, .add_row = add_row, .id_member = "id"};

static const char *const filters[] = {"state",         "queue",         "type", "tag",
                                      "name",          "error",         "root", "worker",
                                      "created-after", "created-before"};

/* An option's name is the filter's with "-" for "_". */
static void add_filter(struct query *query, const char *name, const char *value)
{
    if (bytes_is(bytes_of(name), "created-after"))
        name = "created_after";
    else if (bytes_is(bytes_of(name), "created-before"))
        name = "created_before";
    query_parameter_text(query, name, value);
}

static int run(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/tasks");
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        add_filter(&query, filters[i], options_text(options, filters[i]));
    if (options_has(options, "newest"))
        query_parameter(&query, "sort", BYTES("-created_at"));
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "state",
     .kind = OPTION_TEXT,
     .value = "STATE",
     .help = "Only these states (a,b means either)."},
    {.name = "queue", .kind = OPTION_TEXT, .value = "QUEUE", .help = "Only this queue."},
    {.name = "type", .kind = OPTION_TEXT, .value = "TYPE", .help = "Only this type."},
    {.name = "tag", .kind = OPTION_TEXT, .value = "TAG", .help = "Only with this tag."},
    {.name = "name", .kind = OPTION_TEXT, .value = "NAME", .help = "Only of this name."},
    {.name = "error",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = "Only with this text in their error."},
    {.name = "root", .kind = OPTION_TEXT, .value = "ID", .help = "Only of this tree."},
    {.name = "worker", .kind = OPTION_TEXT, .value = "ID", .help = "Only held by this worker."},
    {.name = "created-after", .kind = OPTION_TIME, .value = "TIME", .help = "Only younger ones."},
    {.name = "created-before", .kind = OPTION_TIME, .value = "TIME", .help = "Only older ones."},
    {.name = "newest", .help = "The newest first; the oldest are first otherwise."},
    LISTING_OPTIONS,
};

const struct command command_task_list = {
    .name = "task list",
    .arguments = "",
    .summary = "List tasks.",
    .details = "  sluice task list --state failed -q | xargs -r sluice task retry",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run,
};
