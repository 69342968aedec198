-- Statements about the order in which finished tasks go.

-- name: finished_insert
INSERT INTO finished (queue, kind, place, number, tasks) VALUES ($1, $2, $3, $4, $5);

-- name: finished_first
SELECT place, number, tasks FROM finished WHERE queue = $1 AND kind = $2 ORDER BY place, number LIMIT 1;

-- name: finished_shrink
UPDATE finished SET tasks = $5 WHERE queue = $1 AND kind = $2 AND place = $3 AND number = $4;

-- name: finished_delete
DELETE FROM finished WHERE queue = $1 AND kind = $2 AND place = $3 AND number = $4;
