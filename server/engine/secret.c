/* Secret: random bytes that belong to the store. */
#include "secret.h"

#include <string.h>

#include "base/log.h"
#include "store/repo_registry.h"

/* Numbers are what the table holds, so it is kept as two. */
static const char *const NAMES[] = {"secret_1", "secret_2"};

static void keep(struct engine *engine, const int64_t parts[2])
{
    db_begin(engine->db);
    meta_put(engine->db, NAMES[0], parts[0]);
    meta_put(engine->db, NAMES[1], parts[1]);
    db_commit(engine->db);
    if (db_failure(engine->db) != DB_FULL)
        return;
    db_rollback(engine->db);
    log_event(LOG_WARN, "secret.full", "the disk is full: cursors end with this process", );
}

void secret_load(struct engine *engine)
{
    int64_t parts[2] = {meta_get(engine->db, NAMES[0], 0), meta_get(engine->db, NAMES[1], 0)};

    _Static_assert(sizeof(parts) == sizeof(engine->secret), "the secret is the two parts");
    if (parts[0] == 0 && parts[1] == 0) {
        engine->options.random.fill(engine->options.random.ctx, parts, sizeof(parts));
        keep(engine, parts);
    }
    memcpy(engine->secret, parts, sizeof(parts));
}

void engine_secret(const struct engine *engine, uint8_t ret_secret[ENGINE_SECRET_LEN])
{
    memcpy(ret_secret, engine->secret, ENGINE_SECRET_LEN);
}
