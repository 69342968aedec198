/* Zone file: the bytes of a time zone from the system's time zone data, by its name. */
#pragma once

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

enum {
    ZONE_NAME_MAX = 64,    /* the longest one in use has 32 */
    ZONE_FILE_MAX = 65536, /* the largest one in use has 4 KiB */
};

/* "UTC", "Europe/Berlin", "Etc/GMT+5": parts of [A-Za-z0-9_+-] with a slash between, none begins
 * with a sign. So no name leads out of the folder, and none of its tables (tzdata.zi, zone.tab) is
 * one. */
bool zone_name_is_valid(struct bytes name);

/* Read folder/name into *ret_file, malloc'ed, the caller's. A name that is not valid or not there
 * is ERR_INVALID_FIELD at where; a file that cannot be read is ERR_INTERNAL. Links are followed:
 * the data itself is full of them. */
MUST_CHECK enum err zone_file_read(const char *folder, struct bytes name, const char *where,
                                   struct bytes *ret_file, struct error *error);
