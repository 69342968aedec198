-- The core: namespaces, queues, tasks, leases, attempts, workers, counters, events, idempotency keys, intents.
-- One text for every dialect: {{i64}} {{bytes}} {{key}} {{strict}} {{clustered}} are expanded when it is applied.
-- Never edited once released; a change is a new file.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value {{i64}} NOT NULL
) {{clustered}};

CREATE TABLE namespaces (
    number        {{key}},
    name          TEXT NOT NULL UNIQUE,
    version       {{i64}} NOT NULL DEFAULT 1,
    pending_limit {{i64}} NOT NULL DEFAULT -1, -- -1: unlimited, as below
    bytes_limit   {{i64}} NOT NULL DEFAULT -1,
    queues_limit  {{i64}} NOT NULL DEFAULT -1,
    rate          TEXT                         -- JSON; NULL: unlimited
) {{strict}};

-- Tokens made by the API; of the secret only its SHA-256.
CREATE TABLE tokens (
    id           TEXT NOT NULL PRIMARY KEY,
    hash         {{bytes}} NOT NULL UNIQUE,
    name         TEXT,
    role         {{i64}} NOT NULL,
    ns_globs     TEXT NOT NULL,
    queue_globs  TEXT NOT NULL,
    created_at   {{i64}} NOT NULL,
    created_by   TEXT,
    expires_at   {{i64}} NOT NULL,             -- -1: never
    life_ms      {{i64}} NOT NULL,             -- as it was made, whatever an exchange has cut off; -1: endless
    last_used_at {{i64}} NOT NULL,             -- -1: not yet
    replaces     TEXT,
    rules_all    {{i64}} NOT NULL              -- 1: an admin's over every namespace and queue
) {{clustered}};
CREATE INDEX tokens_rules_all ON tokens (rules_all, expires_at);

-- Who did what. Each row's hash covers the one before it; rows leave from the old end only.
CREATE TABLE audit (
    number     {{key}},
    at         {{i64}} NOT NULL,
    ns         {{i64}},                        -- NULL: the broker as a whole
    ns_name    TEXT,
    actor      TEXT NOT NULL,
    address    TEXT,
    request_id TEXT,
    action     TEXT NOT NULL,
    object     TEXT,
    detail     TEXT NOT NULL,
    hash       {{bytes}} NOT NULL
) {{strict}};

CREATE TABLE queues (
    number          {{key}},
    ns              {{i64}} NOT NULL,
    name            TEXT NOT NULL,
    version         {{i64}} NOT NULL,
    created_at      {{i64}} NOT NULL,
    concurrency     {{i64}} NOT NULL,          -- -1: unlimited
    pending_limit   {{i64}} NOT NULL,          -- -1: unlimited
    paused          {{i64}} NOT NULL,
    paused_until    {{i64}} NOT NULL,          -- -1: until resumed
    retry           TEXT,
    lease_ms        {{i64}} NOT NULL,
    timeout_ms      {{i64}} NOT NULL,          -- -1: none
    closed          {{i64}} NOT NULL,          -- 0 open, 1 closing, 2 closed, 3 deleted
    close_cancel_at {{i64}} NOT NULL,          -- closing: when the rest is cancelled; -1: not closing
    close_end_at    {{i64}} NOT NULL,          -- closing: when what did not stop is abandoned
    keep_succeeded_ms {{i64}} NOT NULL,        -- how long finished tasks are kept; -1: for ever
    keep_failed_ms    {{i64}} NOT NULL,
    keep_count        {{i64}} NOT NULL,        -- how many, and how much of them; -1: all
    keep_bytes        {{i64}} NOT NULL,
    fairness          {{i64}} NOT NULL,
    aging_ms          {{i64}} NOT NULL,        -- -1: strict
    rate              TEXT,                    -- JSON; NULL: unlimited
    dead_letter_queue TEXT,
    UNIQUE (ns, name)
) {{strict}};

-- What a worker must be able to run: a type and the demands that go with it, as one small number.
CREATE TABLE classes (
    number   {{key}},
    ns       {{i64}} NOT NULL,
    type     TEXT NOT NULL,
    requires TEXT NOT NULL,                    -- @ID of the one worker it is pinned to, then labels as in workers
    UNIQUE (ns, type, requires)
) {{strict}};

