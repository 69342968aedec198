-- A page of tasks, walked by number in one direction; the filters are applied by the reader row by row, so that a page
-- touches a bounded number of rows whatever is asked.

-- name: list_forward
SELECT t.number, t.id, t.ns, t.queue, t.class, t.state, t.priority, t.run_at, t.created_at, t.version, t.attempt,
       t.delivery, t.failures, t.losses, t.timeout_ms, t.lease_ms, t.flags, t.cancel_requested_at, t.claimed_at,
       t.started_at, t.finished_at, t.worker, t.bytes, t.end_bytes,
       t.expires_at, t.deadline_at, t.result_ttl_ms, t.line, t.share
FROM tasks t WHERE t.number > $1 ORDER BY t.number LIMIT $2;

-- name: list_backward
SELECT t.number, t.id, t.ns, t.queue, t.class, t.state, t.priority, t.run_at, t.created_at, t.version, t.attempt,
       t.delivery, t.failures, t.losses, t.timeout_ms, t.lease_ms, t.flags, t.cancel_requested_at, t.claimed_at,
       t.started_at, t.finished_at, t.worker, t.bytes, t.end_bytes,
       t.expires_at, t.deadline_at, t.result_ttl_ms, t.line, t.share
FROM tasks t WHERE t.number < $1 ORDER BY t.number DESC LIMIT $2;

-- name: list_bad_forward
SELECT t.number, t.id, t.ns, t.queue, t.class, t.state, t.priority, t.run_at, t.created_at, t.version, t.attempt,
       t.delivery, t.failures, t.losses, t.timeout_ms, t.lease_ms, t.flags, t.cancel_requested_at, t.claimed_at,
       t.started_at, t.finished_at, t.worker, t.bytes, t.end_bytes,
       t.expires_at, t.deadline_at, t.result_ttl_ms, t.line, t.share
FROM tasks t WHERE t.ns = $3 AND t.state = $4 AND t.state >= {{FAILED}} AND t.number > $1
ORDER BY t.number LIMIT $2;

-- name: list_bad_backward
SELECT t.number, t.id, t.ns, t.queue, t.class, t.state, t.priority, t.run_at, t.created_at, t.version, t.attempt,
       t.delivery, t.failures, t.losses, t.timeout_ms, t.lease_ms, t.flags, t.cancel_requested_at, t.claimed_at,
       t.started_at, t.finished_at, t.worker, t.bytes, t.end_bytes,
       t.expires_at, t.deadline_at, t.result_ttl_ms, t.line, t.share
FROM tasks t WHERE t.ns = $3 AND t.state = $4 AND t.state >= {{FAILED}} AND t.number < $1
ORDER BY t.number DESC LIMIT $2;

-- name: tag_has
SELECT 1 FROM task_tags WHERE ns = $1 AND tag = $2 AND task = $3;

-- name: body_name
SELECT name FROM bodies WHERE task = $1;

-- name: result_error
SELECT error FROM results WHERE task = $1;
