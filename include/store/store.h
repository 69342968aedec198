/* Store: the data folder with its lock, the database in it, and its migrations. */
#pragma once

#include "store/db.h"

struct store;

struct store_options {
    const char *data_dir; /* made with mode 0700 when absent; not used in memory */
    const char *memory;   /* NULL, or the name of a database in memory (simulations) */
};

/* Lock the folder, open and migrate the database. Failure kinds are those of db.h: LOCKED, NEWER,
 * CORRUPT, IO, FULL. */
MUST_CHECK bool store_open(const struct store_options *options, struct store **ret_store,
                           enum db_failure *ret_failure, struct error *error);
void store_close(struct store *store);
/* The one connection that writes. */
struct db *store_writer(struct store *store);
/* A new read-only connection, to be closed by its reader before the store is. */
MUST_CHECK bool store_open_reader(const struct store *store, struct db **ret_db,
                                  struct error *error);

/* The reserve: space kept back on disk so that a full disk still takes outcomes and cancels. */
bool store_reserve_keep(struct store *store);    /* false: there is no room to keep it */
void store_reserve_release(struct store *store); /* give it to the database */
struct store_room {
    int64_t free_bytes; /* of the file system */
    int64_t reserve_bytes;
};
struct store_room store_room(const struct store *store);
bool store_has_room(
    const struct store *store); /* the reserve is kept, and the disk is not below its floor */
