/* Store: puts folder, database and migrations together in the right order. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "folder.h"
#include "migrate.h"
#include "reserve.h"

struct store {
    struct folder folder;
    bool in_memory;
    char path[4096];
    struct db *writer;
};

static bool open_database(struct store *store, enum db_failure *ret_failure, struct error *error)
{
    struct db_options options = {.path = store->path};

    if (!db_open_sqlite(&options, &store->writer, ret_failure, error))
        return false;
    if (!migrate(store->writer, store->in_memory ? NULL : &store->folder, ret_failure, error))
        return false;
    if (store->in_memory)
        return true;
    *ret_failure = DB_IO;
    return folder_sync(&store->folder, error);
}

bool store_open(const struct store_options *options, struct store **ret_store,
                enum db_failure *ret_failure, struct error *error)
{
    struct store *store = mem_alloc(sizeof(*store));

    store->in_memory = options->memory != NULL;
    store->folder.fd = store->folder.lock_fd = -1;
    if (store->in_memory)
        (void)snprintf(store->path, sizeof(store->path), "memory:%.200s", options->memory);
    bool is_open =
        store->in_memory || folder_open(&store->folder, options->data_dir, ret_failure, error);

    if (is_open && !store->in_memory)
        folder_file(&store->folder, "sluice.db", store->path, sizeof(store->path));
    if (!is_open || !open_database(store, ret_failure, error)) {
        store_close(store);
        return false;
    }
    if (!store->in_memory)
        (void)reserve_keep(&store->folder);
    *ret_store = store;
    return true;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    db_close(store->writer);
    folder_close(&store->folder);
    free(store);
}

struct db *store_writer(struct store *store)
{
    return store->writer;
}

bool store_open_reader(const struct store *store, struct db **ret_db, struct error *error)
{
    struct db_options options = {.path = store->path, .read_only = true};
    enum db_failure failure;

    return db_open_sqlite(&options, ret_db, &failure, error);
}

bool store_reserve_keep(struct store *store)
{
    return store->in_memory || reserve_keep(&store->folder);
}

void store_reserve_release(struct store *store)
{
    if (!store->in_memory)
        reserve_release(&store->folder);
}

struct store_room store_room(const struct store *store)
{
    return (struct store_room){
        .free_bytes = store->in_memory ? INT64_MAX : folder_free_bytes(&store->folder),
        .reserve_bytes = RESERVE_BYTES,
    };
}

bool store_has_room(const struct store *store)
{
    return store->in_memory || reserve_is_kept(&store->folder);
}
