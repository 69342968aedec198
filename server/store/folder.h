/* Folder: the data folder, its lock, and what must be flushed so that a new file survives a power
 * cut. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/db.h"

struct folder {
    char path[3072];
    int fd;      /* of the folder */
    int lock_fd; /* holds the lock while open */
};

MUST_CHECK bool folder_open(struct folder *folder, const char *path, enum db_failure *ret_failure,
                            struct error *error);
void folder_close(struct folder *folder);
/* fsync of the folder itself: the database does not do it for its own new files in a way that
 * reports errors. */
MUST_CHECK bool folder_sync(const struct folder *folder, struct error *error);
void folder_file(const struct folder *folder, const char *name, char *ret_path, size_t path_size);
int64_t folder_free_bytes(const struct folder *folder);
