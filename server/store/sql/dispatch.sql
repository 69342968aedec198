-- Statements of the way from waiting to leased.

-- name: ready_heads
SELECT number, priority, share, run_at FROM tasks WHERE line = $1 AND state = {{READY}} ORDER BY share, number LIMIT $2;

-- name: ready_ahead
-- How many of its line stand before a ready task. Two ranges of the index, each counted to the limit: one range with OR
-- would walk all that stand behind, too.
SELECT min($4, (SELECT count(*) FROM (
    SELECT 1 FROM tasks WHERE line = $1 AND state = {{READY}} AND share < $2 LIMIT $4))
  + (SELECT count(*) FROM (
    SELECT 1 FROM tasks WHERE line = $1 AND state = {{READY}} AND share = $2 AND number < $3 LIMIT $4)));

-- name: due_first
SELECT run_at FROM tasks WHERE state IN ({{SCHEDULED}}, {{RETRYING}}) ORDER BY run_at LIMIT 1;

-- name: due_tasks
SELECT number FROM tasks WHERE state IN ({{SCHEDULED}}, {{RETRYING}}) AND run_at <= $1 ORDER BY run_at, number LIMIT $2;

-- name: due_soon
SELECT count(*) FROM (
    SELECT 1 FROM tasks WHERE state IN ({{SCHEDULED}}, {{RETRYING}}) AND run_at <= $1 AND queue = $2 LIMIT $3);

-- name: ending_first
SELECT ends_at FROM endings ORDER BY ends_at LIMIT 1;

-- name: ending_tasks
SELECT task FROM endings WHERE ends_at <= $1 ORDER BY ends_at, task LIMIT $2;

-- name: pending_slice
-- Tasks of a queue that have not been handed out, for an intent to work off.
SELECT number FROM tasks
WHERE ns = $1 AND queue = $2 AND state IN ({{SCHEDULED}}, {{BLOCKED}}, {{READY}}, {{RETRYING}}) AND number > $3
      AND number <= $4
ORDER BY number LIMIT $5;

-- name: lease_insert
INSERT INTO leases (task, queue, delivery, nonce, worker, lease_ms, claimed_at, started_at, expires_at, timeout_at,
                    confirm_at, grace_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, -1, $8, $9, $10, -1);

-- name: lease_by_task
SELECT task, queue, delivery, nonce, worker, lease_ms, claimed_at, started_at, expires_at, timeout_at, confirm_at,
       grace_at
FROM leases WHERE task = $1;

-- name: leases_all
SELECT task, queue, delivery, nonce, worker, lease_ms, claimed_at, started_at, expires_at, timeout_at, confirm_at,
       grace_at
FROM leases;

-- name: lease_update
UPDATE leases SET lease_ms = $2, started_at = $3, expires_at = $4, confirm_at = $5, grace_at = $6 WHERE task = $1;

-- name: lease_delete
DELETE FROM leases WHERE task = $1;
