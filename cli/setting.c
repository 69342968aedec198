/* Setting: a change carries the version that it was made from, so that nobody's is lost. */
#include "setting.h"

#include "json.h"
#include "output.h"
#include "query.h"
#include "table.h"

#include "base/json_scan.h"

#include <stdio.h>

enum { BODY_BYTES_MAX = 8 << 20, TRIES_MAX = 5 };

static struct client *open_one(const struct setting *setting, const struct options *options,
                               const char *verb, struct query *query, int *ret_exit_code)
{
    struct client *client = client_open(options, ret_exit_code);

    if (client == NULL)
        return NULL;
    query_init(query, setting->path);
    query_segment(query, options_argument(options, 0));
    query_literal(query, verb);
    return client;
}

static void close_one(struct client *client, struct query *query)
{
    query_fini(query);
    client_close(client);
}

int setting_act(const struct setting *setting, const struct options *options, const char *verb,
                setting_act_fn *act)
{
    struct query query;
    int exit_code;
    struct client *client = open_one(setting, options, verb, &query, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = act(options, client, query_text(&query));
    close_one(client, &query);
    return exit_code;
}

static void print(const struct setting *setting, const struct options *options, struct bytes shown,
                  struct arena *arena)
{
    if (setting->print != NULL)
        setting->print(setting->ctx, options, shown, arena);
    else if (options_has(options, "json"))
        output_line(shown);
    else if (json_is_object(shown))
        table_print_object(shown, options_text(options, "color"), arena);
}

int setting_show(const struct setting *setting, const struct options *options)
{
    struct query query;
    struct reply reply;
    int exit_code;
    struct client *client = open_one(setting, options, "", &query, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = client_get(client, query_text(&query), CLIENT_TIMEOUT_MS, &reply);
    if (exit_code == EXIT_CODE_OK)
        print(setting, options, reply.body, client_arena(client));
    close_one(client, &query);
    return exit_code;
}

static int delete_one(const struct options *options, struct client *client, const char *path)
{
    const struct http_request request = {
        .method = "DELETE", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    struct reply reply;
    int exit_code = client_ask(client, &request, &reply);

    if (exit_code == EXIT_CODE_OK)
        printf("%s deleted\n", options_argument(options, 0));
    return exit_code;
}

int setting_delete(const struct setting *setting, const struct options *options)
{
    return setting_act(setting, options, "", delete_one);
}

/* USAGE: nothing was sent. */
static int put(const struct options *options, struct client *client, const char *path,
               setting_write_fn *write, struct reply *reply)
{
    struct arena *arena = client_arena(client);
    bool is_there = reply->status == 200 && json_is_object(reply->body);
    struct bytes before = is_there ? reply->body : BYTES("{}");
    int64_t version = json_int_of(before, "version", 0);
    struct http_request request = {.method = "PUT",
                                   .path = path,
                                   .content_type = "application/json",
                                   .timeout_ms = CLIENT_TIMEOUT_MS};
    struct buffer body;
    int exit_code = EXIT_CODE_USAGE;

    if (version > 0)
        request.if_match = arena_string(arena, arena_printf(arena, "\"%lld\"", (long long)version));
    buffer_init(&body, BODY_BYTES_MAX);
    if (write(options, before, &body, arena)) {
        request.body = buffer_bytes(&body);
        exit_code = client_exchange(client, &request, reply);
    }
    buffer_fini(&body);
    return exit_code;
}

static int change(const struct options *options, struct client *client, const char *path,
                  setting_write_fn *write, bool must_exist, struct reply *ret_reply)
{
    const struct http_request look = {
        .method = "GET", .path = path, .timeout_ms = CLIENT_TIMEOUT_MS};
    int exit_code = EXIT_CODE_OK;

    for (unsigned i = 0; i < TRIES_MAX; i++) {
        exit_code = client_exchange(client, &look, ret_reply);
        if (exit_code != EXIT_CODE_OK ||
            (ret_reply->status != 200 && (ret_reply->status != 404 || must_exist)))
            break;
        exit_code = put(options, client, path, write, ret_reply);
        if (exit_code == EXIT_CODE_USAGE)
            return exit_code;
        if (exit_code != EXIT_CODE_OK || ret_reply->status != 412)
            break;
    }
    if (exit_code != EXIT_CODE_OK || ret_reply->status < 200 || ret_reply->status > 299)
        return client_tell(client, exit_code, ret_reply);
    return EXIT_CODE_OK;
}

int setting_change(const struct setting *setting, const struct options *options,
                   setting_write_fn *write, bool must_exist)
{
    struct query query;
    struct reply reply = {.status = 0};
    int exit_code;
    struct client *client = open_one(setting, options, "", &query, &exit_code);

    if (client == NULL)
        return exit_code;
    exit_code = change(options, client, query_text(&query), write, must_exist, &reply);
    if (exit_code == EXIT_CODE_OK)
        print(setting, options, reply.body, client_arena(client));
    close_one(client, &query);
    return exit_code;
}
