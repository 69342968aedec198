/* Data folder: where the broker keeps everything; its owner's only, and on a disk that keeps its
 * word. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Make the folder and those above it, for the owner only, and make that last; one of ours that is
 * open to others is closed. ERR_FORBIDDEN: it is one that must not be used. */
MUST_CHECK enum err data_folder_make(const char *path, struct error *error);
/* Is the folder, or where it would be made, on a file system that this refuses? ERR_FORBIDDEN with
 * its name. */
MUST_CHECK enum err data_folder_check_disk(const char *path, struct error *error);
/* Could the folder be made, or used if it is there? Nothing is changed. ret_owner: of a folder that
 * is there, which may be another's when root asks. */
MUST_CHECK enum err data_folder_check(const char *path, unsigned *ret_owner, struct error *error);
/* The f_type of the folder's file system, or of the nearest one's above it that is there. */
bool data_folder_disk(const char *path, unsigned *ret_type);
/* The name of a file system of this f_type when its locks and flushes cannot be relied upon, else
 * NULL. */
const char *data_folder_unsafe_disk(unsigned type);
/* Was a store made in it before? */
bool data_folder_has_store(const char *path);
