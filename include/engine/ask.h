/* Ask: what each kind of command asks of the engine. Strings are borrowed from the command's
 * memory.
 */
#pragma once

#include "base/digest.h"
#include "domain/access.h"
#include "domain/event.h"
#include "domain/limit.h"
#include "domain/namespace.h"
#include "domain/queue.h"
#include "domain/schedule.h"
#include "domain/signature.h"
#include "domain/target.h"
#include "domain/task.h"
#include "domain/token.h"
#include "domain/webhook.h"

enum until { UNTIL_FINISHED, UNTIL_STARTED, UNTIL_ACCEPTED };
/* If-Match / If-None-Match on one thing: -1 nothing asked, 0 "*", else a version. */
#define VERSION_ANY     INT64_C(0)
#define VERSION_UNASKED INT64_C(-1)

struct submit {
    struct task_spec *specs;
    unsigned specs_len;
    const unsigned
        *places;   /* of an array, where each spec stands in it; NULL: one after the other */
    bool atomic;   /* all or none */
    bool streamed; /* a piece of a stream: a full queue holds the rest back; items before it are
                      done (see out.taken) */
    bool single;   /* the reply carries the whole task */
    enum until until;
    bool cancel_on_disconnect, cancel_on_timeout;
    const struct task_spec *waited; /* the engine's own: it was held, its turn has come */
};

/* GET of a task, its result, payload or attempts; parked until `until` when wait_ms > 0. */
struct look {
    struct id task;
    bool with_payload, with_result, with_attempts, with_logs, with_explain;
    bool marks_observed; /* a terminal state in the answer counts as seen */
    enum until until;
    bool cancel_on_disconnect, cancel_on_timeout;
    int64_t if_none_match; /* wait for another version; the same: reply.not_modified */
    bool if_none_held;     /* a limit held it back then */
};

struct list_query {
    struct bytes queues, types, states, tags, workers, names; /* comma lists as given; NONE: any */
    struct bytes error;                                       /* part of the error's text */
    int observed;                                             /* -1: any */
    int64_t created_after_ms, created_before_ms;              /* -1 */
    struct bytes root, ids;                                   /* NONE: any */
    bool newest_first;
    unsigned limit;
    int64_t after_number; /* from the cursor; -1: from the start */
    bool is_read;         /* the engine's own: the page is there, its states are to be shown */
};

struct cancel {
    struct id task;
    struct bytes reason; /* NONE: "user" */
    int64_t grace_ms;
    unsigned if_states; /* bit per task_state; 0: any */
    int64_t if_match;
};

struct edit {
    struct id task;
    bool has_name, has_tags, has_priority, has_run_at, has_queue;
    struct bytes name, tags, queue; /* name NONE: removed */
    int32_t priority;
    int64_t run_at_ms;
    int64_t if_match;
};

struct again { /* retry, run_now, delete */
    struct id task;
    bool clone;
    bool has_worker;
    struct id worker; /* pin */
    int64_t if_match;
};

struct worker_spec {
    struct bytes identity, instance, version;
    struct bytes info;   /* a JSON object, raw, or NONE */
    struct bytes labels; /* as domain/labels.h writes them, or NONE */
    struct bytes *queues;
    unsigned queues_len;
    struct bytes *types; /* none: every type */
    unsigned types_len;
    int32_t concurrency;
    int64_t confirm_ms; /* -1: none */
    int32_t min_priority;
    struct bytes push_url;         /* NONE: it polls */
    struct signature_key push_key; /* of one that is pushed to; len 0: make one */
};

/* Of a worker that takes tasks of any priority. */
#define MIN_PRIORITY_NONE INT32_MIN

enum worker_mode { WORKER_RUN, WORKER_QUIET, WORKER_TERMINATE, WORKER_PAUSED };

struct worker_edit {
    struct id worker;
    bool has_mode;
    enum worker_mode mode;
    bool has_concurrency;
    int32_t concurrency;
    bool has_min_priority;
    int32_t min_priority;
    bool rotates_key; /* another push secret; the old one signs for SIGNATURE_OVERLAP_MS as well */
    struct signature_key push_key; /* the new one; len 0: make one */
};

