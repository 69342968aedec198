-- Statements about dedup keys and dead letters.

-- name: dedup_insert
INSERT INTO dedups (task, queue, key, stage) VALUES ($1, $2, $3, $4);

-- name: dedup_stage
UPDATE dedups SET stage = $2 WHERE task = $1 AND stage <> $2;

-- name: dedup_queue
UPDATE dedups SET queue = $2 WHERE task = $1;

-- name: dedup_delete
DELETE FROM dedups WHERE task = $1;

-- name: dedup_before
-- The newest at a stage that is older than $4.
SELECT task FROM dedups WHERE queue = $1 AND key = $2 AND stage = $3 AND task < $4 ORDER BY task DESC LIMIT 1;

-- name: dead_letter_insert
INSERT INTO dead_letters (copy, original, id, queue, attempts, died_at, error) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: dead_letter_delete
DELETE FROM dead_letters WHERE copy = $1;

-- name: dead_letter_by_copy
SELECT id, queue, attempts, died_at, error FROM dead_letters WHERE copy = $1;

-- name: dead_letter_before
-- The newest copy of a task that is older than $2.
SELECT copy FROM dead_letters WHERE original = $1 AND copy < $2 ORDER BY copy DESC LIMIT 1;

-- name: body_copy_bare
-- What a dead letter's copy takes over: not how the original was retried, nor its rules.
INSERT INTO bodies (task, payload, content_type, headers, tags, name, traceparent)
SELECT $2, payload, content_type, headers, tags, name, traceparent FROM bodies WHERE task = $1;

-- name: body_renew
-- The payload of one who is put off; its labels and rules stay.
UPDATE bodies SET payload = $2, content_type = $3, headers = $4 WHERE task = $1;