-- Tasks of one queue and class, of one priority, with the same set of limits and the same affinity: those that stand in
-- line one behind the other. A line with limits or an affinity goes when nothing unfinished is left of it.
CREATE TABLE lines (
    number   {{key}},
    queue    {{i64}} NOT NULL,
    class    {{i64}} NOT NULL,
    priority {{i64}} NOT NULL,
    limits   TEXT,                             -- as domain/rules.h writes them
    paid     {{i64}} NOT NULL,                 -- bit n: limit n took its tasks from the rate at submit
    affinity TEXT,
    live     {{i64}} NOT NULL,                 -- not terminal
    aside    {{i64}} NOT NULL,                 -- of these, neither ready nor leased
    share    {{i64}} NOT NULL,                 -- nothing ready stands before this share and, in it, this task
    first    {{i64}} NOT NULL
) {{strict}};

-- Fair sharing (start-time fair queueing) within one priority of a queue: its virtual time, and the end of what each key
-- has been given of it. A key that the virtual time has passed has no row.
CREATE TABLE levels (
    queue    {{i64}} NOT NULL,
    priority {{i64}} NOT NULL,
    now      {{i64}} NOT NULL,
    top      {{i64}} NOT NULL,                 -- the latest start that was given out
    PRIMARY KEY (queue, priority)
) {{clustered}};

CREATE TABLE shares (
    queue    {{i64}} NOT NULL,
    priority {{i64}} NOT NULL,
    key      TEXT NOT NULL,
    finish   {{i64}} NOT NULL,
    PRIMARY KEY (queue, priority, key)
) {{clustered}};

-- The hot row. What never changes or is rarely read stands in bodies and results.
CREATE TABLE tasks (
    number              {{key}},               -- order of commit
    id                  {{bytes}} NOT NULL UNIQUE,
    ns                  {{i64}} NOT NULL,
    queue               {{i64}} NOT NULL,
    class               {{i64}} NOT NULL,
    state               {{i64}} NOT NULL,
    priority            {{i64}} NOT NULL,
    line                {{i64}} NOT NULL,      -- 0: terminal
    share               {{i64}} NOT NULL,      -- virtual start time of fair sharing
    run_at              {{i64}} NOT NULL,
    created_at          {{i64}} NOT NULL,
    version             {{i64}} NOT NULL,
    attempt             {{i64}} NOT NULL,
    delivery            {{i64}} NOT NULL,
    failures            {{i64}} NOT NULL,
    losses              {{i64}} NOT NULL,
    timeout_ms          {{i64}} NOT NULL,      -- -1: the queue's
    lease_ms            {{i64}} NOT NULL,      -- -1: the queue's
    result_ttl_ms       {{i64}} NOT NULL DEFAULT -1,     -- kept for so long when finished; -1: the queue's
    expires_at          {{i64}} NOT NULL DEFAULT -1,     -- without a claim by then; -1: never
    deadline_at         {{i64}} NOT NULL DEFAULT -1,     -- of all attempts; -1: none
    bytes               {{i64}} NOT NULL DEFAULT 0,      -- of payload, headers, result and error
    end_bytes           {{i64}} NOT NULL DEFAULT 0,      -- of them, of result and error
    flags               {{i64}} NOT NULL,      -- 1 abandoned, 2 observed, 4 has a results row, 8 at most once, 16 has
                                               -- rules, 32 stands in an order, 64 has a dedup key, 128 others wait for
                                               -- it, 256 waits for others, 512 is a dead letter's copy,
                                               -- 1024 holds units of a limit that ends the oldest, 2048 has a callback
    cancel_requested_at {{i64}} NOT NULL,      -- -1: not asked
    claimed_at          {{i64}} NOT NULL,      -- -1: not yet; of the latest attempt
    started_at          {{i64}} NOT NULL,
    finished_at         {{i64}} NOT NULL,
    worker              {{bytes}}              -- of the latest attempt
) {{strict}};

CREATE INDEX tasks_ready ON tasks (line, share, number) WHERE state = {{READY}};
CREATE INDEX tasks_due ON tasks (run_at, number) WHERE state IN ({{SCHEDULED}}, {{RETRYING}});
-- Failed, cancelled, expired. A range and not a list: a list of three would be built anew for each row written.
CREATE INDEX tasks_ended_badly ON tasks (ns, state, number) WHERE state >= {{FAILED}};