enum outcome_kind {
    OUTCOME_SUCCEEDED,
    OUTCOME_FAILED,
    OUTCOME_RELEASED,
    OUTCOME_SNOOZED,
    OUTCOME_CANCELLED
};

struct outcome {
    struct bytes lease;
    enum outcome_kind kind;
    struct body result;
    struct failure failure;    /* of FAILED, CANCELLED, RELEASED (kept as the error) */
    struct bytes failure_type; /* unescaped, for non_retryable */
    bool retryable;            /* true unless the worker said no */
    int64_t delay_ms;          /* of FAILED and SNOOZED; -1: not said */
};

struct claim {
    struct id worker;
    unsigned max;
    struct bytes *queues; /* a part of the worker's; none: all of its */
    unsigned queues_len;
    struct outcome *outcomes;
    unsigned outcomes_len;
};

struct progress_note {
    struct bytes lease;
    struct bytes progress;   /* JSON object {percent,message,data}, raw; NONE: unchanged */
    struct bytes checkpoint; /* any JSON; NONE: unchanged; makes it durable */
};

struct heartbeat {
    struct id worker;
    bool all;
    struct bytes *leases;
    unsigned leases_len;
    struct progress_note *notes;
    unsigned notes_len;
};

struct finish {     /* outcomes, and the lease verbs complete, fail, release, snooze, cancelled */
    bool by_worker; /* worker is set: a sign of life of it */
    struct id worker;
    struct outcome *outcomes;
    unsigned outcomes_len;
};

struct extend {
    struct bytes lease;
    int64_t lease_ms; /* -1: the task's own */
};

struct log_line {
    struct bytes level, logger, message; /* text; level and logger may be NONE */
    int64_t at_ms;                       /* -1: now */
};

struct lease_logs {
    struct bytes lease;
    struct log_line *lines;
    unsigned lines_len;
};

struct queue_edit {
    struct bytes queue;
    bool replace; /* PUT: what is not said goes back to its default; else PATCH */
    unsigned has; /* QUEUE_HAS_* */
    struct queue_settings settings;
    int64_t if_match;
    bool if_absent; /* If-None-Match: * */
};

enum {
    QUEUE_HAS_CONCURRENCY = 1 << 0,
    QUEUE_HAS_PENDING_LIMIT = 1 << 1,
    QUEUE_HAS_PAUSED = 1 << 2,
    QUEUE_HAS_PAUSED_UNTIL = 1 << 3,
    QUEUE_HAS_RETRY = 1 << 4,
    QUEUE_HAS_LEASE = 1 << 5,
    QUEUE_HAS_TIMEOUT = 1 << 6,
    QUEUE_HAS_RETENTION = 1 << 7, /* of it, what settings.retention.given says */
    QUEUE_HAS_FAIRNESS = 1 << 8,
    QUEUE_HAS_AGING = 1 << 9,
    QUEUE_HAS_RATE = 1 << 10,
    QUEUE_HAS_DEAD_LETTER_QUEUE = 1 << 11,
};

struct queue_close {
    struct bytes queue;
    bool now;
    int64_t wait_timeout_ms;  /* 60 s */
    int64_t close_timeout_ms; /* 10 s */
};

struct queue_name { /* GET, DELETE, pause, resume, purge, reopen, stats */
    struct bytes queue;
    int64_t for_ms; /* of pause; -1: until resumed */
    int64_t if_match;
};

/* A page of queues or workers, in the order in which they were made. */
struct page_ask {
    unsigned limit; /* one more is answered when there is more; 0: all */
    int64_t after_ms;
    struct bytes after; /* the name or the id's bytes behind which it begins, of those made at
                           after_ms; NONE: the start */
};

struct schedule_edit {
    struct bytes name;
    struct schedule_settings settings;
    struct bytes task; /* the template: JSON as it was sent, which settings.queue is from */
    int64_t if_match;
    bool if_absent; /* If-None-Match: * */
};

struct schedule_name { /* GET, DELETE, trigger, next */
    struct bytes name;
    int64_t if_match;
    unsigned limit; /* of next */
};

struct shutdown_ask {
    bool now;
    int64_t wait_timeout_ms; /* -1: the configured one */
};

