/* sluice hook: what webhooks are told: tried, listed, sent again. */
#include "age.h"
#include "commands.h"
#include "json.h"
#include "listing.h"
#include "message.h"
#include "output.h"
#include "printable.h"
#include "setting.h"

#include "base/json_scan.h"

#include <stdio.h>

static const struct setting hooks = {.path = "/v1/webhooks"};

/* ---- one that rests ---- */

/* Why nothing comes at once of what is due. */
static int note_rest(const struct options *options, struct client *client, const char *path)
{
    const char *name = options_argument(options, 0);
    struct arena *arena = client_arena(client);
    struct reply reply;
    struct bytes state, until;

    if (client_exchange(
            client,
            &(struct http_request){.method = "GET", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS},
            &reply) != EXIT_CODE_OK ||
        reply.status != 200 || !json_is_object(reply.body))
        return EXIT_CODE_OK;
    state = json_text_of(reply.body, "state", arena);
    until = json_text_of(json_list_of(reply.body, "push"), "resumes_at", arena);
    if (until.at != NULL)
        message_note("%s rests until %.*s: nothing is sent before.", name,
                     BYTES_ARG(printable(until, arena)));
    else if (bytes_is(state, "disabled") || bytes_is(state, "gone"))
        message_note("%s is %.*s: nothing is sent until 'sluice hook enable %s'.", name,
                     BYTES_ARG(printable(state, arena)), name);
    return EXIT_CODE_OK;
}

/* ---- list ---- */

/* Of the last try: why it failed, or what was answered. */
static struct bytes outcome_of(struct bytes delivery, struct arena *arena)
{
    struct bytes reason = json_text_of(delivery, "last_error", arena);
    int64_t status = json_int_of(delivery, "last_status", 0);

    if (reason.len > 0)
        return reason;
    return status > 0 ? arena_printf(arena, "it answered %lld", (long long)status) : BYTES_NONE;
}

static void add_row(struct table *table, struct bytes delivery, struct arena *arena)
{
    table_cell(table, json_text_of(delivery, "state", arena));
    table_cell_int(table, json_int_of(delivery, "attempts", 0));
    table_cell(table, age_text(json_time_of(delivery, "created_at", arena), arena));
    table_cell(table, age_until(json_time_of(delivery, "next_at", arena), arena));
    table_cell(table, json_text_of(delivery, "type", arena));
    table_cell(table, json_text_of(delivery, "task_id", arena));
    table_cell(table, json_text_of(delivery, "id", arena));
    table_cell(table, outcome_of(delivery, arena));
}

static const char *const headings[] = {"STATE", "TRIES",    "AGE",  "NEXT", "TYPE",
                                       "TASK",  "DELIVERY", "LAST", NULL};

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
    if (exit_code == EXIT_CODE_OK && !options_has(options, "json") &&
        !options_has(options, "quiet"))
        return setting_act(&hooks, options, "", note_rest);
    return exit_code;
}

/* ---- test ---- */

/* It was delivered, or nobody waited for that. */
static bool is_well(int64_t wait_ms, struct bytes delivery, struct arena *arena)
{
    return wait_ms == 0 || bytes_is(json_text_of(delivery, "state", arena), "delivered");
}

static void tell_test(const struct options *options, struct bytes delivery, struct arena *arena)
{
    const char *name = options_argument(options, 0);
    struct bytes id = printable(json_text_of(delivery, "id", arena), arena);
    struct bytes state = json_text_of(delivery, "state", arena);
    struct bytes outcome = printable(outcome_of(delivery, arena), arena);
    struct bytes next = age_until(json_time_of(delivery, "next_at", arena), arena);

    if (bytes_is(state, "delivered"))
        printf("%s took %.*s: %.*s\n", name, BYTES_ARG(id), BYTES_ARG(outcome));
    else if (json_int_of(delivery, "attempts", 0) == 0)
        printf("%.*s is due to %s\n", BYTES_ARG(id), name);
    else if (bytes_is(state, "dead"))
        printf("%s did not take %.*s, which is dead now: %.*s\n", name, BYTES_ARG(id),
               BYTES_ARG(outcome));
    else
        printf("%s did not take %.*s: %.*s; tried again%s%.*s\n", name, BYTES_ARG(id),
               BYTES_ARG(outcome), next.len > 0 ? " in " : "", BYTES_ARG(next));
}

/* It says the outcome of before, which is not the one of now. */
static void tell_again(const struct options *options, struct bytes delivery, struct arena *arena)
{
    (void)options;
    printf("%.*s is due again\n", BYTES_ARG(printable(json_text_of(delivery, "id", arena), arena)));
}

typedef void tell_fn(const struct options *options, struct bytes delivery, struct arena *arena);

static int post(const struct options *options, struct client *client, const char *path,
                int64_t wait_ms, tell_fn *tell)
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
        tell(options, reply.body, client_arena(client));
    return is_well(wait_ms, reply.body, client_arena(client)) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static int post_test(const struct options *options, struct client *client, const char *path)
{
    return post(options, client, path, options_number(options, "wait", 0), tell_test);
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
    return post(options, client, path, 0, tell_again);
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

    if (id == NULL) {
        exit_code = setting_act(&hooks, options, "/redeliver", post_all);
    } else {
        query_init(&verb, "/deliveries");
        query_segment(&verb, id);
        query_literal(&verb, "/redeliver");
        exit_code = setting_act(&hooks, options, query_text(&verb), post_one);
        query_fini(&verb);
    }
    if (exit_code == EXIT_CODE_OK && !options_has(options, "json"))
        return setting_act(&hooks, options, "", note_rest);
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
    .summary = "Send one again, dead or due, or all that are dead.",
    .options = redeliver_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 2,
    .run = run_redeliver,
};
