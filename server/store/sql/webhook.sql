-- Statements about webhooks, which are loaded whole at start, and what they are to be told.

-- name: webhook_put
INSERT INTO webhooks (number, ns, name, version, created_at, created_by, url, key, old_key, old_until, types, queues,
                      enabled, gone_at, missed, missed_first)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (number) DO UPDATE SET
    version = excluded.version, created_by = excluded.created_by, url = excluded.url, key = excluded.key,
    old_key = excluded.old_key, old_until = excluded.old_until, types = excluded.types, queues = excluded.queues,
    enabled = excluded.enabled, gone_at = excluded.gone_at, missed = excluded.missed,
    missed_first = excluded.missed_first;

-- name: webhook_missed
UPDATE webhooks SET missed = $2, missed_first = $3 WHERE number = $1;

-- name: webhook_all
SELECT number, ns, name, version, created_at, created_by, url, key, old_key, old_until, types, queues, enabled, gone_at,
       missed, missed_first
FROM webhooks;

-- name: webhook_delete
DELETE FROM webhooks WHERE number = $1;

-- name: delivery_insert
INSERT INTO deliveries (number, webhook, ns, event, kind, at, task, state, attempts, next_at, last_at, last_status,
                        took_ms, task_id, last_error, url, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8, -1, 0, 0, $9, NULL, $10, $11);

-- name: delivery_last
SELECT max(number) FROM deliveries;

-- name: delivery_get
SELECT number, webhook, ns, event, kind, at, task, state, attempts, next_at, last_at, last_status, took_ms, task_id,
       last_error, url, body
FROM deliveries WHERE number = $1;

-- name: delivery_heads
SELECT number, next_at FROM deliveries WHERE webhook = $1 AND state = 0 AND next_at < 9223372036854775807
ORDER BY next_at, number LIMIT $2;

-- name: delivery_before
SELECT number FROM deliveries WHERE webhook = $1 AND state = 0 AND task = $2 AND number < $3 LIMIT 1;

-- name: delivery_move
UPDATE deliveries SET state = $2, attempts = $3, next_at = $4, last_at = $5, last_status = $6, took_ms = $7, last_error = $8
WHERE number = $1;

-- name: delivery_turn
UPDATE deliveries SET next_at = $3 WHERE number = (
    SELECT number FROM deliveries WHERE webhook = $1 AND state = 0 AND task = $2 ORDER BY number LIMIT 1
) AND next_at = 9223372036854775807;

-- name: delivery_stand_back
UPDATE deliveries SET next_at = 9223372036854775807
WHERE webhook = $1 AND state = 0 AND task = $2 AND number > $3 AND next_at < 9223372036854775807;

-- name: delivery_counts
SELECT state, count(*) FROM deliveries WHERE webhook = $1 GROUP BY state;

-- name: delivery_webhook_after
SELECT webhook FROM deliveries WHERE webhook > $1 ORDER BY webhook LIMIT 1;

-- name: delivery_first_at
SELECT at FROM deliveries WHERE webhook = $1 AND state = 0 ORDER BY number LIMIT 1;

-- name: delivery_oldest
SELECT number, last_at FROM deliveries WHERE webhook = $1 AND state = $2 ORDER BY number LIMIT $3;

-- The last number stays, so that none is given out twice.
-- name: delivery_delete
DELETE FROM deliveries WHERE number = $1 AND number < (SELECT max(number) FROM deliveries);

-- name: delivery_drop
DELETE FROM deliveries WHERE number IN (SELECT number FROM deliveries WHERE webhook = $1 LIMIT $2)
    AND number < (SELECT max(number) FROM deliveries);

-- name: delivery_page
SELECT number, webhook, ns, event, kind, at, task, state, attempts, next_at, last_at, last_status, took_ms, task_id,
       last_error, url, NULL
FROM deliveries WHERE number IN (
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 0 AND number > $2 AND $4 & 1
                        ORDER BY number LIMIT $3)
    UNION ALL
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 1 AND number > $2 AND $4 & 2
                        ORDER BY number LIMIT $3)
    UNION ALL
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 2 AND number > $2 AND $4 & 4
                        ORDER BY number LIMIT $3)
) ORDER BY number LIMIT $3;

-- name: delivery_page_down
SELECT number, webhook, ns, event, kind, at, task, state, attempts, next_at, last_at, last_status, took_ms, task_id,
       last_error, url, NULL
FROM deliveries WHERE number IN (
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 0 AND number < $2 AND $4 & 1
                        ORDER BY number DESC LIMIT $3)
    UNION ALL
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 1 AND number < $2 AND $4 & 2
                        ORDER BY number DESC LIMIT $3)
    UNION ALL
    SELECT number FROM (SELECT number FROM deliveries WHERE webhook = $1 AND state = 2 AND number < $2 AND $4 & 4
                        ORDER BY number DESC LIMIT $3)
) ORDER BY number DESC LIMIT $3;
