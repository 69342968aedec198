/* sluice hook: endpoints that are told of events: made, changed, shown, deleted. */
#include "commands.h"
#include "hook_key.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"
#include "secret_file.h"
#include "setting.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <string.h>

/* ---- show ---- */

/* What nobody asked for, and the secret, which stands below. */
static bool is_noise(struct bytes key)
{
    return bytes_is(key, "links") || bytes_is(key, "version") || bytes_is(key, "secret");
}

static struct bytes shown_of(struct bytes key, struct bytes value)
{
    bool is_filter = bytes_is(key, "types") || bytes_is(key, "queue");

    return is_filter && bytes_is(value, "null") ? BYTES("\"all\"") : value;
}

static void print_hook(void *ctx, const struct options *options, struct bytes hook,
                       struct arena *arena)
{
    struct table *table = table_new(NULL, arena);
    struct bytes key, value;

    (void)ctx;
    if (options_has(options, "json")) {
        output_line(hook);
        return;
    }
    for (size_t at = 0; json_is_object(hook) && json_each(hook, &at, &key, &value);)
        if (!is_noise(key))
            table_member(table, key, shown_of(key, value));
    table_print(table, options_text(options, "color"));
}

/* ctx: where the secret goes. As JSON all of it is the secret's. */
static void print_made(void *ctx, const struct options *options, struct bytes hook,
                       struct arena *arena)
{
    struct secret_file *file = ctx;
    bool is_json = options_has(options, "json");
    struct bytes secret = json_is_object(hook) ? json_text_of(hook, "secret", arena) : BYTES_NONE;

    if (!is_json || file->name == NULL || secret.at == NULL)
        print_hook(NULL, options, hook, arena);
    if (is_json && file->name == NULL)
        return;
    (void)secret_file_show(file, is_json && secret.at != NULL ? hook : secret);
}

static const struct setting hooks = {.path = "/v1/webhooks", .print = print_hook};

/* ---- list ---- */

static void add_row(struct table *table, struct bytes hook, struct arena *arena)
{
    table_cell(table, json_text_of(hook, "state", arena));
    table_cell_int(table, json_int_of(hook, "backlog", 0));
    table_cell_int(table, json_int_of(hook, "dead", 0));
    table_cell_int(table, json_int_of(hook, "missed", 0));
    table_cell(table, json_text_of(hook, "url", arena));
    table_cell(table, json_text_of(hook, "name", arena));
}

static const char *const headings[] = {"STATE", "BACKLOG", "DEAD", "MISSED",
                                       "URL",   "WEBHOOK", NULL};

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "name"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, hooks.path);
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static int run_show(const struct options *options)
{
    return setting_show(&hooks, options);
}

static int run_delete(const struct options *options)
{
    return setting_delete(&hooks, options);
}

/* ---- create, enable, disable ---- */

/* What is said, else what it has, else nothing; options NULL: nothing is said. */
static void keep_text(const struct options *options, const char *option, struct bytes before,
                      const char *name, struct json_out *json)
{
    const char *said = options != NULL ? options_text(options, option) : NULL;
    struct bytes kept = json_find(before, name);

    if (said != NULL && strcmp(said, "none") == 0)
        return;
    if (said != NULL)
        json_member_text(json, name, bytes_of(said));
    else if (kept.len > 0)
        json_member_raw(json, name, kept);
}

static void write_types(const struct options *options, struct bytes before, struct json_out *json)
{
    const char *said = options != NULL ? options_text(options, "types") : NULL;
    struct bytes kept = json_find(before, "types");
    struct bytes type, rest;

    if (said == NULL && kept.len > 0)
        json_member_raw(json, "types", kept);
    if (said == NULL || strcmp(said, "*") == 0 || strcmp(said, "none") == 0)
        return;
    rest = bytes_of(said);
    json_out_key(json, "types");
    json_out_array(json);
    while (bytes_split(&rest, ',', &type))
        json_out_text(json, type);
    json_out_array_end(json);
}

/* Not said, it stays as it is, or the broker makes one. */
static bool write_secret(const struct options *options, struct json_out *json, struct arena *arena)
{
    struct signature_key key;

    if (options == NULL)
        return true;
    if (options_has(options, "new-secret")) {
        json_member_text_or_null(json, "secret", BYTES_NONE);
        return true;
    }
    if (options_text(options, "secret-file") == NULL)
        return true;
    if (!hook_key_read(options, &key))
        return false;
    json_member_text(json, "secret", signature_key_write(&key, arena));
    return true;
}

