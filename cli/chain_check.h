/* Chain check: goes along the audit record and says where it does not hold. */
#pragma once

#include "base/arena.h"
#include "base/digest.h"

struct chain_check {
    struct digest hash;    /* of the last row that held */
    int64_t first, number; /* the first row, and the one that was looked at last */
    int64_t rows;          /* that held */
    bool sees_part;        /* rows come without hashes: this reader does not see them all */
};

struct chain_check chain_check_new(void);
/* The next row, as the API gives it. NULL, or what is wrong with it. */
const char *chain_check_row(struct chain_check *check, struct bytes row, struct arena *arena);
