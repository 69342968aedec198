/* Labels: names with values, as a worker has them and as a task demands them; one text
 * "NAME=VALUE", a newline behind each, sorted by name, so that equal sets are equal texts. */
#pragma once

#include "base/arena.h"
#include "domain/bounds.h"

enum {
    LABELS_MAX = 16,
    LABEL_VALUE_MAX = 255,
    LABELS_TEXT_MAX = LABELS_MAX * (NAME_MAX_CEILING + LABEL_VALUE_MAX + 2),
};

struct label {
    struct bytes name, value;
};

/* Up to 255 bytes of UTF-8 without control characters; may be empty. */
bool label_value_is_valid(struct bytes value);
/* Sorts the array; "" for none. Names differ and are names, values are valid. */
struct bytes labels_write(struct label *labels, unsigned len, struct arena *arena);
/* Cut the first off *rest; false when there is none. */
bool labels_next(struct bytes *rest, struct label *ret_label);
/* False: there is none of this name. */
bool labels_find(struct bytes labels, struct bytes name, struct bytes *ret_value);
/* What a class demands is labels, and before them, of one that only a certain worker runs, a line
 * "@ID". The labels; ret_pin: the ID or "". */
struct bytes labels_of_class(struct bytes requires, struct bytes *ret_pin);
/* Whether each that is demanded is there with just this value. */
bool labels_meet(struct bytes labels, struct bytes demands);
