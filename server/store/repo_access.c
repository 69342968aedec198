/* Access repo: tokens come whole, the record comes by number. */
#include "store/repo_access.h"

#include <string.h>

static struct bytes bytes_of_digest(const struct digest *digest)
{
    return (struct bytes){(const char *)digest->at, sizeof(digest->at)};
}

/* A hash of another length is none of ours: zeros fit no token and no row. */
static struct digest read_digest(struct db_rows *rows, int column)
{
    struct bytes bytes = db_bytes(rows, column);
    struct digest digest = {.at = {0}};

    if (bytes.len == sizeof(digest.at))
        memcpy(digest.at, bytes.at, sizeof(digest.at));
    return digest;
}

/* ---- tokens ---- */

void token_insert(struct db *db, const struct token_record *token)
{
    bool rules_all = grant_rules_all(&token->grant);

    db_run(db, SQL_TOKEN_INSERT,
           VALUES(VALUE_TEXT(token->id), VALUE_BLOB(bytes_of_digest(&token->hash)),
                  VALUE_TEXT(token->name), VALUE_INT(token->grant.role),
                  VALUE_TEXT(token->grant.ns), VALUE_TEXT(token->grant.queues),
                  VALUE_INT(token->created_at_ms), VALUE_TEXT(token->created_by),
                  VALUE_INT(token->expires_at_ms), VALUE_INT(token->life_ms),
                  VALUE_INT(token->last_used_at_ms), VALUE_TEXT(token->replaces),
                  VALUE_INT(rules_all)));
}

/* A role that this version does not know may do the least. */
static enum role role_of(int64_t number)
{
    return number >= 0 && number < ROLE_MAX ? (enum role)number : ROLE_VIEWER;
}

static void read_token(struct db_rows *rows, struct token_record *ret_token)
{
    *ret_token = (struct token_record){
        .id = db_bytes(rows, 0),
        .hash = read_digest(rows, 1),
        .name = db_bytes(rows, 2),
        .grant = {role_of(db_int(rows, 3)), db_bytes(rows, 4), db_bytes(rows, 5)},
        .created_at_ms = db_int(rows, 6),
        .created_by = db_bytes(rows, 7),
        .expires_at_ms = db_int(rows, 8),
        .life_ms = db_int(rows, 9),
        .last_used_at_ms = db_int(rows, 10),
        .replaces = db_bytes(rows, 11),
    };
}

bool token_load(struct db *db, struct bytes id, struct arena *arena, struct token_record *ret_token)
{
    struct db_rows *rows = db_query(db, SQL_TOKEN_GET, VALUES(VALUE_TEXT(id)));
    struct token_record token;

    if (!db_step(rows))
        return false;
    read_token(rows, &token);
    token.id = arena_bytes(arena, token.id);
    token.name = arena_bytes(arena, token.name);
    token.grant.ns = arena_bytes(arena, token.grant.ns);
    token.grant.queues = arena_bytes(arena, token.grant.queues);
    token.created_by = arena_bytes(arena, token.created_by);
    token.replaces = arena_bytes(arena, token.replaces);
    db_done(rows);
    *ret_token = token;
    return true;
}

void token_each(struct db *db, void (*each)(void *ctx, const struct token_record *token), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_TOKEN_ALL, NULL, 0);

    while (db_step(rows)) {
        struct token_record token;

        read_token(rows, &token);
        each(ctx, &token);
    }
}

void token_expire(struct db *db, struct bytes id, int64_t expires_at_ms)
{
    db_run(db, SQL_TOKEN_EXPIRE, VALUES(VALUE_TEXT(id), VALUE_INT(expires_at_ms)));
}

void token_use(struct db *db, struct bytes id, int64_t at_ms)
{
    db_run(db, SQL_TOKEN_USE, VALUES(VALUE_TEXT(id), VALUE_INT(at_ms)));
}

void token_delete(struct db *db, struct bytes id)
{
    db_run(db, SQL_TOKEN_DELETE, VALUES(VALUE_TEXT(id)));
}

static bool is_any(struct db_rows *rows)
{
    if (!db_step(rows))
        return false;
    db_done(rows);
    return true;
}

bool token_is_other(struct db *db, struct bytes id)
{
    return is_any(db_query(db, SQL_TOKEN_OTHER, VALUES(VALUE_TEXT(id))));
}

bool token_is_other_ruler(struct db *db, struct bytes id, int64_t until_ms)
{
    return is_any(db_query(db, SQL_TOKEN_OTHER_RULER, VALUES(VALUE_TEXT(id), VALUE_INT(until_ms))));
}

int64_t token_count(struct db *db, int64_t max)
{
    struct db_rows *rows = db_query(db, SQL_TOKEN_COUNT, VALUES(VALUE_INT(max)));
    int64_t count;

    if (!db_step(rows))
        return 0;
    count = db_int(rows, 0);
    db_done(rows);
    return count;
}

/* ---- audit ---- */

void audit_insert(struct db *db, const struct audit_row *row)
{
    struct db_value no_ns = {.kind = DB_NULL};

    db_run(db, SQL_AUDIT_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->at_ms),
                  row->ns != 0 ? VALUE_INT(row->ns) : no_ns, VALUE_TEXT(row->ns_name),
                  VALUE_TEXT(row->actor), VALUE_TEXT(row->address), VALUE_TEXT(row->request_id),
                  VALUE_TEXT(row->action), VALUE_TEXT(row->object), VALUE_TEXT(row->detail),
                  VALUE_BLOB(bytes_of_digest(&row->hash))));
}

void audit_last(struct db *db, int64_t *ret_number, struct digest *ret_hash)
{
    struct db_rows *rows = db_query(db, SQL_AUDIT_LAST, NULL, 0);

    *ret_number = 0;
    *ret_hash = (struct digest){.at = {0}};
    if (!db_step(rows))
        return;
    *ret_number = db_int(rows, 0);
    *ret_hash = read_digest(rows, 1);
    db_done(rows);
}

int64_t audit_trim(struct db *db, int64_t before_ms, unsigned max)
{
    db_run(db, SQL_AUDIT_TRIM, VALUES(VALUE_INT(before_ms), VALUE_INT(max)));
    return db_changes(db);
}

struct db_rows *audit_walk(struct db *db, bool backward, int64_t number, unsigned max)
{
    return db_query(db, backward ? SQL_AUDIT_BACKWARD : SQL_AUDIT_FORWARD,
                    VALUES(VALUE_INT(number), VALUE_INT(max)));
}

void audit_read_row(struct db_rows *rows, struct audit_row *ret_row)
{
    *ret_row = (struct audit_row){
        .number = db_int(rows, 0),
        .at_ms = db_int(rows, 1),
        .ns_name = db_bytes(rows, 2),
        .actor = db_bytes(rows, 3),
        .address = db_bytes(rows, 4),
        .request_id = db_bytes(rows, 5),
        .action = db_bytes(rows, 6),
        .object = db_bytes(rows, 7),
        .detail = db_bytes(rows, 8),
        .hash = read_digest(rows, 9),
    };
}
