/* Cursor: an opaque place in a list; it fits only the list, filters and order that it was made for. */
#pragma once

#include "base/arena.h"
#include "base/digest.h"

/* What a list is: its name, namespace, order and filters, mixed in with their lengths. */
struct bytes cursor_write(const struct digest *list, int64_t last_number, struct arena *arena);
/* False: not ours, changed, or of another list. */
bool cursor_read(struct bytes text, const struct digest *list, struct arena *arena,
                 int64_t *ret_last_number);
