/* sluice schedule: tasks by the clock. */
#include "commands.h"
#include "file.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"
#include "setting.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <stdio.h>

static const struct setting schedules = {.path = "/v1/schedules"};

static void add_row(struct table *table, struct bytes schedule, struct arena *arena)
{
    table_cell(table, json_bool_of(schedule, "paused")
                          ? BYTES("paused")
                          : json_shown(json_find(schedule, "next_at"), arena));
    table_cell_int(table, json_int_of(schedule, "fired", 0));
    table_cell_int(table, json_int_of(schedule, "skipped", 0));
    table_cell(table, json_text_of(schedule, "cron", arena));
    table_cell(table, json_text_of(schedule, "timezone", arena));
    table_cell(table, json_text_of(schedule, "queue", arena));
    table_cell(table, json_text_of(schedule, "name", arena));
}

static const char *const headings[] = {"NEXT",     "FIRED", "SKIPPED",  "CRON",
                                       "TIMEZONE", "QUEUE", "SCHEDULE", NULL};

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "name"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, schedules.path);
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

/* ---- what is asked of one ---- */

static int run_show(const struct options *options)
{
    return setting_show(&schedules, options);
}

static int run_delete(const struct options *options)
{
    return setting_delete(&schedules, options);
}

static int trigger(const struct options *options, struct client *client, const char *path)
{
    struct reply reply;
    int exit_code = client_send(client, "POST", path, BYTES("{}"), &reply);

    if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        output_line(options_has(options, "json")
                        ? reply.body
                        : json_text_of(reply.body, "id", client_arena(client)));
    return exit_code;
}

static int run_trigger(const struct options *options)
{
    return setting_act(&schedules, options, "/trigger", trigger);
}

static int next(const struct options *options, struct client *client, const char *path)
{
    struct arena *arena = client_arena(client);
    struct reply reply;
    int exit_code = client_get(client, path, CLIENT_TIMEOUT_MS, &reply);
    struct bytes items, key, item;
    size_t at = 0;

    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    if (options_has(options, "json")) {
        output_line(reply.body);
        return EXIT_CODE_OK;
    }
    items = json_is_object(reply.body) ? json_list_of(reply.body, "items") : BYTES("[]");
    while (json_each(items, &at, &key, &item))
        printf("%.*s  %.*s\n", BYTES_ARG(json_text_of(item, "at", arena)),
               BYTES_ARG(json_text_of(item, "local", arena)));
    return EXIT_CODE_OK;
}

static int run_next(const struct options *options)
{
    char verb[32];

    (void)snprintf(verb, sizeof(verb), "/next?n=%d", (int)options_number(options, "count", 10));
    return setting_act(&schedules, options, verb, next);
}

/* ---- set, pause, resume ---- */

/* What is said, else what it has, else nothing; options NULL: nothing is said. */
static void keep_text(const struct options *options, const char *option, struct bytes before,
                      const char *member, struct json_out *json)
{
    const char *said = options != NULL ? options_text(options, option) : NULL;
    struct bytes kept = json_find(before, member);

    if (said != NULL)
        json_member_text(json, member, bytes_of(said));
    else if (kept.len > 0)
        json_member_raw(json, member, kept);
}

/* A JSON object, @FILE, or - for stdin. */
static bool write_task(const struct options *options, struct bytes before, struct json_out *json,
                       struct arena *arena)
{
    const char *said = options != NULL ? options_text(options, "task") : NULL;
    struct bytes task = said != NULL ? bytes_of(said) : json_find(before, "task");

    if (said != NULL && (said[0] == '@' || bytes_is(task, "-")) &&
        !file_read(said[0] == '@' ? said + 1 : said, arena, &task))
        return false;
    task = bytes_trim(task);
    if (said != NULL && !json_is_object(task)) {
        message_error("--task: not a JSON object");
        return false;
    }
    if (task.len > 0)
        json_member_raw(json, "task", task);
    return true;
}

