-- Statements about schedules: all but the task's template is loaded at start and kept in memory.

-- name: schedule_put
INSERT INTO schedules (number, ns, name, version, created_at, created_by, cron, timezone, queue, overlap, missed, jitter_ms,
                       paused, next_slot, last_slot, made_up, last_task, last_id, other_task, other_id, fired, skipped,
                       error, task)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
ON CONFLICT (number) DO UPDATE SET
    version = excluded.version, created_by = excluded.created_by, cron = excluded.cron, timezone = excluded.timezone,
    queue = excluded.queue, overlap = excluded.overlap, missed = excluded.missed, jitter_ms = excluded.jitter_ms,
    paused = excluded.paused, next_slot = excluded.next_slot, last_slot = excluded.last_slot, made_up = excluded.made_up,
    last_task = excluded.last_task, last_id = excluded.last_id, other_task = excluded.other_task,
    other_id = excluded.other_id, fired = excluded.fired, skipped = excluded.skipped, error = excluded.error,
    task = excluded.task;

-- name: schedule_move
UPDATE schedules SET
    next_slot = $2, last_slot = $3, made_up = $4, last_task = $5, last_id = $6, other_task = $7, other_id = $8,
    fired = $9, skipped = $10, error = $11
WHERE number = $1;

-- name: schedule_task
SELECT task FROM schedules WHERE number = $1;

-- name: schedule_all
SELECT number, ns, name, version, created_at, created_by, cron, timezone, queue, overlap, missed, jitter_ms,
       paused, next_slot, last_slot, made_up, last_task, last_id, other_task, other_id, fired, skipped, error
FROM schedules;

-- name: schedule_delete
DELETE FROM schedules WHERE number = $1;
