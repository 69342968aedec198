/* Reserve: a file of zeros that is given up when the disk is full, so that outcomes and cancels can
 * still be written. */
#pragma once

#include <stdbool.h>

#include "folder.h"

#define RESERVE_BYTES (INT64_C(16) << 20)

bool reserve_keep(const struct folder *folder); /* make it, or find it there */
void reserve_release(const struct folder *folder);
bool reserve_is_kept(const struct folder *folder);
