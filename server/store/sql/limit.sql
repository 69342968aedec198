-- Statements about named limits: their rows, and who holds units from submit on.

-- name: limit_put
INSERT INTO limits (ns, name, version, created_at, max_running, rate, over) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (ns, name) DO UPDATE SET
    version = excluded.version, max_running = excluded.max_running, rate = excluded.rate, over = excluded.over;

-- name: limit_all
SELECT ns, name, version, created_at, max_running, rate, over FROM limits;

-- name: limit_delete
DELETE FROM limits WHERE ns = $1 AND name = $2;

-- name: limit_holder_insert
INSERT INTO limit_holders (ns, name, task) VALUES ($1, $2, $3) ON CONFLICT (ns, name, task) DO NOTHING;

-- name: limit_holder_delete
DELETE FROM limit_holders WHERE ns = $1 AND name = $2 AND task = $3;

-- name: limit_holders
SELECT task FROM limit_holders WHERE ns = $1 AND name = $2 AND task > $3 ORDER BY task LIMIT $4;
