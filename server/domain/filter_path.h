/* Filter path: what a name with dots in it leads to. */
#pragma once

#include "filter_work.h"

struct filter_found {
    struct json_value value; /* NONE: it leads nowhere */
    bool exists;             /* it leads to something, not only past a null */
};

/* Members by name, elements by number (from 0); any other step goes into every element of an array
 * and gives the array of what it finds there. Behind null there is null. */
struct filter_found filter_follow(struct bytes path, const struct json_value *from,
                                  struct filter_work *work);
