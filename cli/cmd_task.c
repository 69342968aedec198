/* sluice task show, result, cancel, retry: one task at a time, or several by name. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "problem.h"
#include "query.h"
#include "table.h"
#include "waiting.h"

#include "base/json_out.h"
#include "base/json_scan.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 64 * 1024, SLACK_MS = 15 * 1000, WAIT_MS_MAX = 60 * 1000 };

/* path behind the id; parameters are added by the caller. */
static void start_query(struct query *query, const char *id, const char *verb)
{
    query_init(query, "/v1/tasks");
    query_segment(query, id);
    query_literal(query, verb);
}

static int run_show(const struct options *options)
{
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    start_query(&query, options_argument(options, 0), "");
    exit_code = client_get(client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK && options_has(options, "json"))
        output_line(reply.body);
    else if (exit_code == EXIT_CODE_OK && json_is_object(reply.body))
        table_print_object(reply.body, options_text(options, "color"), client_arena(client));
    client_close(client);
    return exit_code;
}

/* The answers of a result that are no result: each has its own exit code. */
static int tell_no_result(struct client *client, int exit_code, const struct reply *reply)
{
    struct bytes code;

    if (exit_code != EXIT_CODE_OK)
        return client_tell(client, exit_code, reply);
    if (reply->status == 202) {
        message_error("the task has not ended yet");
        return EXIT_CODE_WAIT_TIMEOUT;
    }
    code = problem_code(reply->body, client_arena(client));
    exit_code = client_tell(client, exit_code, reply);
    if (bytes_is(code, "task_failed"))
        return EXIT_CODE_TASK_FAILED;
    if (bytes_is(code, "task_cancelled") || bytes_is(code, "task_expired"))
        return EXIT_CODE_TASK_CANCELLED;
    return exit_code;
}

static int get_result(struct client *client, const char *id)
{
    struct reply reply = {.status = 0};
    struct query query;
    int exit_code;

    start_query(&query, id, "/result");

    const struct http_request request = {
        .method = "GET", .path = query_text(&query), .timeout_ms = CLIENT_TIMEOUT_MS};

    exit_code = client_exchange(client, &request, &reply);
    query_fini(&query);
    if (exit_code != EXIT_CODE_OK || reply.status == 202 || reply.status < 200 ||
        reply.status > 299)
        return tell_no_result(client, exit_code, &reply);
    output_bytes(reply.body);
    return EXIT_CODE_OK;
}

static int run_result(const struct options *options)
{
    const char *id = options_argument(options, 0);
    struct bytes task;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = EXIT_CODE_OK;
    if (options_has(options, "wait"))
        exit_code = waiting_run(client, id, options_number(options, "wait", -1), &task);
    if (exit_code == EXIT_CODE_OK || exit_code == EXIT_CODE_WAIT_TIMEOUT)
        exit_code = get_result(client, id);
    client_close(client);
    return exit_code;
}

static void print_state(const struct options *options, struct client *client, struct bytes task)
{
    struct arena *arena = client_arena(client);

    if (options_has(options, "json"))
        output_line(task);
    else if (json_is_object(task))
        printf("%.*s %.*s\n", BYTES_ARG(json_text_of(task, "id", arena)),
               BYTES_ARG(json_text_of(task, "state", arena)));
}

static void write_cancel(const struct options *options, struct buffer *body)
{
    const char *reason = options_text(options, "reason");
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    if (reason != NULL)
        json_member_text(&json, "reason", bytes_of(reason));
    if (options_has(options, "grace"))
        json_member_seconds_or_null(&json, "grace_s", options_number(options, "grace", 0));
    json_out_object_end(&json);
}

