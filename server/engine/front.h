/* Front: the first few in line of a shelf, as far as they are known without asking the store. */
#pragma once

#include <stdbool.h>

#include "store/repo_lease.h"

/* at[0..len) are the shelf's first ready tasks, in order; none that is ready stands between them.
 * While none is known, nothing that is ready stands before the bound. */
struct front {
    struct ready_head *at;
    unsigned len, room;
    struct ready_head bound;
};

/* As many are kept at most. */
enum { FRONT_MAX = 64 };

/* Nothing stands before it; nothing stands behind it. */
struct ready_head ready_head_best(void);
struct ready_head ready_head_last(void);
/* Higher priority first; within it the smaller share, then the order of commit. */
int ready_head_compare(const struct ready_head *a, const struct ready_head *b);

void front_fini(struct front *front);
/* Nothing is known. */
void front_forget(struct front *front);
/* Nothing that is ready stands before it: the first, where that is known. */
const struct ready_head *front_bound(const struct front *front);
/* One more is ready; others: how many are beside it. True: the first is another, or may be. */
bool front_enter(struct front *front, const struct ready_head *head, int64_t others);
/* It is not ready any more. True as above. */
bool front_leave(struct front *front, int64_t number);
/* What the store says, its first few; none: there are none. */
void front_fill(struct front *front, const struct ready_head *heads, unsigned len);
