/* sluice worker: workers that are pushed to: set up, paused, ended. */
#include "client.h"
#include "commands.h"
#include "hook_key.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "printable.h"
#include "secret_file.h"
#include "setting.h"
#include "table.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 1024 * 1024 };

static const struct setting workers = {.path = "/v1/workers"};

/* ---- create ---- */

static void write_each(const struct options *options, const char *option, const char *member,
                       struct json_out *json)
{
    const char *text;

    if (!options_has(options, option))
        return;
    json_out_key(json, member);
    json_out_array(json);
    for (unsigned i = 0; (text = options_each(options, option, i)) != NULL; i++)
        json_out_text(json, bytes_of(text));
    json_out_array_end(json);
}

/* Without one the address says which worker it is. */
static const char *identity_of(const struct options *options)
{
    const char *identity = options_text(options, "identity");

    return identity != NULL ? identity : "push";
}

static bool write_worker(const struct options *options, struct buffer *body, struct arena *arena)
{
    struct signature_key key;
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    json_member_text(&json, "identity", bytes_of(identity_of(options)));
    json_member_text(&json, "mode", BYTES("push"));
    json_member_text(&json, "push_url", bytes_of(options_text(options, "push-url")));
    write_each(options, "queue", "queues", &json);
    write_each(options, "type", "types", &json);
    json_member_int(&json, "concurrency", options_number(options, "concurrency", 1));
    if (options_has(options, "secret-file")) {
        if (!hook_key_read(options, &key))
            return false;
        json_member_text(&json, "push_secret", signature_key_write(&key, arena));
    }
    json_out_object_end(&json);
    return true;
}

static int show_made(const struct options *options, struct secret_file *file, struct bytes made,
                     struct arena *arena)
{
    bool is_json = options_has(options, "json");
    struct bytes secret =
        json_is_object(made) ? json_text_of(made, "push_secret", arena) : BYTES_NONE;
    bool is_new = json_is_object(made) && json_text_of(made, "previous_binding", arena).at == NULL;

    if (is_json && (file->name == NULL || secret.at == NULL))
        output_line(made);
    if (is_json && file->name == NULL)
        return EXIT_CODE_OK;
    if (!is_json)
        printf("%.*s\n", BYTES_ARG(printable(json_text_of(made, "id", arena), arena)));
    if (!is_json && !is_new)
        message_note("It was there already, and has these settings now; its secret stays unless "
                     "another one was said.");
    return secret_file_show(file, is_json && secret.at != NULL ? made : secret) ? EXIT_CODE_OK
                                                                                : EXIT_CODE_FAILURE;
}

static int create(const struct options *options, struct client *client, struct bytes body)
{
    struct secret_file file;
    struct reply reply;
    int exit_code;

    if (!secret_file_open(&file, options_text(options, "out")))
        return EXIT_CODE_FAILURE;
    exit_code = client_send(client, "POST", workers.path, body, &reply);
    if (exit_code == EXIT_CODE_OK)
        exit_code = show_made(options, &file, reply.body, client_arena(client));
    secret_file_close(&file);
    return exit_code;
}

static int run_create(const struct options *options)
{
    struct client *client;
    struct buffer body;
    int exit_code;

    if (!options_has(options, "push-url") || !options_has(options, "queue")) {
        message_error("--push-url and --queue: a push worker needs them");
        if (options_was_typed(options, "url"))
            message_note("--url is where the broker answers. Did you mean '--push-url'?");
        return EXIT_CODE_USAGE;
    }
    client = client_open(options, &exit_code);
    if (client == NULL)
        return exit_code;
    buffer_init(&body, BODY_BYTES_MAX);
    exit_code = write_worker(options, &body, client_arena(client))
                    ? create(options, client, buffer_bytes(&body))
                    : EXIT_CODE_FAILURE;
    buffer_fini(&body);
    client_close(client);
    return exit_code;
}

/* ---- delete, pause, run ---- */

static int run_delete(const struct options *options)
{
    return setting_delete(&workers, options);
}

static int set_state(const struct options *options, struct client *client, const char *path,
                     struct bytes body)
{
    struct reply reply;
    int exit_code = client_send(client, "PATCH", path, body, &reply);

    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    if (options_has(options, "json"))
        output_line(reply.body);
    else if (json_is_object(reply.body))
        printf("%s %.*s\n", options_argument(options, 0),
               BYTES_ARG(printable(json_text_of(reply.body, "state", client_arena(client)),
                                   client_arena(client))));
    return EXIT_CODE_OK;
}

static int pause_it(const struct options *options, struct client *client, const char *path)
{
    return set_state(options, client, path, BYTES("{\"state\":\"paused\"}"));
}

static int let_run(const struct options *options, struct client *client, const char *path)
{
    return set_state(options, client, path, BYTES("{\"state\":\"run\"}"));
}

static int run_pause(const struct options *options)
{
    return setting_act(&workers, options, "", pause_it);
}

static int run_run(const struct options *options)
{
    return setting_act(&workers, options, "", let_run);
}

/* ---- the commands ---- */

static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec create_specs[] = {
    {.name = "push-url",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = "What is called for each task."},
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "QUEUE",
     .help = "Tasks of this queue.",
     .repeats = true},
    {.name = "type",
     .kind = OPTION_TEXT,
     .value = "TYPE",
     .help = "Only tasks of this type.",
     .repeats = true},
    {.name = "identity",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = "What it is called; 'push' if not given. The same name and URL is the same worker."},
    {.name = "concurrency",
     .kind = OPTION_INT,
     .value = "N",
     .help = "Most tasks at the same time; 1 if not given.",
     .min = 1,
     .max = 1000000},
    HOOK_KEY_OPTION,
    OUT_OPTION,
    {.name = NULL},
};

const struct command command_worker_create = {
    .name = "worker create",
    .arguments = "",
    .summary = "Have tasks pushed to a URL, and print the worker's id.",
    .details = "  sluice worker create --push-url https://app.example.com/jobs --queue mail\n"
               "\n"
               "A secret is made if none is given; it is shown once.",
    .options = create_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .run = run_create,
};

#define ONE(identifier, words, text, runs, more)                                                   \
    const struct command identifier = {                                                            \
        .name = (words),                                                                           \
        .arguments = "ID",                                                                         \
        .summary = (text),                                                                         \
        .options = no_specs,                                                                       \
        .common = OPTIONS_CLIENT | OPTIONS_NS | (more),                                            \
        .arguments_min = 1,                                                                        \
        .arguments_max = 1,                                                                        \
        .run = (runs),                                                                             \
    }

ONE(command_worker_delete, "worker delete", "End a worker; its tasks go back.", run_delete, 0);
ONE(command_worker_pause, "worker pause", "Hand a worker no more tasks.", run_pause, OPTIONS_JSON);
ONE(command_worker_run, "worker run", "Go on, also with one that answered 410.", run_run,
    OPTIONS_JSON);
