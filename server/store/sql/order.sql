-- Statements about who comes after whom: lines of an ordering key, and tasks that wait for others.

-- name: order_insert
INSERT INTO orders (task, queue, key, place) VALUES ($1, $2, $3, $4);

-- name: order_by_task
SELECT queue, key, place FROM orders WHERE task = $1;

-- name: order_first
SELECT task FROM orders WHERE queue = $1 AND key = $2 ORDER BY place LIMIT 1;

-- name: order_ahead
SELECT count(*) FROM (SELECT 1 FROM orders WHERE queue = $1 AND key = $2 AND place < $3 LIMIT $4);

-- name: order_delete
DELETE FROM orders WHERE task = $1;

-- name: dependency_insert
INSERT INTO dependencies (task, on_task) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: dependency_any
SELECT 1 FROM dependencies WHERE task = $1 LIMIT 1;

-- name: dependency_count
SELECT count(*) FROM dependencies WHERE task = $1;

-- name: dependency_page
SELECT tasks.id FROM dependencies JOIN tasks ON tasks.number = dependencies.on_task
WHERE dependencies.task = $1 ORDER BY dependencies.on_task LIMIT $2;

-- name: dependents
SELECT task FROM dependencies WHERE on_task = $1 ORDER BY task LIMIT $2;

-- name: dependency_delete
DELETE FROM dependencies WHERE task = $1 AND on_task = $2;

-- name: dependencies_delete
DELETE FROM dependencies WHERE task = $1;

-- name: task_set_flags
UPDATE tasks SET flags = flags | $2 WHERE number = $1;
