/* sluice audit: who did what; and whether the record is whole. */
#include "chain_check.h"
#include "client.h"
#include "commands.h"
#include "duration.h"
#include "json.h"
#include "listing.h"
#include "message.h"

#include "base/clock.h"
#include "base/json_scan.h"
#include "base/time_text.h"
#include "domain/access.h"

#include <stdio.h>
#include <string.h>

static void add_row(struct table *table, struct bytes row, struct arena *arena)
{
    struct bytes detail = json_find(row, "detail");

    table_cell(table, json_shown(json_find(row, "number"), arena)); /* a part has no numbers */
    table_cell(table, json_text_of(row, "at", arena));
    table_cell(table, json_text_of(row, "action", arena));
    table_cell(table, json_text_of(row, "object", arena));
    table_cell(table, json_text_of(row, "namespace", arena));
    table_cell(table, json_text_of(row, "actor", arena));
    table_cell(table, json_text_of(row, "address", arena));
    table_cell(table, bytes_is(detail, "{}") ? BYTES_NONE : detail);
}

static const char *const headings[] = {"NUMBER", "AT",      "ACTION", "OBJECT", "NAMESPACE",
                                       "ACTOR",  "ADDRESS", "DETAIL", NULL};

enum { DATE_LEN = 10, MOMENT_LEN = 64 };

static const struct listing listing = {
    .headings = headings, .add_row = add_row, .id_member = "hash"};

/* A time, the midnight that a date begins with, or how long ago. */
static bool read_moment(const char *text, int64_t *ret_ms)
{
    struct clock clock = clock_system();
    int64_t now_ms = clock.now(clock.ctx).wall_ms;
    char whole[MOMENT_LEN + 1];
    int64_t ago_ms;

    (void)snprintf(whole, sizeof(whole), "%s%s", text,
                   strlen(text) == DATE_LEN ? "T00:00:00Z" : "");
    if (time_read(bytes_of(whole), ret_ms))
        return true;
    if (!duration_read(bytes_of(text), now_ms, &ago_ms))
        return false;
    *ret_ms = now_ms - ago_ms;
    return true;
}

static bool add_time(struct query *query, const struct options *options, const char *option,
                     const char *parameter)
{
    const char *text = options_text(options, option);
    char at[TIME_TEXT_LEN + 1];
    int64_t ms;

    if (text == NULL)
        return true;
    if (!read_moment(text, &ms)) {
        message_error(
            "--%s: '%s' is neither a time like 2026-01-02T03:04:05Z or 2026-01-02 nor one "
            "ago like 7d",
            option, text);
        return false;
    }
    time_write(ms, at);
    query_parameter(query, parameter, bytes_of(at));
    return true;
}

static int run_list(const struct options *options)
{
    static const char *const filters[] = {"action", "actor", "object"};
    struct query query;
    int exit_code = EXIT_CODE_USAGE;

    query_init(&query, "/v1/audit");
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        query_parameter_text(&query, filters[i], options_text(options, filters[i]));
    if (options_has(options, "newest"))
        query_parameter(&query, "sort", BYTES("-created_at"));
    if (add_time(&query, options, "since", "created_after") &&
        add_time(&query, options, "until", "created_before"))
        exit_code = listing_run(options, &listing, &query);
    query_fini(&query);
    return exit_code;
}

/* ---- verify ---- */

enum { CURSOR_MAX = 512 };

struct walk {
    struct client *client;
    struct chain_check check;
    char cursor[CURSOR_MAX + 1]; /* of the next page; "": there is none */
};

/* False: the message was printed. */
static bool take_rows(struct walk *walk, struct bytes page)
{
    struct arena *arena = client_arena(walk->client);
    struct bytes items = json_list_of(page, "items");
    struct bytes next = json_text_of(page, "next_cursor", arena);
    struct bytes key, row;
    size_t at = 0;

    while (json_each(items, &at, &key, &row)) {
        const char *complaint = chain_check_row(&walk->check, row, arena);

        if (complaint == NULL)
            continue;
        if (walk->check.sees_part)
            message_error("%s", complaint);
        else
            message_error("row %lld: %s", (long long)walk->check.number, complaint);
        return false;
    }
    (void)snprintf(walk->cursor, sizeof(walk->cursor), "%.*s", BYTES_ARG(next));
    return true;
}