/* paused: 1 or 0; -1: as it was. */
static bool write_body(const struct options *options, struct bytes before, int paused,
                       struct buffer *body, struct arena *arena)
{
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    keep_text(options, "cron", before, "cron", &json);
    keep_text(options, "timezone", before, "timezone", &json);
    keep_text(options, "overlap", before, "overlap", &json);
    keep_text(options, "missed", before, "missed", &json);
    if (options != NULL && options_has(options, "jitter"))
        json_member_seconds_or_null(&json, "jitter_s", options_number(options, "jitter", 0));
    else if (json_find(before, "jitter_s").len > 0)
        json_member_raw(&json, "jitter_s", json_find(before, "jitter_s"));
    json_member_bool(&json, "paused", paused < 0 ? json_bool_of(before, "paused") : paused > 0);
    if (!write_task(options, before, &json, arena))
        return false;
    json_out_object_end(&json);
    return true;
}

static bool write_set(const struct options *options, struct bytes before, struct buffer *body,
                      struct arena *arena)
{
    return write_body(options, before, -1, body, arena);
}

/* These say nothing else. */
static bool write_pause(const struct options *options, struct bytes before, struct buffer *body,
                        struct arena *arena)
{
    (void)options;
    return write_body(NULL, before, 1, body, arena);
}

static bool write_resume(const struct options *options, struct bytes before, struct buffer *body,
                         struct arena *arena)
{
    (void)options;
    return write_body(NULL, before, 0, body, arena);
}

static int run_set(const struct options *options)
{
    return setting_change(&schedules, options, write_set, false);
}

static int run_pause(const struct options *options)
{
    return setting_change(&schedules, options, write_pause, true);
}

static int run_resume(const struct options *options)
{
    return setting_change(&schedules, options, write_resume, true);
}

/* ---- the commands ---- */

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec next_specs[] = {
    {.name = "count",
     .kind = OPTION_INT,
     .value = "N",
     .help = "How many moments; 10 if not given.",
     .min = 1,
     .max = 100},
    {.name = NULL},
};
static const struct option_spec set_specs[] = {
    {.name = "cron",
     .kind = OPTION_TEXT,
     .value = "EXPR",
     .help = "Minute, hour, day of month, month, day of week; or @daily."},
    {.name = "timezone",
     .kind = OPTION_TEXT,
     .value = "ZONE",
     .help = "As in Europe/Berlin; UTC if never said."},
    {.name = "task",
     .kind = OPTION_TEXT,
     .value = "JSON",
     .help = "What each task is: JSON, @FILE or - for stdin."},
    {.name = "overlap",
     .kind = OPTION_TEXT,
     .value = "WORD",
     .help = "When the last task is not over: skip, queue, cancel_other or allow."},
    {.name = "missed",
     .kind = OPTION_TEXT,
     .value = "WORD",
     .help = "Of what passed while the broker was down: once, all or skip."},
    {.name = "jitter",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Fire up to so much later; 1h at most."},
    {.name = NULL},
};

#define ONE(identifier, words, text, specs, runs, more)                                            \
    const struct command identifier = {                                                            \
        .name = (words),                                                                           \
        .arguments = "SCHEDULE",                                                                   \
        .summary = (text),                                                                         \
        .options = (specs),                                                                        \
        .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | (more),                             \
        .arguments_min = 1,                                                                        \
        .arguments_max = 1,                                                                        \
        .run = (runs),                                                                             \
    }

const struct command command_schedule_list = {
    .name = "schedule list",
    .arguments = "",
    .summary = "List schedules and when they fire next.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

ONE(command_schedule_show, "schedule show", "Show one schedule.", no_specs, run_show,
    OPTIONS_COLOR);
ONE(command_schedule_set, "schedule set", "Make a schedule, or change what is named of one.",
    set_specs, run_set, OPTIONS_COLOR);
ONE(command_schedule_delete, "schedule delete", "Delete a schedule; its tasks stay.", no_specs,
    run_delete, 0);
ONE(command_schedule_trigger, "schedule trigger", "Make one of its tasks now and print its id.",
    no_specs, run_trigger, 0);
ONE(command_schedule_next, "schedule next", "Say when it fires next, in UTC and local time.",
    next_specs, run_next, 0);
ONE(command_schedule_pause, "schedule pause", "Let nothing fire until it is resumed.", no_specs,
    run_pause, OPTIONS_COLOR);
ONE(command_schedule_resume, "schedule resume", "Go on; what passed meanwhile does not fire.",
    no_specs, run_resume, OPTIONS_COLOR);
