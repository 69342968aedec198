-- Statements about namespaces, queues, classes, workers and counters: what is loaded at start and kept in memory.

-- name: meta_get
SELECT value FROM meta WHERE name = $1;

-- name: meta_put
INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: ns_insert
INSERT INTO namespaces (number, name) VALUES ($1, $2);

-- name: ns_put
INSERT INTO namespaces (number, name, version, pending_limit, bytes_limit, queues_limit, rate)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (number) DO UPDATE SET
    version = excluded.version, pending_limit = excluded.pending_limit, bytes_limit = excluded.bytes_limit,
    queues_limit = excluded.queues_limit, rate = excluded.rate;

-- name: ns_all
SELECT number, name, version, pending_limit, bytes_limit, queues_limit, rate FROM namespaces;

-- name: class_insert
INSERT INTO classes (number, ns, type, requires) VALUES ($1, $2, $3, $4);

-- name: class_all
SELECT number, ns, type, requires FROM classes;

-- name: queue_put
INSERT INTO queues (number, ns, name, version, created_at, concurrency, pending_limit, paused, paused_until, retry,
                    lease_ms, timeout_ms, closed, close_cancel_at, close_end_at, keep_succeeded_ms, keep_failed_ms,
                    keep_count, keep_bytes, fairness, aging_ms, rate, dead_letter_queue)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT (number) DO UPDATE SET
    version = excluded.version, concurrency = excluded.concurrency, pending_limit = excluded.pending_limit,
    paused = excluded.paused, paused_until = excluded.paused_until, retry = excluded.retry,
    lease_ms = excluded.lease_ms, timeout_ms = excluded.timeout_ms, closed = excluded.closed,
    close_cancel_at = excluded.close_cancel_at, close_end_at = excluded.close_end_at,
    keep_succeeded_ms = excluded.keep_succeeded_ms, keep_failed_ms = excluded.keep_failed_ms,
    keep_count = excluded.keep_count, keep_bytes = excluded.keep_bytes, fairness = excluded.fairness,
    aging_ms = excluded.aging_ms, rate = excluded.rate, dead_letter_queue = excluded.dead_letter_queue;

-- name: queue_all
SELECT number, ns, name, version, created_at, concurrency, pending_limit, paused, paused_until, retry, lease_ms,
       timeout_ms, closed, close_cancel_at, close_end_at, keep_succeeded_ms, keep_failed_ms, keep_count, keep_bytes,
       fairness, aging_ms, rate, dead_letter_queue
FROM queues;

-- name: worker_put
INSERT INTO workers (id, ns, identity, instance, version, info, labels, queues, types, concurrency, confirm_ms, mode,
                     registered_at, last_seen_at, min_priority, push_url, push_key, push_old_key, push_old_until,
                     push_disabled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (id) DO UPDATE SET
    instance = excluded.instance, version = excluded.version, info = excluded.info, labels = excluded.labels,
    queues = excluded.queues, types = excluded.types, concurrency = excluded.concurrency,
    confirm_ms = excluded.confirm_ms, mode = excluded.mode, last_seen_at = excluded.last_seen_at,
    min_priority = excluded.min_priority, push_key = excluded.push_key, push_old_key = excluded.push_old_key,
    push_old_until = excluded.push_old_until, push_disabled = excluded.push_disabled;

-- name: worker_all
SELECT id, ns, identity, instance, version, info, labels, queues, types, concurrency, confirm_ms, mode, registered_at,
       last_seen_at, min_priority, push_url, push_key, push_old_key, push_old_until, push_disabled
FROM workers;

-- name: worker_delete
DELETE FROM workers WHERE id = $1;

-- name: counter_add
INSERT INTO counters (ns, queue, class, state, tasks, bytes) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (ns, queue, class, state) DO UPDATE SET
    tasks = tasks + excluded.tasks, bytes = bytes + excluded.bytes;

-- name: counter_all
SELECT ns, queue, class, state, tasks, bytes FROM counters;

-- name: counter_recount
SELECT ns, queue, class, state, count(*), sum(bytes) FROM tasks GROUP BY ns, queue, class, state;

-- name: event_insert
INSERT INTO events (number, at, kind, ns, queue, task, task_id, data, class, size_to)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: event_last
SELECT coalesce(max(number), 0), coalesce(max(at), 0), coalesce(max(size_to), 0)
FROM (SELECT number, at, size_to FROM events ORDER BY number DESC LIMIT 1);

-- name: event_first
SELECT number FROM events ORDER BY number LIMIT 1;

-- name: event_trim
-- Looks at the oldest few only, so that it costs the same whatever is kept. The newest stays: from it the next number
-- follows, and a number that a follower has seen must not come twice.
DELETE FROM events WHERE number IN (
    SELECT number FROM (SELECT number, at, size_to FROM events ORDER BY number LIMIT $2)
    WHERE (at < $1 OR size_to <= $3) AND number < (SELECT max(number) FROM events));

-- name: event_walk
SELECT e.number, e.at, e.kind, n.name, q.name, c.type, e.task_id, e.data
FROM events AS e
LEFT JOIN namespaces AS n ON n.number = e.ns
LEFT JOIN queues AS q ON q.number = e.queue
LEFT JOIN classes AS c ON c.number = e.class
WHERE e.number > $1 AND e.number <= $2 ORDER BY e.number;

-- name: event_walk_task
SELECT e.number, e.at, e.kind, n.name, q.name, c.type, e.task_id, e.data
FROM events AS e
LEFT JOIN namespaces AS n ON n.number = e.ns
LEFT JOIN queues AS q ON q.number = e.queue
LEFT JOIN classes AS c ON c.number = e.class
WHERE e.number > $1 AND e.number <= $2 AND e.task_id = $3 ORDER BY e.number;

-- name: event_task_state
SELECT state FROM tasks WHERE id = $1;

-- name: idempotency_get
SELECT fingerprint, task, status, location, body, created_at FROM idempotency WHERE ns = $1 AND scope = $2 AND key = $3;

-- name: idempotency_put
INSERT INTO idempotency (ns, scope, key, fingerprint, created_at, task, status, location, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (ns, scope, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, created_at = excluded.created_at, task = excluded.task,
    status = excluded.status, location = excluded.location, body = excluded.body;

-- name: idempotency_trim
DELETE FROM idempotency WHERE (ns, scope, key) IN (
    SELECT ns, scope, key FROM idempotency WHERE created_at < $1 LIMIT $2);

-- name: intent_insert
INSERT INTO intents (number, ns, queue, kind, up_to, created_at, reason) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: intent_all
SELECT number, ns, queue, kind, up_to, created_at, reason FROM intents ORDER BY number;

-- name: intent_delete
DELETE FROM intents WHERE number = $1;

-- name: migrations_all
SELECT number, checksum FROM migrations ORDER BY number;