/* Each page in memory that the one before had: the record may be long. */
static int take_page(struct walk *walk)
{
    struct query query;
    struct reply reply;
    int exit_code;

    arena_reset(client_arena(walk->client));
    query_init(&query, "/v1/audit?limit=500");
    query.has_parameter = true;
    if (walk->cursor[0] != '\0')
        query_parameter(&query, "cursor", bytes_of(walk->cursor));
    exit_code = client_get(walk->client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    query_fini(&query);
    walk->cursor[0] = '\0';
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    if (!json_is_object(reply.body)) {
        message_error("the answer is no list");
        return EXIT_CODE_FAILURE;
    }
    if (take_rows(walk, reply.body))
        return EXIT_CODE_OK;
    return walk->check.sees_part ? EXIT_CODE_AUTH : EXIT_CODE_FAILURE;
}

/* No row at all is no proof: a bound token may just be shown none. */
static int check_reach(struct client *client)
{
    static const char *const members[] = {"namespace", "queue"};
    struct reply reply;
    int exit_code = client_get(client, "/v1/whoami", CLIENT_TIMEOUT_MS, &reply);

    for (size_t i = 0; exit_code == EXIT_CODE_OK && i < ARRAY_LEN(members); i++) {
        struct bytes globs = json_is_object(reply.body)
                                 ? json_text_of(reply.body, members[i], client_arena(client))
                                 : BYTES_NONE;

        if (globs_are_all(globs))
            continue;
        message_error("this token sees a part of the record only; a token for every namespace and "
                      "queue is needed");
        exit_code = EXIT_CODE_AUTH;
    }
    return exit_code;
}

static void print_whole(const struct chain_check *check)
{
    char hash[DIGEST_LEN * 2 + 1];

    digest_hex(check->hash, hash);
    if (check->rows == 0)
        puts("OK: the record is empty");
    else
        printf("OK: %lld rows, %lld to %lld, the last with hash %s\n", (long long)check->rows,
               (long long)check->first, (long long)check->number, hash);
    if (check->rows > 0 && check->first > 1)
        message_note("Rows before %lld have left the record; the first one that is there was "
                     "taken as it is.",
                     (long long)check->first);
}

static int run_verify(const struct options *options)
{
    struct walk walk = {.check = chain_check_new()};
    int exit_code;

    walk.client = client_open(options, &exit_code);
    if (walk.client == NULL)
        return exit_code;
    do
        exit_code = take_page(&walk);
    while (exit_code == EXIT_CODE_OK && walk.cursor[0] != '\0');
    if (exit_code == EXIT_CODE_OK && walk.check.rows == 0)
        exit_code = check_reach(walk.client);
    if (exit_code == EXIT_CODE_OK)
        print_whole(&walk.check);
    client_close(walk.client);
    return exit_code;
}

static const struct option_spec list_specs[] = {
    {.name = "action",
     .kind = OPTION_TEXT,
     .value = "ACTION",
     .help = "Only these: token.*,queue.deleted."},
    {.name = "actor", .kind = OPTION_TEXT, .value = "ID", .help = "Only done with this token."},
    {.name = "object", .kind = OPTION_TEXT, .value = "NAME", .help = "Only done to this."},
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Not before: a time, or so long ago (7d)."},
    {.name = "until", .kind = OPTION_TEXT, .value = "TIME", .help = "Before: the same."},
    {.name = "newest", .help = "The newest first; the oldest are first otherwise."},
    LISTING_OPTIONS,
};
static const struct option_spec no_specs[] = {{.name = NULL}};

const struct command command_audit = {
    .name = "audit",
    .arguments = "",
    .summary = "Show who did what.",
    .details = "  sluice audit --action 'token.*' --since 7d\n"
               "'sluice audit verify' checks that nothing was changed.",
    .options = list_specs,
    .common = OPTIONS_CLIENT | OPTIONS_NS | OPTIONS_JSON | OPTIONS_COLOR,
    .run = run_list,
};

const struct command command_audit_verify = {
    .name = "audit verify",
    .arguments = "",
    .summary = "Check the whole record: no row was changed or taken out.",
    .details = "Each row's hash covers the row before it. To notice rows that were cut off at the\n"
               "end, keep the last hash somewhere else and look for it again.",
    .options = no_specs,
    .common = OPTIONS_CLIENT,
    .run = run_verify,
};
