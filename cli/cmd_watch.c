/* sluice watch: print what happens, as it happens; comes back to where it was whatever cuts it off.
 */
#include "client.h"
#include "commands.h"
#include "json.h"
#include "lines.h"
#include "message.h"
#include "output.h"
#include "printable.h"
#include "query.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 4 * 1024 * 1024, COME_BACK_MS = 2000 };

struct watching {
    const struct options *options;
    struct client *client;
    struct arena *arena; /* of one event */
    struct lines lines;
    int64_t after; /* the last id that was printed; -1: none is known */
    int64_t id;    /* of the event whose lines are coming; -1: it has none */
    bool is_reset;
    bool has_begun; /* the broker has answered once */
};

static void print_member(struct bytes object, const char *name, struct arena *arena)
{
    struct bytes text = json_text_of(object, name, arena);

    if (text.at != NULL)
        printf("  %.*s", BYTES_ARG(printable(text, arena)));
}

static void print_event(struct watching *watching, struct bytes event)
{
    struct arena *arena = watching->arena;

    if (options_has(watching->options, "json")) {
        output_line(event);
    } else {
        printf("%.*s  %.*s", BYTES_ARG(printable(json_text_of(event, "at", arena), arena)),
               BYTES_ARG(printable(json_text_of(event, "type", arena), arena)));
        print_member(event, "queue", arena);
        print_member(event, "task_id", arena);
        printf("  %.*s\n", BYTES_ARG(printable(json_list_of(event, "data"), arena)));
    }
    fflush(stdout); /* each at once; main() asks ferror() */
    arena_reset(arena);
}

static int64_t number_of(struct bytes object, const char *name, struct arena *arena)
{
    int64_t number = -1;

    (void)parse_int(json_text_of(object, name, arena), 0, INT64_MAX, &number);
    return number;
}

/* What was asked for is not there: not any more, or not yet. */
static void print_reset(const struct watching *watching, struct bytes data)
{
    int64_t last = json_is_object(data) ? number_of(data, "last", watching->arena) : -1;

    if (!options_has(watching->options, "json") && last >= 0 && watching->after > last)
        printf("(there is no event %" PRId64 " yet, the last one is %" PRId64
               ": this goes on from there)\n",
               watching->after, last);
    else if (!options_has(watching->options, "json"))
        fputs("(events were missed: the log no longer has them)\n", stdout);
    fflush(stdout);
    arena_reset(watching->arena);
}

/* "name: value"; an empty line ends an event. Only what has an id is one of the log's. */
static void on_line(void *owner, struct bytes line)
{
    struct watching *watching = owner;
    struct bytes value = line, name;

    if (line.len == 0) {
        if (watching->id >= 0)
            watching->after = watching->id;
        watching->id = -1;
        watching->is_reset = false;
    }
    if (!bytes_split(&value, ':', &name))
        return;
    value = bytes_trim(value);
    if (bytes_is(name, "id"))
        (void)parse_int(value, 0, INT64_MAX, &watching->id);
    else if (bytes_is(name, "event"))
        watching->is_reset = bytes_is(value, "reset");
    else if (bytes_is(name, "data") && watching->is_reset)
        print_reset(watching, value);
    else if (bytes_is(name, "data") && watching->id >= 0)
        print_event(watching, value);
}

static void on_piece(void *ctx, struct bytes piece)
{
    struct watching *watching = ctx;

    watching->has_begun = true;
    lines_add(&watching->lines, piece);
}

static void make_path(const struct watching *watching, struct query *query)
{
    const char *task = options_text(watching->options, "task");
    char after[24];

    query_init(query, task != NULL ? "/v1/tasks" : "/v1/events");
    if (task != NULL) {
        query_segment(query, task);
        query_literal(query, "/events");
    }
    query_parameter_text(query, "type", options_text(watching->options, "type"));
    query_parameter_text(query, "queue", options_text(watching->options, "queue"));
    if (watching->after >= 0) {
        (void)snprintf(after, sizeof(after), "%" PRId64, watching->after);
        query_parameter_text(query, "after", after);
    }
}

static int follow(struct watching *watching, struct reply *ret_reply)
{
    struct http_request request = {
        .method = "GET", .timeout_ms = -1, .on_piece = on_piece, .piece_ctx = watching};
    struct query query;
    int exit_code;

    make_path(watching, &query);
    request.path = query_text(&query);
    watching->id = -1;
    watching->is_reset = false;
    lines_init(&watching->lines, LINE_MAX_BYTES, on_line, watching);
    exit_code = client_exchange(watching->client, &request, ret_reply);
    lines_fini(&watching->lines); /* a line that was cut is said again */
    query_fini(&query);
    return exit_code;
}

/* A stream that ended, or a broker that is away for a moment. */
static bool is_passing(const struct watching *watching, const struct reply *reply)
{
    if (reply->status == 0)
        return watching->has_begun;
    return reply->status == 200 || reply->status == 429 || reply->status == 503;
}

/* Nothing was to be seen of it: it was over before. */
static void note_end(const struct watching *watching)
{
    const char *task = options_text(watching->options, "task");

    if (!watching->has_begun && task != NULL)
        message_note("task %s has ended before; 'sluice task show %s' tells how.", task, task);
}

static int watch(struct watching *watching)
{
    for (;;) {
        struct reply reply;
        int exit_code = follow(watching, &reply);

        if (exit_code == EXIT_CODE_INTERRUPTED)
            return EXIT_CODE_OK;
        if (exit_code == EXIT_CODE_OK && reply.status == 204) {
            note_end(watching);
            return EXIT_CODE_OK;
        }
        if (!is_passing(watching, &reply))
            return client_tell(watching->client, exit_code, &reply);
        if (!client_pause(watching->client,
                          reply.retry_after_ms > 0 ? reply.retry_after_ms : COME_BACK_MS))
            return EXIT_CODE_OK;
    }
}

static int run(const struct options *options)
{
    struct watching watching = {
        .options = options, .after = options_number(options, "after", -1), .id = -1};
    int exit_code;

    watching.client = client_open(options, &exit_code);
    if (watching.client == NULL)
        return exit_code;
    watching.arena = arena_new();
    exit_code = watch(&watching);
    arena_free(watching.arena);
    client_close(watching.client);
    return exit_code;
}

static const struct option_spec specs[] = {
    {.name = "task",
     .kind = OPTION_TEXT,
     .value = "ID",
     .help = "Only this task; leave when it has ended."},
    {.name = "type",
     .kind = OPTION_TEXT,
     .value = "GLOB,...",
     .help = "Only these types, as in task.failed,worker.*."},
    {.name = "queue", .kind = OPTION_TEXT, .value = "GLOB,...", .help = "Only these queues."},
    {.name = "after",
     .kind = OPTION_INT,
     .value = "N",
     .help = "Begin behind the event with this id; 0: with all that is kept.",
     .min = 0,
     .max = INT64_MAX},
    {.name = NULL},
};

const struct command command_watch = {
    .name = "watch",
    .arguments = "",
    .summary = "Print what happens, as it happens.",
    .details = "Comes back by itself and goes on where it was; ends with Ctrl-C.",
    .options = specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON,
    .run = run,
};
