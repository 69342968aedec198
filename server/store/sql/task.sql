-- Statements about tasks and what belongs to them. $n is the nth value; {{STATE}} is a state's number.

-- name: task_insert
INSERT INTO tasks (number, id, ns, queue, class, state, priority, line, share, run_at, created_at, version, attempt,
                   delivery, failures, losses, timeout_ms, lease_ms, bytes, flags, cancel_requested_at, claimed_at,
                   started_at, finished_at, result_ttl_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $15, $16, $8, $9, 1, 0, 0, 0, 0, $10, $11, $12, $14, -1, -1, -1, -1, $13);

-- name: body_insert
INSERT INTO bodies (task, payload, content_type, headers, tags, name, traceparent, retry, rules)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: task_last_number
-- Tasks come and go, their numbers never come again: lease tokens, cursors and idempotency keys hold them.
SELECT max(coalesce((SELECT max(number) FROM tasks), 0),
           coalesce((SELECT value FROM meta WHERE name = 'task_deleted'), 0));

-- name: task_remember
-- Remember the number of a task that was deleted as the newest.
INSERT INTO meta (name, value)
SELECT 'task_deleted', $1 WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE number > $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > meta.value;

-- name: task_by_id
SELECT number, id, ns, queue, class, state, priority, run_at, created_at, version, attempt, delivery, failures, losses,
       timeout_ms, lease_ms, flags, cancel_requested_at, claimed_at, started_at, finished_at, worker, bytes,
       end_bytes, expires_at, deadline_at, result_ttl_ms, line, share
FROM tasks WHERE id = $1;

-- name: task_by_number
SELECT number, id, ns, queue, class, state, priority, run_at, created_at, version, attempt, delivery, failures, losses,
       timeout_ms, lease_ms, flags, cancel_requested_at, claimed_at, started_at, finished_at, worker, bytes,
       end_bytes, expires_at, deadline_at, result_ttl_ms, line, share
FROM tasks WHERE number = $1;

-- name: task_update
-- The one statement that moves a task: it writes all that a move may change, and only from the state it was read in.
UPDATE tasks SET state = $3, queue = $4, class = $5, priority = $6, run_at = $7, version = $8, attempt = $9,
                 delivery = $10, failures = $11, losses = $12, flags = $13, cancel_requested_at = $14, claimed_at = $15,
                 started_at = $16, finished_at = $17, worker = $18, bytes = $19, end_bytes = $20,
                 line = $21, share = $22
WHERE number = $1 AND state = $2;

-- name: task_ending
-- The times that end a task, of those only that have any.
UPDATE tasks SET flags = $2, expires_at = $3, deadline_at = $4 WHERE number = $1;

-- name: ending_put
INSERT INTO endings (task, ends_at) VALUES ($1, $2) ON CONFLICT (task) DO UPDATE SET ends_at = excluded.ends_at;

-- name: ending_delete
DELETE FROM endings WHERE task = $1;

-- name: task_touch
-- A visible change that leaves the state, and so every index, alone.
UPDATE tasks SET version = $2, flags = $3, cancel_requested_at = $4, started_at = $5 WHERE number = $1;

-- name: task_delete
DELETE FROM tasks WHERE number = $1;

-- name: body_delete
DELETE FROM bodies WHERE task = $1;

-- name: result_delete
DELETE FROM results WHERE task = $1;

-- name: attempts_delete
DELETE FROM attempts WHERE task = $1;

-- name: logs_delete
DELETE FROM task_logs WHERE task = $1;

-- name: body_by_task
SELECT content_type, headers, tags, name, traceparent, retry, rules, payload FROM bodies WHERE task = $1;

-- name: body_retry
SELECT retry FROM bodies WHERE task = $1;

-- name: body_rules
SELECT rules FROM bodies WHERE task = $1;

-- name: body_label
UPDATE bodies SET name = $2, tags = $3 WHERE task = $1;

-- name: body_copy
INSERT INTO bodies (task, payload, content_type, headers, tags, name, traceparent, retry, rules)
SELECT $2, payload, content_type, headers, tags, name, traceparent, retry, $3 FROM bodies WHERE task = $1;

-- name: tag_insert
INSERT INTO task_tags (ns, tag, task) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: tag_delete
DELETE FROM task_tags WHERE ns = $1 AND tag = $2 AND task = $3;

-- name: result_by_task
SELECT content_type, error, cancel_reason, progress, checkpoint, result FROM results WHERE task = $1;

-- name: result_rest_by_task
-- All but the result itself, which may be large.
SELECT content_type, error, cancel_reason, progress, checkpoint FROM results WHERE task = $1;

-- name: result_reason
SELECT cancel_reason FROM results WHERE task = $1;

-- name: result_put_end
-- How it ended; a checkpoint and a cancel's reason are kept.
INSERT INTO results (task, result, content_type, error) VALUES ($1, $2, $3, $4)
ON CONFLICT (task) DO UPDATE SET result = excluded.result, content_type = excluded.content_type, error = excluded.error;

-- name: result_put_reason
INSERT INTO results (task, cancel_reason) VALUES ($1, $2)
ON CONFLICT (task) DO UPDATE SET cancel_reason = excluded.cancel_reason;

-- name: result_put_progress
INSERT INTO results (task, progress) VALUES ($1, $2)
ON CONFLICT (task) DO UPDATE SET progress = excluded.progress;

-- name: result_put_checkpoint
INSERT INTO results (task, checkpoint) VALUES ($1, $2)
ON CONFLICT (task) DO UPDATE SET checkpoint = excluded.checkpoint;

-- name: result_forget_end
UPDATE results SET result = NULL, content_type = NULL, error = NULL, cancel_reason = NULL WHERE task = $1;

-- name: attempt_insert
INSERT INTO attempts (task, delivery, attempt, worker, nonce, claimed_at, started_at, finished_at, outcome, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: attempts_by_task
SELECT attempt, delivery, worker, claimed_at, started_at, finished_at, outcome, error
FROM attempts WHERE task = $1 ORDER BY delivery;

-- name: attempt_by_delivery
SELECT nonce, outcome, error FROM attempts WHERE task = $1 AND delivery = $2;

-- name: log_insert
INSERT INTO task_logs (task, line, at, level, logger, message) VALUES ($1, $2, $3, $4, $5, $6);

-- name: log_last
SELECT coalesce(max(line), 0) FROM task_logs WHERE task = $1;

-- name: log_trim
DELETE FROM task_logs WHERE task = $1 AND line <= $2;

-- name: logs_by_task
SELECT at, level, logger, message FROM task_logs WHERE task = $1 ORDER BY line;
