/* Call: one request on its way to the engine as a command, and back as an answer. */
#pragma once

#include "api/api.h"
#include "base/json_out.h"
#include "codec.h"

struct call;

/* What a handler is made of: everything that differs between operations. */
struct operation {
    enum command_kind kind;
    enum err (*decode)(struct call *call); /* fill command.in; NULL: nothing to read */
    void (*answer)(struct call *call);     /* the command was carried out */
    const char *const *query;              /* known parameters, NULL-ended; NULL: none */
    bool any_query;                        /* decode checks the parameters itself */
    bool waits;                            /* Prefer: wait and ?wait= are taken */
};

struct call {
    const struct operation *operation;
    struct request *request;
    struct api *api;
    struct arena *arena;
    struct bytes base; /* "/v1", or "/v1/ns/NAME" when addressed so: what links begin with */
    struct bytes body; /* the request's, or what a handler collected */
    struct error error;
    struct bytes preference; /* what was heeded of Prefer */
    bool is_settled;         /* decode found that there is nothing to ask the engine */
    bool is_counted;         /* among the waiting requests of its token */
    void *extra;             /* the operation's own */
    struct command command;
};

/* The whole of a handler: check, decode, park, post. */
void call_run(struct request *request, const struct operation *operation);
void call_run_with(struct request *request, const struct operation *operation, struct bytes body);
/* Post another command of the same parked call; its done is the operation's again. */
void call_post(struct call *call);

/* ---- decoding ---- */

/* The {id} of the path. */
MUST_CHECK enum err call_id(struct call *call, struct id *ret_id);
/* The {queue} of the path, */
MUST_CHECK enum err call_queue(struct call *call, struct bytes *ret_queue);
/* which the request may bring into being: then name_max counts. */
MUST_CHECK enum err call_new_queue(struct call *call, struct bytes *ret_queue);
MUST_CHECK enum err call_if_match(struct call *call, int64_t *ret_version);
/* If-None-Match of a look: into call->extra, for answer_unless_seen(). */
MUST_CHECK enum err call_seen(struct call *call);
/* If-None-Match of a PUT: only "*", it must not be there. */
MUST_CHECK enum err call_if_absent(struct call *call, bool *ret_if_absent);
/* ?name=1; absent: false. */
MUST_CHECK enum err call_flag(struct call *call, const char *name, bool *ret_flag);
/* until, cancel_on_disconnect and on_timeout, which go with waiting. */
MUST_CHECK enum err call_until(struct call *call, enum until *ret_until, bool *ret_on_disconnect,
                               bool *ret_on_timeout);
/* Read the body's members. */
MUST_CHECK enum err call_body(struct call *call, const struct shape *shape, void *target,
                              unsigned *ret_given);
/* What reads the call's body, by its bounds. */
struct codec call_codec(struct call *call);
/* A body without members. */
MUST_CHECK enum err call_no_members(struct call *call);
/* Idempotency-Key, and the fingerprint of what it stands for. */
MUST_CHECK enum err call_idempotency(struct call *call);
/* Refuse parameters that are not in known (NULL-ended, may be NULL), but for wait where it is
 * taken. */
MUST_CHECK enum err call_check_query(struct request *request, const char *const *known, bool waits,
                                     struct error *error);
/* "/v1/tasks/ID": where one of the things is. */
struct bytes call_location(const struct call *call, const char *things, struct id id);

/* ---- answering ---- */

struct answer {
    struct buffer buffer;
    struct json_out out;
};

void answer_begin(struct answer *answer);
/* Send as JSON; the answer is gone after. */
void answer_send(struct call *call, int status, struct answer *answer);
/* Into the arena instead, for what is remembered. */
struct bytes answer_keep(struct answer *answer, struct arena *arena);
/* No body. */
void answer_status(struct call *call, int status);
void answer_refuse(struct call *call, const struct error *error);
void answer_etag(struct call *call, int64_t version);
/* True: the caller has this version, and 304 was sent. */
bool answer_unless_seen(struct call *call, int64_t version);
/* Of a task that a limit holds back another: that comes and goes without a new version. */
void answer_task_etag(struct call *call, const struct task *task);
/* The task that the reply views. */
void answer_task(struct call *call, int status);
/* The first answer again: Idempotency-Replayed. */
void answer_replay(struct call *call);
