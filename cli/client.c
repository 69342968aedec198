/* Client: one question to the broker and its answer, for commands that do one thing after another.
 */
#include "client.h"

#include "base/memory.h"
#include "domain/bounds.h"
#include "file.h"
#include "message.h"
#include "problem.h"
#include "token_text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct client {
    struct http *http;
    struct arena *arena;
    sigset_t interrupts;
    int interrupt_fd;
};

/* What one call is waiting for. */
struct exchange {
    struct client *client;
    struct reply reply;
    bool is_done;
};

static char *read_token(const char *file)
{
    struct arena *arena = arena_new();
    struct bytes content, token;
    const char *complaint;
    char *copy = NULL;

    if (file_read(file, arena, &content)) {
        token = token_text_of(content);
        complaint = token_text_complaint(token);
        if (complaint != NULL)
            message_error("the token file %s %s", file, complaint);
        else
            copy = memcpy(mem_alloc(token.len + 1), token.at, token.len);
    }
    arena_free(arena);
    return copy;
}

static bool ns_is_ok(const char *ns)
{
    if (ns == NULL || name_is_valid(bytes_of(ns)))
        return true;
    message_error("--ns: '%s' is no namespace's name: A-Z a-z 0-9 . _ : - only", ns);
    return false;
}

int client_target(const struct options *options, struct http_target *ret_target, char **ret_token)
{
    const char *file = options_text(options, "token-file");
    struct bytes url = bytes_of(options_text(options, "url"));
    struct http_target target = {.url = url.at, .ns = options_ns(options)};
    int exit_code;

    if (!bytes_starts(url, "http://") && !bytes_starts(url, "https://")) {
        message_error("--url: '%.*s' does not begin with http:// or https://", BYTES_ARG(url));
        return EXIT_CODE_USAGE;
    }
    if (!ns_is_ok(target.ns))
        return EXIT_CODE_USAGE;
    exit_code = trust_of(options, &target.trust);
    if (exit_code != EXIT_CODE_OK)
        return exit_code;
    *ret_token = file != NULL ? read_token(file) : NULL;
    target.token = *ret_token;
    *ret_target = target;
    return file == NULL || *ret_token != NULL ? EXIT_CODE_OK : EXIT_CODE_AUTH;
}

struct client *client_open_at(const struct http_target *target)
{
    struct client *client = mem_alloc(sizeof(*client));

    client->http = http_new(target);
    client->arena = arena_new();
    sigemptyset(&client->interrupts);
    sigaddset(&client->interrupts, SIGINT);
    client->interrupt_fd = signalfd(-1, &client->interrupts, SFD_NONBLOCK | SFD_CLOEXEC);
    return client;
}

struct client *client_open(const struct options *options, int *ret_exit_code)
{
    struct http_target target;
    struct client *client;
    char *token;

    *ret_exit_code = client_target(options, &target, &token);
    if (*ret_exit_code != EXIT_CODE_OK)
        return NULL;
    client = client_open_at(&target);
    free(token);
    return client;
}

void client_close(struct client *client)
{
    if (client == NULL)
        return;
    close(client->interrupt_fd);
    http_free(client->http);
    arena_free(client->arena);
    free(client);
}

struct arena *client_arena(struct client *client)
{
    return client->arena;
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct exchange *exchange = ctx;
    struct arena *arena = exchange->client->arena;

    exchange->is_done = true;
    exchange->reply.status = answer->status;
    exchange->reply.was_refused = answer->was_refused;
    exchange->reply.retry_after_ms = answer->retry_after_ms;
    exchange->reply.advice = answer->advice;
    exchange->reply.body = answer->body.at != NULL ? arena_bytes(arena, answer->body) : BYTES("");
    if (answer->failure != NULL)
        exchange->reply.failure = arena_string(arena, bytes_of(answer->failure));
}

/* SIGINT is taken as an event only while we wait, so that nothing else that blocks can hold it up.
 * False: interrupted. */
static bool run_exchange(struct client *client, const struct http_request *request,
                         struct exchange *exchange)
{
    struct http_call *call = http_start(client->http, request, on_answer, exchange);
    struct signalfd_siginfo signal_info;
    bool was_interrupted = false;
    sigset_t before;

    sigprocmask(SIG_BLOCK, &client->interrupts, &before);
    while (!exchange->is_done && !was_interrupted) {
        http_turn(client->http, client->interrupt_fd, request->timeout_ms);
        was_interrupted = read(client->interrupt_fd, &signal_info, sizeof(signal_info)) > 0;
    }
    if (!exchange->is_done)
        http_cancel(call);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return exchange->is_done;
}

int client_exchange(struct client *client, const struct http_request *request,
                    struct reply *ret_reply)
{
    struct exchange exchange = {.client = client};

    if (!run_exchange(client, request, &exchange))
        return EXIT_CODE_INTERRUPTED;
    *ret_reply = exchange.reply;
    return exchange.reply.status != 0 ? EXIT_CODE_OK : EXIT_CODE_UNREACHABLE;
}

int client_tell(struct client *client, int exit_code, const struct reply *reply)
{
    if (exit_code == EXIT_CODE_INTERRUPTED) {
        message_error("interrupted");
        return exit_code;
    }
    if (exit_code == EXIT_CODE_UNREACHABLE) {
        message_error("no answer from %s: %s", http_url(client->http), reply->failure);
        if (reply->advice != NULL)
            message_note("%s", reply->advice);
        return exit_code;
    }
    return problem_tell(reply->status, reply->body, reply->retry_after_ms, client->arena);
}

int client_ask(struct client *client, const struct http_request *request, struct reply *ret_reply)
{
    struct reply reply = {.status = 0};
    int exit_code = client_exchange(client, request, &reply);

    if (exit_code != EXIT_CODE_OK || reply.status < 200 || reply.status > 299)
        return client_tell(client, exit_code, &reply);
    *ret_reply = reply;
    return EXIT_CODE_OK;
}

bool client_pause(struct client *client, int64_t ms)
{
    struct pollfd interrupt = {.fd = client->interrupt_fd, .events = POLLIN};
    sigset_t before;
    int ready;

    sigprocmask(SIG_BLOCK, &client->interrupts, &before);
    ready = poll(&interrupt, 1, (int)ms);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ready == 0;
}

int client_get(struct client *client, const char *path, int64_t timeout_ms, struct reply *ret_reply)
{
    const struct http_request request = {.method = "GET", .path = path, .timeout_ms = timeout_ms};

    return client_ask(client, &request, ret_reply);
}

int client_send(struct client *client, const char *method, const char *path, struct bytes json,
                struct reply *ret_reply)
{
    const struct http_request request = {
        .method = method,
        .path = path,
        .content_type = json.at != NULL ? "application/json" : NULL,
        .body = json,
        .timeout_ms = CLIENT_TIMEOUT_MS,
    };

    return client_ask(client, &request, ret_reply);
}
