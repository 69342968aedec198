/* Task: what was submitted, as it is asked for and as it stands. */
#pragma once

#include "base/id.h"
#include "domain/retry.h"
#include "domain/rules.h"
#include "domain/task_state.h"

/* The bytes of a payload or a result, kept as they came. */
struct body {
    struct bytes data;         /* NONE: there is none */
    struct bytes content_type; /* NONE: JSON */
};

/* What a submit asks for. Strings are borrowed. -1: not said. */
struct task_spec {
    struct bytes queue; /* never NONE: "default" was filled in */
    struct bytes type;  /* "" when not said */
    struct body payload;
    struct bytes headers; /* a JSON object's bytes, or NONE */
    struct bytes tags;    /* a newline behind each, or NONE */
    struct bytes name;
    struct bytes traceparent;
    struct bytes requires; /* labels of the worker, as domain/labels.h writes them; or NONE */
    int32_t priority;
    int64_t delay_ms;
    int64_t run_at_ms;
    int64_t timeout_ms;
    int64_t lease_ms;
    int64_t expires_ms;  /* for the first claim */
    int64_t deadline_ms; /* for all attempts */
    int64_t result_ttl_ms;
    bool at_most_once;
    struct retry_policy retry;
    struct task_rules rules;
    struct bytes ref;             /* how others of its batch name it; NONE: they do not */
    struct bytes idempotency_key; /* of a line of a stream; NONE otherwise */
    struct bytes fingerprint;     /* goes with it: what the key stands for */
};

/* What a task asks of its surroundings that is not in the hot row. */
struct failure {
    struct bytes type;    /* JSON string's raw bytes with quotes, or NONE */
    struct bytes message; /* the same */
    struct bytes trace;   /* any JSON, raw */
    struct bytes data;    /* any JSON, raw */
};

/* What a dead letter's copy tells of the task that failed. */
struct dead_letter {
    struct id task;
    struct bytes queue; /* where it failed */
    int32_t attempts;
    int64_t failed_at_ms;
    struct bytes error; /* JSON object, raw; NONE: none */
};

/* A task as it stands. Strings belong to the arena it was loaded into. Times in wall ms, -1: not
 * yet. */
/* Of so many of a task's limits it is kept whether they took it from their rate at submit. */
enum { TASK_PAID_MAX = 48 };

struct task {
    int64_t number; /* order of commit; the store's key */
    struct id id;
    int64_t ns_number, queue_number, class_number;
    struct bytes ns, queue, type;
    struct bytes requires; /* labels that its worker must have */
    enum task_state state;
    int32_t priority;
    int32_t attempt;  /* claims that were spent */
    int32_t delivery; /* every claim */
    int32_t failures, losses;
    int32_t max_attempts; /* in effect now */
    int64_t line;         /* where it stands when it is ready; 0: terminal */
    int64_t share;        /* its start in the virtual time of fair sharing */
    int64_t version;      /* grows with each visible change */
    int64_t created_at_ms, run_at_ms, claimed_at_ms, started_at_ms, finished_at_ms;
    int64_t expires_at_ms;  /* without a claim by then; -1: never */
    int64_t deadline_at_ms; /* of all attempts; -1: none */
    int64_t result_ttl_ms;  /* kept for so long when finished; -1: the queue's times */
    int64_t cancel_requested_at_ms;
    struct bytes cancel_reason; /* NONE: none */
    bool abandoned, observed, deduplicated;
    bool at_most_once; /* an attempt whose end nobody knows is not followed by another */
    bool has_results;  /* the store keeps a result, error, reason, progress or checkpoint of it */
    bool keeps_place;  /* of its next move: back to where it stood in line */
    bool knows_rules;  /* they are loaded */
    bool is_held;      /* shown as blocked: it is ready, and a limit has no room for it */
    bool has_rules;    /* rules were said, or a key for its fair share */
    bool is_ordered;   /* it stands in the line of its ordering key */
    bool has_dedup_key;
    bool is_awaited;     /* others depend on it */
    bool is_dependent;   /* it depends on others that are not over */
    bool is_dead_letter; /* it is the copy of one that failed elsewhere */
    bool has_callback;   /* its end is told to a webhook or a URL of its rules */
    bool is_holder;      /* the oldest of a limit may be asked for, and it is one of those */
    uint64_t paid;       /* bit n: its limit n took it from the rate at submit, and not at claims */
    bool has_worker;
    struct id worker;
    struct id root;               /* its own id when it has no parent */
    int64_t timeout_ms, lease_ms; /* -1: the queue's, but in the answer of a claim */
    int64_t bytes;                /* of payload, headers, result and error */
    int64_t end_bytes;            /* of them, of result and error */

    /* Loaded on demand. */
    struct bytes headers, tags, name, traceparent;
    struct body payload;
    struct retry_policy retry;
    struct task_rules rules;
    struct dead_letter dead_letter; /* where is_dead_letter */
    struct body result;
    struct bytes error;      /* JSON object: type, message, trace, data */
    struct bytes progress;   /* JSON object, raw */
    struct bytes checkpoint; /* any JSON, raw */

    /* Only in the answer of a claim. */
    struct bytes lease; /* the token */
    int64_t lease_expires_at_ms, attempt_deadline_at_ms;
};

/* One execution, running or over. */
struct attempt {
    int32_t attempt, delivery;
    struct id worker;
    int64_t claimed_at_ms, started_at_ms, finished_at_ms;
    enum attempt_outcome outcome; /* NONE while it runs */
    struct bytes error;
};