static int cancel_one(const struct options *options, struct client *client, const char *id)
{
    int64_t wait_ms =
        options_number(options, "wait", options_has(options, "wait") ? WAIT_MS_MAX : 0);
    struct reply reply;
    struct query query;
    struct buffer body;
    int exit_code;

    start_query(&query, id, "/cancel");
    if (wait_ms > 0)
        query_parameter(&query, "wait", waiting_seconds(wait_ms, client_arena(client)));
    buffer_init(&body, BODY_BYTES_MAX);
    write_cancel(options, &body);

    const struct http_request request = {
        .method = "POST",
        .path = query_text(&query),
        .content_type = "application/json",
        .body = buffer_bytes(&body),
        .timeout_ms = wait_ms + SLACK_MS,
    };

    exit_code = client_ask(client, &request, &reply);
    buffer_fini(&body);
    query_fini(&query);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    print_state(options, client, reply.body);
    if (reply.status == 202 && wait_ms == 0 && !options_has(options, "json"))
        message_note("It was asked to stop; 'sluice wait %s' says when it has.", id);
    return reply.status == 202 && wait_ms > 0 ? EXIT_CODE_WAIT_TIMEOUT : EXIT_CODE_OK;
}

static int retry_one(const struct options *options, struct client *client, const char *id)
{
    struct reply reply;
    struct query query;
    int exit_code;

    start_query(&query, id, "/retry");
    if (options_has(options, "clone"))
        query_parameter(&query, "clone", BYTES("1"));
    exit_code = client_send(client, "POST", query_text(&query), BYTES("{}"), &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK)
        print_state(options, client, reply.body);
    return exit_code;
}

typedef int one_fn(const struct options *options, struct client *client, const char *id);

/* All that are named, whatever happens to one; the first trouble is the exit code. */
static int run_each(const struct options *options, one_fn *one)
{
    int first_bad = EXIT_CODE_OK;
    int exit_code;
    struct client *client = client_open(options, &exit_code);

    if (client == NULL)
        return exit_code;
    for (unsigned i = 0; i < options_arguments_len(options); i++) {
        exit_code = one(options, client, options_argument(options, i));
        if (first_bad == EXIT_CODE_OK)
            first_bad = exit_code;
        if (exit_code == EXIT_CODE_INTERRUPTED || exit_code == EXIT_CODE_UNREACHABLE)
            break;
    }
    client_close(client);
    return first_bad;
}

static int run_cancel(const struct options *options)
{
    return run_each(options, cancel_one);
}

static int run_retry(const struct options *options)
{
    return run_each(options, retry_one);
}

static const struct option_spec no_specs[] = {{.name = NULL}};
static const struct option_spec result_specs[] = {
    {.name = "wait",
     .kind = OPTION_DURATION,
     .value = "S",
     .value_is_optional = true,
     .help = "Wait until it has ended, at most this long."},
    {.name = NULL},
};
static const struct option_spec cancel_specs[] = {
    {.name = "reason",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .help = "Why; it is kept with the task."},
    {.name = "grace",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "How long its worker has to stop it."},
    {.name = "wait",
     .kind = OPTION_DURATION,
     .value = "S",
     .value_is_optional = true,
     .help = "Wait until it has stopped, at most this long (60).",
     .max = WAIT_MS_MAX},
    {.name = NULL},
};
static const struct option_spec retry_specs[] = {
    {.name = "clone", .help = "As a new task with a new id."},
    {.name = NULL},
};

const struct command command_task_show = {
    .name = "task show",
    .arguments = "ID",
    .summary = "Show one task.",
    .options = no_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_show,
};

const struct command command_task_result = {
    .name = "task result",
    .arguments = "ID",
    .summary = "Print a task's result, byte for byte.",
    .details =
        "Exit codes: 7 it failed, 8 it was cancelled or has expired, 9 it has not ended yet.",
    .options = result_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_result,
};

const struct command command_task_cancel = {
    .name = "task cancel",
    .arguments = "ID...",
    .summary = "Cancel tasks, running ones too.",
    .options = cancel_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = OPTIONS_ANY_NUMBER,
    .run = run_cancel,
};

const struct command command_task_retry = {
    .name = "task retry",
    .arguments = "ID...",
    .summary = "Give failed, cancelled or expired tasks one more attempt.",
    .options = retry_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_min = 1,
    .arguments_max = OPTIONS_ANY_NUMBER,
    .run = run_retry,
};
