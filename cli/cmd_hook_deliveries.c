/* sluice hook: what webhooks are told: tried, listed, sent again. */
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "output.h"
#include "setting.h"

#include "base/json_scan.h"

#include <stdio.h>

static const struct setting hooks = {.path = "/v1/webhooks"};

/* ---- list ---- */

static void add_row(struct table *table, struct bytes delivery, struct arena *arena)
{
    table_cell(table, json_text_of(delivery, "state", arena));
    table_cell_int(table, json_int_of(delivery, "attempts", 0));
    table_cell(table, json_shown(json_find(delivery, "last_status"), arena));
    table_cell(table, json_shown(json_find(delivery, "next_at"), arena));
    table_cell(table, json_text_of(delivery, "created_at", arena));
    table_cell(table, json_text_of(delivery, "type", arena));
    table_cell(table, json_text_of(delivery, "id", arena));
}

static const char *const headings[] = {"STATE",   "TRIES", "STATUS",   "NEXT",
                                       "CREATED", "TYPE",  "DELIVERY", NULL};

static const struct listing listing = {.headings = headings, .add_row = add_row, .id_member = "id"};

static int run_deliveries(const struct options *options)
{
    struct query query;
    int exit_code;

    query_init(&query, hooks.path);
    query_segment(&query, options_argument(options, 0));
    query_literal(&query, "/deliveries");
    query_parameter_text(&query, "state", options_text(options, "state"));
    if (options_has(options, "newest"))
        query_parameter_text(&query, "sort", "-created_at");
    exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

/* ---- test ---- */

/* It was delivered, or nobody waited for that. */
static bool is_well(int64_t wait_ms, struct bytes delivery, struct arena *arena)
{
    return wait_ms == 0 || bytes_is(json_text_of(delivery, "state", arena), "delivered");
}

static void tell(struct bytes delivery, struct arena *arena)
{
    printf("%.*s %.*s", BYTES_ARG(json_text_of(delivery, "id", arena)),
           BYTES_ARG(json_text_of(delivery, "state", arena)));
    if (json_int_of(delivery, "last_status", 0) > 0)
        printf(" %lld", (long long)json_int_of(delivery, "last_status", 0));
    if (json_text_of(delivery, "last_error", arena).len > 0)
        printf(" %.*s", BYTES_ARG(json_text_of(delivery, "last_error", arena)));
    printf("\n");
}

static int post(const struct options *options, struct client *client, const char *path,
                int64_t wait_ms)
{
    const struct http_request request = {
        .method = "POST",
        .path = path,
        .body = BYTES("{}"),
        .content_type = "application/json",
        .timeout_ms = wait_ms + CLIENT_TIMEOUT_MS,
    };
    struct reply reply;
    int exit_code = client_ask(client, &request, &reply);

    if (exit_code != EXIT_CODE_OK || !json_is_object(reply.body))
        return exit_code;
    if (options_has(options, "json"))
        output_line(reply.body);
    else
        tell(reply.body, client_arena(client));
    return is_well(wait_ms, reply.body, client_arena(client)) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static int post_test(const struct options *options, struct client *client, const char *path)
{
    return post(options, client, path, options_number(options, "wait", 0));
}

static int run_test(const struct options *options)
{
    int64_t wait_ms = options_number(options, "wait", 0);
    char verb[48];

    (void)snprintf(verb, sizeof(verb), "/test?wait=%.3f", (double)wait_ms / 1000);
    return setting_act(&hooks, options, verb, post_test);
}

/* ---- again ---- */

static int post_one(const struct options *options, struct client *client, const char *path)
{
    return post(options, client, path, 0);
}

/* A thousand each time, until none is left or no more go. */
static int post_all(const struct options *options, struct client *client, const char *path)
{
    struct reply reply;
    int64_t sum = 0, moved = 1, left = 1;

    (void)options;
    while (left > 0 && moved > 0) {
        int exit_code = client_send(client, "POST", path, BYTES("{}"), &reply);

        if (exit_code != EXIT_CODE_OK || !json_is_object(reply.body))
            return exit_code;
        moved = json_int_of(reply.body, "redelivered", 0);
        left = json_int_of(reply.body, "dead", 0);
        sum += moved;
    }
    printf("%lld due again, %lld dead\n", (long long)sum, (long long)left);
    return EXIT_CODE_OK;
}

static int run_redeliver(const struct options *options)
{
    const char *id = options_argument(options, 1);
    struct query verb;
    int exit_code;

    if (id == NULL)
        return setting_act(&hooks, options, "/redeliver", post_all);
    query_init(&verb, "/deliveries");
    query_segment(&verb, id);
    query_literal(&verb, "/redeliver");
    exit_code = setting_act(&hooks, options, query_text(&verb), post_one);
    query_fini(&verb);
    return exit_code;
}

/* ---- the commands ---- */

static const struct option_spec test_specs[] = {
    {.name = "wait",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Wait so long for the first try, and say how it went.",
     .min = 0,
     .max = 60000},
    {.name = NULL},
};
static const struct option_spec redeliver_specs[] = {{.name = NULL}};
static const struct option_spec deliveries_specs[] = {
    {.name = "state",
     .kind = OPTION_TEXT,
     .value = "STATES",
     .help = "Only these: due, dead, delivered."},
    {.name = "newest", .help = "The newest first."},
    LISTING_OPTIONS,
};

const struct command command_hook_test = {
    .name = "hook test",
    .arguments = "WEBHOOK",
    .summary = "Send a webhook something to try it.",
    .options = test_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_test,
};

const struct command command_hook_deliveries = {
    .name = "hook deliveries",
    .arguments = "WEBHOOK",
    .summary = "List what a webhook is to be told and was told.",
    .options = deliveries_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_deliveries,
};

const struct command command_hook_redeliver = {
    .name = "hook redeliver",
    .arguments = "WEBHOOK [DELIVERY]",
    .summary = "Send one again, or all that are dead.",
    .options = redeliver_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 2,
    .run = run_redeliver,
};