-- When the clock ends a task that waits. Apart from tasks, so that those without such a time do not even open an index.
CREATE TABLE endings (
    task    {{key}},
    ends_at {{i64}} NOT NULL
) {{strict}};

CREATE INDEX endings_at ON endings (ends_at, task);

CREATE TABLE bodies (
    task         {{key}},
    content_type TEXT,                         -- NULL: JSON
    headers      TEXT,
    tags         TEXT,
    name         TEXT,
    traceparent  TEXT,
    retry        TEXT,
    rules        TEXT,                         -- limits, fairness, order, dedup, dependencies, affinity, callback
    payload      {{bytes}}                     -- last: the others are read without it
) {{strict}};

-- What attempts left behind: result or error of the end, progress and checkpoint of the way there.
CREATE TABLE results (
    task          {{key}},
    content_type  TEXT,                        -- NULL: JSON
    error         TEXT,
    cancel_reason TEXT,
    progress      TEXT,
    checkpoint    TEXT,
    result        {{bytes}}
) {{strict}};

CREATE TABLE leases (
    task       {{key}},
    queue      {{i64}} NOT NULL,
    delivery   {{i64}} NOT NULL,
    nonce      {{bytes}} NOT NULL,
    worker     {{bytes}} NOT NULL,
    lease_ms   {{i64}} NOT NULL,
    claimed_at {{i64}} NOT NULL,
    started_at {{i64}} NOT NULL,               -- -1: no sign of life yet
    expires_at {{i64}} NOT NULL,
    timeout_at {{i64}} NOT NULL,               -- -1: none
    confirm_at {{i64}} NOT NULL,               -- -1: none
    grace_at   {{i64}} NOT NULL                -- -1: no cancel was asked
) {{strict}};

-- Attempts that are over; the one that runs is its lease.
CREATE TABLE attempts (
    task        {{i64}} NOT NULL,
    delivery    {{i64}} NOT NULL,
    attempt     {{i64}} NOT NULL,
    worker      {{bytes}} NOT NULL,
    nonce       {{bytes}} NOT NULL,
    claimed_at  {{i64}} NOT NULL,
    started_at  {{i64}} NOT NULL,
    finished_at {{i64}} NOT NULL,
    outcome     {{i64}} NOT NULL,
    error       TEXT,
    PRIMARY KEY (task, delivery)
) {{clustered}};

-- Finished tasks in the order in which they are to be deleted: a row for what a transaction has finished in a queue, of one
-- kind (0 succeeded, 1 ended otherwise, 2 has a time of its own).
CREATE TABLE finished (
    queue  {{i64}} NOT NULL,
    kind   {{i64}} NOT NULL,
    place  {{i64}} NOT NULL,                   -- when it finished; of one with a time of its own, when that is over
    number {{i64}} NOT NULL,
    tasks  {{bytes}} NOT NULL,                 -- their numbers, eight bytes each
    PRIMARY KEY (queue, kind, place, number)
) {{clustered}};

