/* sluice worker list: which workers there are. */
#include "age.h"
#include "commands.h"
#include "json.h"
#include "listing.h"

static void add_row(struct table *table, struct bytes worker, struct arena *arena)
{
    table_cell(table, json_text_of(worker, "id", arena));
    table_cell(table, json_text_of(worker, "state", arena));
    table_cell(table, arena_printf(arena, "%lld/%lld", (long long)json_int_of(worker, "running", 0),
                                   (long long)json_int_of(worker, "concurrency", 0)));
    table_cell(table, age_text(json_time_of(worker, "last_seen_at", arena), arena));
    table_cell(table, json_text_of(worker, "identity", arena));
    table_cell(table, json_list_of(worker, "queues"));
}

static const char *const headings[] = {"ID",       "STATE",  "RUNNING", "SEEN",
                                       "IDENTITY", "QUEUES", NULL};

static const struct listing listing = {.headings = headings, .add_row = add_row, .id_member = "id"};

static int run(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/workers");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static const struct option_spec specs[] = {LISTING_OPTIONS};

const struct command command_worker_list = {
    .name = "worker list",
    .arguments = "",
    .summary = "List workers.",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run,
};
