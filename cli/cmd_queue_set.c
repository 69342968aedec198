/* sluice queue set: change the settings of a queue that are named, and leave the others. */
#include <string.h>

#include "base/json_out.h"
#include "base/parse.h"
#include "client.h"
#include "commands.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "query.h"
#include "quotas.h"
#include "table.h"

enum { BODY_BYTES_MAX = 4096, NOT_FOUND = 404 };

#define COUNT_MAX    INT64_C(4294967295)
#define DURATION_MAX INT64_C(315360000000)

static const char *said(const struct options *options, const char *name, bool *ret_is_none)
{
    const char *text = options_text(options, name);

    *ret_is_none = text != NULL && strcmp(text, "none") == 0;
    return text;
}

static bool write_count(const struct options *options, const char *name, const char *member,
                        struct json_out *json)
{
    bool is_none;
    const char *text = said(options, name, &is_none);
    int64_t number = -1;

    if (text == NULL)
        return true;
    if (!is_none && !parse_int(bytes_of(text), 0, COUNT_MAX, &number)) {
        message_error("--%s: '%s' is neither a whole number from 0 nor 'none'", name, text);
        return false;
    }
    json_member_int_or_null(json, member, number);
    return true;
}

static bool write_aging(const struct options *options, struct json_out *json)
{
    bool is_none;
    const char *text = said(options, "aging", &is_none);
    int64_t ms = -1;

    if (text == NULL)
        return true;
    if (!is_none && !parse_duration(bytes_of(text), DURATION_MAX, &ms)) {
        message_error("--aging: '%s' is neither a time such as 30s nor 'none'", text);
        return false;
    }
    json_member_seconds_or_null(json, "aging_s", ms);
    return true;
}

static bool write_fairness(const struct options *options, struct json_out *json)
{
    const char *text = options_text(options, "fairness");
    bool is_fair = false;

    if (text == NULL)
        return true;
    if (!parse_bool(bytes_of(text), &is_fair)) {
        message_error("--fairness: '%s' is neither true nor false", text);
        return false;
    }
    json_member_bool(json, "fairness", is_fair);
    return true;
}

static bool write_settings(const struct options *options, struct buffer *body)
{
    bool is_none;
    const char *target = said(options, "dead-letter-queue", &is_none);
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    if (!write_count(options, "concurrency", "concurrency", &json) ||
        !write_count(options, "pending", "pending_limit", &json) ||
        !write_fairness(options, &json) || !write_aging(options, &json))
        return false;
    if ((options_has(options, "rate") || options_has(options, "per") ||
         options_has(options, "burst")) &&
        !quotas_write_rate(options, BYTES("{}"), &json))
        return false;
    if (target != NULL)
        json_member_text_or_null(&json, "dead_letter_queue",
                                 is_none ? BYTES_NONE : bytes_of(target));
    json_out_object_end(&json);
    return true;
}

/* A queue that is not there yet is made. */
static int change(const struct options *options, struct client *client, struct bytes body)
{
    struct query query;
    struct reply reply = {.status = 0};
    int exit_code;

    query_init(&query, "/v1/queues");
    query_segment(&query, options_argument(options, 0));

    struct http_request request = {.method = "PATCH",
                                   .path = query_text(&query),
                                   .content_type = "application/json",
                                   .body = body,
                                   .timeout_ms = CLIENT_TIMEOUT_MS};

    exit_code = client_exchange(client, &request, &reply);
    if (exit_code == EXIT_CODE_OK && reply.status == NOT_FOUND) {
        request.method = "PUT";
        exit_code = client_exchange(client, &request, &reply);
    }
    query_fini(&query);
    if (exit_code != EXIT_CODE_OK || reply.status < 200 || reply.status > 299)
        return client_tell(client, exit_code, &reply);
    if (options_has(options, "json"))
        output_line(reply.body);
    else if (json_is_object(reply.body))
        table_print_object(reply.body, options_text(options, "color"), client_arena(client));
    return EXIT_CODE_OK;
}

static int run(const struct options *options)
{
    int exit_code = EXIT_CODE_USAGE;
    struct buffer body;
    struct client *client;

    buffer_init(&body, BODY_BYTES_MAX);
    if (write_settings(options, &body)) {
        client = client_open(options, &exit_code);
        if (client != NULL) {
            exit_code = change(options, client, buffer_bytes(&body));
            client_close(client);
        }
    }
    buffer_fini(&body);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "concurrency", .kind = OPTION_TEXT, .value = "N", .help = "Most running tasks."},
    {.name = "pending", .kind = OPTION_TEXT, .value = "N", .help = "Most waiting tasks."},
    {.name = "fairness",
     .kind = OPTION_TEXT,
     .value = "BOOL",
     .help = "Whether tasks of different fairness keys take turns."},
    {.name = "aging",
     .kind = OPTION_TEXT,
     .value = "S",
     .help = "A waiting task gains one priority each; none: priority is strict."},
    {.name = "rate", .kind = OPTION_TEXT, .value = "N", .help = "Tasks handed out in a second."},
    {.name = "per",
     .kind = OPTION_DURATION,
     .value = "S",
     .help = "In this time instead.",
     .min = 1,
     .max = INT64_C(86400000)},
    {.name = "burst",
     .kind = OPTION_TEXT,
     .value = "N",
     .help = "Tasks at once, when there were none for a while; otherwise as many as --rate."},
    {.name = "dead-letter-queue",
     .kind = OPTION_TEXT,
     .value = "QUEUE",
     .help = "Where a copy of each task goes that fails for good."},
    {.name = NULL},
};

const struct command command_queue_set = {
    .name = "queue set",
    .arguments = "QUEUE",
    .summary = "Change settings of a queue; what is not said stays, 'none' lifts it.",
    .details = "  sluice queue set mail --concurrency 4 --rate 5 --dead-letter-queue mail-dead\n"
               "  sluice queue set mail --rate none",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
