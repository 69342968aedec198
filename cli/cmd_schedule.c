/* sluice schedule: tasks by the clock. */
#include "client.h"
#include "commands.h"
#include "file.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 8 << 20, TRIES_MAX = 5 };

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

    query_init(&query, "/v1/schedules");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static void print_schedule(const struct options *options, struct bytes schedule,
                           struct arena *arena)
{
    if (options_has(options, "json"))
        output_line(schedule);
    else if (json_is_object(schedule))
        table_print_object(schedule, options_text(options, "color"), arena);
}

/* ---- what is asked of one ---- */

typedef int act_fn(const struct options *options, struct client *client, const char *path);

static int with_path(const struct options *options, const char *verb, act_fn *act)
{
    struct query query;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/schedules");
    query_segment(&query, options_argument(options, 0));
    query_literal(&query, verb);
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
        print_schedule(options, reply.body, client_arena(client));
    return exit_code;
}

static int run_show(const struct options *options)
{
    return with_path(options, "", show);
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
    return with_path(options, "", delete);
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
    return with_path(options, "/trigger", trigger);
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
    return with_path(options, verb, next);
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

static int put(const struct options *options, struct client *client, const char *path,
               const struct reply *before, int paused, struct reply *ret_reply)
{
    struct arena *arena = client_arena(client);
    bool is_there = before->status == 200 && json_is_object(before->body);
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
    /* A pause says nothing else. */
    if (write_body(paused < 0 ? options : NULL, is_there ? before->body : BYTES("{}"), paused,
                   &body, arena)) {
        request.body = buffer_bytes(&body);
        exit_code = client_exchange(client, &request, ret_reply);
    }
    buffer_fini(&body);
    return exit_code;
}

/* Read, change, write; and all of it again when somebody else was quicker. paused >= 0: only of one
 * that is there. */
static int change(const struct options *options, struct client *client, const char *path,
                  int paused)
{
    const struct http_request look = {
        .method = "GET", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    struct reply before, after = {.status = 0};
    int exit_code = EXIT_CODE_OK;

    for (unsigned i = 0; i < TRIES_MAX; i++) {
        exit_code = client_exchange(client, &look, &before);
        if (exit_code != EXIT_CODE_OK ||
            (before.status != 200 && (before.status != 404 || paused >= 0)))
            return client_tell(client, exit_code, &before);
        exit_code = put(options, client, path, &before, paused, &after);
        if (exit_code == EXIT_CODE_USAGE)
            return exit_code;
        if (exit_code != EXIT_CODE_OK || after.status != 412)
            break;
    }
    if (exit_code != EXIT_CODE_OK || after.status < 200 || after.status > 299)
        return client_tell(client, exit_code, &after);
    print_schedule(options, after.body, client_arena(client));
    return EXIT_CODE_OK;
}

static int set(const struct options *options, struct client *client, const char *path)
{
    return change(options, client, path, -1);
}

static int pause_it(const struct options *options, struct client *client, const char *path)
{
    return change(options, client, path, 1);
}

static int resume_it(const struct options *options, struct client *client, const char *path)
{
    return change(options, client, path, 0);
}

static int run_set(const struct options *options)
{
    return with_path(options, "", set);
}

static int run_pause(const struct options *options)
{
    return with_path(options, "", pause_it);
}

static int run_resume(const struct options *options)
{
    return with_path(options, "", resume_it);
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
