/* Client: one question to the broker and its answer, for commands that do one thing after another.
 */
#pragma once

#include "base/arena.h"
#include "exit_code.h"
#include "http.h"
#include "options.h"

struct client;

struct reply {
    int status;        /* 0: none came, failure says why */
    struct bytes body; /* in the client's arena */
    const char *failure;
    const char *advice;     /* what to do about it, or NULL */
    bool was_refused;       /* no connection was made, so nothing can have happened */
    int64_t retry_after_ms; /* -1: nothing was said */
};

/* From --url, --token-file, --ns and the options of TLS. NULL: the message was printed and
 * *ret_exit_code says how to leave.
 */
struct client *client_open(const struct options *options, int *ret_exit_code);
/* For a target that is not the options'. */
struct client *client_open_at(const struct http_target *target);
void client_close(struct client *client);
/* Memory that lives as long as the client. */
struct arena *client_arena(struct client *client);

/* Ask and wait for the answer, whatever its status, and say nothing: OK, UNREACHABLE or
 * INTERRUPTED. */
MUST_CHECK int client_exchange(struct client *client, const struct http_request *request,
                               struct reply *ret_reply);
/* Say what is wrong with an exchange that was not OK or not a 2xx; returns the exit code that
 * belongs to it. */
int client_tell(struct client *client, int exit_code, const struct reply *reply);
/* Ask and wait for the answer. Other than OK: nothing usable came, and the message was printed
 * (also for a problem answer). Every 2xx is OK. */
MUST_CHECK int client_ask(struct client *client, const struct http_request *request,
                          struct reply *ret_reply);
MUST_CHECK int client_get(struct client *client, const char *path, int64_t timeout_ms,
                          struct reply *ret_reply);
/* The same with a JSON body. */
MUST_CHECK int client_send(struct client *client, const char *method, const char *path,
                           struct bytes json, struct reply *ret_reply);

/* Sleep; false when interrupted. */
MUST_CHECK bool client_pause(struct client *client, int64_t ms);

/* What the options say, checked, and the token read, for commands that talk without a client; then
 * *ret_token is to be freed, and may be NULL. Other than OK: the message was printed. */
MUST_CHECK int client_target(const struct options *options, struct http_target *ret_target,
                             char **ret_token);

/* How long an answer may take that nobody waits for. */
enum { CLIENT_TIMEOUT_MS = 30 * 1000 };