-- Tasks of one queue with one ordering key, in the order in which they go; the first has the turn. A row leaves with its
-- task's end, unless that blocks the others.
CREATE TABLE orders (
    task  {{key}},
    queue {{i64}} NOT NULL,
    key   TEXT NOT NULL,
    place {{i64}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX orders_line ON orders (queue, key, place);

-- Who has which dedup key in a queue. stage: 0 not claimed yet, 1 running or waiting, 2 otherwise unfinished, 3 terminal.
CREATE TABLE dedups (
    task  {{key}},
    queue {{i64}} NOT NULL,
    key   TEXT NOT NULL,
    stage {{i64}} NOT NULL
) {{strict}};
CREATE INDEX dedups_key ON dedups (queue, key, stage, task);

-- What a task still waits for.
CREATE TABLE dependencies (
    task    {{i64}} NOT NULL,
    on_task {{i64}} NOT NULL,
    PRIMARY KEY (task, on_task)
) {{clustered}};
CREATE INDEX dependencies_on ON dependencies (on_task, task);

-- Where a dead letter's copy comes from.
CREATE TABLE dead_letters (
    copy     {{key}},
    original {{i64}} NOT NULL,
    id       {{bytes}} NOT NULL,               -- of the original, which may be gone
    queue    TEXT NOT NULL,
    attempts {{i64}} NOT NULL,
    died_at  {{i64}} NOT NULL,
    error    TEXT
) {{strict}};
CREATE INDEX dead_letters_original ON dead_letters (original, copy);

CREATE TABLE task_tags (
    ns   {{i64}} NOT NULL,
    tag  TEXT NOT NULL,
    task {{i64}} NOT NULL,
    PRIMARY KEY (ns, tag, task)
) {{clustered}};

CREATE TABLE task_logs (
    task    {{i64}} NOT NULL,
    line    {{i64}} NOT NULL,
    at      {{i64}} NOT NULL,
    level   TEXT,
    logger  TEXT,
    message TEXT NOT NULL,
    PRIMARY KEY (task, line)
) {{clustered}};

CREATE TABLE workers (
    id            {{bytes}} NOT NULL PRIMARY KEY,
    ns            {{i64}} NOT NULL,
    identity      TEXT NOT NULL,
    instance      TEXT,
    version       TEXT,
    info          TEXT,
    labels        TEXT,                        -- NAME=VALUE, a newline behind each, sorted
    queues        TEXT NOT NULL,               -- a newline behind each
    types         TEXT,
    concurrency   {{i64}} NOT NULL,
    confirm_ms    {{i64}} NOT NULL,
    mode          {{i64}} NOT NULL,
    registered_at {{i64}} NOT NULL,
    last_seen_at  {{i64}} NOT NULL,
    min_priority  {{i64}} NOT NULL,            -- the least number of 32 bits: it takes any
    push_url      TEXT,                        -- NULL: it polls
    push_key      {{bytes}},                   -- what its requests are signed with, plain
    push_old_key  {{bytes}},
    push_old_until {{i64}} NOT NULL DEFAULT -1, -- when that one no longer signs
    push_disabled {{i64}} NOT NULL DEFAULT 0   -- 1: its endpoint answered 410
) {{clustered}};

CREATE TABLE counters (
    ns    {{i64}} NOT NULL,
    queue {{i64}} NOT NULL,
    class {{i64}} NOT NULL,
    state {{i64}} NOT NULL,
    tasks {{i64}} NOT NULL,
    bytes {{i64}} NOT NULL DEFAULT 0,                 -- of those tasks
    PRIMARY KEY (ns, queue, class, state)
) {{clustered}};

CREATE TABLE events (
    number  {{key}},
    at      {{i64}} NOT NULL,
    kind    {{i64}} NOT NULL,
    ns      {{i64}} NOT NULL,
    queue   {{i64}},
    task    {{i64}},
    task_id {{bytes}},
    data    TEXT,
    class   {{i64}},                           -- of the task
    size_to {{i64}} NOT NULL DEFAULT 0         -- bytes of all rows up to this one, since the first ever
) {{strict}};

-- Endpoints that are told of events. Keys are plain, since they sign.
CREATE TABLE webhooks (
    number       {{key}},
    ns           {{i64}} NOT NULL,
    name         TEXT NOT NULL,
    version      {{i64}} NOT NULL,
    created_at   {{i64}} NOT NULL,
    created_by   TEXT NOT NULL,
    url          TEXT NOT NULL,
    key          {{bytes}} NOT NULL,
    old_key      {{bytes}},                    -- signs as well until old_until
    old_until    {{i64}} NOT NULL,             -- -1: there is none
    types        TEXT,                         -- globs joined by commas; NULL: all
    queues       TEXT,                         -- the same
    enabled      {{i64}} NOT NULL,
    gone_at      {{i64}} NOT NULL,             -- when it answered 410, and since then is sent nothing; -1: it did not
    missed       {{i64}} NOT NULL,             -- events that found its backlog full
    missed_first {{i64}} NOT NULL,             -- the first of them; -1: none
    UNIQUE (ns, name)
) {{strict}};

-- What a webhook is told, each with the text of its event as it was. Those of one task go one after the other: of those
-- that are due only the first has its time in next_at, the others the largest number there is.
CREATE TABLE deliveries (
    number      {{key}},
    webhook     {{i64}} NOT NULL,              -- 0: a task's own URL
    ns          {{i64}} NOT NULL,
    event       {{i64}} NOT NULL,              -- 0: none, a test
    kind        {{i64}} NOT NULL,
    at          {{i64}} NOT NULL,
    task        {{i64}} NOT NULL,              -- 0: none
    state       {{i64}} NOT NULL,              -- 0 due, 1 dead, 2 delivered
    attempts    {{i64}} NOT NULL,
    next_at     {{i64}} NOT NULL,
    last_at     {{i64}} NOT NULL,              -- -1: not tried yet
    last_status {{i64}} NOT NULL,              -- 0: no answer
    took_ms     {{i64}} NOT NULL,
    task_id     {{bytes}},
    last_error  TEXT,
    url         TEXT,                          -- of webhook 0
    body        TEXT NOT NULL
) {{strict}};

CREATE INDEX deliveries_next ON deliveries (webhook, next_at, number) WHERE state = 0;
CREATE INDEX deliveries_turn ON deliveries (webhook, task, number) WHERE state = 0;
CREATE INDEX deliveries_state ON deliveries (webhook, state, number);

CREATE TABLE idempotency (
    ns          {{i64}} NOT NULL,
    scope       TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  {{i64}} NOT NULL,
    task        {{i64}} NOT NULL,              -- -1: none
    status      {{i64}} NOT NULL,
    location    TEXT,
    body        {{bytes}},
    PRIMARY KEY (ns, scope, key)
) {{clustered}};

CREATE INDEX idempotency_age ON idempotency (created_at);

-- Named limits and rules (a name that ends in *).
CREATE TABLE limits (
    ns          {{i64}} NOT NULL,
    name        TEXT NOT NULL,
    version     {{i64}} NOT NULL,
    created_at  {{i64}} NOT NULL,
    max_running {{i64}} NOT NULL,              -- -1: unlimited
    rate        TEXT,                          -- JSON; NULL: unlimited
    over        {{i64}} NOT NULL,              -- 0 queue, 1 reject, 2 cancel_oldest, 3 cancel_newest
    PRIMARY KEY (ns, name)
) {{clustered}};

-- Unfinished tasks that hold units of a limit from their submit on, so that the oldest is found.
CREATE TABLE limit_holders (
    ns   {{i64}} NOT NULL,
    name TEXT NOT NULL,
    task {{i64}} NOT NULL,
    PRIMARY KEY (ns, name, task)
) {{clustered}};

CREATE TABLE schedules (
    number     {{key}},
    ns         {{i64}} NOT NULL,
    name       TEXT NOT NULL,
    version    {{i64}} NOT NULL,
    created_at {{i64}} NOT NULL,
    created_by TEXT NOT NULL,                  -- the token's id, or "anonymous"; its tasks are that one's
    cron       TEXT NOT NULL,
    timezone   TEXT NOT NULL,
    queue      TEXT NOT NULL,                  -- that its tasks go to
    overlap    {{i64}} NOT NULL,               -- 0 skip, 1 queue, 2 cancel_other, 3 allow
    missed     {{i64}} NOT NULL,               -- 0 once, 1 all, 2 skip
    jitter_ms  {{i64}} NOT NULL,
    paused     {{i64}} NOT NULL,
    next_slot  {{i64}} NOT NULL,               -- the first slot that has not been dealt with; -1: none
    last_slot  {{i64}} NOT NULL,               -- the last one that has; -1: none yet
    made_up    {{i64}} NOT NULL,               -- tasks made for missed slots, in the outage that is being made up for
    last_task  {{i64}} NOT NULL,               -- number of the task made last; -1: none
    last_id    {{bytes}},
    other_task {{i64}} NOT NULL,               -- the one that it waits for; -1: none
    other_id   {{bytes}},
    fired      {{i64}} NOT NULL,
    skipped    {{i64}} NOT NULL,
    error      TEXT,                           -- why the last slot made no task
    task       TEXT NOT NULL,                  -- JSON, as it was sent; behind all else: it may be large
    UNIQUE (ns, name)
) {{strict}};

-- A change to many tasks that every later decision sees at once and slices carry out. kind: 1 cancel what waits in the
-- queue, 2 tell those who wait for the task up_to how it ended; reason: its state and id.
CREATE TABLE intents (
    number     {{key}},
    ns         {{i64}} NOT NULL,
    queue      {{i64}} NOT NULL,
    kind       {{i64}} NOT NULL,
    up_to      {{i64}} NOT NULL,               -- tasks numbered above are not meant
    created_at {{i64}} NOT NULL,
    reason     TEXT NOT NULL
) {{strict}};
