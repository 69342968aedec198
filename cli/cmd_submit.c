/* sluice submit: hand in one task, and if asked wait for its result. */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "query.h"
#include "submission.h"
#include "submission_rules.h"
#include "waiting.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"

enum { BODY_BYTES_MAX = 128 * 1024 * 1024, TRIES_MAX = 3, TRY_PAUSE_MS = 300 };

static const char *fresh_key(struct arena *arena)
{
    struct clock clock = clock_system();
    struct id_source source;
    char text[ID_TEXT_LEN + 1];

    id_source_init(&source, random_system());
    id_format(id_next(&source, clock.now(clock.ctx).wall_ms), text);
    return arena_string(arena, bytes_of(text));
}

/* A cut connection leaves open whether the task was taken; the key makes asking again safe. */
static int send(const struct options *options, struct client *client, struct bytes body,
                struct reply *ret_reply)
{
    const char *key = options_text(options, "idempotency-key");
    const struct http_request request = {
        .method = "POST",
        .path = "/v1/tasks",
        .content_type = "application/json",
        .idempotency_key = key != NULL ? key : fresh_key(client_arena(client)),
        .body = body,
        .timeout_ms = CLIENT_TIMEOUT_MS,
    };
    int exit_code = EXIT_CODE_OK;

    for (unsigned i = 0; i < TRIES_MAX; i++) {
        if (i > 0 && !client_pause(client, TRY_PAUSE_MS))
            exit_code = EXIT_CODE_INTERRUPTED;
        else
            exit_code = client_exchange(client, &request, ret_reply);
        if (exit_code != EXIT_CODE_UNREACHABLE || ret_reply->was_refused)
            break;
    }
    if (exit_code != EXIT_CODE_OK || ret_reply->status < 200 || ret_reply->status > 299)
        return client_tell(client, exit_code, ret_reply);
    return EXIT_CODE_OK;
}

static int print_result(struct client *client, const char *id)
{
    struct query query;
    struct reply reply;
    int exit_code;

    query_init(&query, "/v1/tasks");
    query_segment(&query, id);
    query_literal(&query, "/result");
    exit_code = client_get(client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    query_fini(&query);
    if (exit_code == EXIT_CODE_OK)
        output_bytes(reply.body);
    return exit_code;
}

static int wait_for(const struct options *options, struct client *client, const char *id)
{
    bool as_json = options_has(options, "json");
    int64_t timeout_ms = options_number(options, "wait", -1);
    struct bytes task;
    int exit_code;

    message_note("task %s", id);
    exit_code = waiting_run(client, id, timeout_ms, &task);
    if (exit_code == EXIT_CODE_WAIT_TIMEOUT)
        message_error("task %s is still %.*s", id,
                      BYTES_ARG(json_text_of(task, "state", client_arena(client))));
    if (as_json && (exit_code == EXIT_CODE_OK || exit_code == EXIT_CODE_WAIT_TIMEOUT))
        output_line(task);
    if (exit_code == EXIT_CODE_OK)
        exit_code = waiting_tell(client, task);
    return exit_code == EXIT_CODE_OK && !as_json ? print_result(client, id) : exit_code;
}

static int submit(const struct options *options, struct client *client, struct bytes body)
{
    struct arena *arena = client_arena(client);
    struct reply reply = {.status = 0};
    int exit_code = send(options, client, body, &reply);
    struct bytes id;

    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    id = json_is_object(reply.body) ? json_text_of(reply.body, "id", arena) : BYTES_NONE;
    if (id.at == NULL) {
        message_error("the answer is no task");
        return EXIT_CODE_FAILURE;
    }
    if (options_has(options, "wait"))
        return wait_for(options, client, arena_string(arena, id));
    output_line(options_has(options, "json") ? reply.body : id);
    return EXIT_CODE_OK;
}

static bool key_is_ok(const char *key)
{
    for (; key != NULL && *key != '\0'; key++)
        if (*key < ' ' || *key > '~')
            return false;
    return true;
}

static int run(const struct options *options)
{
    struct client *client;
    struct buffer body;
    int exit_code;

    if (!key_is_ok(options_text(options, "idempotency-key"))) {
        message_error("--idempotency-key: only printable ASCII");
        return EXIT_CODE_USAGE;
    }
    client = client_open(options, &exit_code);
    if (client == NULL)
        return exit_code;
    buffer_init(&body, BODY_BYTES_MAX);
    if (submission_write(options, client_arena(client), &body))
        exit_code = submit(options, client, buffer_bytes(&body));
    else
        exit_code = EXIT_CODE_USAGE;
    buffer_fini(&body);
    client_close(client);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "queue",
     .kind = OPTION_TEXT,
     .value = "QUEUE",
     .help = "Where it goes; 'default' if not given."},
    {.name = "data",
     .kind = OPTION_TEXT,
     .value = "JSON",
     .help = "The payload: JSON, @FILE or - for stdin."},
    {.name = "raw",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "The payload: any bytes; - for stdin."},
    {.name = "content-type",
     .kind = OPTION_TEXT,
     .value = "TYPE",
     .help = "What --raw is; application/octet-stream if not given."},
    {.name = "header",
     .kind = OPTION_TEXT,
     .value = "KEY=VALUE",
     .help = "A header of the task.",
     .repeats = true},
    {.name = "tag",
     .kind = OPTION_TEXT,
     .value = "TAG",
     .help = "A word to find it by.",
     .repeats = true},
    {.name = "name", .kind = OPTION_TEXT, .value = "NAME", .help = "What people call it."},
    {.name = "priority",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Higher goes first; also high, normal, low."},
    {.name = "delay",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "Not before this time has passed (5m)."},
    {.name = "at", .kind = OPTION_TIME, .value = "TIME", .help = "Not before this time."},
    {.name = "timeout",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "How long one attempt may take."},
    {.name = "expires",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "How long it may wait for its first attempt."},
    {.name = "deadline",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "How long it may take in all, waiting and attempts."},
    {.name = "at-most-once", .kind = OPTION_FLAG, .help = "No second attempt after a loss."},
    {.name = "max-attempts",
     .kind = OPTION_INT,
     .value = "N",
     .help = "How often it is tried.",
     .min = 1,
     .max = 1000},
    SUBMISSION_RULES_OPTIONS,
    {.name = "idempotency-key",
     .kind = OPTION_TEXT,
     .value = "KEY",
     .help = "Submitting again with the same key makes no second task."},
    {.name = "wait",
     .kind = OPTION_DURATION,
     .value = "S",
     .value_is_optional = true,
     .help = "Wait until it has ended, at most this long, and print its result."},
    {.name = NULL},
};

const struct command command_submit = {
    .name = "submit",
    .arguments = "[TYPE]",
    .summary = "Hand in one task and print its id.",
    .details = "  sluice submit resize --queue thumbs --data '{\"width\":200}'\n"
               "  sluice submit resize --queue thumbs --raw photo.jpg --wait > small.jpg",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .arguments_max = 1,
    .run = run,
};
