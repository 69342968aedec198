/* Event page: one page of the event log, as its reader may see it. */
#pragma once

#include "engine/command.h"
#include "store/db.h"

/* Fill reply.events and what goes with them. All up to reply.list_end was looked at;
 * reply.has_more: there was more behind it. */
void event_page(struct db *db, struct command *command);
