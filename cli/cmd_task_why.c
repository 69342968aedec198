/* sluice task why: what keeps a task from running, one sentence for each reason. */
#include <stdio.h>

#include "base/json_scan.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "output.h"
#include "printable.h"
#include "query.h"
#include "reason.h"

static void print_estimate(struct bytes explanation)
{
    int64_t ms = json_seconds_of(explanation, "estimate", -1);

    if (ms >= 0)
        printf("It may run in %lld.%03lld s.\n", (long long)(ms / 1000), (long long)(ms % 1000));
}

static void print_cancel(struct bytes explanation, struct arena *arena)
{
    struct bytes cancel = json_find(explanation, "cancel");
    struct bytes reason, ends_at;

    if (!json_is_object(cancel))
        return;
    reason = printable(json_text_of(cancel, "reason", arena), arena);
    ends_at = printable(json_text_of(cancel, "ends_at", arena), arena);
    if (ends_at.len > 0)
        printf("It was asked to stop (%.*s): its worker has until %.*s to end it.\n",
               BYTES_ARG(reason), BYTES_ARG(ends_at));
    else
        printf("Why it was cancelled: %.*s%s.\n", BYTES_ARG(reason),
               bytes_is(json_find(cancel, "abandoned"), "true") ? "; its worker never answered"
                                                                : "");
}

static void print_why(struct bytes explanation, struct arena *arena)
{
    struct bytes blockers = json_list_of(explanation, "blockers");
    struct bytes state = printable(json_text_of(explanation, "state", arena), arena);
    struct bytes key, blocker;
    unsigned number = 0;

    printf("The task is %.*s.\n", BYTES_ARG(state));
    for (size_t at = 0; json_each(blockers, &at, &key, &blocker);)
        printf("%u. %.*s\n", ++number, BYTES_ARG(printable(reason_of(blocker, arena), arena)));
    print_cancel(explanation, arena);
    if (number == 0 && !json_is_object(json_find(explanation, "cancel")))
        printf("Nothing stands in its way.\n");
    print_estimate(explanation);
}

static int run(const struct options *options)
{
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    query_init(&query, "/v1/tasks");
    query_segment(&query, options_argument(options, 0));
    query_literal(&query, "/explain");
    exit_code = client_get(client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        print_why(reply.body, client_arena(client));
    client_close(client);
    return exit_code;
}

static const struct option_spec specs[] = {{.name = NULL}};

const struct command command_task_why = {
    .name = "task why",
    .arguments = "ID",
    .summary = "Say what keeps a task from running.",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
