/* sluice limit: named limits and rules, and what they count. */
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "quotas.h"
#include "setting.h"

#include "base/json_out.h"
#include "base/json_scan.h"
#include "base/parse.h"

#include <string.h>

#define RUNNING_MAX INT64_C(1000000000)

static const struct setting limits = {.path = "/v1/limits"};

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

    query_init(&query, limits.path);
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static int run_show(const struct options *options)
{
    return setting_show(&limits, options);
}

static int run_delete(const struct options *options)
{
    return setting_delete(&limits, options);
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

/* What it has and what was asked for make what it gets. A name that only a rule holds for has
 * nothing of its own yet. */
static bool write_settings(const struct options *options, struct bytes there, struct buffer *body,
                           struct arena *arena)
{
    bool is_kept = json_bool_of(there, "declared") && !options_has(options, "reset");
    struct bytes before = is_kept ? there : BYTES("{}");
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

static int run_set(const struct options *options)
{
    return setting_change(&limits, options, write_settings, false);
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
