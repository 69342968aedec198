/* Refs: members of one array that come after each other by name. They are taken in an order in
 * which a name is always an id already. */
#pragma once

#include "batch.h"
#include "domain/dag.h"

struct refs {
    struct dag dag;
    bool are_used; /* false: the array's own order is as good */
};

/* False: names do not fit together; the command's error says why. */
bool refs_read(struct batch *batch, struct command *command, struct refs *ret_refs);
/* Which member is taken when so many have been. */
unsigned refs_nth(const struct refs *refs, unsigned taken);
/* The member, a copy with ids for names where it has some. NULL: one that it comes after was
 * refused.
 */
const struct task_spec *refs_resolve(struct batch *batch, const struct command *command,
                                     const struct refs *refs, unsigned nth);
