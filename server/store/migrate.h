/* Migrate: brings the schema to this version, one transaction a step; a kill leaves the old or the
 * new. */
#pragma once

#include "folder.h"
#include "store/db.h"

/* folder NULL: in memory, no copy is kept. Before a step on a store that has data a copy is made
 * beside it. */
MUST_CHECK bool migrate(struct db *db, const struct folder *folder, enum db_failure *ret_failure,
                        struct error *error);
