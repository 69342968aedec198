/* Command: one request to the broker's brain, and its reply. The caller owns it until
 * engine_post(); then the engine does, until it comes back by caller.done on the loop thread.
 * Everything it points at lives in mem. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "engine/ask.h"
#include "engine/reply.h"

enum command_kind {
#define COMMAND(name, lane) COMMAND_##name,
#include "tables/commands.def"
#undef COMMAND
    COMMAND_MAX,
};

struct command;

/* Who asked. done: loop thread, exactly once. is_alive: engine thread, only while the command is
 * with the engine. */
struct caller {
    void *ctx;
    void (*done)(struct command *command);
    bool (*is_alive)(const struct caller *caller); /* NULL: always */
};

/* An Idempotency-Key and what it stands for. fingerprint: of method, path, query and body. */
struct idempotency {
    struct bytes key;   /* NONE: none was sent */
    struct bytes scope; /* "POST /v1/tasks" */
    struct digest_hex {
        char at[65];
    } fingerprint;
};

struct command {
    struct list_node link; /* whoever holds it */
    enum command_kind kind;
    struct arena *mem;
    struct bytes ns;
    struct bytes request_id;
    const struct principal *by; /* who asks: never NULL once it is posted */
    struct bytes address;       /* the client's; NONE: none */
    int64_t wait_ms;            /* 0: answer at once */
    struct idempotency idempotency;
    /* What the first answer to a key is: called by the engine inside the transaction, after the
     * reply is set. Pure. */
    void (*remember)(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body);
    struct caller caller;
    union {
        struct submit submit;
        struct look look;
        struct list_query list;
        struct cancel cancel;
        struct edit edit;
        struct again again;
        struct worker_spec worker_spec;
        struct worker_edit worker_edit;
        struct id worker;
        struct claim claim;
        struct heartbeat heartbeat;
        struct finish finish;
        struct extend extend;
        struct progress_note progress;
        struct lease_logs logs;
        struct queue_edit queue_edit;
        struct queue_close queue_close;
        struct queue_name queue;
        struct page_ask page;
        struct schedule_edit schedule_edit;
        struct schedule_name schedule;
        struct shutdown_ask shutdown;
        struct advance advance;
        struct token_ask token;
        struct token_uses token_uses;
        struct audit_note note;
        struct audit_query audit;
        struct event_query events;
        struct limit_edit limit;
        struct webhook_edit webhook_edit;
        struct webhook_name webhook;
        struct deliveries_query deliveries_query;
        struct redelivery redelivery;
        struct ns_edit ns_edit;
        struct ns_name ns;
        struct targets_ask targets;
        struct target_note target;
        struct deliveries_ask deliveries;
        struct deliveries_done delivered;
    } in;
    struct reply reply;
    struct parked *parked;     /* the engine's own */
    struct open_key *open_key; /* the same: others with this key wait for this command */
};
