/* Listing: one page of tasks, filtered row by row, within a bound on rows looked at. */
#pragma once

#include "engine/command.h"
#include "store/db.h"

struct batch;
struct listing; /* remembers names of queues and types between pages */

struct listing *listing_new(void);
void listing_free(struct listing *listing);
/* Fill reply.tasks. reply.has_more: there may be more after the last row looked at, reply.list_end.
 */
void listing_page(struct listing *listing, struct db *db, struct command *command);
/* The page has tasks whose state the engine must judge. */
bool listing_has_ready(const struct command *command);
/* Engine thread: states as they are shown; what does not fit the filter then is left out. */
void listing_show(const struct batch *batch, struct command *command);
