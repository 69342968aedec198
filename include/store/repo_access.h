/* Access repo: tokens without their secrets, and the audit record. Strings that rows are read into
 * are valid until the next step, or during the callback, only. */
#pragma once

#include "domain/token.h"
#include "store/db.h"

void token_insert(struct db *db, const struct token_record *token);
/* Copied into the arena. */
bool token_load(struct db *db, struct bytes id, struct arena *arena,
                struct token_record *ret_token);
/* In no special order. */
void token_each(struct db *db, void (*each)(void *ctx, const struct token_record *token),
                void *ctx);
void token_expire(struct db *db, struct bytes id, int64_t expires_at_ms);
/* One that is not there, or was used later, is left as it is. */
void token_use(struct db *db, struct bytes id, int64_t at_ms);
void token_delete(struct db *db, struct bytes id);
/* Is there one besides this one ("": any)? */
bool token_is_other(struct db *db, struct bytes id);
/* One besides this one for which token_rules_all() holds? */
bool token_is_other_ruler(struct db *db, struct bytes id, int64_t until_ms); /* and beyond */
/* How many there are, counted as far as max. */
int64_t token_count(struct db *db, int64_t max);

struct audit_row {
    int64_t number, at_ms;
    int64_t ns; /* 0: none, or not numbered; not read back */
    struct bytes ns_name, actor, address, request_id, action, object, detail; /* NONE: none */
    struct digest hash;
};
void audit_insert(struct db *db, const struct audit_row *row);
/* The end of the chain; number 0 and a hash of zeros when nothing was written yet. */
void audit_last(struct db *db, int64_t *ret_number, struct digest *ret_hash);
/* Of the oldest so many rows, those that are older and that no younger one stands before. Returns
 * how many went. */
int64_t audit_trim(struct db *db, int64_t before_ms, unsigned max);
/* Rows behind this number, or before it. */
struct db_rows *audit_walk(struct db *db, bool backward, int64_t number, unsigned max);
void audit_read_row(struct db_rows *rows, struct audit_row *ret_row);
