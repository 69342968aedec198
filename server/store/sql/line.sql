-- Statements about lines and fair shares.

-- name: line_insert
INSERT INTO lines (number, queue, class, priority, limits, affinity, live, aside, share, first, paid)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: line_update
UPDATE lines SET live = $2, aside = $3, share = $4, first = $5 WHERE number = $1;

-- name: line_all
SELECT number, queue, class, priority, limits, affinity, live, aside, share, first, paid FROM lines;

-- name: line_limited
SELECT 1 FROM lines WHERE number = $1 AND limits IS NOT NULL;

-- name: line_delete
DELETE FROM lines WHERE number = $1;

-- name: level_put
INSERT INTO levels (queue, priority, now, top) VALUES ($1, $2, $3, $4)
ON CONFLICT (queue, priority) DO UPDATE SET now = excluded.now, top = excluded.top;

-- name: level_all
SELECT queue, priority, now, top FROM levels;

-- name: share_put
INSERT INTO shares (queue, priority, key, finish) VALUES ($1, $2, $3, $4)
ON CONFLICT (queue, priority, key) DO UPDATE SET finish = excluded.finish;

-- name: share_all
SELECT queue, priority, key, finish FROM shares;

-- name: share_delete
DELETE FROM shares WHERE queue = $1 AND priority = $2 AND key = $3;
