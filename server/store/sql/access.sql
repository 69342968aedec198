-- Statements about who may do what, and who did what: tokens, and the audit record.

-- name: token_insert
INSERT INTO tokens (id, hash, name, role, ns_globs, queue_globs, created_at, created_by, expires_at, life_ms,
                    last_used_at, replaces, rules_all)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: token_get
SELECT id, hash, name, role, ns_globs, queue_globs, created_at, created_by, expires_at, life_ms, last_used_at, replaces
FROM tokens WHERE id = $1;

-- name: token_all
SELECT id, hash, name, role, ns_globs, queue_globs, created_at, created_by, expires_at, life_ms, last_used_at, replaces
FROM tokens;

-- name: token_expire
UPDATE tokens SET expires_at = $2 WHERE id = $1;

-- name: token_use
UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2;

-- name: token_delete
DELETE FROM tokens WHERE id = $1;

-- name: token_other
SELECT 1 FROM tokens WHERE id <> $1 LIMIT 1;

-- name: token_other_ruler
SELECT 1 FROM tokens WHERE rules_all = 1 AND (expires_at < 0 OR expires_at > $2) AND id <> $1 LIMIT 1;

-- name: token_count
SELECT count(*) FROM (SELECT 1 FROM tokens LIMIT $1) AS counted;

-- name: audit_insert
INSERT INTO audit (number, at, ns, ns_name, actor, address, request_id, action, object, detail, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: audit_last
SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1;

-- name: audit_trim
-- From the old end only, so that what is left is one chain: up to the first row that is young enough, whatever the clock
-- did behind it. The newest stays: the next one follows it.
DELETE FROM audit WHERE number IN (SELECT number FROM audit ORDER BY number LIMIT $2)
    AND number < coalesce((SELECT min(number) FROM (SELECT number, at FROM audit ORDER BY number LIMIT $2)
                           WHERE at >= $1), (SELECT max(number) FROM audit))
    AND number < (SELECT max(number) FROM audit);

-- name: audit_forward
SELECT number, at, ns_name, actor, address, request_id, action, object, detail, hash
FROM audit WHERE number > $1 ORDER BY number LIMIT $2;

-- name: audit_backward
SELECT number, at, ns_name, actor, address, request_id, action, object, detail, hash
FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2;