struct advance {
    int64_t by_ms;
};

/* Tokens. The secret never comes here; who may hand out what was judged before. Of the token file
 * the engine is told, of the tokens in the store it knows. */
struct token_ask {
    struct bytes id;       /* of the token that is made, revoked or replaced */
    struct bytes new_id;   /* of a rotation: the new one's */
    struct digest hash;    /* of the new one */
    struct bytes name;     /* NONE: none */
    struct grant grant;    /* of the new one */
    int64_t expires_at_ms; /* of the new one; -1: never */
    int64_t overlap_ms;    /* of a rotation */
    bool has_file_token;   /* the token file has some */
    bool has_file_admin;   /* one of them is a valid, unbounded admin's */
    bool may_be_open;      /* of a revocation: only loopback is served */
};

/* When tokens were last used, or of a sweep, when they ended. */
struct token_uses {
    struct token_use {
        struct bytes id;
        int64_t at_ms;
    } * at;
    unsigned len;
};

/* Something that happened outside the engine and belongs into the record. */
struct audit_note {
    struct bytes action; /* "config.reloaded" */
    struct bytes object; /* or NONE */
    struct bytes detail; /* JSON object, or NONE: {} */
};

/* A page of the event log. */
struct event_query {
    int64_t after; /* -1: none of it, only where it begins and ends */
    struct event_filter filter;
    struct id task; /* of this one only, and tell whether it is over; nil: of any */
    unsigned limit;
};

struct audit_query {
    struct bytes actions, actors, objects;       /* comma lists as given; NONE: any */
    int64_t created_after_ms, created_before_ms; /* -1 */
    bool newest_first;
    unsigned limit;
    int64_t after_number; /* from the cursor; -1: from the start */
    struct bytes ns;      /* rows of this one only; NONE: all that the caller may see */
};

struct ns_edit {
    struct bytes name;
    struct ns_quotas quotas;
    int64_t if_match;
};

struct limit_edit {    /* PUT; of GET and DELETE the name and if_match */
    struct bytes name; /* a rule's ends in "*" */
    struct limit_settings settings;
    int64_t if_match;
    bool if_absent; /* If-None-Match: * */
};

struct webhook_edit {
    struct bytes name;
    struct webhook_settings settings;
    struct signature_key key; /* len 0: the one that it has, else one is made */
    bool makes_key;           /* len 0: one is made in any case */
    int64_t if_match;
    bool if_absent; /* If-None-Match: * */
};

struct webhook_name { /* GET, DELETE, test */
    struct bytes name;
    int64_t if_match;
};

struct deliveries_query {
    struct bytes webhook;
    unsigned states; /* a bit each; 0: all */
    bool newest_first;
    unsigned limit;
    int64_t after_number; /* -1: from the start */
};

struct redelivery {
    struct bytes webhook;
    struct bytes id; /* NONE: all that are dead, a thousand at most */
};

struct ns_name {
    struct bytes name;
};

/* ---- of the push room, which asks as the broker ---- */

/* The endpoints that changed behind the mark; parked until there is one. */
struct targets_ask {
    int64_t since; /* 0: all */
};

/* How an endpoint fares: shown, counted, explained; memory only, but for disable. */
struct target_note {
    enum target_kind kind;
    struct id worker; /* of WORKER */
    int64_t webhook;  /* of WEBHOOK: its number */
    bool disable;     /* it answered 410: durable */
    struct target_health health;
};

/* Notifications of a webhook that are due; parked until there is one. */
struct deliveries_ask {
    int64_t webhook;
    unsigned max;
};

enum delivery_end { DELIVERY_DONE, DELIVERY_FAILED, DELIVERY_PUT_OFF };

struct delivery_outcome {
    int64_t number;
    enum delivery_end end;  /* PUT_OFF: not sent, or asked to come later; costs no attempt */
    int status;             /* 0: there was none */
    struct bytes error;     /* text; NONE: none */
    int64_t retry_after_ms; /* -1: not said */
    int64_t took_ms;
};

struct deliveries_done {
    int64_t webhook;
    struct delivery_outcome *outcomes;
    unsigned outcomes_len;
};
