/* sluice worker: which workers there are, and the secrets of those that are pushed to. */
#include "age.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "printable.h"
#include "secret_file.h"
#include "setting.h"

#include "base/json_scan.h"

/* ---- list, show ---- */

static void add_row(struct table *table, struct bytes worker, struct arena *arena)
{
    struct bytes url = json_text_of(worker, "push_url", arena);

    table_cell(table, json_text_of(worker, "id", arena));
    table_cell(table, json_text_of(worker, "state", arena));
    table_cell(table, json_text_of(worker, "mode", arena));
    table_cell(table, arena_printf(arena, "%lld/%lld", (long long)json_int_of(worker, "running", 0),
                                   (long long)json_int_of(worker, "concurrency", 0)));
    table_cell(table, age_text(json_time_of(worker, "last_seen_at", arena), arena));
    table_cell(table, json_text_of(worker, "identity", arena));
    table_cell(table, json_list_of(worker, "queues"));
    table_cell(table, url.at != NULL ? url : BYTES("-"));
}

static const char *const headings[] = {"ID",       "STATE",  "MODE",     "RUNNING", "SEEN",
                                       "IDENTITY", "QUEUES", "PUSH-URL", NULL};

static const struct listing listing = {.headings = headings, .add_row = add_row, .id_member = "id"};

static int run_list(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, "/v1/workers");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

static const struct setting workers = {.path = "/v1/workers"};

static int run_show(const struct options *options)
{
    return setting_show(&workers, options);
}

/* ---- rotate-secret ---- */

/* The secret alone, so that it can go straight into a file; what it is, on stderr. */
static int print_secret(const struct options *options, struct secret_file *file,
                        struct bytes worker, struct arena *arena)
{
    struct bytes secret =
        json_is_object(worker) ? json_text_of(worker, "push_secret", arena) : BYTES_NONE;

    if (secret.at == NULL) {
        message_error("the answer holds no secret");
        return EXIT_CODE_FAILURE;
    }
    if (!secret_file_write(file, options_has(options, "json") ? worker : secret))
        return EXIT_CODE_FAILURE;
    message_note("worker %.*s: calls are signed with the old secret as well for 24 hours, with one "
                 "before it no more; the new one is not shown again",
                 BYTES_ARG(printable(json_text_of(worker, "id", arena), arena)));
    return EXIT_CODE_OK;
}

/* The file is opened before there is something to lose. */
static int rotate(const struct options *options, struct client *client, const char *path)
{
    struct secret_file file;
    struct reply reply;
    int exit_code;

    if (!secret_file_open(&file, options_text(options, "out")))
        return EXIT_CODE_FAILURE;
    exit_code = client_send(client, "PATCH", path, BYTES("{\"push_secret\":null}"), &reply);
    if (exit_code == EXIT_CODE_OK)
        exit_code = print_secret(options, &file, reply.body, client_arena(client));
    secret_file_close(&file);
    return exit_code;
}

static int run_rotate(const struct options *options)
{
    return setting_act(&workers, options, "", rotate);
}

static const struct option_spec list_specs[] = {LISTING_OPTIONS};
static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec rotate_specs[] = {OUT_OPTION, {.name = NULL}};

const struct command command_worker_list = {
    .name = "worker list",
    .arguments = "",
    .summary = "List workers.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_worker_show = {
    .name = "worker show",
    .arguments = "ID",
    .summary = "Show one worker, and how its endpoint fares if it is pushed to.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_worker_rotate_secret = {
    .name = "worker rotate-secret",
    .arguments = "ID",
    .summary = "Give a push worker another secret; it is printed once.",
    .details = "  sluice worker rotate-secret ID --out push.secret\n"
               "\n"
               "The old secret signs as well for 24 hours. Only the last two do: rotated twice in\n"
               "that time, the first one is out of use at once.",
    .options = rotate_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_rotate,
};