/* enabled: 1 or 0; -1: as it was. */
static bool write_body(const struct options *options, struct bytes before, int enabled,
                       struct buffer *body, struct arena *arena)
{
    bool was_enabled = json_find(before, "enabled").len == 0 || json_bool_of(before, "enabled");
    struct json_out json;

    if (json_find(before, "url").len == 0 &&
        (options == NULL || options_text(options, "to") == NULL)) {
        message_error("--to: a new webhook needs one");
        return false;
    }
    json_out_init(&json, body);
    json_out_object(&json);
    keep_text(options, "to", before, "url", &json);
    write_types(options, before, &json);
    keep_text(options, "queue", before, "queue", &json);
    json_member_bool(&json, "enabled", enabled < 0 ? was_enabled : enabled > 0);
    if (!write_secret(options, &json, arena))
        return false;
    json_out_object_end(&json);
    return true;
}

static bool write_create(const struct options *options, struct bytes before, struct buffer *body,
                         struct arena *arena)
{
    return write_body(options, before, -1, body, arena);
}

/* These say nothing else. */
static bool write_enable(const struct options *options, struct bytes before, struct buffer *body,
                         struct arena *arena)
{
    (void)options;
    return write_body(NULL, before, 1, body, arena);
}

static bool write_disable(const struct options *options, struct bytes before, struct buffer *body,
                          struct arena *arena)
{
    (void)options;
    return write_body(NULL, before, 0, body, arena);
}

static int run_create(const struct options *options)
{
    struct secret_file file;
    const struct setting made = {.path = "/v1/webhooks", .print = print_made, .ctx = &file};
    int exit_code;

    if (!secret_file_open(&file, options_text(options, "out")))
        return EXIT_CODE_FAILURE;
    exit_code = setting_change(&made, options, write_create, false);
    secret_file_close(&file);
    if (exit_code != EXIT_CODE_OK && options_was_typed(options, "url") &&
        !options_has(options, "to"))
        message_note("--url is where the broker answers. Did you mean '--to'?");
    return exit_code;
}

static int run_enable(const struct options *options)
{
    return setting_change(&hooks, options, write_enable, true);
}

static int run_disable(const struct options *options)
{
    return setting_change(&hooks, options, write_disable, true);
}

/* ---- the commands ---- */

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec create_specs[] = {
    {.name = "to", .kind = OPTION_TEXT, .value = "URL", .help = "What is called."},
    {.name = "types",
     .kind = OPTION_TEXT,
     .value = "GLOBS",
     .help = "Kinds of events, as in task.failed,worker.*; none is all."},
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "GLOBS",
     .help = "Only events of such queues, as in 'mail*'; none lifts this, and lets those pass that "
             "have no queue."},
    HOOK_KEY_OPTION,
    {.name = "new-secret",
     .help = "Have another secret made. The old one signs as well for 24 hours, but one before it "
             "no more: only the last two do."},
    OUT_OPTION,
    {.name = NULL},
};

#define ONE(identifier, words, text, specs, runs, more)                                            \
    const struct command identifier = {                                                            \
        .name = (words),                                                                           \
        .arguments = "WEBHOOK",                                                                    \
        .summary = (text),                                                                         \
        .options = (specs),                                                                        \
        .common = OPTIONS_CLIENT | OPTIONS_NS | (more),                                            \
        .arguments_min = 1,                                                                        \
        .arguments_max = 1,                                                                        \
        .run = (runs),                                                                             \
    }

const struct command command_hook_list = {
    .name = "hook list",
    .arguments = "",
    .summary = "List webhooks and what is due to them.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

ONE(command_hook_show, "hook show", "Show one webhook.", no_specs, run_show,
    OPTIONS_JSON | OPTIONS_COLOR);
ONE(command_hook_create, "hook create", "Make a webhook, or change what is named of one.",
    create_specs, run_create, OPTIONS_JSON | OPTIONS_COLOR);
ONE(command_hook_delete, "hook delete", "Delete a webhook, with what is due to it.", no_specs,
    run_delete, 0);
ONE(command_hook_enable, "hook enable", "Go on, also with one that answered 410.", no_specs,
    run_enable, OPTIONS_JSON | OPTIONS_COLOR);
ONE(command_hook_disable, "hook disable", "Send nothing, and forget what happens meanwhile.",
    no_specs, run_disable, OPTIONS_JSON | OPTIONS_COLOR);
