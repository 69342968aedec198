/* List codec: arrays of short texts. */
#pragma once

#include "codec.h"

enum { LEASE_TEXT_MAX = 255, LEASES_MAX = 10000 };

struct text_list {
    struct bytes *at;
    unsigned len;
};

field_read_fn field_names;  /* struct text_list: names, at most max */
field_read_fn field_labels; /* struct text_list: types and the like, at most max */
MUST_CHECK enum err list_read_leases(struct codec *codec, const struct spot *spot, json_t *value,
                                     struct text_list *ret_list);
