/* Chain: how each row of the audit record vouches for the row before it. */
#pragma once

#include <stdint.h>

#include "base/digest.h"

/* One row as the API shows it; NONE where that is null. */
struct chain_link {
    int64_t number;
    struct bytes at; /* RFC 3339 */
    struct bytes ns, actor, address, request_id, action, object, detail;
};

/* What the first row follows. */
struct digest chain_start(void);
/* SHA-256 over the hash before it in hex, then number, at, ns, actor, address, request_id, action,
 * object and detail, each behind a line end; nothing is written for NONE. */
struct digest chain_next(struct digest before, const struct chain_link *link);
