/* Cursor: an opaque place in a list; it fits only the list, filters and order that it was made for.
 * The place is hidden, as it may be a number that counts what others have; how long it is, is not.
 */
#pragma once

#include "base/arena.h"
#include "base/digest.h"

enum { CURSOR_PLACE_MAX = 192 };

/* list: what the list is: its name, namespace, order and filters, and a secret that makes it a key.
 * place: of the last item that was given out. */
struct bytes cursor_write(const struct digest *list, struct bytes place, struct arena *arena);
/* False: not ours, changed, or of another list. */
bool cursor_read(struct bytes text, const struct digest *list, struct arena *arena,
                 struct bytes *ret_place);
